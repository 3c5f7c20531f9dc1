//! The worker's latency since it started.

use hdrhistogram::Histogram;

use crate::TurnRecord;

/// The longest latency told apart, in microseconds; a longer one counts as this.
const LONGEST_US: u64 = 60_000_000;

/// `eou_latency` of all turns of all calls, in constant memory: 1 µs to 60 s with three digits. One task owns it; those of
/// several can be merged.
#[derive(Clone, Debug)]
pub struct WorkerLatency {
    histogram: Histogram<u64>,
    unanswered: u64,
}

impl Default for WorkerLatency {
    fn default() -> Self {
        Self::new()
    }
}

impl WorkerLatency {
    /// With no turn in it.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the bounds are constants that the histogram accepts"
    )]
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, 3);
        Self {
            histogram: histogram.expect("1 to 60 million with three digits are valid bounds"),
            unanswered: 0,
        }
    }

    /// Counts a turn that the caller began. One that was answered before its end counts as 1 µs, one that was never
    /// answered is counted apart.
    pub fn record(&mut self, turn: &TurnRecord) {
        match turn.derived.eou_latency {
            Some(ms) => self
                .histogram
                .saturating_record(((ms * 1e3).round() as u64).clamp(1, LONGEST_US)),
            None if turn.is_callers() => self.unanswered += 1,
            None => {}
        }
    }

    /// Adds the turns of another.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds, so there is nothing that would not fit.
        let _ = self.histogram.add(&other.histogram);
        self.unanswered += other.unanswered;
    }

    /// Turns that were answered.
    pub fn answered(&self) -> u64 {
        self.histogram.len()
    }

    /// Turns of the caller that were not.
    pub fn unanswered(&self) -> u64 {
        self.unanswered
    }

    /// The latency that a share of the answered turns does not exceed, milliseconds; `percent` is 0–100. None without turns.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        (!self.histogram.is_empty()).then(|| self.histogram.value_at_percentile(percent) as f64 / 1e3)
    }
}
