//! Who may speak, and when: the settings of a skillbase's `turn`, which are also a scenario's `settings`.
//!
//! All times are in milliseconds. Where a time may be `null`, null switches the thing off.

mod early_pause;
mod endpointing;
mod filler;
mod interruption;
mod preemptive;
mod user_turn_limit;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

pub use self::{
    early_pause::EarlyPause,
    endpointing::{EndpointingMode, EndpointingSettings},
    filler::FillerSettings,
    interruption::{BackChannels, InterruptionMode, InterruptionSettings},
    preemptive::PreemptiveSettings,
    user_turn_limit::UserTurnLimit,
};
use crate::{
    check::Report,
    names::named,
    read::{Node, Problems},
};

/// No delay of a conversation is longer than ten minutes; a larger number is a slip of the unit.
const DELAY_MAX_MS: u32 = 600_000;
const COUNT_MAX: u32 = 10_000;
/// A time that never comes, for one that is switched off.
const NEVER: u32 = u32::MAX;

/// How the agent takes turns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurnSettings {
    /// When the caller's turn is over.
    pub endpointing: EndpointingSettings,
    /// When the caller takes the floor from the agent.
    pub interruption: InterruptionSettings,
    /// Asking the model before the turn is over.
    pub preemptive: PreemptiveSettings,
    /// What becomes of words said over speech that must not be interrupted, where it does not say so itself.
    pub protected_speech: ProtectedSpeech,
    /// Silence of both sides after which the caller counts as away. Default 15000.
    pub user_away_ms: Option<u32>,
    /// Speech without any text for this long is reported. Default none.
    pub transcription_timeout_ms: Option<u32>,
    /// A turn that grows beyond this is ended for the caller.
    pub user_turn_limit: UserTurnLimit,
    /// One round of tool calls more than this is run in an answer. Default 3.
    pub max_tool_steps: u32,
    /// A short phrase while an answer takes long, in the agent's language. Default on; none: silence.
    pub filler: Option<FillerSettings>,
}

named! {
    /// What becomes of words over protected speech.
    ProtectedSpeech {
        /// They are kept and answered when the protected speech ends.
        Keep = "keep",
        /// They are dropped.
        Drop = "drop",
    }
}

named! {
    /// How something that the agent says takes being talked over. Of words said together, the one later in this list counts.
    TalkedOver {
        /// The caller may interrupt it.
        Allow = "allow",
        /// It is said to its end, and what is said over it is dropped.
        Block = "block",
        /// It is said to its end, and what is said over it is answered after it.
        Defer = "defer",
    }
}

impl Default for TurnSettings {
    fn default() -> Self {
        Self {
            endpointing: EndpointingSettings::default(),
            interruption: InterruptionSettings::default(),
            preemptive: PreemptiveSettings::default(),
            protected_speech: ProtectedSpeech::Keep,
            user_away_ms: Some(15_000),
            transcription_timeout_ms: None,
            user_turn_limit: UserTurnLimit::default(),
            max_tool_steps: 3,
            filler: Some(FillerSettings::default()),
        }
    }
}

impl TurnSettings {
    /// Reads settings that stand alone, as a scenario's do.
    ///
    /// # Errors
    /// Every unknown key, wrong type and impossible value, with its path below `settings`.
    pub fn from_value(value: &Value) -> Result<Self, crate::Rejected> {
        let problems = Problems::default();
        let settings = Self::read(&Node::root(value, &problems));
        Report::of(settings, problems).accepted()
    }

    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            endpointing: fields.or("endpointing", default.endpointing, |n| {
                EndpointingSettings::read(&n)
            }),
            interruption: fields.or("interruption", default.interruption, |n| {
                InterruptionSettings::read(&n)
            }),
            preemptive: fields.or("preemptive", default.preemptive, |n| PreemptiveSettings::read(&n)),
            protected_speech: fields.or("protected_speech", default.protected_speech, |n| n.name()),
            user_away_ms: fields.nullable("user_away_ms", default.user_away_ms, |n| {
                n.whole(1..=DELAY_MAX_MS)
            }),
            transcription_timeout_ms: fields.nullable(
                "transcription_timeout_ms",
                default.transcription_timeout_ms,
                |n| n.whole(1..=DELAY_MAX_MS),
            ),
            user_turn_limit: fields.or("user_turn_limit", default.user_turn_limit, |n| {
                UserTurnLimit::read(&n)
            }),
            max_tool_steps: fields.or("max_tool_steps", default.max_tool_steps, |n| n.whole(0..=100)),
            filler: fields.nullable("filler", default.filler, |n| FillerSettings::read(&n)),
        };
        fields.finish();
        Some(settings)
    }
}

/// Reads as [`TurnSettings::from_value`] does; the message names every error.
impl<'de> Deserialize<'de> for TurnSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A time that is switched off is written as it is read.
fn or_null<S: Serializer>(ms: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    (*ms != NEVER).then_some(*ms).serialize(serializer)
}
