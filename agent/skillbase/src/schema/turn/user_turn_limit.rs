//! When a turn has become too long.

use serde::Serialize;

use super::{COUNT_MAX, DELAY_MAX_MS};
use crate::read::Node;

/// A limit on a turn of the caller. Default: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UserTurnLimit {
    /// Most words.
    pub max_words: Option<u32>,
    /// Longest time from the first voiced sample.
    pub max_duration_ms: Option<u32>,
}

impl UserTurnLimit {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let limit = Self {
            max_words: fields.optional("max_words", |n| n.whole(1..=COUNT_MAX)),
            max_duration_ms: fields.optional("max_duration_ms", |n| n.whole(1..=DELAY_MAX_MS)),
        };
        fields.finish();
        Some(limit)
    }
}
