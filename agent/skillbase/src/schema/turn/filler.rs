//! Bridging a long wait.

use serde::Serialize;

use super::DELAY_MAX_MS;
use crate::read::Node;

/// A short phrase while an answer takes long, at most two in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FillerSettings {
    /// Silence of both sides while the agent thinks, until the first phrase. Default 3000.
    pub after_ms: u32,
    /// Silence after the first phrase until the other one. Default 8000; none: one is enough.
    pub again_after_ms: Option<u32>,
}

impl Default for FillerSettings {
    fn default() -> Self {
        Self {
            after_ms: 3_000,
            again_after_ms: Some(8_000),
        }
    }
}

impl FillerSettings {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
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
