//! What a recogniser remembers of the sound it heard.

use std::collections::VecDeque;

use pipeline::audio::HEARING;

/// Sound kept while nobody speaks: hints come late (the detector's delay, up to a third of a second), and the margin.
const KEPT_IN_SILENCE: u64 = ms(800);
/// No utterance is as long: what was before such a gap is of no use after it.
const LONGEST_GAP: u64 = ms(20_000);

/// Milliseconds in samples.
pub(super) const fn ms(ms: u64) -> u64 {
    ms * HEARING.0 as u64 / 1_000
}

/// The caller's recent sound, by position.
#[derive(Default)]
pub(super) struct Sound {
    start: u64,
    samples: VecDeque<i16>,
}

impl Sound {
    /// Position after the last sample.
    pub(super) fn end(&self) -> u64 {
        self.start + self.samples.len() as u64
    }

    /// Adds sound. What was heard already is skipped; a gap, where sound was dropped, becomes silence.
    pub(super) fn append(&mut self, position: u64, pcm: &[i16]) {
        let gap = position.saturating_sub(self.end());
        if gap > LONGEST_GAP {
            self.samples.clear();
            self.start = position;
        } else {
            self.samples.extend((0..gap).map(|_| 0));
        }
        let known = usize::try_from(self.end().saturating_sub(position)).unwrap_or(usize::MAX);
        self.samples.extend(pcm.iter().skip(known));
    }

    /// Forgets all but the last moments.
    pub(super) fn forget_silence(&mut self) {
        self.forget_before(self.end().saturating_sub(KEPT_IN_SILENCE));
    }

    /// Forgets everything before `position`.
    pub(super) fn forget_before(&mut self, position: u64) {
        let surplus = position.saturating_sub(self.start).min(self.samples.len() as u64);
        self.samples.drain(..surplus as usize);
        self.start += surplus;
    }

    /// The sound from `from` to `to` in −1 … 1; silence where it is not known.
    pub(super) fn between(&self, from: u64, to: u64) -> Vec<f32> {
        let at = |position: u64| {
            let index = position.checked_sub(self.start)?;
            self.samples.get(usize::try_from(index).ok()?)
        };
        (from..to)
            .map(|position| at(position).map_or(0.0, |&sample| f32::from(sample) / 32_768.0))
            .collect()
    }

    /// Mean power from `from` to `to`.
    pub(super) fn power(&self, from: u64, to: u64) -> f32 {
        let sound = self.between(from, to.max(from + 1));
        sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32
    }
}
