//! What waiting costs, and what not waiting does.

use std::fmt;

use serde::Serialize;
use telemetry::Distribution;

use super::Call;
use crate::machine::Machine;

/// What a measurement of cut-ins gave.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Recorded callers.
    pub clips: usize,
    /// What each policy did with them.
    pub policies: Vec<PolicyReport>,
}

/// What one policy did.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyReport {
    /// Its name.
    pub name: &'static str,
    /// The settings `turn.endpointing`.
    pub endpointing: &'static str,
    /// Callers who were cut at least once.
    pub clips_cut: usize,
    /// Answers that became audible before the caller had finished.
    pub cut_ins: usize,
    /// From the last words to their answer, in milliseconds; callers whose last words had none count as missing.
    pub eou_latency: Distribution,
    #[serde(skip)]
    latencies: Vec<Option<f64>>,
}

impl PolicyReport {
    pub(super) fn new(name: &'static str, endpointing: &'static str) -> Self {
        Self {
            name,
            endpointing,
            clips_cut: 0,
            cut_ins: 0,
            eou_latency: Distribution::of([]),
            latencies: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, call: &Call) {
        self.clips_cut += usize::from(call.cut_ins > 0);
        self.cut_ins += call.cut_ins;
        self.latencies.push(call.latency_ms);
        self.eou_latency = Distribution::of(self.latencies.iter().copied());
    }
}

impl Report {
    pub(super) fn new(machine: Machine, clips: usize, policies: Vec<PolicyReport>) -> Self {
        Self {
            machine,
            clips,
            policies,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine  {}", self.machine)?;
        writeln!(
            f,
            "load     {} recorded callers, each calling {} agents at once",
            self.clips,
            self.policies.len()
        )?;
        write!(
            f,
            "{:20} {:>10} {:>8} {:>11} {:>8} {:>8} {:>8}",
            "policy", "callers cut", "cut-ins", "unanswered", "p50 ms", "p95 ms", "max ms"
        )?;
        for policy in &self.policies {
            let of = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
            write!(
                f,
                "\n{:20} {:>11} {:>8} {:>11} {:>8} {:>8} {:>8}",
                policy.name,
                policy.clips_cut,
                policy.cut_ins,
                policy.eou_latency.missing,
                of(policy.eou_latency.p50),
                of(policy.eou_latency.p95),
                of(policy.eou_latency.max)
            )?;
        }
        Ok(())
    }
}
