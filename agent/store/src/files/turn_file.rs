//! A line of `turns.jsonl`.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{LogRow, MessageRow};

/// Every stamp of a turn; see the table in the documentation of records.
const STAMPS: [&str; 20] = [
    "speech_start",
    "speech_end",
    "vad_end",
    "stt_first",
    "stt_final",
    "decided",
    "llm_request",
    "llm_first",
    "llm_done",
    "tool_start",
    "tool_end",
    "clause_ready",
    "tts_request",
    "tts_first_byte",
    "tts_first_audible",
    "audio_out",
    "audio_end",
    "barge_in_start",
    "barge_in_decided",
    "barge_in_stopped",
];

/// A turn as it was written.
#[derive(Debug, Deserialize)]
pub(super) struct TurnFile {
    turn: i32,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    interrupted: bool,
    #[serde(default)]
    user_text: Option<String>,
    #[serde(default)]
    agent_text: Option<String>,
    #[serde(default)]
    heard_text: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    state_id: Option<String>,
    #[serde(default)]
    providers: Map<String, Value>,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    errors: Vec<String>,
    /// Stamps, numbers that follow from them, and whatever a newer writer added.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    stt_ms: u64,
    llm_input_tokens: i64,
    llm_output_tokens: i64,
    tts_characters: i64,
}

impl TurnFile {
    /// The turn's row in `call_logs`, in a call that began at `started_at`.
    pub(super) fn log(&self, started_at: Timestamp) -> LogRow {
        let (role, content) = match (&self.user_text, &self.agent_text) {
            (Some(text), _) => ("user", text.clone()),
            (None, text) => ("assistant", text.clone().unwrap_or_default()),
        };
        let mut extra_data = self.rest.clone();
        let mut stamps = Map::new();
        for stamp in STAMPS {
            if let Some(value) = extra_data.remove(stamp) {
                stamps.insert(stamp.to_owned(), value);
            }
        }
        let mut derived = |name: &str| extra_data.remove(name).and_then(|value| value.as_f64());
        LogRow {
            turn_index: self.turn,
            role: role.to_owned(),
            content,
            user_text: self.user_text.clone(),
            agent_text: self.agent_text.clone(),
            heard_text: self.heard_text.clone(),
            state_id: self.state_id.clone(),
            language: self.language.clone(),
            ttfb_stt: self.between("speech_start", "stt_first"),
            latency_stt: derived("stt_delay"),
            latency_llm: self.between("llm_request", "llm_done"),
            ttfb_tts: derived("tts_ttfb"),
            latency_tts: derived("tts_ttfa"),
            eou_latency: derived("eou_latency"),
            eou_delay: derived("eou_delay"),
            llm_ttft: derived("llm_ttft"),
            text_aggregation: derived("text_aggregation"),
            worker_added: derived("worker_added"),
            barge_in_detect: derived("barge_in_detect"),
            barge_in_stop: derived("barge_in_stop"),
            stt_duration_sec: self.usage.stt_ms as f64 / 1e3,
            llm_input_tokens: self.usage.llm_input_tokens,
            llm_output_tokens: self.usage.llm_output_tokens,
            tts_characters: self.usage.tts_characters,
            was_interrupted: self.interrupted,
            sentiment: None,
            reason: self.reason.clone(),
            stamps: Value::Object(stamps),
            providers: Value::Object(self.providers.clone()),
            errors: json!(self.errors),
            extra_data: Value::Object(extra_data),
            created_at: self.moment(
                started_at,
                &["speech_start", "decided", "llm_request", "audio_out"],
            ),
        }
    }

    /// What was said in the turn: the caller's words, then what was audible of the agent's.
    pub(super) fn messages(&self, started_at: Timestamp) -> impl Iterator<Item = MessageRow> {
        let message = |role: &str, content: &String, metadata, created_at| MessageRow {
            position: 0,
            role: role.to_owned(),
            content: content.clone(),
            state_id: self.state_id.clone(),
            metadata,
            created_at,
        };
        let user = self.user_text.as_ref().map(|text| {
            let said_at = self.moment(started_at, &["speech_end", "decided", "llm_request"]);
            message("user", text, json!({"turn": self.turn}), said_at)
        });
        let agent = self.heard_text.as_ref().map(|text| {
            let said_at = self.moment(started_at, &["audio_out", "audio_end", "decided"]);
            message(
                "assistant",
                text,
                json!({"turn": self.turn, "interrupted": self.interrupted}),
                said_at,
            )
        });
        user.into_iter().chain(agent)
    }

    fn stamp(&self, name: &str) -> Option<f64> {
        self.rest.get(name)?.as_f64()
    }

    fn between(&self, from: &str, to: &str) -> Option<f64> {
        Some(self.stamp(to)? - self.stamp(from)?)
    }

    /// The moment of the first of these stamps that is there; the call's start without any.
    fn moment(&self, started_at: Timestamp, stamps: &[&str]) -> Timestamp {
        let ms = stamps
            .iter()
            .find_map(|name| self.stamp(name))
            .unwrap_or_default();
        Duration::try_from_secs_f64(ms / 1e3)
            .ok()
            .and_then(|since| started_at.checked_add(since).ok())
            .unwrap_or(started_at)
    }
}
