//! When the caller's turn is over.

use serde::Serialize;

use super::DELAY_MAX_MS;
use crate::{names::named, read::Node};

/// When the caller's turn is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointingSettings {
    /// Whose word counts.
    pub mode: EndpointingMode,
    /// Shortest silence, from the last voiced sample. Default 500.
    pub min_delay_ms: u32,
    /// Longest wait when the end-of-turn model thinks that the caller has not finished. Default 3000.
    pub max_delay_ms: u32,
    /// Whether the shortest silence follows the caller's own pauses. Default false.
    pub dynamic: bool,
    /// Weight of the past in that, 0 to 1. Default 0.9.
    pub alpha: f64,
}

named! {
    /// Whose word ends a turn.
    EndpointingMode {
        /// The end-of-turn model where there is one, else silence.
        Auto = "auto",
        /// Silence.
        Vad = "vad",
        /// The recogniser.
        Stt = "stt",
        /// The end-of-turn model.
        Model = "model",
        /// Only commands.
        Manual = "manual",
    }
}

impl Default for EndpointingSettings {
    fn default() -> Self {
        Self {
            mode: EndpointingMode::Auto,
            min_delay_ms: 500,
            max_delay_ms: 3_000,
            dynamic: false,
            alpha: 0.9,
        }
    }
}

impl EndpointingSettings {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let min_delay_ms = fields
            .nullable("min_delay_ms", Some(default.min_delay_ms), |n| {
                n.whole(0..=DELAY_MAX_MS)
            })
            .unwrap_or(0);
        let settings = Self {
            mode: fields.or("mode", default.mode, |n| n.name()),
            min_delay_ms,
            // A long shortest delay does not contradict a longest that nobody asked for.
            max_delay_ms: fields
                .nullable(
                    "max_delay_ms",
                    Some(default.max_delay_ms.max(min_delay_ms)),
                    |n| n.whole(0..=DELAY_MAX_MS),
                )
                .unwrap_or(DELAY_MAX_MS),
            dynamic: fields.or("dynamic", default.dynamic, |n| n.flag()),
            alpha: fields.or("alpha", default.alpha, |n| n.number(0.0..=1.0)),
        };
        fields.finish();
        if settings.min_delay_ms > settings.max_delay_ms {
            node.error(format!(
                "min_delay_ms ({}) must not be more than max_delay_ms ({})",
                settings.min_delay_ms, settings.max_delay_ms
            ));
        }
        Some(settings)
    }
}
