//! Names for the things of a call, so that two of them are never mixed up.

/// A turn of the caller: 1, 2, …
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct TurnId(pub u32);

/// An answer of the agent, from its request to its last sample; every message about it carries this id, so that what
/// comes late for a dropped reply has nowhere to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ReplyId(pub u32);
