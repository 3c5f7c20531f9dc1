//! Many values as a few.

use serde::{Deserialize, Serialize};

/// Average, extremes and percentiles of raw values, in milliseconds.
///
/// Percentiles are by nearest rank: the smallest value that at least that share of the values does not exceed. So each of
/// them is a value that was really measured, and a percentile of percentiles is never taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Distribution {
    /// How many values there are.
    pub count: u32,
    /// How many turns have no value.
    pub missing: u32,
    /// Average; the figures are absent when there are no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg: Option<f64>,
    /// Smallest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 90th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// 95th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99th percentile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

impl Distribution {
    /// Of one value a turn, where there is one.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut missing = 0;
        let mut present: Vec<f64> = Vec::new();
        for value in values {
            match value.filter(|value| value.is_finite()) {
                Some(value) => present.push(value),
                None => missing += 1,
            }
        }
        present.sort_unstable_by(f64::total_cmp);
        let rank = |hundredths: usize| {
            let rank = (present.len() * hundredths).div_ceil(100).max(1);
            present.get(rank - 1).copied()
        };
        Self {
            count: u32::try_from(present.len()).unwrap_or(u32::MAX),
            missing,
            avg: (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64),
            min: present.first().copied(),
            max: present.last().copied(),
            p50: rank(50),
            p90: rank(90),
            p95: rank(95),
            p99: rank(99),
        }
    }
}
