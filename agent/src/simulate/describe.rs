//! Events of a simulated call as they are printed.

use std::{borrow::Cow, time::Duration};

use pipeline::simulation::{SimEvent, SimFact};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use telemetry::{TurnDetails, TurnRecord};
use turn::{CallEnd, Failure, HistoryItem, MeasuredTurn, Notice, ReplyId, Said, ToolRun};

/// An event by name, with its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// When, in milliseconds.
    pub t: f64,
    /// Its name.
    pub event: &'static str,
    fields: Fields,
}

/// Names and values.
type Fields = Vec<(Cow<'static, str>, Value)>;

/// The events that there are, each with the fields that it may have. A turn's record may have any.
pub(super) const EVENTS: [(&str, &[&str]); 30] = [
    ("user_speech_started", &[]),
    ("user_speech_stopped", &[]),
    ("user_state", &["state"]),
    ("agent_state", &["state"]),
    ("transcript_interim", &["text"]),
    ("transcript_final", &["text"]),
    ("user_turn_committed", &["turn", "text"]),
    ("user_turn_discarded", &["text"]),
    ("llm_requested", &["reply"]),
    ("llm_first", &["reply"]),
    ("llm_done", &["reply"]),
    ("reply_discarded", &["reply"]),
    ("tts_requested", &["reply"]),
    ("tts_first_audio", &["reply"]),
    ("agent_audio_started", &["reply"]),
    ("agent_audio_paused", &["reply", "position_ms"]),
    ("agent_audio_resumed", &["reply", "position_ms"]),
    (
        "agent_audio_stopped",
        &["reply", "position_ms", "interrupted", "text"],
    ),
    ("tool_started", &["name"]),
    ("tool_progress", &["name", "output"]),
    ("tool_finished", &["name", "output", "error"]),
    ("history", &["role", "text", "interrupted", "name"]),
    ("floor", &["reply", "act", "reason"]),
    ("false_interruption", &["resumed"]),
    ("back_channel", &["text"]),
    ("user_away", &[]),
    ("transcription_timeout", &["duration_ms"]),
    ("turn_record", &[]),
    ("error", &["source"]),
    ("ended", &["reason"]),
];

impl Described {
    /// The event as it is printed; the results of tools that ran together are one event each.
    pub fn all(event: &SimEvent) -> Vec<Self> {
        let t = event.at.as_millis_f64();
        if let SimFact::Notice(Notice::History(HistoryItem::Tools(runs))) = &event.fact {
            let event = "history";
            return runs
                .iter()
                .map(|run| Self {
                    t,
                    event,
                    fields: tool(run),
                })
                .collect();
        }
        let (event, fields) = Self::named(&event.fact);
        vec![Self { t, event, fields }]
    }

    fn named(fact: &SimFact) -> (&'static str, Fields) {
        match fact {
            SimFact::Notice(notice) => describe(notice),
            SimFact::AudioPaused { reply, position } => (
                "agent_audio_paused",
                vec![id(*reply), at("position_ms", *position)],
            ),
            SimFact::AudioResumed { reply, position } => (
                "agent_audio_resumed",
                vec![id(*reply), at("position_ms", *position)],
            ),
            SimFact::Ended(reason) => {
                let reason = match reason {
                    CallEnd::Finished => "finished",
                    CallEnd::Idle => "idle",
                    CallEnd::MaxDuration => "max_duration",
                };
                ("ended", vec![field("reason", reason)])
            }
        }
    }

    /// Its fields, in the order in which they are printed.
    pub fn fields(&self) -> impl Iterator<Item = &(Cow<'static, str>, Value)> {
        self.fields.iter()
    }

    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        // A map of text keys and JSON values always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// One line for people.
    pub(super) fn human(&self) -> String {
        let mut line = format!("{:>11.3}  {}", self.t / 1e3, self.event);
        if self.event == "turn_record" {
            let latency = self.field("eou_latency").and_then(Value::as_f64);
            if let Some(latency) = latency {
                line.push_str(&format!("  eou_latency {latency} ms"));
            }
            return line;
        }
        for (name, value) in &self.fields {
            line.push_str(&format!("  {name}={value}"));
        }
        line
    }
}

impl Serialize for Described {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len() + 2))?;
        map.serialize_entry("t", &self.t)?;
        map.serialize_entry("event", self.event)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn describe(notice: &Notice) -> (&'static str, Fields) {
    match notice {
        Notice::UserSpeechStarted => ("user_speech_started", vec![]),
        Notice::UserSpeechStopped => ("user_speech_stopped", vec![]),
        Notice::User(state) => ("user_state", vec![field("state", state.name())]),
        Notice::Agent(state) => ("agent_state", vec![field("state", state.name())]),
        Notice::Interim(text) => ("transcript_interim", vec![said(text)]),
        Notice::Final(text) => ("transcript_final", vec![said(text)]),
        Notice::TurnCommitted { turn, text } => {
            ("user_turn_committed", vec![field("turn", turn.0), said(text)])
        }
        Notice::TurnDiscarded { text } => ("user_turn_discarded", vec![said(text)]),
        Notice::ModelRequested { reply, .. } => ("llm_requested", vec![id(*reply)]),
        Notice::ModelFirst { reply } => ("llm_first", vec![id(*reply)]),
        Notice::ModelDone { reply } => ("llm_done", vec![id(*reply)]),
        Notice::ReplyDiscarded { reply, .. } => ("reply_discarded", vec![id(*reply)]),
        Notice::VoiceRequested { reply } => ("tts_requested", vec![id(*reply)]),
        Notice::VoiceFirst { reply } => ("tts_first_audio", vec![id(*reply)]),
        Notice::AudioStarted { reply } => ("agent_audio_started", vec![id(*reply)]),
        Notice::AudioPaused { reply } => ("agent_audio_paused", vec![id(*reply)]),
        Notice::AudioResumed { reply } => ("agent_audio_resumed", vec![id(*reply)]),
        Notice::AudioStopped {
            reply,
            position,
            interrupted,
            heard,
        } => {
            let mut fields = vec![id(*reply), at("position_ms", *position)];
            fields.extend([field("interrupted", *interrupted), said(heard)]);
            ("agent_audio_stopped", fields)
        }
        Notice::ToolStarted { name } => ("tool_started", vec![field("name", name.as_str())]),
        Notice::ToolProgress { name, text } => (
            "tool_progress",
            vec![field("name", name.as_str()), field("output", text.reveal())],
        ),
        Notice::ToolFinished { name, result } => {
            let result = match result {
                Ok(output) => field("output", output.reveal()),
                Err(error) => field("error", error.reveal()),
            };
            ("tool_finished", vec![field("name", name.as_str()), result])
        }
        Notice::History(item) => ("history", history(item)),
        Notice::Floor { reply, decision } => {
            let mut fields: Fields = reply.map(id).into_iter().collect();
            fields.extend([name("act", decision.act), name("reason", decision.reason)]);
            ("floor", fields)
        }
        Notice::FalseInterruption { resumed } => ("false_interruption", vec![field("resumed", *resumed)]),
        Notice::BackChannel { text } => ("back_channel", vec![said(text)]),
        Notice::UserAway => ("user_away", vec![]),
        Notice::TranscriptionTimeout { speech } => {
            ("transcription_timeout", vec![at("duration_ms", *speech)])
        }
        Notice::TurnMeasured(turn) => ("turn_record", record(turn)),
        Notice::Failed(failure) => {
            let source = match failure {
                Failure::Model => "llm",
                Failure::Voice => "tts",
                Failure::Loudspeaker => "output",
            };
            ("error", vec![field("source", source)])
        }
    }
}

