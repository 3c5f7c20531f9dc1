//! Asking the model early, and what that may waste.

use serde::Serialize;

use super::{COUNT_MAX, DELAY_MAX_MS, NEVER, or_null};
use crate::read::Node;

/// Asking the model before the turn is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreemptiveSettings {
    /// Ask the model at each final text. Default true.
    pub llm: bool,
    /// Ask the voice too. Default false.
    pub tts: bool,
    /// Not for turns longer than this. Default 10000.
    #[serde(serialize_with = "or_null")]
    pub max_speech_ms: u32,
    /// Requests that a turn may waste. Default 3.
    pub max_retries: u32,
    /// Requests that the call may waste beyond one for each answered turn; then none are made early until turns have been
    /// answered. Default 10.
    pub max_waste: u32,
}

impl Default for PreemptiveSettings {
    fn default() -> Self {
        Self {
            llm: true,
            tts: false,
            max_speech_ms: 10_000,
            max_retries: 3,
            max_waste: 10,
        }
    }
}

impl PreemptiveSettings {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            llm: fields.or("llm", default.llm, |n| n.flag()),
            tts: fields.or("tts", default.tts, |n| n.flag()),
            max_speech_ms: fields
                .nullable("max_speech_ms", Some(default.max_speech_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(NEVER),
            max_retries: fields.or("max_retries", default.max_retries, |n| n.whole(0..=COUNT_MAX)),
            max_waste: fields.or("max_waste", default.max_waste, |n| n.whole(0..=COUNT_MAX)),
        };
        fields.finish();
        Some(settings)
    }
}
