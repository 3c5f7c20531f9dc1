//! A whole call, as `call.json` holds it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    CallCost, CallSummary, CallUsage, EarlyRequests, Ending, Outcome, PriceTable, TurnRecord, Verdict,
};

/// The report of a call. While the call runs its outcome is `running`; the end fills in the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call's id, a UUID.
    pub id: String,
    /// How it ended, or `running`, or `lost` when the worker died in it.
    pub outcome: Outcome,
    /// How sure that is, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_confidence: Option<f64>,
    /// Why it is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_reason: Option<String>,
    /// What it meant for the business, as the dialogue named it: `lead`, `callback`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Whether it is under way, and how it finished technically.
    pub status: CallStatus,
    /// What ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_reason: Option<Ending>,
    /// Who called whom.
    pub direction: Direction,
    /// The company's id, a UUID; where there is none, the skillbase's counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// Who the agent was.
    pub skillbase: SkillbaseRef,
    /// SHA-256 of the system prompt, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    /// The room's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The telephone network's id of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_call_id: Option<String>,
    /// The caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_number: Option<String>,
    /// The number that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callee_number: Option<String>,
    /// The language, BCP 47.
    pub language: String,
    /// The worker that held the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The one wall-clock moment of the call: its stamps count from here.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How long it lasted by the call's own clock, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The settings that it ran with, without secrets.
    #[serde(default)]
    pub settings: Value,
    /// States of the dialogue in the order they were entered.
    #[serde(default)]
    pub states_visited: Vec<String>,
    /// What the dialogue collected.
    #[serde(default)]
    pub collected_data: Map<String, Value>,
    /// The turns in figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<CallSummary>,
    /// What the services delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<CallUsage>,
    /// What was asked of the services before the caller's turn was over. It is part of the use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_requests: Option<EarlyRequests>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CallCost>,
    /// What went wrong outside of turns, one sentence each.
    #[serde(default)]
    pub errors: Vec<String>,
}

/// Which agent held a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillbaseRef {
    /// Its id in the database, a UUID; absent when it came from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its short name.
    pub slug: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// Whether a call is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// It is.
    Active,
    /// It came to a regular end.
    Completed,
    /// It broke off.
    Failed,
    /// It was handed on.
    Transferred,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called the agent.
    Inbound,
    /// The agent called somebody.
    Outbound,
}

impl CallRecord {
    /// The record of a call that begins. Whatever else is known at the start is set on the fields.
    pub fn begin(id: String, direction: Direction, skillbase: SkillbaseRef, started_at: Timestamp) -> Self {
        Self {
            id,
            outcome: Outcome::Running,
            outcome_confidence: None,
            outcome_reason: None,
            disposition: None,
            status: CallStatus::Active,
            ended_reason: None,
            direction,
            company_id: None,
            skillbase,
            prompt_hash: None,
            room: None,
            external_call_id: None,
            caller_number: None,
            callee_number: None,
            language: String::new(),
            worker: None,
            started_at,
            ended_at: None,
            duration_ms: None,
            settings: Value::Null,
            states_visited: Vec::new(),
            collected_data: Map::new(),
            summary: None,
            usage: None,
            early_requests: None,
            cost: None,
            errors: Vec::new(),
        }
    }

    /// Fills in the end: outcome, times, figures and cost. Use that belongs to no turn is added to `usage` and priced anew
    /// by the caller, where there is any.
    pub fn end(
        &mut self,
        ending: Ending,
        verdict: Verdict,
        lasted: Duration,
        turns: &[TurnRecord],
        prices: &PriceTable,
    ) {
        let usage = CallUsage::of(turns, lasted);
        self.status = match ending {
            Ending::Transferred => CallStatus::Transferred,
            Ending::RoomLost | Ending::ServiceFailed | Ending::WorkerLost | Ending::NotConnected => {
                CallStatus::Failed
            }
            Ending::CallerLeft
            | Ending::AgentEnded
            | Ending::MaxDuration
            | Ending::Idle
            | Ending::WorkerStopped => CallStatus::Completed,
        };
        self.outcome = verdict.outcome;
        self.outcome_confidence = Some(verdict.confidence);
        self.outcome_reason = Some(verdict.reason);
        self.ended_reason = Some(ending);
        self.ended_at = self.started_at.checked_add(lasted).ok();
        self.duration_ms = Some(lasted.as_nanos() as f64 / 1e6);
        self.summary = Some(CallSummary::of(turns));
        self.cost = Some(prices.cost(&usage));
        self.usage = Some(usage);
    }
}
