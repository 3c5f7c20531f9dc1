//! Rows, as the tables have them. Times in milliseconds unless the name says otherwise.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A call with everything that is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedCall {
    /// The call.
    pub call: CallRow,
    /// What was said.
    pub messages: Vec<MessageRow>,
    /// Its turns.
    pub turns: Vec<LogRow>,
    /// Its figures.
    pub metrics: MetricsRow,
}

/// A row of `calls`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRow {
    /// Id.
    pub id: Uuid,
    /// The company; absent when it was deleted, or never known.
    pub company_id: Option<Uuid>,
    /// The agent; absent when it was deleted, or came from a file.
    pub skillbase_id: Option<Uuid>,
    /// The agent's short name at the time.
    pub skillbase_slug: Option<String>,
    /// Its version at the time.
    pub skillbase_version: Option<i32>,
    /// SHA-256 of the system prompt, hexadecimal.
    pub prompt_hash: Option<String>,
    /// The telephone network's id.
    pub external_call_id: Option<String>,
    /// The room's name.
    pub livekit_room_id: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// The caller's number.
    pub caller_number: Option<String>,
    /// The number that was called.
    pub callee_number: Option<String>,
    /// `success`, `fail`, `voicemail`, `no_answer`, `busy`, `unknown` or `lost`.
    pub outcome: Option<String>,
    /// What it meant for the business.
    pub disposition: Option<String>,
    /// What belongs to the outcome, an object.
    pub outcome_data: Value,
    /// What the dialogue collected, an object.
    pub collected_data: Value,
    /// How long it lasted, seconds.
    pub duration_sec: f64,
    /// Turns.
    pub turn_count: i32,
    /// States of the dialogue in the order they were entered, an array.
    pub states_visited: Value,
    /// Language, BCP 47.
    pub language: String,
    /// `active`, `completed`, `failed` or `transferred`.
    pub status: String,
    /// What ended it.
    pub ended_reason: Option<String>,
    /// Directory of its files, relative to the recordings' root.
    pub recording_path: Option<String>,
    /// The worker that held it.
    pub worker: Option<String>,
    /// The settings that it ran with, an object.
    pub settings: Value,
    /// What went wrong outside of turns, an array of sentences.
    pub errors: Value,
    /// Start.
    pub started_at: Timestamp,
    /// End.
    pub ended_at: Option<Timestamp>,
}

/// A row of `messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Place in the transcript, from 0.
    pub position: i32,
    /// `user`, `assistant` or `system`.
    pub role: String,
    /// The words: what the caller said, what was audible of the agent.
    pub content: String,
    /// State of the dialogue.
    pub state_id: Option<String>,
    /// `turn`, and whether it was `interrupted`.
    pub metadata: Value,
    /// When it was said.
    pub created_at: Timestamp,
}

/// A row of `call_logs`: a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// Which turn: 1, 2, …
    pub turn_index: i32,
    /// Who began it: `user` or `assistant`.
    pub role: String,
    /// What that one said.
    pub content: String,
    /// What the caller said.
    pub user_text: Option<String>,
    /// What the agent meant to say.
    pub agent_text: Option<String>,
    /// What was audible of it.
    pub heard_text: Option<String>,
    /// State of the dialogue after it.
    pub state_id: Option<String>,
    /// Language, BCP 47.
    pub language: Option<String>,
    /// First interim text after the start of speech.
    pub ttfb_stt: Option<f64>,
    /// Last final text after the end of speech.
    pub latency_stt: Option<f64>,
    /// The model's whole answer.
    pub latency_llm: Option<f64>,
    /// The voice's first byte.
    pub ttfb_tts: Option<f64>,
    /// The voice's first audible sample.
    pub latency_tts: Option<f64>,
    /// End of utterance to audible answer.
    pub eou_latency: Option<f64>,
    /// End of utterance to decision.
    pub eou_delay: Option<f64>,
    /// The model's first item.
    pub llm_ttft: Option<f64>,
    /// First item to first clause.
    pub text_aggregation: Option<f64>,
    /// The worker's own part of `eou_latency`.
    pub worker_added: Option<f64>,
    /// Barge-in: start of speech to decision.
    pub barge_in_detect: Option<f64>,
    /// Barge-in: start of speech to silence.
    pub barge_in_stop: Option<f64>,
    /// Sound taken by the recogniser, seconds.
    pub stt_duration_sec: f64,
    /// Tokens of the questions.
    pub llm_input_tokens: i64,
    /// Tokens of the answers.
    pub llm_output_tokens: i64,
    /// Characters spoken.
    pub tts_characters: i64,
    /// Whether the caller cut the reply.
    pub was_interrupted: bool,
    /// −1 to 1, where it was judged.
    pub sentiment: Option<f64>,
    /// Why the turn was taken as ended.
    pub reason: Option<String>,
    /// Every stamp, an object.
    pub stamps: Value,
    /// Who served it, an object.
    pub providers: Value,
    /// What went wrong, an array of sentences.
    pub errors: Value,
    /// Whatever else the record holds, an object.
    pub extra_data: Value,
    /// When the turn was decided, or began.
    pub created_at: Timestamp,
}

