//! Where a voice ends, by how loud the sound is.

use std::{collections::VecDeque, ops::Range};

/// Silence by the sound itself after which a final decode is worth beginning: 80 ms.
const FALLEN: u64 = 1_280;

/// Levels are taken of windows of 5 ms.
const LEVEL_WINDOW: usize = 80;
/// Sound that is louder for less than 20 ms is a click, not voice.
const HOLD: usize = 4;
/// How much of them is kept: the last 3 s.
const LEVELS: usize = 600;
/// How far before the detector's own idea of the end the last voiced sample may lie: 300 ms.
const LOOK_BACK: u64 = 4_800;
/// A window is voiced if it is above the loud windows of the stretch less 35 dB in power. A codec moves levels by a decibel or
/// two, and where a voice dies away near the limit, that moves its end by 50 ms; so the mean over limits from 30 to 40 dB
/// is taken. Opus at 20 to 64 kbit/s moved the ends of 35 sentences and 10 telephone prompts by 11.7 ms at most, those of
/// 20 read sentences with a room's noise by 19.2 ms; around 45 dB it was 25 ms and more in every fifth of the latter.
const BELOW_LOUD: [f64; 6] = [1.0e-3, 6.3e-4, 4.0e-4, 2.5e-4, 1.6e-4, 1.0e-4];
/// … and above the quiet windows by this: 10 dB in power.
const ABOVE_QUIET: f64 = 10.0;
/// A voice that falls from 8 dB below the loud windows …
const FULL: f64 = 0.16;
/// … to 60 dB below them …
const GONE: f64 = 1e-6;
/// … within 50 ms was cut off: muted, cut by a switch, or synthetic. Rooms and throats take longer.
const RINGING: usize = 10;

/// Power of the sound in windows of 5 ms.
#[derive(Debug, Default)]
pub(super) struct Levels {
    powers: VecDeque<f64>,
    /// Position after the last window.
    pub(super) end: u64,
    sum: f64,
    count: usize,
}

impl Levels {
    /// Takes sound.
    pub(super) fn hear(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.sum += f64::from(sample) * f64::from(sample);
            self.count += 1;
            if self.count == LEVEL_WINDOW {
                if self.powers.len() == LEVELS {
                    self.powers.pop_front();
                }
                self.powers.push_back(self.sum / LEVEL_WINDOW as f64);
                self.end += LEVEL_WINDOW as u64;
                self.sum = 0.0;
                self.count = 0;
            }
        }
    }

    /// The last voiced sample of the stretch that began at `from` and that the detector thinks lasted until `until`: the
    /// end of the last 20 ms that are loud compared with the stretch and with the quiet around it. If the sound does not
    /// tell, the detector is believed.
    pub(super) fn last_voiced(&self, from: u64, until: u64) -> u64 {
        let first = self.end - (self.powers.len() * LEVEL_WINDOW) as u64;
        let index =
            |position: u64| (position.saturating_sub(first) as usize / LEVEL_WINDOW).min(self.powers.len());
        let stretch = index(from)..index(until);
        let mut sorted: Vec<f64> = self.powers.range(stretch.clone()).copied().collect();
        if sorted.is_empty() {
            return until;
        }
        sorted.sort_by(f64::total_cmp);
        let loud = sorted[(sorted.len() - 1) * 95 / 100];
        let mut all: Vec<f64> = self.powers.iter().copied().collect();
        all.sort_by(f64::total_cmp);
        let quiet = all[(all.len() - 1) * 5 / 100];
        let earliest = index(until.saturating_sub(LOOK_BACK)).max(stretch.start);
        let near = earliest..stretch.end;
        if let Some(end) = self.cut(near.clone(), loud) {
            return (first + (end * LEVEL_WINDOW) as u64).min(until);
        }
        let ends = BELOW_LOUD.iter().map(|below| {
            let threshold = (loud * below).max(quiet * ABOVE_QUIET).min(loud / 2.0);
            self.last_held(near.clone(), threshold)
                .map_or(until, |end| first + (end * LEVEL_WINDOW) as u64)
        });
        let mean = ends.sum::<u64>() / BELOW_LOUD.len() as u64;
        mean.min(until)
    }

    /// Where the voice of the stretch that began at `from` has fallen, if that is [`FALLEN`] ago.
    pub(super) fn fallen(&self, from: u64, now: u64) -> Option<u64> {
        let levels = |from: u64| {
            let windows = self.end.saturating_sub(from) as usize / LEVEL_WINDOW;
            let first = self.powers.len().saturating_sub(windows);
            self.powers.range(first..).copied().fold(0.0, f64::max)
        };
        // Whatever the limit is, it lies below half of the loudest.
        if levels(now.saturating_sub(FALLEN)) > levels(from) / 2.0 {
            return None;
        }
        let last_voiced = self.last_voiced(from, now);
        (last_voiced + FALLEN <= now).then_some(last_voiced)
    }

    /// The end of the last 20 ms that are louder than `threshold`, as a window's number.
    fn last_held(&self, stretch: Range<usize>, threshold: f64) -> Option<usize> {
        let mut held = 0;
        let last = stretch.rev().find(|&window| {
            held = if self.powers[window] > threshold {
                held + 1
            } else {
                0
            };
            held == HOLD
        });
        last.map(|window| window + HOLD)
    }

    /// Where a full voice was cut off, as a window's number: it is gone at once, and what is still heard for a few
    /// windows is the codec's ringing.
    fn cut(&self, stretch: Range<usize>, loud: f64) -> Option<usize> {
        let end = 1 + stretch.rev().find(|&window| self.powers[window] > loud * FULL)?;
        let after = end..(end + RINGING).min(self.powers.len());
        self.powers
            .range(after)
            .any(|&power| power < loud * GONE)
            .then_some(end)
    }
}
