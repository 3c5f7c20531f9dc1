//! What a simulated call is made of.

use std::time::Duration;

use turn::{CallTime, Said, TalkedOver};

/// A whole simulated call, but for the policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// When speech is noticed.
    pub detector: Detector,
    /// Silence that the voice adds to the end of each reply.
    pub tail: Duration,
    /// How long the application looks at a turn; used where the policy asks for it.
    pub hook: Duration,
    /// What the agent says first.
    pub greeting: Option<Greeting>,
    /// What the caller does, in any order.
    pub caller: Vec<CallerAct>,
    /// What the model answers; the first entry that matches counts.
    pub model: Vec<ScriptedReply>,
    /// What the voice can say.
    pub voice: Vec<ScriptedVoice>,
    /// The tools that there are.
    pub tools: Vec<ScriptedTool>,
    /// When the simulation ends.
    pub until: CallTime,
}

/// When the detector notices speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detector {
    /// From the first voiced sample to the start event.
    pub start_delay: Duration,
    /// From the last voiced sample to the end event.
    pub end_delay: Duration,
}

/// What the agent says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The text.
    pub text: Said,
    /// How it takes being talked over; `None`: as the policy says.
    pub talked_over: Option<TalkedOver>,
}

/// Something that the caller, or somebody else outside, does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerAct {
    /// Speaks, or makes a noise.
    Speaks {
        /// First voiced sample.
        from: CallTime,
        /// Last voiced sample.
        to: CallTime,
        /// The words; blank: a noise.
        say: Said,
        /// Whether the recogniser hears that they may only show attention.
        attention: bool,
        /// What the recogniser makes of it.
        recogniser: Recogniser,
    },
    /// Is understood so far, while still speaking.
    Understood {
        /// When.
        at: CallTime,
        /// The words so far.
        text: Said,
        /// Whether the recogniser hears that they may only show attention.
        attention: bool,
    },
    /// Types a whole turn.
    Types {
        /// When.
        at: CallTime,
        /// The text.
        text: Said,
    },
    /// A command arrives.
    Commands {
        /// When.
        at: CallTime,
        /// Which.
        command: Command,
    },
}

impl CallerAct {
    /// When it begins.
    pub fn begins(&self) -> CallTime {
        match self {
            Self::Speaks { from, .. } => *from,
            Self::Understood { at, .. } | Self::Types { at, .. } | Self::Commands { at, .. } => *at,
        }
    }
}

/// What the recogniser makes of a stretch of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recogniser {
    /// Interim text after half this time from the last voiced sample, the final text after all of it.
    Final(Duration),
    /// Interim text at this time after the last voiced sample, and never a final one.
    InterimOnly(Duration),
    /// Nothing.
    Deaf,
}

/// A command from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop what the agent says.
    Interrupt,
    /// End the caller's turn now.
    CommitTurn,
    /// Forget what the caller said since the last turn.
    ClearTurn,
    /// End the call politely.
    Close,
    /// The line is gone.
    HangUp,
}

/// An answer of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedReply {
    /// The turn, or the output of the tool, that it answers.
    pub to: Said,
    /// What it says; blank: nothing.
    pub text: Said,
    /// From the request to its first item.
    pub ttft: Duration,
    /// From the request to its end.
    pub duration: Duration,
    /// The tools that it calls, together.
    pub tools: Vec<String>,
    /// How it takes being talked over; `None`: as the policy says.
    pub talked_over: Option<TalkedOver>,
    /// Whether it fails instead.
    pub fault: Option<Fault>,
}

/// A failure of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first request fails at its end; the next one succeeds.
    Once,
    /// Every request fails at its end.
    Always,
}

/// What the voice makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedVoice {
    /// The whole text.
    pub text: Said,
    /// From the request to the first sound.
    pub ttfb: Duration,
    /// Length of the sound without the tail.
    pub audio: Duration,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedTool {
    /// Its name.
    pub name: String,
    /// How long it takes; `None`: it never ends.
    pub takes: Option<Duration>,
    /// What it tells before it ends, each so long after its start.
    pub progress: Vec<(Duration, Said)>,
    /// Its output, or its error.
    pub result: Result<Said, Said>,
    /// Whether the call ends after it.
    pub ends_call: bool,
}