/// A row of `call_metrics`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// The call.
    pub call_id: Uuid,
    /// Average: first interim text after the start of speech.
    pub ttfb_stt_avg: Option<f64>,
    /// Smallest: first interim text after the start of speech.
    pub ttfb_stt_min: Option<f64>,
    /// Largest: first interim text after the start of speech.
    pub ttfb_stt_max: Option<f64>,
    /// Average: the model's whole answer.
    pub latency_llm_avg: Option<f64>,
    /// Smallest: the model's whole answer.
    pub latency_llm_min: Option<f64>,
    /// Largest: the model's whole answer.
    pub latency_llm_max: Option<f64>,
    /// Average: the voice's first byte.
    pub ttfb_tts_avg: Option<f64>,
    /// Smallest: the voice's first byte.
    pub ttfb_tts_min: Option<f64>,
    /// Largest: the voice's first byte.
    pub ttfb_tts_max: Option<f64>,
    /// Average: end of utterance to audible answer.
    pub eou_latency_avg: Option<f64>,
    /// Smallest: end of utterance to audible answer.
    pub eou_latency_min: Option<f64>,
    /// Largest: end of utterance to audible answer.
    pub eou_latency_max: Option<f64>,
    /// 50th percentile: end of utterance to audible answer.
    pub eou_latency_p50: Option<f64>,
    /// 90th percentile: end of utterance to audible answer.
    pub eou_latency_p90: Option<f64>,
    /// 95th percentile: end of utterance to audible answer.
    pub eou_latency_p95: Option<f64>,
    /// 99th percentile: end of utterance to audible answer.
    pub eou_latency_p99: Option<f64>,
    /// 50th percentile: the worker's own part.
    pub worker_added_p50: Option<f64>,
    /// 95th percentile: the worker's own part.
    pub worker_added_p95: Option<f64>,
    /// Every latency with all its figures, an object.
    pub latency: Value,
    /// Sound taken by recognisers, seconds.
    pub stt_duration_sec: f64,
    /// Tokens of the questions.
    pub llm_input_tokens: i64,
    /// Those of them that the services had cached.
    pub llm_cached_tokens: i64,
    /// Tokens of the answers.
    pub llm_output_tokens: i64,
    /// Characters spoken.
    pub tts_characters: i64,
    /// Time in the room, seconds.
    pub livekit_duration_sec: f64,
    /// What each service delivered, an object.
    pub usage: Value,
    /// Currency of the costs, ISO 4217.
    pub currency: String,
    /// Cost of recognition, a decimal.
    pub cost_stt: String,
    /// Cost of the model.
    pub cost_llm: String,
    /// Cost of the voice.
    pub cost_tts: String,
    /// Cost of the room.
    pub cost_livekit: String,
    /// The sum of the four.
    pub cost_total: String,
    /// Services without a price, an array.
    pub unpriced: Value,
    /// Audible replies that the caller cut.
    pub interruption_count: i32,
    /// Their share of the audible replies, 0–1.
    pub interruption_rate: f64,
    /// −1 to 1, where it was judged.
    pub sentiment_score: Option<f64>,
    /// As in the call.
    pub outcome: Option<String>,
    /// How sure the outcome is, 0–1.
    pub outcome_confidence: Option<f64>,
    /// Why it is believed.
    pub outcome_reason: Option<String>,
    /// Turns.
    pub turn_count: i32,
    /// Turns that the caller began.
    pub user_turn_count: i32,
    /// Turns in which the agent was heard.
    pub bot_turn_count: i32,
    /// Turns of the caller without an audible answer.
    pub unanswered_count: i32,
}
