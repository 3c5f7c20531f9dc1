//! Orders and results: what the shell must do, and what it may tell others.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::time::Duration;

use crate::{FloorDecision, HistoryItem, ReplyId, Said, TurnId, TurnTimings};

/// A call of a tool, as the model wrote it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToolCall {
    /// The model's id of this call.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: meant to be JSON, not always so.
    pub arguments: Said,
}

/// An order to the shell. Orders are given once and in this sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the model. Its clauses wait until [`Effect::Release`], unless `voice` says otherwise.
    Request {
        /// The reply's name from now on.
        reply: ReplyId,
        /// What was said so far, the turn to answer included.
        history: Vec<HistoryItem>,
        /// Whether the model may call tools.
        tools: bool,
        /// Asked before the turn was over: it may be dropped again.
        early: bool,
        /// Whether the voice may begin before the release too.
        voice: bool,
        /// Nobody has asked, so saying nothing is an answer too.
        may_be_silent: bool,
    },
    /// Speak this text, which needs no model. It is released.
    Say {
        /// The reply's name from now on.
        reply: ReplyId,
        /// The text.
        text: Said,
    },
    /// The reply will be heard: its clauses may go to the voice.
    Release {
        /// Which reply.
        reply: ReplyId,
    },
    /// Begin to play the reply.
    Play {
        /// Which reply.
        reply: ReplyId,
    },
    /// Fall silent, and keep what is left.
    Pause {
        /// Which reply.
        reply: ReplyId,
    },
    /// Go on from where it was paused.
    Resume {
        /// Which reply.
        reply: ReplyId,
    },
    /// Fall silent for good; answered by [`crate::Event::AudioStopped`].
    Stop {
        /// Which reply.
        reply: ReplyId,
    },
    /// Forget a reply of which nothing was heard.
    Drop {
        /// Which reply.
        reply: ReplyId,
    },
    /// Run a tool; answered by [`crate::Event::ToolDone`] exactly once, also after the end of the call, unless it is
    /// cancelled.
    RunTool {
        /// The reply that calls it.
        reply: ReplyId,
        /// The call.
        call: ToolCall,
    },
    /// Give up a tool that runs. Its end was told already; an answer that comes all the same changes nothing.
    CancelTool {
        /// The reply that called it.
        reply: ReplyId,
        /// The call's id.
        id: String,
    },
    /// Show the turn to the application; answered by [`crate::Event::HookDone`].
    Hook {
        /// Which turn.
        turn: TurnId,
        /// What was said.
        text: Said,
    },
    /// Compare what the caller has said so far with what was asked for; answered by [`crate::Event::Weighed`], or not at
    /// all by who cannot tell.
    Weigh {
        /// The turn's text so far.
        text: Said,
        /// What was said before it.
        history: Vec<HistoryItem>,
    },
    /// The turn is over: text that is not final yet should become so.
    FlushRecogniser,
    /// End the call.
    EndCall {
        /// Why.
        reason: CallEnd,
    },
    /// Nothing to do: something that others may want to know.
    Notice(Notice),
}

/// Why the agent ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// The conversation came to its end: a tool or the dialogue said so.
    Finished,
    /// The caller was silent for too long.
    Idle,
    /// The call lasted too long.
    MaxDuration,
}

/// What happened, for records, screens and tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The detector heard speech begin.
    UserSpeechStarted,
    /// The detector heard speech end.
    UserSpeechStopped,
    /// The caller's state has changed.
    User(UserState),
    /// The agent's state has changed.
    Agent(AgentState),
    /// Interim text.
    Interim(Said),
    /// Final text.
    Final(Said),
    /// A turn of the caller is over and will be answered.
    TurnCommitted {
        /// Which turn.
        turn: TurnId,
        /// What was said.
        text: Said,
    },
    /// Words of the caller were dropped.
    TurnDiscarded {
        /// The words.
        text: Said,
    },
    /// The model was asked.
    ModelRequested {
        /// Which reply.
        reply: ReplyId,
        /// Before the turn was over.
        early: bool,
    },
    /// The model's first item came.
    ModelFirst {
        /// Which reply.
        reply: ReplyId,
    },
    /// The model has finished.
    ModelDone {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply was dropped before anything of it was heard.
    ReplyDiscarded {
        /// Which reply.
        reply: ReplyId,
        /// It was asked for early, and no turn has taken it.
        early: bool,
    },
    /// The voice was asked.
    VoiceRequested {
        /// Which reply.
        reply: ReplyId,
    },
    /// The voice's first sound came.
    VoiceFirst {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply began to sound.
    AudioStarted {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply fell silent for now.
    AudioPaused {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply goes on.
    AudioResumed {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply has ended or was cut.
    AudioStopped {
        /// Which reply.
        reply: ReplyId,
        /// How much was played.
        position: Duration,
        /// Whether it was cut.
        interrupted: bool,
        /// What was heard of it.
        heard: Said,
    },
    /// A tool began.
    ToolStarted {
        /// Its name.
        name: String,
    },
    /// A tool in the background has told what it has so far.
    ToolProgress {
        /// Its name.
        name: String,
        /// What it has.
        text: Said,
    },
    /// A tool ended.
    ToolFinished {
        /// Its name.
        name: String,
        /// Its output or error.
        result: Result<Said, Said>,
    },
    /// The history has grown.
    History(HistoryItem),
    /// The agent paused for nothing.
    FalseInterruption {
        /// Whether it goes on.
        resumed: bool,
    },
    /// The caller made a sound or said something while the agent had the floor; this is what was done about it.
    Floor {
        /// Which reply has or will have the floor; absent while only tools run.
        reply: Option<ReplyId>,
        /// The decision.
        decision: FloorDecision,
    },
    /// The caller only showed attention; the agent goes on, and there is no turn.
    BackChannel {
        /// The words.
        text: Said,
    },
    /// The caller is away.
    UserAway,
    /// Speech brought no text.
    TranscriptionTimeout {
        /// How much was said.
        speech: Duration,
    },
    /// A turn has been measured: it was answered, cut, or needed no answer.
    TurnMeasured(Box<MeasuredTurn>),
    /// A part of the call failed; the conversation goes on.
    Failed(Failure),
}

/// A turn from its first sound to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredTurn {
    /// Its stamps.
    pub timings: TurnTimings,
    /// What the caller said; blank where the agent spoke on its own.
    pub user_text: Said,
    /// What the agent meant to say.
    pub agent_text: Said,
    /// What the caller heard.
    pub heard_text: Said,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The language model.
    Model,
    /// The voice.
    Voice,
    /// The loudspeaker did not stop in time.
    Loudspeaker,
}

/// What the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// Silent.
    Listening,
    /// Speaking.
    Speaking,
    /// Silent for long.
    Away,
}

/// What the agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// The call has not begun.
    Initializing,
    /// Listening.
    Listening,
    /// Preparing an answer.
    Thinking,
    /// Being heard.
    Speaking,
}

impl UserState {
    /// The state's name in records and attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Speaking => "speaking",
            Self::Away => "away",
        }
    }
}

impl AgentState {
    /// The state's name in records and attributes (`lk.agent.state`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Speaking => "speaking",
        }
    }
}
