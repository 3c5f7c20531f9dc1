//! Every delay and threshold of the conversation, with its reason and its default.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::time::Duration;

use crate::Said;

/// How the agent takes turns. Plain data: the agent fills it from the skillbase's `turn` and `limits`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Policy {
    /// When the caller's turn is over.
    pub endpointing: Endpointing,
    /// When the caller takes the floor from the agent.
    pub interruption: Interruption,
    /// Asking the model before the turn is over.
    pub preemptive: Preemptive,
    /// What becomes of words that the caller says over speech that must not be interrupted, where it is not said for that
    /// speech ([`TalkedOver`]).
    pub protected_speech: ProtectedSpeech,
    /// Silence of both sides after which the caller counts as away; `None`: never.
    pub user_away: Option<Duration>,
    /// Speech without any text for this long after its end is reported; `None`: never.
    pub transcription_timeout: Option<Duration>,
    /// A turn that grows beyond this is ended for the caller.
    pub turn_limit: TurnLimit,
    /// One round of tool calls more than this is run in an answer; the request after it allows none.
    pub max_tool_steps: u32,
    /// How tools go together with the conversation, by name; one that is not named is [`ToolMode::Finish`].
    pub tools: BTreeMap<String, ToolMode>,
    /// What is said while an answer takes long; `None`: nothing.
    pub filler: Option<Filler>,
    /// What the loudspeaker can do.
    pub output: Output,
    /// Whether the application wants to see each spoken turn before it is answered ([`crate::Effect::Hook`]).
    pub hook: bool,
    /// What to do in a long silence, in order.
    pub idle: Vec<IdleStep>,
    /// Longest call; `None`: no limit.
    pub max_call: Option<Duration>,
    /// What the agent says on its own.
    pub phrases: Phrases,
}

/// When the caller's turn is over.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Endpointing {
    /// Whose word counts.
    pub mode: EndpointingMode,
    /// Shortest silence, from the last voiced sample. 500 ms: below it, pauses inside sentences are cut.
    pub min_delay: Duration,
    /// Longest wait: when the text is only the beginning of the answer that was asked for, or when the model thinks that
    /// the caller has not finished and the text does not read like a whole sentence either.
    pub max_delay: Duration,
    /// Silence that is enough when the model is sure, or when the text is all of the answer that was asked for; between
    /// sure and likely it grows to `min_delay`. 250 ms: the model needs about 200 ms of silence to judge.
    pub sure_delay: Duration,
    /// Silence that is enough when the model doubts the end but the text reads like a whole sentence; never less than
    /// `min_delay` nor more than `max_delay`. 700 ms: on hesitant speech, 600 cut in on one speaker in nineteen more, and
    /// 800 or 900 on no fewer.
    pub unsure_delay: Duration,
    /// Whether an end-of-turn model is at hand.
    pub model: bool,
    /// Probability from which the model is sure. 0.9: on hesitant speech it then cuts in no more often than 500 ms of silence do.
    pub sure: f32,
    /// Probability from which the end is likely, and `min_delay` is enough; below it `max_delay` is waited for.
    pub likely: f32,
    /// Whether `min_delay` follows the caller's own pauses.
    pub dynamic: bool,
    /// Weight of the past in that, 0–1.
    pub alpha: f64,
}

/// Whose word ends a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EndpointingMode {
    /// The model where there is one, else silence.
    Auto,
    /// Silence.
    Vad,
    /// The recogniser.
    Stt,
    /// The end-of-turn model.
    Model,
    /// Only commands.
    Manual,
}

/// When the caller takes the floor from the agent.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interruption {
    /// Whether speech can interrupt at all.
    pub enabled: bool,
    /// What interrupts.
    pub mode: InterruptionMode,
    /// Speech must be longer than this. 500 ms: shorter is a cough or a "mm-hm".
    pub min_duration: Duration,
    /// And must have at least so many words.
    pub min_words: usize,
    /// Silence after a pause, from the detector's end event, until the reply goes on; `None`: never pause, cut.
    pub false_timeout: Option<Duration>,
    /// Whether a reply that was paused for nothing goes on.
    pub resume: bool,
    /// What words do that only show attention.
    pub back_channels: BackChannels,
    /// Overlap in this much of the start and the end of a reply is never a back-channel.
    pub boundary: (Duration, Duration),
    /// For this long from the first sound of the call's first reply, only a whole turn interrupts: the caller's echo
    /// canceller is still learning.
    pub echo_guard: Duration,
    /// Fall silent early and decide later.
    pub early_pause: Option<EarlyPause>,
}

/// What interrupts a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum InterruptionMode {
    /// Enough speech, or any words.
    Vad,
    /// Words alone.
    Words,
}

/// What words do that only show attention ("mm-hm", "угу") while the agent speaks. They are known in English and Russian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum BackChannels {
    /// They interrupt as any other words.
    Interrupt,
    /// The agent goes on, and there is no turn.
    Ignore,
}

/// Falling silent before it is certain that the caller wants the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EarlyPause {
    /// Speech longer than this pauses the reply. 150 ms: the caller notices that the agent listens.
    pub after: Duration,
    /// Silence after wordless speech, from its last voiced sample, until the reply goes on; `None`: it waits as after any
    /// other pause ([`Interruption::false_timeout`]).
    pub resume_after: Option<Duration>,
}

