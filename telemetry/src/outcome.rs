//! How a call ended.
//!
//! Facts come first: what the telephone network said, what the dialogue declared, what failed. Names of states come next,
//! and words last, with less confidence. There is one vocabulary for all of it.

mod lexicon;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::lexicon::Lexicon;

/// The outcome of a call, as it is stored. What it meant for the business (`lead`, `callback`, …) is the call's
/// disposition, which the dialogue names freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The call has not ended.
    Running,
    /// The worker died in the call; what it had recorded is kept.
    Lost,
    /// It reached its goal.
    Success,
    /// It did not.
    Fail,
    /// An answering machine took it.
    Voicemail,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// It ended, and nothing says how.
    Unknown,
}

impl Outcome {
    /// The outcome's name in records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Lost => "lost",
            Self::Success => "success",
            Self::Fail => "fail",
            Self::Voicemail => "voicemail",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
        }
    }
}

/// What the telephone network made of a dialled call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telephony {
    /// Somebody or something answered.
    Answered,
    /// An answering machine answered, so the detector says.
    Machine,
    /// Busy.
    Busy,
    /// It rang to the end.
    NoAnswer,
    /// The callee declined.
    Declined,
    /// The number cannot be reached: wrong, barred, or the network failed.
    Unreachable,
}

/// What ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The caller left.
    CallerLeft,
    /// The agent said goodbye.
    AgentEnded,
    /// It was handed to somebody else.
    Transferred,
    /// It had reached its longest duration.
    MaxDuration,
    /// Nobody said anything any more.
    Idle,
    /// The room or the connection to it was gone.
    RoomLost,
    /// A service failed, and so did its fallbacks.
    ServiceFailed,
    /// The worker was stopped.
    WorkerStopped,
    /// The worker died.
    WorkerLost,
    /// The dialled number did not answer.
    NotConnected,
}

impl Ending {
    /// The name in `calls.ended_reason`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallerLeft => "caller_left",
            Self::AgentEnded => "agent_ended",
            Self::Transferred => "transferred",
            Self::MaxDuration => "max_duration",
            Self::Idle => "idle",
            Self::RoomLost => "room_lost",
            Self::ServiceFailed => "service_failed",
            Self::WorkerStopped => "worker_stopped",
            Self::WorkerLost => "worker_lost",
            Self::NotConnected => "not_connected",
        }
    }
}

/// What is known of a call when it has ended.
#[derive(Clone, Copy, Debug)]
pub struct CallFacts<'a> {
    /// What the telephone network said, if it was asked.
    pub telephony: Option<Telephony>,
    /// What ended it.
    pub ending: Ending,
    /// What the dialogue itself declared, by a final state or a tool.
    pub declared: Option<Outcome>,
    /// Name of the dialogue's last state.
    pub final_state: Option<&'a str>,
    /// Turns of the caller.
    pub user_turns: u32,
    /// How long it lasted.
    pub duration: Duration,
    /// What the caller said, all of it, and the words to look for.
    pub words: Option<(&'a str, &'a Lexicon)>,
}

/// An outcome, and why it is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// How sure that is, 0–1. 1 for facts.
    pub confidence: f64,
    /// The reason, one phrase.
    pub reason: String,
}

impl Verdict {
    fn new(outcome: Outcome, confidence: f64, reason: impl Into<String>) -> Self {
        Self {
            outcome,
            confidence,
            reason: reason.into(),
        }
    }
}

/// The outcome that `facts` speak for; the first source that has something to say decides.
pub fn classify(facts: &CallFacts<'_>) -> Verdict {
    by_telephony(facts.telephony)
        .or_else(|| {
            facts
                .declared
                .map(|outcome| Verdict::new(outcome, 1.0, "the dialogue declared it"))
        })
        .or_else(|| by_failure(facts.ending))
        .or_else(|| facts.final_state.and_then(by_state))
        .or_else(|| by_brevity(facts))
        .or_else(|| facts.words.and_then(|(said, lexicon)| lexicon.verdict(said)))
        .unwrap_or_else(|| Verdict::new(Outcome::Unknown, 0.5, "nothing tells"))
}

fn by_telephony(telephony: Option<Telephony>) -> Option<Verdict> {
    match telephony? {
        Telephony::Answered => None,
        Telephony::Machine => Some(Verdict::new(
            Outcome::Voicemail,
            0.95,
            "an answering machine answered",
        )),
        Telephony::Busy => Some(Verdict::new(Outcome::Busy, 1.0, "the line was busy")),
        Telephony::NoAnswer => Some(Verdict::new(Outcome::NoAnswer, 1.0, "it rang to the end")),
        Telephony::Declined => Some(Verdict::new(Outcome::Fail, 1.0, "the callee declined")),
        Telephony::Unreachable => Some(Verdict::new(Outcome::Fail, 1.0, "the number cannot be reached")),
    }
}

fn by_failure(ending: Ending) -> Option<Verdict> {
    match ending {
        Ending::ServiceFailed => Some(Verdict::new(Outcome::Fail, 0.95, "a service failed")),
        Ending::RoomLost => Some(Verdict::new(Outcome::Fail, 0.95, "the room was lost")),
        Ending::WorkerLost => Some(Verdict::new(Outcome::Lost, 1.0, "the worker died in the call")),
        Ending::NotConnected => Some(Verdict::new(Outcome::NoAnswer, 0.9, "nobody was connected")),
        Ending::CallerLeft
        | Ending::AgentEnded
        | Ending::Transferred
        | Ending::MaxDuration
        | Ending::Idle
        | Ending::WorkerStopped => None,
    }
}

/// By whole words of the state's name: `booking_success` is one, `incomplete` and `not_completed` are not.
fn by_state(state: &str) -> Option<Verdict> {
    let name = state.to_lowercase();
    let words: Vec<&str> = name
        .split(|character: char| !character.is_alphanumeric())
        .collect();
    let any = |of: &[&str]| words.iter().any(|word| of.contains(word));
    let (outcome, confidence) = if any(&["not", "no", "without"]) {
        return None;
    } else if any(&["success", "successful", "succeeded", "complete", "completed"]) {
        (Outcome::Success, 0.9)
    } else if any(&["fail", "failed", "failure", "error"]) {
        (Outcome::Fail, 0.85)
    } else if any(&["voicemail"]) {
        (Outcome::Voicemail, 0.95)
    } else {
        return None;
    };
    Some(Verdict::new(
        outcome,
        confidence,
        format!("the dialogue ended in state {state}"),
    ))
}

/// A call with hardly a word, over at once, reached nobody.
fn by_brevity(facts: &CallFacts<'_>) -> Option<Verdict> {
    const SHORT: Duration = Duration::from_secs(10);
    (facts.user_turns < 2 && facts.duration < SHORT).then(|| {
        Verdict::new(
            Outcome::NoAnswer,
            0.7,
            "fewer than two turns in under ten seconds",
        )
    })
}
