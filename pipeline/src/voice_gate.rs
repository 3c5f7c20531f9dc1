//! From a detector's verdicts to stretches of speech.
//!
//! A detector says for each window how likely it is speech. The gate makes stretches of it: one begins after enough voiced
//! windows, and is back-dated to the first of them; it pauses after a moment without voice, which is the time to begin a
//! final decode; it ends after a longer one. The end is dated by the sound itself: detectors go on to say "speech" for
//! about 100 ms after the voice has stopped, so the last voiced sample is looked up in the levels of the last moments.

use std::{collections::VecDeque, ops::Range};

use crate::ports::VoiceVerdict;

/// A window counts as voiced from here …
const VOICED: f32 = 0.5;
/// … and as unvoiced below here; in between it stays what it was. The pair keeps a wavering verdict from chopping words.
const UNVOICED: f32 = 0.35;
/// Voice needed for a beginning: 50 ms; a click is shorter.
const BEGINNING: u64 = 800;
/// Silence after which a final decode is worth beginning: two windows of 32 ms by the detector, which is slow …
const PAUSE: u64 = 1_000;
/// … or 80 ms by the sound itself.
const FALLEN: u64 = 1_280;
/// Silence after which the detector is sure: 160 ms. Together with the detector's own delay that is about 260 ms after the
/// last voiced sample, in time for the end-of-turn model.
const END: u64 = 2_500;

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

/// What the gate finds. Positions are those of the samples heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Speech began at this sample.
    Started {
        /// First voiced sample.
        from: u64,
    },
    /// Speech goes on, voiced until this sample at least.
    Continues {
        /// After the last voiced sample.
        voiced_until: u64,
    },
    /// The voice has fallen for a moment.
    Paused {
        /// After the last voiced sample.
        voiced_until: u64,
    },
    /// Speech has ended.
    Stopped {
        /// After the last voiced sample.
        voiced_until: u64,
    },
}

/// Makes stretches of speech out of verdicts.
#[derive(Debug, Default)]
pub struct VoiceGate {
    state: State,
    levels: Levels,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Silent,
    /// Voice since this sample, not yet long enough.
    Beginning { from: u64 },
    Speaking {
        from: u64,
        voiced_until: u64,
        paused: bool,
    },
}

impl VoiceGate {
    /// Takes sound, for its levels, and says when the voice has fallen in it: the detector's verdict would come up to a
    /// window later. Give it the samples before their verdicts.
    pub fn hear(&mut self, samples: &[i16]) -> Option<Found> {
        self.levels.hear(samples);
        let State::Speaking {
            from, paused: false, ..
        } = self.state
        else {
            return None;
        };
        let voiced_until = self.levels.fallen(from, self.levels.end)?;
        if let State::Speaking { paused, .. } = &mut self.state {
            *paused = true;
        }
        Some(Found::Paused { voiced_until })
    }

    /// Whether a window may be voice: whether its verdict can begin a stretch or prolong one.
    pub fn is_voice(verdict: VoiceVerdict) -> bool {
        verdict.speech >= UNVOICED
    }

    /// Takes a verdict and says what follows from it.
    pub fn judge(&mut self, verdict: VoiceVerdict) -> Option<Found> {
        let start = verdict.end - u64::from(verdict.len);
        match self.state {
            State::Silent if verdict.speech >= VOICED => {
                self.state = State::Beginning { from: start };
                self.begin(start, verdict.end)
            }
            State::Silent => None,
            State::Beginning { from } if verdict.speech >= UNVOICED => self.begin(from, verdict.end),
            State::Beginning { .. } => {
                self.state = State::Silent;
                None
            }
            State::Speaking { from, paused, .. } if verdict.speech >= UNVOICED => {
                let fallen = self.levels.fallen(from, verdict.end);
                self.state = State::Speaking {
                    from,
                    voiced_until: verdict.end,
                    paused: fallen.is_some(),
                };
                match fallen {
                    None => Some(Found::Continues {
                        voiced_until: verdict.end,
                    }),
                    Some(voiced_until) if !paused => Some(Found::Paused { voiced_until }),
                    Some(_) => None,
                }
            }
            State::Speaking {
                from,
                voiced_until,
                paused,
            } => {
                let silence = verdict.end - voiced_until;
                if silence >= END {
                    self.state = State::Silent;
                    Some(Found::Stopped {
                        voiced_until: self.levels.last_voiced(from, voiced_until),
                    })
                } else if silence >= PAUSE && !paused {
                    self.state = State::Speaking {
                        from,
                        voiced_until,
                        paused: true,
                    };
                    Some(Found::Paused {
                        voiced_until: self.levels.last_voiced(from, voiced_until),
                    })
                } else {
                    None
                }
            }
        }
    }

    fn begin(&mut self, from: u64, until: u64) -> Option<Found> {
        if until - from < BEGINNING {
            return None;
        }
        self.state = State::Speaking {
            from,
            voiced_until: until,
            paused: false,
        };
        Some(Found::Started { from })
    }
}

/// Power of the sound in windows of 5 ms.
#[derive(Debug, Default)]
struct Levels {
    powers: VecDeque<f64>,
    /// Position after the last window.
    end: u64,
    sum: f64,
    count: usize,
}

impl Levels {
    fn hear(&mut self, samples: &[i16]) {
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
    fn last_voiced(&self, from: u64, until: u64) -> u64 {
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
    fn fallen(&self, from: u64, now: u64) -> Option<u64> {
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
