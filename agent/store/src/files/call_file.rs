//! `call.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::turn_file::TurnFile;
use crate::{CallRow, FinishedCall, MessageRow, MetricsRow};

/// A call as it was written.
#[derive(Debug, Deserialize)]
pub(super) struct CallFile {
    id: Uuid,
    outcome: String,
    outcome_confidence: Option<f64>,
    outcome_reason: Option<String>,
    disposition: Option<String>,
    status: String,
    ended_reason: Option<String>,
    direction: String,
    company_id: Option<Uuid>,
    #[serde(default)]
    skillbase: Skillbase,
    prompt_hash: Option<String>,
    room: Option<String>,
    external_call_id: Option<String>,
    caller_number: Option<String>,
    callee_number: Option<String>,
    #[serde(default)]
    language: String,
    worker: Option<String>,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    duration_ms: Option<f64>,
    settings: Option<Map<String, Value>>,
    #[serde(default)]
    states_visited: Vec<String>,
    #[serde(default)]
    collected_data: Map<String, Value>,
    #[serde(default)]
    summary: Summary,
    #[serde(default)]
    usage: Usage,
    cost: Option<Cost>,
    #[serde(default)]
    errors: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Skillbase {
    id: Option<Uuid>,
    slug: Option<String>,
    version: Option<i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    turn_count: i32,
    user_turn_count: i32,
    bot_turn_count: i32,
    unanswered_count: i32,
    interruption_count: i32,
    interruption_rate: f64,
    latency: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Usage {
    stt_ms: BTreeMap<String, u64>,
    llm: BTreeMap<String, Tokens>,
    tts_characters: BTreeMap<String, i64>,
    room_ms: u64,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Tokens {
    input: i64,
    cached: i64,
    output: i64,
}

/// Amounts stay the decimals that they were written as.
#[derive(Debug, Deserialize)]
struct Cost {
    currency: String,
    stt: String,
    llm: String,
    tts: String,
    livekit: String,
    total: String,
    #[serde(default)]
    unpriced: Vec<String>,
}

impl CallFile {
    /// The rows of this call, whose files are in directory `path` below the recordings' root.
    pub(super) fn into_rows(self, path: Option<String>, turns: &[TurnFile]) -> FinishedCall {
        let messages = (0..)
            .zip(turns.iter().flat_map(|turn| turn.messages(self.started_at)))
            .map(|(position, message)| MessageRow { position, ..message })
            .collect();
        FinishedCall {
            messages,
            turns: turns.iter().map(|turn| turn.log(self.started_at)).collect(),
            metrics: self.metrics(),
            call: self.call(path),
        }
    }

    fn call(self, path: Option<String>) -> CallRow {
        CallRow {
            id: self.id,
            company_id: self.company_id,
            skillbase_id: self.skillbase.id,
            skillbase_slug: self.skillbase.slug,
            skillbase_version: self.skillbase.version,
            prompt_hash: self.prompt_hash,
            external_call_id: self.external_call_id,
            livekit_room_id: self.room,
            direction: self.direction,
            caller_number: self.caller_number,
            callee_number: self.callee_number,
            outcome: Some(self.outcome),
            disposition: self.disposition,
            outcome_data: json!({}),
            collected_data: Value::Object(self.collected_data),
            duration_sec: self.duration_ms.unwrap_or_default() / 1e3,
            turn_count: self.summary.turn_count,
            states_visited: json!(self.states_visited),
            language: self.language,
            status: self.status,
            ended_reason: self.ended_reason,
            recording_path: path,
            worker: self.worker,
            settings: Value::Object(self.settings.unwrap_or_default()),
            errors: json!(self.errors),
            started_at: self.started_at,
            ended_at: self.ended_at,
        }
    }

    fn metrics(&self) -> MetricsRow {
        let Self { summary, usage, .. } = self;
        let figure = |latency: &str, figure: &str| summary.latency.get(latency)?.get(figure)?.as_f64();
        let amount = |of: fn(&Cost) -> &String| self.cost.as_ref().map_or("0", |cost| of(cost)).to_owned();
        MetricsRow {
            call_id: self.id,
            ttfb_stt_avg: figure("ttfb_stt", "avg"),
            ttfb_stt_min: figure("ttfb_stt", "min"),
            ttfb_stt_max: figure("ttfb_stt", "max"),
            latency_llm_avg: figure("latency_llm", "avg"),
            latency_llm_min: figure("latency_llm", "min"),
            latency_llm_max: figure("latency_llm", "max"),
            ttfb_tts_avg: figure("ttfb_tts", "avg"),
            ttfb_tts_min: figure("ttfb_tts", "min"),
            ttfb_tts_max: figure("ttfb_tts", "max"),
            eou_latency_avg: figure("eou_latency", "avg"),
            eou_latency_min: figure("eou_latency", "min"),
            eou_latency_max: figure("eou_latency", "max"),
            eou_latency_p50: figure("eou_latency", "p50"),
            eou_latency_p90: figure("eou_latency", "p90"),
            eou_latency_p95: figure("eou_latency", "p95"),
            eou_latency_p99: figure("eou_latency", "p99"),
            worker_added_p50: figure("worker_added", "p50"),
            worker_added_p95: figure("worker_added", "p95"),
            latency: Value::Object(summary.latency.clone()),
            stt_duration_sec: usage.stt_ms.values().sum::<u64>() as f64 / 1e3,
            llm_input_tokens: usage.llm.values().map(|tokens| tokens.input).sum(),
            llm_cached_tokens: usage.llm.values().map(|tokens| tokens.cached).sum(),
            llm_output_tokens: usage.llm.values().map(|tokens| tokens.output).sum(),
            tts_characters: usage.tts_characters.values().sum(),
            livekit_duration_sec: usage.room_ms as f64 / 1e3,
            usage: json!(usage),
            currency: self.cost.as_ref().map_or("USD", |cost| &cost.currency).to_owned(),
            cost_stt: amount(|cost| &cost.stt),
            cost_llm: amount(|cost| &cost.llm),
            cost_tts: amount(|cost| &cost.tts),
            cost_livekit: amount(|cost| &cost.livekit),
            cost_total: amount(|cost| &cost.total),
            unpriced: json!(
                self.cost
                    .as_ref()
                    .map(|cost| cost.unpriced.as_slice())
                    .unwrap_or_default()
            ),
            interruption_count: summary.interruption_count,
            interruption_rate: summary.interruption_rate,
            sentiment_score: None,
            outcome: Some(self.outcome.clone()),
            outcome_confidence: self.outcome_confidence,
            outcome_reason: self.outcome_reason.clone(),
            turn_count: summary.turn_count,
            user_turn_count: summary.user_turn_count,
            bot_turn_count: summary.bot_turn_count,
            unanswered_count: summary.unanswered_count,
        }
    }
}
