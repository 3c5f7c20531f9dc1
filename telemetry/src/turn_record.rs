//! One turn, as it is stored, shown and counted.

use serde::{Deserialize, Serialize};
use turn::{EndReason, Said, TurnTimings};

use crate::{
    Stamps, TurnUsage, Waterfall,
    stamps::span_ms,
    waterfall::{self, Inconsistency},
};

/// One turn of a call: a line of `turns.jsonl`, a row of `call_logs`, a message of the live view.
///
/// In memory what was said stays [`Said`], which prints as a length; only the JSON carries the words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    /// Which turn: 1, 2, …
    pub turn: u32,
    /// When everything happened.
    #[serde(flatten)]
    pub stamps: Stamps,
    /// Why the turn was taken as ended: `silence`, `model`, `provider`, `max_delay` or `manual`.
    #[serde(with = "reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// Probability of the end that the end-of-turn model gave at the decision, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_probability: Option<f32>,
    /// Whether the caller cut the reply.
    #[serde(default)]
    pub interrupted: bool,
    /// The texts, services and errors.
    #[serde(flatten)]
    pub details: TurnDetails,
    /// The numbers that follow from the stamps.
    #[serde(flatten)]
    pub derived: Derived,
}

/// What belongs to a turn besides its stamps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnDetails {
    /// What the caller said or typed; blank when the agent began the turn.
    #[serde(with = "words", skip_serializing_if = "Said::is_blank")]
    pub user_text: Said,
    /// What the agent meant to say.
    #[serde(with = "words", skip_serializing_if = "Said::is_blank")]
    pub agent_text: Said,
    /// What was audible of it.
    #[serde(with = "words", skip_serializing_if = "Said::is_blank")]
    pub heard_text: Said,
    /// The language spoken, BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The state of the dialogue after the turn, where the agent has states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_id: Option<String>,
    /// Who served the turn.
    pub providers: Providers,
    /// What they delivered.
    pub usage: TurnUsage,
    /// What went wrong, one sentence each, without what people said.
    pub errors: Vec<String>,
}

/// The services of a turn, by the names that settings give them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Providers {
    /// Recognition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stt: Option<String>,
    /// Language model, with `/model` where there are several: `groq/llama-3.1-8b-instant`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm: Option<String>,
    /// Voice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tts: Option<String>,
}

/// Numbers that follow from the stamps, in milliseconds; absent when one of their stamps is. They are signed: a service
/// that was quicker than the detector makes a negative delay, and it is kept as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Derived {
    /// `decided − speech_end`: how long the end of the turn took to be believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eou_delay: Option<f64>,
    /// `stt_final − speech_end`: how long the last text took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stt_delay: Option<f64>,
    /// `llm_first − llm_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_ttft: Option<f64>,
    /// `clause_ready − llm_first`: how long the first clause took to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_aggregation: Option<f64>,
    /// `tts_first_byte − tts_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tts_ttfb: Option<f64>,
    /// `tts_first_audible − tts_request`: what the caller waits for, silence at the start included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tts_ttfa: Option<f64>,
    /// `audio_out − speech_end`: from the end of the utterance to the audible answer. The number that is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eou_latency: Option<f64>,
    /// The part of `eou_latency` that is the worker's own: see [`Waterfall::worker_added`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_added: Option<f64>,
    /// `barge_in_decided − barge_in_start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barge_in_detect: Option<f64>,
    /// `barge_in_stopped − barge_in_start`: how long the agent still sounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barge_in_stop: Option<f64>,
}

impl TurnRecord {
    /// The record of a turn.
    ///
    /// Stamps that contradict each other are written as they are; each contradiction is logged and becomes one of the
    /// record's errors, so that a number which cannot be trusted says so itself.
    pub fn new(timings: &TurnTimings, mut details: TurnDetails) -> Self {
        let stamps = Stamps::from(timings);
        let waterfall = Waterfall::of(&stamps);
        let derived = Derived::of(&stamps, waterfall.as_ref());
        let found = waterfall::inconsistencies(&stamps).chain(
            waterfall
                .as_ref()
                .and_then(|stages| stages.difference_from(derived.eou_latency)),
        );
        details.errors.extend(found.map(|inconsistency| {
            tracing::warn!(turn = timings.turn.0, %inconsistency, "a turn's stamps contradict each other");
            inconsistency.to_string()
        }));
        Self {
            turn: timings.turn.0,
            stamps,
            reason: timings.reason,
            end_probability: timings.end_probability,
            interrupted: timings.interrupted,
            details,
            derived,
        }
    }

    /// Where the time of this turn went; none when nothing was heard.
    pub fn waterfall(&self) -> Option<Waterfall> {
        Waterfall::of(&self.stamps)
    }

    /// Whether the caller began the turn, by speaking or typing.
    pub fn is_callers(&self) -> bool {
        self.stamps.speech_end.is_some() || !self.details.user_text.is_blank()
    }

    /// Whether the agent was heard in it.
    pub fn is_answered(&self) -> bool {
        self.stamps.audio_out.is_some()
    }

    /// Whether the caller cut a reply that could be heard; a reply cut before its first sound interrupted nobody.
    pub fn is_interruption(&self) -> bool {
        self.interrupted && self.is_answered()
    }

    /// The contradictions in its stamps.
    pub fn inconsistencies(&self) -> Vec<Inconsistency> {
        waterfall::inconsistencies(&self.stamps).collect()
    }
}

impl Derived {
    fn of(stamps: &Stamps, waterfall: Option<&Waterfall>) -> Self {
        Self {
            eou_delay: span_ms(stamps.speech_end, stamps.decided),
            stt_delay: span_ms(stamps.speech_end, stamps.stt_final),
            llm_ttft: span_ms(stamps.llm_request, stamps.llm_first),
            text_aggregation: span_ms(stamps.llm_first, stamps.clause_ready),
            tts_ttfb: span_ms(stamps.tts_request, stamps.tts_first_byte),
            tts_ttfa: span_ms(stamps.tts_request, stamps.tts_first_audible),
            eou_latency: span_ms(stamps.speech_end, stamps.audio_out),
            worker_added: waterfall
                .filter(|_| stamps.speech_end.is_some())
                .map(|stages| stages.worker_added().as_nanos() as f64 / 1e6),
            barge_in_detect: span_ms(stamps.barge_in_start, stamps.barge_in_decided),
            barge_in_stop: span_ms(stamps.barge_in_start, stamps.barge_in_stopped),
        }
    }
}

/// What was said, as plain text: for the record only.
mod words {
    use serde::{Deserialize, Deserializer, Serializer};
    use turn::Said;

    pub(super) fn serialize<S: Serializer>(said: &Said, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(said.reveal())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Said, D::Error> {
        String::deserialize(deserializer).map(Said::from)
    }
}

/// A reason by its name.
mod reason {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use turn::EndReason;

    const ALL: [EndReason; 5] = [
        EndReason::Silence,
        EndReason::Model,
        EndReason::Provider,
        EndReason::MaxDelay,
        EndReason::Manual,
    ];

    pub(super) fn serialize<S: Serializer>(
        reason: &Option<EndReason>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        reason.map(EndReason::name).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<EndReason>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let known = ALL.into_iter().find(|reason| reason.name() == name);
        known
            .map(Some)
            .ok_or_else(|| D::Error::custom(format_args!("`{name}` is no reason to end a turn")))
    }
}
