//! From a detector's verdicts to stretches of speech.
//!
//! A detector says for each window how likely it is speech. The gate makes stretches of it: one begins after enough voiced
//! windows, and is back-dated to the first of them; it pauses after a moment without voice, which is the time to begin a
//! final decode; it ends after a longer one. The end is dated by the sound itself: detectors go on to say "speech" for
//! about 100 ms after the voice has stopped, so the last voiced sample is looked up in the levels of the last moments.

mod levels;

use self::levels::Levels;
use crate::ports::VoiceVerdict;

/// A window counts as voiced from here …
const VOICED: f32 = 0.5;
/// … and as unvoiced below here; in between it stays what it was. The pair keeps a wavering verdict from chopping words.
const UNVOICED: f32 = 0.35;
/// Voice needed for a beginning: 50 ms; a click is shorter.
const BEGINNING: u64 = 800;
/// Silence by the detector after which a final decode is worth beginning: two windows of 32 ms. The sound itself tells sooner.
const PAUSE: u64 = 1_000;
/// Silence after which the detector is sure: 160 ms. Together with the detector's own delay that is about 260 ms after the
/// last voiced sample, in time for the end-of-turn model.
const END: u64 = 2_500;

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
