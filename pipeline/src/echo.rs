//! Whether what is heard of the caller is the agent's own voice, come back.
//!
//! Telephones and loudspeakers give the agent its own words back, some 50 to 500 ms later and quieter. To a detector that is
//! speech, and an agent that heeded it would interrupt itself. So the levels of what was sent and of what is heard are
//! compared in slots of 10 ms: an echo rises and falls with what was sent, always so much later and so much quieter. Once
//! such a *path* has been seen several times in a row, what it explains is no voice; what is clearly louder than it
//! explains is the caller, who is heard over an echo as soon as without one.
//!
//! It decides nothing but that, and hears nothing but levels. A caller on a line without an echo is never doubted, but for up
//! to half a second when they begin within half a second of the agent's first word: two beginnings look like a path.

use std::collections::VecDeque;

use turn::CallTime;

use crate::audio::SampleRate;

/// Length of a slot.
const SLOT_NANOS: u64 = 10_000_000;
/// How long a path may be: 500 ms.
const LONGEST: usize = 50;
/// What is compared: the last 1.5 s. In much less, two voices go together by chance.
const WINDOW: usize = 150;
/// What is kept of either side: 3 s, for the noise of the line.
const KEPT: usize = 300;
/// The agent is heard from this level on, in dB above one step of a sample: 55 below full scale.
const SOUNDING: f32 = 35.0;
/// Slots in which the agent is heard without which nothing can be compared: 80 ms.
const FEWEST: usize = 8;
/// An echo is at least so much quieter than what was sent, in dB; else it is another voice …
const LOUDEST: f32 = -8.0;
/// … and at most so much, or it is lost in the noise.
const FAINTEST: f32 = -60.0;
/// The levels must go up and down by so much before it means anything that they do it together, in dB.
const MOVEMENT: f32 = 5.0;
/// How far the levels are from those of an echo where either is above the noise, in dB, at most. Echoes through a room: 2
/// to 4; two voices: 7 to 10.
const FARTHEST: f32 = 5.0;
/// … and in relation to their movement.
const FARTHEST_OF_MOVEMENT: f32 = 0.35;
/// One slot that is far off, a click, counts as no more than this.
const OUTLIER: f32 = 12.0;
/// A path must be found so often in a row, each time 30 ms later.
const AGREEMENTS: u32 = 3;
/// A path that has been found less often, about a second of sound, may be chance: two voices that begin one shortly after the
/// other go together for a moment …
const TRUSTED: u32 = 33;
/// … and it is given up when it is not found so often in a row.
const DOUBTS: u32 = 3;
/// Two findings are the same path when they differ by no more, in dB.
const SAME_GAIN: f32 = 4.0;
/// What is louder than the path explains by this, in dB, is a voice.
const ABOVE: f32 = 6.0;
/// A room goes on to sound after the voice; by so many dB less in each slot …
const TAIL_FALL: f32 = 1.0;
/// … for so long.
const TAIL: usize = 15;
/// Between two words the agent is silent for at most so long: 500 ms.
const PAUSE_OF_AGENT: u64 = 50;
/// An echo that should be heard well above the noise, and is not for so many slots, is gone: somebody has put on a headset.
const GONE: u32 = 100;

/// Levels of what the agent sends, 20 ms of it.
#[derive(Clone, Copy, Debug)]
pub struct OwnSound {
    at: CallTime,
    powers: [f32; 2],
}

impl OwnSound {
    /// Of a frame of 20 ms that is heard from `at` on.
    pub fn of(at: CallTime, frame: &[i16]) -> Self {
        let (first, second) = frame.split_at(frame.len() / 2);
        Self {
            at,
            powers: [power(first), power(second)],
        }
    }
}

/// Compares what is sent with what is heard, for one call.
#[derive(Debug, Default)]
pub struct EchoGuard {
    own: Levels,
    heard: Levels,
    /// Found last, and how often in a row.
    candidate: Option<(Path, u32)>,
    path: Option<Path>,
    /// How often the path was found, and how often in a row it was not since.
    found: u32,
    doubts: u32,
    /// Slots in a row in which the echo should have been heard and was not.
    missed: u32,
    /// Level of the line when nobody speaks.
    noise: f32,
}

/// How the agent's voice comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Path {
    /// How many slots later.
    lag: usize,
    /// How much louder, in dB; quieter, so below 0.
    gain: f32,
}

