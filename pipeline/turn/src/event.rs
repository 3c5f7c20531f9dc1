//! Facts: what happened around the conversation.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{CallTime, ReplyId, Said, TalkedOver, ToolCall, TurnId};

/// Something that happened. The time of the event itself is given to [`crate::Conversation::handle`]; times inside are
/// those of sound, which the event reports late.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Event {
    /// The call is connected: greet, with this text; empty: wait for the caller.
    Started {
        /// The greeting.
        greeting: Said,
        /// How it takes being talked over; `None`: as the policy says.
        talked_over: Option<TalkedOver>,
    },
    /// The detector heard speech begin.
    SpeechStarted {
        /// Its first voiced sample.
        from: CallTime,
    },
    /// The detector's regular report while speech lasts.
    SpeechContinues {
        /// How much was said so far: from the first voiced sample to the last one yet.
        speech: Duration,
    },
    /// The detector is sure that speech has ended.
    SpeechStopped {
        /// Its last voiced sample.
        last_voiced: CallTime,
    },
    /// The recogniser's text so far of what is being said.
    Interim {
        /// The text.
        text: Said,
        /// Whether the sound may only show attention, whatever its text says.
        #[serde(default)]
        attention: bool,
    },
    /// Text that will not change. Blank text means that nothing was recognised.
    Final {
        /// The text.
        text: Said,
        /// Whether the sound may only show attention, whatever its text says.
        #[serde(default)]
        attention: bool,
    },
    /// The end-of-turn model has judged the pause that began last.
    EndOfTurn {
        /// Probability of the end, 0–1.
        probability: f32,
    },
    /// What the caller has said so far was compared with what was asked for ([`crate::Effect::Weigh`]).
    Weighed {
        /// The text that was weighed.
        text: Said,
        /// How much of the answer it is.
        completeness: Completeness,
    },
    /// The recogniser takes the turn as ended.
    ProviderEndOfTurn,
    /// Somebody typed a whole turn.
    Typed {
        /// The text.
        text: Said,
    },
    /// End the caller's turn now.
    CommitTurn,
    /// Forget what the caller said since the last turn.
    ClearTurn,
    /// Stop what the agent says now.
    Interrupt,
    /// The application has seen the turn ([`crate::Effect::Hook`]).
    HookDone {
        /// Which turn.
        turn: TurnId,
    },
    /// This reply takes being talked over in its own way, not as the policy says.
    HowTalkedOver {
        /// Which reply.
        reply: ReplyId,
        /// In which way.
        talked_over: TalkedOver,
    },
    /// A stamp of a reply.
    Marked {
        /// Which reply.
        reply: ReplyId,
        /// What happened.
        mark: Mark,
        /// When.
        at: CallTime,
    },
    /// The model has written its whole answer.
    ModelDone {
        /// Which reply.
        reply: ReplyId,
        /// All of its text; empty: nothing is to be said.
        text: Said,
        /// The tools it calls.
        tools: Vec<ToolCall>,
    },
    /// The model failed.
    ModelFailed {
        /// Which reply.
        reply: ReplyId,
        /// Whether the same request may succeed now.
        may_pass: bool,
        /// What had been written and given to the voice by then.
        text: Said,
    },
    /// A tool that runs in the background tells what it has so far. Of any other tool it is ignored: that has one result.
    ToolProgress {
        /// The reply that called it.
        reply: ReplyId,
        /// The call's id.
        id: Said,
        /// What it has, for the model.
        text: Said,
    },
    /// A tool has ended.
    ToolDone {
        /// The reply that called it.
        reply: ReplyId,
        /// The call's id.
        id: Said,
        /// Its output or its error, for the model.
        result: Result<Said, Said>,
        /// Whether the call is to end after it.
        ends_call: bool,
    },
    /// The first sound of a reply waits at the loudspeaker.
    VoiceReady {
        /// Which reply.
        reply: ReplyId,
    },
    /// The voice failed; nothing more will be heard of this reply than what it has given.
    VoiceFailed {
        /// Which reply.
        reply: ReplyId,
        /// Whether any of its sound was given.
        any_sound: bool,
    },
    /// The first sample of a reply was played.
    AudioStarted {
        /// Which reply.
        reply: ReplyId,
    },
    /// A reply was played to its end.
    AudioEnded {
        /// Which reply.
        reply: ReplyId,
        /// How much was played.
        position: Duration,
        /// What was heard.
        heard: Said,
    },
    /// The loudspeaker has stopped as it was told to ([`crate::Effect::Stop`]).
    AudioStopped {
        /// Which reply.
        reply: ReplyId,
        /// How much was played.
        position: Duration,
        /// What was heard.
        heard: Said,
        /// When the last audible sample was played.
        at: CallTime,
    },
    /// End the call politely: say the closing sentence, then go.
    Close,
    /// The line is gone: nothing more can be heard or said.
    HungUp,
}

/// How much of the awaited answer a text is. Only who leads the dialogue can tell: it knows what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Completeness {
    /// All of it, and nothing begun after it: a yes, one of the choices, a telephone number with all its digits.
    Complete,
    /// A beginning that cannot be all: three digits of a telephone number.
    Incomplete,
    /// Nothing can be told.
    #[default]
    Unknown,
}

/// A moment in the making of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mark {
    /// First useful item of the model: text or a tool call.
    ModelFirst,
    /// First speakable clause complete.
    ClauseReady,
    /// Text went to the voice.
    VoiceRequested,
    /// First byte of sound came back.
    VoiceFirstByte,
    /// First sample above silence came back.
    VoiceFirstAudible,
    /// First audible sample was handed to the wire.
    AudioOut,
}
