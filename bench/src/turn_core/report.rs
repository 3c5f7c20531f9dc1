//! What was measured of the core, and what of it is too much.

use std::{fmt, time::Duration};

use serde::Serialize;
use telemetry::Distribution;

use super::events::Events;
use crate::{cli::CoreLimits, machine::Machine};

/// What a measurement of the turn core gave.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Calls whose events were measured.
    pub calls: usize,
    /// Their events: facts and deadlines.
    pub events: usize,
    /// Average time of an event in each round, in microseconds.
    pub average_us: Distribution,
    /// Time of each single event, in microseconds, with the time that looking at the clock takes.
    pub single_us: Distribution,
    /// Time to simulate an hour of calls of five minutes in each round, in milliseconds.
    pub hour_ms: Distribution,
    /// Time to simulate one call of an hour in each round, in milliseconds.
    pub long_ms: Distribution,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        calls: &[Events],
        averages: Vec<Duration>,
        singles: Vec<Duration>,
        hours: Vec<Duration>,
        longs: Vec<Duration>,
    ) -> Self {
        let spread = |times: Vec<Duration>, unit: f64| {
            Distribution::of(times.iter().map(|time| Some(time.as_secs_f64() * unit)))
        };
        Self {
            machine,
            calls: calls.len(),
            events: calls.iter().map(|call| call.inputs.len()).sum(),
            average_us: spread(averages, 1e6),
            single_us: spread(singles, 1e6),
            hour_ms: spread(hours, 1e3),
            long_ms: spread(longs, 1e3),
        }
    }

    /// One sentence for each limit that was not kept.
    pub fn exceeded(&self, limits: &CoreLimits) -> Vec<String> {
        let over =
            |limit: Option<f64>, value: Option<f64>| limit.zip(value).filter(|(most, value)| value > most);
        let event = over(limits.max_event_us, self.average_us.p50)
            .map(|(most, us)| format!("an event took {us:.2} µs, more than {most} µs"));
        let hour = over(limits.max_hour_s, self.hour_ms.p50.map(|ms| ms / 1e3))
            .map(|(most, s)| format!("an hour of calls took {s:.3} s, more than {most} s"));
        event.into_iter().chain(hour).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine       {}", self.machine)?;
        writeln!(f, "events        {}; calls: {}", self.events, self.calls)?;
        rounds(f, "one event    ", &self.average_us, "µs")?;
        let single = &self.single_us;
        if let (Some(p50), Some(p99), Some(max)) = (single.p50, single.p99, single.max) {
            writeln!(
                f,
                "each event    p50 {p50:.2} µs, p99 {p99:.2} µs, largest {max:.1} µs, the clock included"
            )?;
        }
        rounds(f, "hour of calls", &self.hour_ms, "ms")?;
        rounds(f, "hour's call  ", &self.long_ms, "ms")
    }
}

/// The median of the rounds and how far they lie apart.
fn rounds(f: &mut fmt::Formatter<'_>, name: &str, of: &Distribution, unit: &str) -> fmt::Result {
    if let (Some(p50), Some(min), Some(max)) = (of.p50, of.min, of.max) {
        let count = of.count;
        writeln!(
            f,
            "{name} {p50:.2} {unit} in the median of {count} rounds, {min:.2} to {max:.2}"
        )?;
    }
    Ok(())
}