impl Path {
    /// Whether both are the same, as far as they can be told.
    fn is(self, other: Self) -> bool {
        self.lag.abs_diff(other.lag) <= 1 && (self.gain - other.gain).abs() <= SAME_GAIN
    }
}

impl EchoGuard {
    /// The agent sends this.
    pub fn sent(&mut self, sound: OwnSound) {
        let slot = (sound.at.as_nanos() + SLOT_NANOS / 2) / SLOT_NANOS;
        for (slot, power) in (slot..).zip(sound.powers) {
            self.own.put(slot, power);
        }
    }

    /// This is heard; its first sample was said at `at`.
    pub fn heard(&mut self, at: CallTime, samples: &[i16], rate: SampleRate) {
        let mut at = at.as_nanos();
        let mut rest = samples;
        while !rest.is_empty() {
            let slot = at / SLOT_NANOS;
            let left = (slot + 1) * SLOT_NANOS - at;
            let len = (left * u64::from(rate.0)).div_ceil(1_000_000_000).max(1) as usize;
            let (these, others) = rest.split_at(len.min(rest.len()));
            if self.heard.put(slot, power(these)) {
                self.look_for_echo(slot);
            }
            at += these.len() as u64 * 1_000_000_000 / u64::from(rate.0);
            rest = others;
        }
    }

    /// Whether what was heard last, about 30 ms of it, is an echo. Ask it of each window that sounds like speech.
    pub fn explains(&mut self) -> bool {
        let end = self.heard.end();
        let sounded = self.own.last_sounding;
        if sounded.is_none_or(|slot| slot + ((LONGEST + TAIL) as u64) < end) {
            return false;
        }
        self.learn(end);
        let Some(path) = self.path else { return false };
        let excess = |slot: u64| self.heard.level(slot) - self.expected(path, slot);
        let last = end.saturating_sub(3)..end;
        last.map(excess).sum::<f32>() / 3.0 < ABOVE
    }

    /// Whether the agent was heard shortly before `at`: between two of its words it is silent for less.
    pub fn agent_spoke(&self, at: CallTime) -> bool {
        let slot = at.as_nanos() / SLOT_NANOS;
        let sounded = self.own.last_sounding;
        sounded.is_some_and(|sounded| sounded + PAUSE_OF_AGENT >= slot)
    }

    /// The level that an echo and the noise have in a slot, the room's tail included.
    fn expected(&self, path: Path, slot: u64) -> f32 {
        let sent = |back: usize| self.own.level(slot.saturating_sub((path.lag + back) as u64));
        let tail = (0..TAIL).map(|back| {
            // The path is known to a slot or so.
            let near = sent(back).max(sent(back + 1)).max(
                self.own
                    .level(slot.saturating_sub((path.lag + back).saturating_sub(1) as u64)),
            );
            near - TAIL_FALL * back as f32
        });
        let loudest = tail.fold(0.0, f32::max);
        if loudest < SOUNDING - TAIL as f32 {
            return self.noise;
        }
        (loudest + path.gain).max(self.noise)
    }

    /// Takes the best path of the last moments; when it has been the same several times, it is known.
    fn learn(&mut self, end: u64) {
        self.noise = self.heard.quiet(end);
        let found = self.find(end);
        let again = |(last, times): (Path, u32), found: Path| if found.is(last) { times + 1 } else { 1 };
        self.candidate = found.map(|found| (found, self.candidate.map_or(1, |last| again(last, found))));
        if let Some((path, AGREEMENTS..)) = self.candidate {
            let known = self.path.is_some_and(|known| path.is(known));
            self.found = if known { self.found + 1 } else { AGREEMENTS };
            self.doubts = 0;
            self.path = Some(path);
            self.missed = 0;
        } else if self.path.is_some() && self.found < TRUSTED {
            self.doubts += 1;
            if self.doubts >= DOUBTS {
                self.path = None;
            }
        }
    }