fn history(item: &HistoryItem) -> Fields {
    match item {
        HistoryItem::Caller { text } | HistoryItem::Aside { text } => {
            vec![field("role", "user"), said(text), field("interrupted", false)]
        }
        HistoryItem::Agent { text, interrupted } => vec![
            field("role", "assistant"),
            said(text),
            field("interrupted", *interrupted),
        ],
        HistoryItem::Tools(runs) => runs.iter().flat_map(tool).collect(),
    }
}

fn tool(run: &ToolRun) -> Fields {
    let (Ok(text) | Err(text)) = &run.result;
    vec![
        field("role", "tool"),
        said(text),
        field("interrupted", false),
        field("name", run.name.as_str()),
    ]
}

/// The turn's record as it is written everywhere.
fn record(turn: &MeasuredTurn) -> Fields {
    let details = TurnDetails {
        user_text: turn.user_text.clone(),
        agent_text: turn.agent_text.clone(),
        heard_text: turn.heard_text.clone(),
        ..TurnDetails::default()
    };
    match serde_json::to_value(TurnRecord::new(&turn.timings, details)) {
        Ok(Value::Object(fields)) => fields
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect(),
        _ => vec![],
    }
}

fn id(reply: ReplyId) -> (Cow<'static, str>, Value) {
    field("reply", reply.0)
}

fn said(text: &Said) -> (Cow<'static, str>, Value) {
    field("text", text.reveal())
}

fn at(name: &'static str, span: Duration) -> (Cow<'static, str>, Value) {
    field(name, span.as_nanos() as f64 / 1e6)
}

/// A value that is written by its name.
fn name(name: &'static str, value: impl Serialize) -> (Cow<'static, str>, Value) {
    // Names always serialise.
    field(name, serde_json::to_value(value).unwrap_or_default())
}

fn field(name: &'static str, value: impl Into<Value>) -> (Cow<'static, str>, Value) {
    (name.into(), value.into())
}
