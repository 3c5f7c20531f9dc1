//! Who may speak, and when: the settings of a skillbase's `turn`, which are also a scenario's `settings`.
//!
//! All times are in milliseconds. Where a time may be `null`, null switches the thing off.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

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
    /// What becomes of words said over speech that must not be interrupted.
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

/// When the caller's turn is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointingSettings {
    /// Whose word counts.
    pub mode: EndpointingMode,
    /// Shortest silence, from the last voiced sample. Default 500.
    pub min_delay_ms: u32,
    /// Longest wait when the end-of-turn model thinks that the caller has not finished. Default 3000.
    pub max_delay_ms: u32,
    /// Whether the shortest silence follows the caller's own pauses. Default false.
    pub dynamic: bool,
    /// Weight of the past in that, 0 to 1. Default 0.9.
    pub alpha: f64,
}

named! {
    /// Whose word ends a turn.
    EndpointingMode {
        /// The end-of-turn model where there is one, else silence.
        Auto = "auto",
        /// Silence.
        Vad = "vad",
        /// The recogniser.
        Stt = "stt",
        /// The end-of-turn model.
        Model = "model",
        /// Only commands.
        Manual = "manual",
    }
}

/// When the caller takes the floor from the agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterruptionSettings {
    /// Whether speech can interrupt at all. Default true.
    pub enabled: bool,
    /// What interrupts.
    pub mode: InterruptionMode,
    /// What words do that only show attention ("mm-hm"). Default: an agent ignores them, in a scenario they interrupt,
    /// because its rules hold to the letter; in mode `model` they are ignored in both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_channels: Option<BackChannels>,
    /// Speech must be longer than this. Default 500; none: however long, only words interrupt.
    #[serde(serialize_with = "or_null")]
    pub min_duration_ms: u32,
    /// And must have at least so many words. Default 0.
    pub min_words: u32,
    /// Silence after a pause until the reply goes on. Default 2000; none: never pause, cut.
    pub false_timeout_ms: Option<u32>,
    /// Whether a reply that was paused for nothing goes on. Default true.
    pub resume: bool,
    /// Overlap within this much of the start and the end of a reply is never a back-channel. Default 1000 and 1000.
    pub boundary_ms: (u32, u32),
    /// For this long from the first sound of the call only a whole turn interrupts. Default 0.
    pub echo_guard_ms: u32,
    /// Fall silent early and decide later. Default on; none: never.
    pub early_pause: Option<EarlyPause>,
}

named! {
    /// What interrupts a reply.
    InterruptionMode {
        /// Enough speech, or any words.
        Vad = "vad",
        /// Words alone.
        Words = "words",
        /// As `vad`, and words are judged: those that only show attention do not interrupt.
        Model = "model",
    }
}

named! {
    /// What words do that only show attention.
    BackChannels {
        /// They interrupt as any other words.
        Interrupt = "interrupt",
        /// The agent goes on, and they are no turn.
        Ignore = "ignore",
    }
}

/// Falling silent before it is certain that the caller wants the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EarlyPause {
    /// Speech longer than this pauses the reply. Default 150.
    #[serde(serialize_with = "or_null")]
    pub after_ms: u32,
    /// Silence after wordless speech until the reply goes on. Default 200.
    pub resume_after_ms: u32,
}

/// Asking the model before the turn is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreemptiveSettings {
    /// Ask the model at each final text. Default true.
    pub llm: bool,
    /// Ask the voice too. Default false.
    pub tts: bool,
    /// Not for turns longer than this. Default 10000.
    #[serde(serialize_with = "or_null")]
    pub max_speech_ms: u32,
    /// Requests that a turn may waste. Default 3.
    pub max_retries: u32,
    /// Requests that the call may waste beyond one for each answered turn; then none are made early until turns have been
    /// answered. Default 10.
    pub max_waste: u32,
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

/// A limit on a turn of the caller. Default: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserTurnLimit {
    /// Most words.
    pub max_words: Option<u32>,
    /// Longest time from the first voiced sample.
    pub max_duration_ms: Option<u32>,
}

/// A short phrase while an answer takes long, at most two in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FillerSettings {
    /// Silence of both sides while the agent thinks, until the first phrase. Default 3000.
    pub after_ms: u32,
    /// Silence after the first phrase until the other one. Default 8000; none: one is enough.
    pub again_after_ms: Option<u32>,
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

impl Default for EndpointingSettings {
    fn default() -> Self {
        Self {
            mode: EndpointingMode::Auto,
            min_delay_ms: 500,
            max_delay_ms: 3_000,
            dynamic: false,
            alpha: 0.9,
        }
    }
}

impl Default for InterruptionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: InterruptionMode::Vad,
            back_channels: None,
            min_duration_ms: 500,
            min_words: 0,
            false_timeout_ms: Some(2_000),
            resume: true,
            boundary_ms: (1_000, 1_000),
            echo_guard_ms: 0,
            early_pause: Some(EarlyPause::default()),
        }
    }
}

