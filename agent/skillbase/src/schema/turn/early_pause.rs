//! Falling silent early, and deciding later.

use serde::Serialize;

use super::{DELAY_MAX_MS, NEVER, or_null};
use crate::read::Node;

/// Falling silent before it is certain that the caller wants the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EarlyPause {
    /// Speech longer than this pauses the reply. Default 150.
    #[serde(serialize_with = "or_null")]
    pub after_ms: u32,
    /// Silence after wordless speech until the reply goes on. Default 200; none: as after any other pause.
    pub resume_after_ms: Option<u32>,
}

impl Default for EarlyPause {
    fn default() -> Self {
        Self {
            after_ms: 150,
            resume_after_ms: Some(200),
        }
    }
}

impl EarlyPause {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let pause = Self {
            after_ms: fields
                .nullable("after_ms", Some(default.after_ms), |n| n.whole(0..=DELAY_MAX_MS))
                .unwrap_or(NEVER),
            resume_after_ms: fields.nullable("resume_after_ms", default.resume_after_ms, |n| {
                n.whole(0..=DELAY_MAX_MS)
            }),
        };
        fields.finish();
        Some(pause)
    }
}
