//! What was decided about the floor, and why.

use crate::CallTime;

/// A decision about what the agent says, while the caller makes a sound or says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloorDecision {
    /// When.
    pub at: CallTime,
    /// What was done.
    pub act: FloorAct,
    /// Why.
    pub reason: FloorReason,
}

/// What is done with the agent's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorAct {
    /// The agent goes on as if nothing were.
    Kept,
    /// What has not begun to sound waits.
    Held,
    /// The agent falls silent for now.
    Paused,
    /// What was held begins, what was paused goes on.
    Resumed,
    /// The agent gives way.
    Cut,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorReason {
    /// The caller has begun to speak.
    Speaking,
    /// Speech long enough to fall silent early.
    Early,
    /// Speech longer than the shortest interruption.
    Duration,
    /// Speech too short to mean anything.
    Short,
    /// Words.
    Words,
    /// Too few words, or none where words are asked for.
    FewWords,
    /// Words that only show attention.
    BackChannel,
    /// Words that could only show attention, said in the first moment of a reply: they answer what was before it.
    Boundary,
    /// The caller's echo canceller is still learning.
    EchoGuard,
    /// What the agent says must not be interrupted.
    Protected,
    /// The caller has fallen silent, and nothing was said.
    Silence,
    /// The caller's next turn, spoken or typed, takes the floor.
    Turn,
    /// Somebody ordered it, or the call is over.
    Order,
}