impl Default for EarlyPause {
    fn default() -> Self {
        Self {
            after_ms: 150,
            resume_after_ms: 200,
        }
    }
}

impl Default for FillerSettings {
    fn default() -> Self {
        Self {
            after_ms: 3_000,
            again_after_ms: Some(8_000),
        }
    }
}

impl Default for PreemptiveSettings {
    fn default() -> Self {
        Self {
            llm: true,
            tts: false,
            max_speech_ms: 10_000,
            max_retries: 3,
            max_waste: 10,
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

impl EndpointingSettings {
    fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let min_delay_ms = fields
            .nullable("min_delay_ms", Some(default.min_delay_ms), |n| {
                n.whole(0..=DELAY_MAX_MS)
            })
            .unwrap_or(0);
        let settings = Self {
            mode: fields.or("mode", default.mode, |n| n.name()),
            min_delay_ms,
            // A long shortest delay does not contradict a longest that nobody asked for.
            max_delay_ms: fields
                .nullable(
                    "max_delay_ms",
                    Some(default.max_delay_ms.max(min_delay_ms)),
                    |n| n.whole(0..=DELAY_MAX_MS),
                )
                .unwrap_or(DELAY_MAX_MS),
            dynamic: fields.or("dynamic", default.dynamic, |n| n.flag()),
            alpha: fields.or("alpha", default.alpha, |n| n.number(0.0..=1.0)),
        };
        fields.finish();
        if settings.min_delay_ms > settings.max_delay_ms {
            node.error(format!(
                "min_delay_ms ({}) must not be more than max_delay_ms ({})",
                settings.min_delay_ms, settings.max_delay_ms
            ));
        }
        Some(settings)
    }
}

impl InterruptionSettings {
    fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            enabled: fields.or("enabled", default.enabled, |n| n.flag()),
            mode: fields.or("mode", default.mode, |n| n.name()),
            back_channels: fields.optional("back_channels", |n| n.name()),
            min_duration_ms: fields
                .nullable("min_duration_ms", Some(default.min_duration_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(NEVER),
            min_words: fields.or("min_words", default.min_words, |n| n.whole(0..=COUNT_MAX)),
            false_timeout_ms: fields.nullable("false_timeout_ms", default.false_timeout_ms, |n| {
                n.whole(0..=DELAY_MAX_MS)
            }),
            resume: fields.or("resume", default.resume, |n| n.flag()),
            boundary_ms: fields.or("boundary_ms", default.boundary_ms, |n| pair(&n)),
            echo_guard_ms: fields
                .nullable("echo_guard_ms", Some(default.echo_guard_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(0),
            early_pause: fields.nullable("early_pause", default.early_pause, |n| EarlyPause::read(&n)),
        };
        fields.finish();
        Some(settings)
    }
}

impl EarlyPause {
    fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let pause = Self {
            after_ms: fields
                .nullable("after_ms", Some(default.after_ms), |n| n.whole(0..=DELAY_MAX_MS))
                .unwrap_or(NEVER),
            resume_after_ms: fields.or("resume_after_ms", default.resume_after_ms, |n| {
                n.whole(0..=DELAY_MAX_MS)
            }),
        };
        fields.finish();
        Some(pause)
    }
}

impl PreemptiveSettings {
    fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            llm: fields.or("llm", default.llm, |n| n.flag()),
            tts: fields.or("tts", default.tts, |n| n.flag()),
            max_speech_ms: fields
                .nullable("max_speech_ms", Some(default.max_speech_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(NEVER),
            max_retries: fields.or("max_retries", default.max_retries, |n| n.whole(0..=COUNT_MAX)),
            max_waste: fields.or("max_waste", default.max_waste, |n| n.whole(0..=COUNT_MAX)),
        };
        fields.finish();
        Some(settings)
    }
}

impl FillerSettings {
    fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            after_ms: fields.or("after_ms", default.after_ms, |n| n.whole(1..=DELAY_MAX_MS)),
            again_after_ms: fields.nullable("again_after_ms", default.again_after_ms, |n| {
                n.whole(1..=DELAY_MAX_MS)
            }),
        };
        fields.finish();
        Some(settings)
    }
}

impl UserTurnLimit {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let limit = Self {
            max_words: fields.optional("max_words", |n| n.whole(1..=COUNT_MAX)),
            max_duration_ms: fields.optional("max_duration_ms", |n| n.whole(1..=DELAY_MAX_MS)),
        };
        fields.finish();
        Some(limit)
    }
}

/// Two times: at the start and at the end.
fn pair(node: &Node<'_>) -> Option<(u32, u32)> {
    let times = node.list(2, |item| item.whole(0..=DELAY_MAX_MS))?;
    let &[start, end] = times.as_slice() else {
        node.error(format!("must be two times, [start, end], has {}", times.len()));
        return None;
    };
    Some((start, end))
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