    fn find(&self, end: u64) -> Option<Path> {
        let start = end.saturating_sub(WINDOW as u64);
        let heard: Vec<f32> = (start..end).map(|slot| self.heard.level(slot)).collect();
        let before = LONGEST as u64;
        let own: Vec<f32> = (0..heard.len() as u64 + before)
            .map(|slot| {
                (start + slot)
                    .checked_sub(before)
                    .map_or(0.0, |slot| self.own.level(slot))
            })
            .collect();
        let fits = (0..=LONGEST).filter_map(|lag| {
            let sent = &own[LONGEST - lag..];
            self.fit(sent, &heard)
                .map(|(far, gain)| (far, Path { lag, gain }))
        });
        fits.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, path)| path)
    }

    /// How far what is heard is from an echo of `sent`, in relation to its movement, and how loud that echo is; none if it is
    /// too far.
    fn fit(&self, sent: &[f32], heard: &[f32]) -> Option<(f32, f32)> {
        let sounding = sent.iter().zip(heard).filter(|(sent, _)| **sent > SOUNDING);
        let mut gains: Vec<f32> = sounding.map(|(sent, heard)| heard - sent).collect();
        if gains.len() < FEWEST {
            return None;
        }
        let middle = gains.len() / 2;
        let (_, gain, _) = gains.select_nth_unstable_by(middle, f32::total_cmp);
        let gain = *gain;
        if !(FAINTEST..=LOUDEST).contains(&gain) {
            return None;
        }
        let (mut off, mut audible, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
        for (sent, heard) in sent.iter().zip(heard) {
            let expected = (sent + gain).max(self.noise);
            if expected.max(*heard) > self.noise + ABOVE {
                off += (heard - expected).abs().min(OUTLIER).powi(2);
                audible += 1.0;
            }
            sum += expected;
            squares += expected * expected;
        }
        let count = heard.len() as f32;
        let movement = (squares / count - (sum / count).powi(2)).max(0.0).sqrt();
        let off = (off / f32::max(audible, 1.0)).sqrt();
        let far = off / movement;
        (movement > MOVEMENT && off < FARTHEST && far < FARTHEST_OF_MOVEMENT).then_some((far, gain))
    }

    /// Whether the echo that should be heard in a slot that is complete is there.
    fn look_for_echo(&mut self, end: u64) {
        let (Some(path), Some(slot)) = (self.path, end.checked_sub(1)) else {
            return;
        };
        let expected = self.own.level(slot.saturating_sub(path.lag as u64)) + path.gain;
        let heard = self.heard.level(slot);
        if expected < self.noise + ABOVE + OUTLIER {
            return;
        }
        if heard > expected - OUTLIER {
            self.missed = 0;
        } else {
            self.missed += 1;
            if self.missed > GONE {
                self.path = None;
                self.candidate = None;
            }
        }
    }
}

/// Levels of one side, slot by slot; what was not given is silence.
#[derive(Debug, Default)]
struct Levels {
    levels: VecDeque<f32>,
    /// The slot of the first.
    first: u64,
    /// The last slot that was loud enough to be heard.
    last_sounding: Option<u64>,
}

impl Levels {
    /// Whether a slot was begun. Of two pieces in one slot the louder counts.
    fn put(&mut self, slot: u64, power: f32) -> bool {
        let level = 10.0 * power.max(1.0).log10();
        if level > SOUNDING {
            self.last_sounding = Some(slot);
        }
        if self.levels.is_empty() {
            self.first = slot;
        }
        let begun = slot >= self.end();
        if slot >= self.end() + KEPT as u64 {
            self.levels.clear();
            self.first = slot;
        }
        while slot >= self.end() {
            self.levels.push_back(0.0);
        }
        while self.levels.len() > KEPT {
            self.levels.pop_front();
            self.first += 1;
        }
        if let Some(kept) = slot
            .checked_sub(self.first)
            .and_then(|at| self.levels.get_mut(at as usize))
        {
            *kept = kept.max(level);
        }
        begun
    }

    /// After the last slot that is there.
    fn end(&self) -> u64 {
        self.first + self.levels.len() as u64
    }

    fn level(&self, slot: u64) -> f32 {
        let at = slot.checked_sub(self.first);
        at.and_then(|at| self.levels.get(at as usize))
            .copied()
            .unwrap_or(0.0)
    }

    /// The level that one slot in twenty does not exceed.
    fn quiet(&self, end: u64) -> f32 {
        let mut levels: Vec<f32> = (self.first..end).map(|slot| self.level(slot)).collect();
        if levels.is_empty() {
            return 0.0;
        }
        let at = levels.len() / 20;
        *levels.select_nth_unstable_by(at, f32::total_cmp).1
    }
}

fn power(samples: &[i16]) -> f32 {
    let sum: f32 = samples
        .iter()
        .map(|&sample| f32::from(sample) * f32::from(sample))
        .sum();
    sum / samples.len().max(1) as f32
}
