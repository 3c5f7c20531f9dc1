//! Silence and length of a call.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::SPOKEN_MAX;
use crate::read::Node;

/// Nobody waits in silence for longer than ten minutes.
const SILENCE_MAX_MS: u32 = 600_000;

/// Silence and length of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Longest call. Default 600.
    pub max_call_seconds: u32,
    /// What to do in a long silence, in order. None: as [`IdleStep::usual`]; empty: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Vec<IdleStep>>,
}

/// A step of the ladder of silence. In a file `{after_ms: 8000, say: …}` or `{after_ms: 20000, hang_up: true}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleStep {
    /// Say something after so much silence of both sides.
    Say {
        /// Milliseconds of silence.
        after_ms: u32,
        /// What to say.
        say: String,
    },
    /// Say goodbye and end the call after so much silence of both sides.
    HangUp {
        /// Milliseconds of silence.
        after_ms: u32,
    },
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_call_seconds: 600,
            idle: None,
        }
    }
}

impl IdleStep {
    /// Milliseconds of silence, counted from the last sound of either side.
    pub fn after_ms(&self) -> u32 {
        match self {
            Self::Say { after_ms, .. } | Self::HangUp { after_ms } => *after_ms,
        }
    }

    /// What a skillbase that says nothing about silence gets: one question after 15 s, the end of the call after 30 s.
    pub fn usual(language: &crate::Language) -> Vec<Self> {
        vec![
            Self::Say {
                after_ms: 15_000,
                say: language.phrases().are_you_there.to_owned(),
            },
            Self::HangUp { after_ms: 30_000 },
        ]
    }

    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let after_ms = fields.required("after_ms", |node| node.whole(1_000..=SILENCE_MAX_MS));
        let say = fields.optional("say", |node| node.text(SPOKEN_MAX));
        let hang_up = fields.or("hang_up", false, |node| node.flag());
        fields.finish();
        let after_ms = after_ms?;
        match (say, hang_up) {
            (Some(say), false) => Some(Self::Say { after_ms, say }),
            (None, true) => Some(Self::HangUp { after_ms }),
            (Some(_), true) => {
                node.error("a step has either say or hang_up; the words before hanging up are closing");
                None
            }
            (None, false) => {
                node.error("a step needs say or hang_up: true");
                None
            }
        }
    }
}

impl Limits {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let max_call_seconds = fields.or("max_call_seconds", 600, |node| node.whole(10..=86_400));
        let idle = fields.optional("idle", |node| {
            let steps = node.list(20, |node| IdleStep::read(&node))?;
            if steps
                .windows(2)
                .any(|pair| pair[0].after_ms() >= pair[1].after_ms())
            {
                node.error("each step must come later than the one before it");
            }
            if let Some(at) = steps
                .iter()
                .position(|step| matches!(step, IdleStep::HangUp { .. }))
                && at + 1 < steps.len()
            {
                node.error("nothing can follow the step that hangs up");
            }
            Some(steps)
        });
        fields.finish();
        Some(Self {
            max_call_seconds,
            idle,
        })
    }
}

impl Serialize for IdleStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("after_ms", &self.after_ms())?;
        match self {
            Self::Say { say, .. } => map.serialize_entry("say", say)?,
            Self::HangUp { .. } => map.serialize_entry("hang_up", &true)?,
        }
        map.end()
    }
}