/// Asking the model before the turn is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Preemptive {
    /// Ask the model at each final text.
    pub llm: bool,
    /// Ask the voice too.
    pub tts: bool,
    /// Not for turns longer than this: they are likely to go on.
    pub max_speech: Duration,
    /// Requests a turn may waste.
    pub max_retries: u32,
    /// Requests that the call may waste beyond one for each answered turn; then none are made early until turns have been
    /// answered. 10: a caller who pauses in every sentence costs one wasted request a turn, not `max_retries`.
    pub max_waste: u32,
}

/// What becomes of words over protected speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ProtectedSpeech {
    /// They are kept and answered when the protected speech ends.
    Keep,
    /// They are dropped, and it is said so.
    Drop,
}

/// How something that the agent says takes being talked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TalkedOver {
    /// The caller may interrupt it.
    Allow,
    /// It is protected, and words over it are dropped ([`ProtectedSpeech::Drop`]).
    Block,
    /// It is protected, and words over it are answered after it ([`ProtectedSpeech::Keep`]).
    Defer,
}

impl TalkedOver {
    /// Whether it must not be paused, held or cut.
    pub fn is_protected(self) -> bool {
        self != Self::Allow
    }
}

impl From<ProtectedSpeech> for TalkedOver {
    fn from(words: ProtectedSpeech) -> Self {
        match words {
            ProtectedSpeech::Keep => Self::Defer,
            ProtectedSpeech::Drop => Self::Block,
        }
    }
}

/// A limit on a turn of the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TurnLimit {
    /// Most words.
    pub max_words: Option<usize>,
    /// Longest time from the first voiced sample.
    pub max_duration: Option<Duration>,
}

/// How a tool goes together with the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ToolMode {
    /// It runs to its end though the answer that called it is interrupted: what it does cannot be undone.
    #[default]
    Finish,
    /// It is given up when the answer that called it is: it only looked something up.
    Cancel,
    /// The conversation goes on while it runs, and the model tells what it brings when nobody speaks. It is given up when
    /// the call ends.
    Background {
        /// What the model reads in place of the result until then.
        interim: Said,
    },
}

/// A short phrase while an answer takes long. The phrases are [`Phrases::one_moment`] and [`Phrases::still_busy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filler {
    /// Silence of both sides while the agent thinks. 3 s: after that callers ask whether anybody is there.
    pub after: Duration,
    /// Silence after the first phrase until the other one, which is the last of the answer; `None`: one is enough.
    pub again_after: Option<Duration>,
}

/// What the loudspeaker can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Output {
    /// Whether it can stop and go on from the same sample.
    pub can_pause: bool,
}

/// A step of the ladder of silence.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdleStep {
    /// Silence of both sides since the last sound of either.
    pub after: Duration,
    /// What to do.
    pub act: IdleAct,
}

/// What to do in a long silence.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum IdleAct {
    /// Say this.
    Say(Said),
    /// Say the closing sentence and end the call.
    HangUp,
}

/// What the agent says on its own. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Phrases {
    /// When an answer failed for good.
    pub apology: Said,
    /// Before the agent ends the call.
    pub closing: Said,
    /// When the longest call is nearly over.
    pub time_is_up: Said,
    /// When an answer takes long.
    pub one_moment: Said,
    /// When it takes longer still.
    pub still_busy: Said,
    /// The language of the call as BCP 47, for word lists.
    pub language: String,
}

impl Policy {
    /// How the agent takes being talked over, where it is not said for what it says.
    pub(crate) fn talked_over(&self) -> TalkedOver {
        if self.interruption.enabled {
            TalkedOver::Allow
        } else {
            self.protected_speech.into()
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            endpointing: Endpointing::default(),
            interruption: Interruption::default(),
            preemptive: Preemptive::default(),
            protected_speech: ProtectedSpeech::Keep,
            user_away: Some(Duration::from_secs(15)),
            transcription_timeout: None,
            turn_limit: TurnLimit::default(),
            max_tool_steps: 3,
            tools: BTreeMap::new(),
            filler: Some(Filler::default()),
            output: Output { can_pause: true },
            hook: false,
            idle: Vec::new(),
            max_call: None,
            phrases: Phrases::default(),
        }
    }
}

impl Default for Endpointing {
    fn default() -> Self {
        Self {
            mode: EndpointingMode::Auto,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_millis(3000),
            sure_delay: Duration::from_millis(250),
            unsure_delay: Duration::from_millis(700),
            model: false,
            sure: 0.9,
            likely: 0.5,
            dynamic: false,
            alpha: 0.9,
        }
    }
}

impl Default for Interruption {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: InterruptionMode::Vad,
            min_duration: Duration::from_millis(500),
            min_words: 0,
            false_timeout: Some(Duration::from_millis(2000)),
            resume: true,
            back_channels: BackChannels::Interrupt,
            boundary: (Duration::from_millis(1000), Duration::from_millis(1000)),
            echo_guard: Duration::ZERO,
            early_pause: Some(EarlyPause {
                after: Duration::from_millis(150),
                resume_after: Some(Duration::from_millis(200)),
            }),
        }
    }
}

impl Default for Filler {
    fn default() -> Self {
        Self {
            after: Duration::from_secs(3),
            again_after: Some(Duration::from_secs(8)),
        }
    }
}

impl Default for Preemptive {
    fn default() -> Self {
        Self {
            llm: true,
            tts: false,
            max_speech: Duration::from_millis(10_000),
            max_retries: 3,
            max_waste: 10,
        }
    }
}
