//! What became of each sound of the caller.

#[cfg(test)]
mod tests;

use std::{fmt, io::Read, path::Path};

use pipeline::{audio::HEARING, recorder::playback::stereo_wav, sound_file::WAV_HEADER_LEN};
use serde::Serialize;
use telemetry::{FloorStamp, TurnRecord};
use turn::{CallTime, FloorAct, FloorReason};

use super::{
    BargeInError,
    caller::{Caller, Kind, Sounded},
};

/// Louder than this is audible, as for the stamps: −46 dB below full scale.
const AUDIBLE: u16 = 164;
/// Windows whose levels are compared: 5 ms.
const WINDOW: usize = 80;
/// The agent must have been heard so shortly before the sound; between two words it is silent for less.
const SPEAKING_MS: u64 = 300;
/// What is decided because of a sound is decided so soon after it at the latest: recognition, and the resume after it.
const DECIDED_MS: u64 = 3_500;
/// The loudspeaker fades for 20 ms after it was told to stop, and the codec rings on for as long. After it was told to go on
/// it needs no longer.
const FADE_MS: u64 = 40;

/// What became of one sound.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// What it is.
    pub kind: Kind,
    /// The clip.
    pub name: &'static str,
    /// What the agent did.
    pub fate: Fate,
    /// Its decisions, as words, with milliseconds from the first voiced sample.
    pub decisions: String,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        match self.fate {
            Fate::NotOver => f.write_str("not over the agent's words")?,
            Fate::Kept => f.write_str("spoke on")?,
            Fate::Paused { silence_ms, added_ms } => {
                write!(f, "silent for {silence_ms:.0} ms, {added_ms:.0} of it for this")?;
            }
            Fate::Stopped { after_ms } => write!(f, "stopped after {after_ms:.0} ms")?,
        }
        write!(f, " ({})", self.decisions)
    }
}

/// What the agent did about a sound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was not speaking; the sound shows nothing.
    NotOver,
    /// It spoke on.
    Kept,
    /// It was silent for a while and went on.
    Paused {
        /// From its last audible sample to the next, in milliseconds.
        silence_ms: f64,
        /// How much of that the sound cost: the rest lies between two words of the agent.
        added_ms: f64,
    },
    /// It gave way.
    Stopped {
        /// From the caller's first voiced sample to the agent's last audible one, in milliseconds.
        after_ms: f64,
    },
}

/// Reads what became of a caller's sounds from the call's files.
pub(super) fn judge(
    caller: &Caller,
    folder: &Path,
    turns: &[TurnRecord],
) -> Result<Vec<Judged>, BargeInError> {
    let call = Tracks::read(folder)?;
    let shift = call.shift(caller);
    let decisions: Vec<FloorStamp> = turns.iter().flat_map(|turn| turn.stamps.floor.clone()).collect();
    Ok(caller
        .sounds
        .iter()
        .map(|sound| {
            let onset = sound.onset.saturating_add_signed(shift);
            let until = onset + samples(DECIDED_MS);
            let about = decisions
                .iter()
                .filter(|decision| (onset..until).contains(&position(decision.at)))
                .copied();
            let about: Vec<FloorStamp> = about.collect();
            let words = about.iter().map(|decision| {
                let FloorStamp { at, act, reason } = decision;
                let ms = position(*at).saturating_sub(onset) * 1_000 / u64::from(HEARING.0);
                format!("{act:?}/{reason:?} +{ms}")
            });
            Judged {
                kind: sound.kind,
                name: sound.name,
                fate: call.fate(onset, &about),
                decisions: words.collect::<Vec<_>>().join(", "),
            }
        })
        .collect())
}

/// Both voices on the call's clock.
struct Tracks {
    caller: Vec<i16>,
    agent: Vec<i16>,
}

impl Tracks {
    fn read(folder: &Path) -> Result<Self, BargeInError> {
        let mut bytes = Vec::new();
        stereo_wav(folder, HEARING)?.read_to_end(&mut bytes)?;
        let frames = bytes.get(WAV_HEADER_LEN..).unwrap_or_default().chunks_exact(4);
        let (caller, agent) = frames
            .map(|frame| {
                (
                    i16::from_le_bytes([frame[0], frame[1]]),
                    i16::from_le_bytes([frame[2], frame[3]]),
                )
            })
            .unzip();
        Ok(Self { caller, agent })
    }

