//! How fast the agent fell silent, and how often it did for nothing.

use std::fmt;

use serde::Serialize;
use telemetry::Distribution;

use super::{
    caller::Kind,
    judge::{Fate, Judged},
};
use crate::{
    cli::{BargeIn, BargeInLimits},
    machine::Machine,
};

/// What a measurement of barge-in gave.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Calls held.
    pub calls: u32,
    /// Of those, how many at the same time.
    pub at_once: u32,
    /// What became of words that want the floor, at once or behind a "yeah", of attention, and of coughs.
    pub kinds: Vec<KindReport>,
    /// What became of each sound.
    pub sounds: Vec<Judged>,
    /// Whether all of them are printed, or only those for which the agent did what it should not.
    #[serde(skip)]
    pub each: bool,
}

/// What became of the sounds of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct KindReport {
    /// The kind.
    pub kind: Kind,
    /// Sounds over the agent's words. Others show nothing.
    pub over: usize,
    /// Sounds that the agent was not speaking under.
    pub not_over: usize,
    /// It spoke on without a pause.
    pub kept: usize,
    /// It was silent for a while and went on.
    pub paused: usize,
    /// It gave way for good.
    pub stopped: usize,
    /// From the first voiced sample to the agent's last audible one, where it gave way, in milliseconds.
    pub stop_ms: Distribution,
    /// How long it was silent where it went on, in milliseconds.
    pub silence_ms: Distribution,
    /// How much of that the sound cost: the rest lies between two words of the agent.
    pub added_ms: Distribution,
}

impl Report {
    pub(super) fn new(machine: Machine, options: &BargeIn, judged: Vec<Judged>) -> Self {
        Self {
            machine,
            calls: options.calls,
            at_once: options.at_once,
            kinds: Kind::ALL.map(|kind| KindReport::of(kind, &judged)).into(),
            sounds: judged,
            each: options.each,
        }
    }

    /// What exceeds the limits, a sentence each.
    pub fn exceeded(&self, limits: &BargeInLimits) -> Vec<String> {
        let stop = self.kinds.iter().find(|kind| kind.kind == Kind::Interruption);
        let stop = stop.map(|kind| kind.stop_ms).unwrap_or_default();
        let others = self.kinds.iter().filter(|kind| !kind.kind.wants_the_floor());
        let silence = others.filter_map(|kind| kind.added_ms.max).fold(0.0, f64::max);
        let measured = [
            (
                "the median until the agent is silent, in ms,",
                stop.p50,
                limits.max_stop_p50_ms,
            ),
            ("its 95th percentile, in ms,", stop.p95, limits.max_stop_p95_ms),
            (
                "the share of stops for nothing, in percent,",
                Some(self.false_stops() * 1e2),
                limits.max_false_stops,
            ),
            (
                "the longest silence for nothing, in ms,",
                Some(silence),
                limits.max_silence_ms,
            ),
        ];
        measured
            .into_iter()
            .filter_map(|(what, measured, limit)| {
                let limit = limit?;
                // Nothing measured keeps no limit.
                let kept = measured.is_some_and(|measured| measured <= limit);
                let measured =
                    measured.map_or_else(|| "unknown".to_owned(), |measured| format!("{measured:.0}"));
                (!kept).then(|| format!("{what} is {measured}, more than {limit}"))
            })
            .collect()
    }

    /// The share of signs of attention and coughs that stopped the agent for good, 0–1.
    pub fn false_stops(&self) -> f64 {
        let meaningless = || self.kinds.iter().filter(|kind| !kind.kind.wants_the_floor());
        let over: usize = meaningless().map(|kind| kind.over).sum();
        let stopped: usize = meaningless().map(|kind| kind.stopped).sum();
        stopped as f64 / over.max(1) as f64
    }
}

fn is_wrong(judged: &Judged) -> bool {
    let stopped = matches!(judged.fate, Fate::Stopped { .. });
    judged.fate != Fate::NotOver && stopped != judged.kind.wants_the_floor()
}

impl KindReport {
    fn of(kind: Kind, judged: &[Judged]) -> Self {
        let fates = || {
            judged
                .iter()
                .filter(|judged| judged.kind == kind)
                .map(|judged| judged.fate)
        };
        let not_over = fates().filter(|fate| *fate == Fate::NotOver).count();
        let stops = || {
            fates().filter_map(|fate| match fate {
                Fate::Stopped { after_ms } => Some(Some(after_ms)),
                Fate::NotOver | Fate::Kept | Fate::Paused { .. } => None,
            })
        };
        let silences = || {
            fates().filter_map(|fate| match fate {
                Fate::Paused { silence_ms, added_ms } => Some((silence_ms, added_ms)),
                Fate::NotOver | Fate::Kept | Fate::Stopped { .. } => None,
            })
        };
        Self {
            kind,
            over: fates().count() - not_over,
            not_over,
            kept: fates().filter(|fate| *fate == Fate::Kept).count(),
            paused: silences().count(),
            stopped: stops().count(),
            stop_ms: Distribution::of(stops()),
            silence_ms: Distribution::of(silences().map(|(silence, _)| Some(silence))),
            added_ms: Distribution::of(silences().map(|(_, added)| Some(added))),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine  {}", self.machine)?;
        writeln!(f, "load     {} calls, {} at once", self.calls, self.at_once)?;
        writeln!(
            f,
            "{:14} {:>6} {:>6} {:>7} {:>8}  {:>27}  {:>27}  {:>27}",
            "sound",
            "over",
            "kept",
            "paused",
            "stopped",
            "onset to silence, ms",
            "silence until it goes on, ms",
            "of it for the sound, ms"
        )?;
        for kind in &self.kinds {
            let name = match kind.kind {
                Kind::Interruption => "interruption",
                Kind::Turning => "\"yeah, but …\"",
                Kind::Attention => "attention",
                Kind::Cough => "cough (noise)",
            };
            writeln!(
                f,
                "{name:14} {:>6} {:>6} {:>7} {:>8}  {:>27}  {:>27}  {:>27}",
                kind.over,
                kind.kept,
                kind.paused,
                kind.stopped,
                spread(&kind.stop_ms),
                spread(&kind.silence_ms),
                spread(&kind.added_ms)
            )?;
        }
        write!(f, "stopped for nothing: {:.1} %", self.false_stops() * 1e2)?;
        for sound in &self.sounds {
            if self.each || is_wrong(sound) {
                write!(f, "\n  {sound}")?;
            }
        }
        Ok(())
    }
}

fn spread(of: &Distribution) -> String {
    match (of.min, of.p50, of.p95, of.max) {
        (Some(min), Some(p50), Some(p95), Some(max)) => {
            format!("p50 {p50:.0} p95 {p95:.0} ({min:.0}–{max:.0})")
        }
        _ => "-".to_owned(),
    }
}
