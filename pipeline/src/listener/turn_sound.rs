//! The sound of the turn so far, for the end-of-turn model.

use std::sync::Arc;

use crate::audio::HEARING;

/// What the model looks at: the last 8 s.
const KEPT: usize = 8 * HEARING.0 as usize;
/// What is kept before the first voiced sample: half a second.
const LEAD: u64 = HEARING.0 as u64 / 2;
/// What may gather before the oldest is thrown away in one go.
const MOST: usize = KEPT + HEARING.0 as usize;

/// Collects the sound of one turn.
#[derive(Debug, Default)]
pub(crate) struct TurnSound {
    samples: Vec<i16>,
    /// Position after the last sample.
    end: u64,
    /// Whether a stretch of speech is in it.
    spoken: bool,
}

impl TurnSound {
    pub(crate) fn hear(&mut self, samples: &[i16]) {
        self.samples.extend_from_slice(samples);
        self.end += samples.len() as u64;
        let kept = if self.spoken { MOST } else { 2 * LEAD as usize };
        if self.samples.len() > kept {
            let keep = if self.spoken { KEPT } else { LEAD as usize };
            self.samples.drain(..self.samples.len() - keep);
            self.samples.shrink_to(MOST);
        }
    }

    /// Speech began at `from`: what lies long before it does not belong to the turn.
    pub(crate) fn begin(&mut self, from: u64) {
        if !std::mem::replace(&mut self.spoken, true) {
            let wanted = (self.end.saturating_sub(from) + LEAD) as usize;
            let surplus = self.samples.len().saturating_sub(wanted);
            self.samples.drain(..surplus);
        }
    }

    /// The turn so far, the silence at its end included.
    pub(crate) fn samples(&self) -> Arc<[i16]> {
        self.samples[self.samples.len().saturating_sub(KEPT)..].into()
    }
}