    /// How many samples later the caller's part is on the call's clock: where the levels of all of its sounds agree best
    /// with those of the recording.
    fn shift(&self, caller: &Caller) -> i64 {
        let fits = |shift: usize| -> f64 {
            let fit = |sound: &Sounded| {
                let voiced = caller.voiced(sound);
                let from = sound.onset as usize + shift;
                let recorded = self.caller.get(from..from + voiced.len());
                recorded.map_or(0.0, |recorded| agreement(voiced, recorded))
            };
            caller.sounds.iter().map(fit).sum()
        };
        let shifts = (0..HEARING.0 as usize).step_by(WINDOW / 2);
        let best = shifts.max_by(|a, b| fits(*a).total_cmp(&fits(*b)));
        best.and_then(|shift| i64::try_from(shift).ok())
            .unwrap_or_default()
    }

    fn fate(&self, onset: u64, decisions: &[FloorStamp]) -> Fate {
        let before = onset.saturating_sub(samples(SPEAKING_MS));
        if self.last_audible(before, onset).is_none() {
            return Fate::NotOver;
        }
        let mut silenced = None;
        let mut pauses = Vec::new();
        for decision in decisions {
            let at = position(decision.at);
            match decision.act {
                FloorAct::Paused => silenced = silenced.or(Some(at)),
                FloorAct::Resumed if decision.reason != FloorReason::Speaking => {
                    pauses.extend(silenced.take().map(|paused| (paused, at)));
                }
                FloorAct::Cut => {
                    let told = silenced.unwrap_or(at) + samples(FADE_MS);
                    let last = self.last_audible(before, told).unwrap_or(before);
                    return Fate::Stopped {
                        after_ms: ms(last.saturating_sub(onset)),
                    };
                }
                FloorAct::Resumed | FloorAct::Held | FloorAct::Kept => {}
            }
        }
        if pauses.is_empty() {
            return Fate::Kept;
        }
        let silences = pauses.iter().map(|&(paused, resumed)| {
            let last = self.last_audible(before, paused + samples(FADE_MS));
            (
                last.unwrap_or(before),
                self.first_audible(resumed).unwrap_or(resumed),
            )
        });
        let added = pauses
            .iter()
            .zip(silences.clone())
            .map(|(&(paused, resumed), (last, next))| {
                next.min(resumed + samples(FADE_MS))
                    .saturating_sub(last.max(paused))
            });
        Fate::Paused {
            added_ms: ms(added.sum()),
            silence_ms: ms(silences.map(|(last, next)| next.saturating_sub(last)).sum()),
        }
    }

    fn last_audible(&self, from: u64, until: u64) -> Option<u64> {
        let until = (until as usize).min(self.agent.len());
        let sound = self.agent.get(from as usize..until)?;
        let last = sound.iter().rposition(|sample| sample.unsigned_abs() > AUDIBLE)?;
        Some(from + last as u64)
    }

    fn first_audible(&self, from: u64) -> Option<u64> {
        let sound = self.agent.get(from as usize..)?;
        let first = sound.iter().position(|sample| sample.unsigned_abs() > AUDIBLE)?;
        Some(from + first as u64)
    }
}

/// How well the levels of two sounds go together: the sum of the products of their amplitudes, window by window.
fn agreement(a: &[i16], b: &[i16]) -> f64 {
    let amplitude = |window: &[i16]| -> f64 {
        let sum: f64 = window.iter().map(|sample| f64::from(sample.unsigned_abs())).sum();
        sum / WINDOW as f64
    };
    a.chunks(WINDOW)
        .zip(b.chunks(WINDOW))
        .map(|(a, b)| amplitude(a) * amplitude(b))
        .sum()
}

fn position(at: CallTime) -> u64 {
    HEARING.samples_in(at.since(CallTime::START))
}

fn samples(ms: u64) -> u64 {
    ms * u64::from(HEARING.0) / 1_000
}

fn ms(samples: u64) -> f64 {
    samples as f64 * 1e3 / f64::from(HEARING.0)
}
