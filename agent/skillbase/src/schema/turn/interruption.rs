//! When the caller takes the floor from the agent.

use serde::Serialize;

use super::{COUNT_MAX, DELAY_MAX_MS, NEVER, early_pause::EarlyPause, or_null};
use crate::{names::named, read::Node};

/// When the caller takes the floor from the agent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterruptionSettings {
    /// Whether speech can interrupt at all. Default true.
    pub enabled: bool,
    /// What interrupts.
    pub mode: InterruptionMode,
    /// What words do that only show attention ("mm-hm"). Default: an agent ignores them, in a scenario they interrupt,
    /// because its rules hold to the letter; in mode `model` they are ignored in both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_channels: Option<BackChannels>,
    /// Speech must be longer than this. Default 500; none: however long, only words interrupt.
    #[serde(serialize_with = "or_null")]
    pub min_duration_ms: u32,
    /// And must have at least so many words. Default 0.
    pub min_words: u32,
    /// Silence after a pause until the reply goes on. Default 2000; none: never pause, cut.
    pub false_timeout_ms: Option<u32>,
    /// Whether a reply that was paused for nothing goes on. Default true.
    pub resume: bool,
    /// Overlap within this much of the start and the end of a reply is never a back-channel. Default 1000 and 1000.
    pub boundary_ms: (u32, u32),
    /// For this long from the first sound of the call only a whole turn interrupts. Default 0.
    pub echo_guard_ms: u32,
    /// Fall silent early and decide later. Default on; none: never.
    pub early_pause: Option<EarlyPause>,
}

named! {
    /// What interrupts a reply.
    InterruptionMode {
        /// Enough speech, or any words.
        Vad = "vad",
        /// Words alone.
        Words = "words",
        /// As `vad`, and words are judged: those that only show attention do not interrupt.
        Model = "model",
    }
}

named! {
    /// What words do that only show attention.
    BackChannels {
        /// They interrupt as any other words.
        Interrupt = "interrupt",
        /// The agent goes on, and they are no turn.
        Ignore = "ignore",
    }
}

impl Default for InterruptionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: InterruptionMode::Vad,
            back_channels: None,
            min_duration_ms: 500,
            min_words: 0,
            false_timeout_ms: Some(2_000),
            resume: true,
            boundary_ms: (1_000, 1_000),
            echo_guard_ms: 0,
            early_pause: Some(EarlyPause::default()),
        }
    }
}

impl InterruptionSettings {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let default = Self::default();
        let mut fields = node.fields()?;
        let settings = Self {
            enabled: fields.or("enabled", default.enabled, |n| n.flag()),
            mode: fields.or("mode", default.mode, |n| n.name()),
            back_channels: fields.optional("back_channels", |n| n.name()),
            min_duration_ms: fields
                .nullable("min_duration_ms", Some(default.min_duration_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(NEVER),
            min_words: fields.or("min_words", default.min_words, |n| n.whole(0..=COUNT_MAX)),
            false_timeout_ms: fields.nullable("false_timeout_ms", default.false_timeout_ms, |n| {
                n.whole(0..=DELAY_MAX_MS)
            }),
            resume: fields.or("resume", default.resume, |n| n.flag()),
            boundary_ms: fields
                .nullable("boundary_ms", Some(default.boundary_ms), |n| pair(&n))
                .unwrap_or_default(),
            echo_guard_ms: fields
                .nullable("echo_guard_ms", Some(default.echo_guard_ms), |n| {
                    n.whole(0..=DELAY_MAX_MS)
                })
                .unwrap_or(0),
            early_pause: fields.nullable("early_pause", default.early_pause, |n| EarlyPause::read(&n)),
        };
        fields.finish();
        Some(settings)
    }
}

/// Two times: at the start and at the end.
fn pair(node: &Node<'_>) -> Option<(u32, u32)> {
    let times = node.list(2, |item| item.whole(0..=DELAY_MAX_MS))?;
    let &[start, end] = times.as_slice() else {
        node.error(format!("must be two times, [start, end], has {}", times.len()));
        return None;
    };
    Some((start, end))
}
