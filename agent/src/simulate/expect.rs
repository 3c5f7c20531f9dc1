//! What a scenario expects, and how far what happened is from it.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::describe::{Described, EVENTS};

/// Fields that are times or lengths may differ by so much, in milliseconds: clocks of other systems round.
const LENGTH_TOLERANCE_MS: f64 = 1.0;
/// So many events are shown beside an expectation that was not met.
const SHOWN: usize = 3;
/// Sums of decimal fractions are not exact to the last bit.
const ROUNDING_MS: f64 = 1e-6;

/// An event that a scenario expects.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// When, in milliseconds; absent: at any time.
    at_ms: Option<f64>,
    /// How far from that it may be.
    #[serde(default = "one")]
    within_ms: f64,
    event: String,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

fn one() -> f64 {
    1.0
}

/// An expectation that was not met.
#[derive(Debug)]
pub struct Unmet {
    /// Which entry of `expect`, from 0.
    index: usize,
    expected: Expected,
    nearest: Vec<Described>,
}

impl Expected {
    /// What is wrong with the expectation itself.
    pub(super) fn fault(&self) -> Option<String> {
        let Some((_, fields)) = EVENTS.iter().find(|(name, _)| *name == self.event) else {
            let names: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
            return Some(format!(
                "event: there is no event {}; known are: {}",
                self.event,
                names.join(", ")
            ));
        };
        let negative = |ms: f64| ms < 0.0;
        if negative(self.within_ms) || self.at_ms.is_some_and(negative) {
            return Some("at_ms and within_ms must not be negative".to_owned());
        }
        if self.event == "turn_record" {
            return None;
        }
        let unknown = self.fields.keys().find(|key| !fields.contains(&key.as_str()))?;
        let known: Vec<&str> = ["at_ms", "within_ms"].iter().chain(*fields).copied().collect();
        Some(format!(
            "{unknown}: unknown key; {} has: {}",
            self.event,
            known.join(", ")
        ))
    }

    fn is_met_by(&self, event: &Described) -> bool {
        let in_time = self
            .at_ms
            .is_none_or(|at| (event.t - at).abs() <= self.within_ms + ROUNDING_MS);
        in_time
            && event.event == self.event
            && self.fields.iter().all(|(name, value)| {
                // `null`: there is no such field.
                agree(name, value, event.field(name).unwrap_or(&Value::Null))
            })
    }
}

/// Whether a field has the value that was expected.
fn agree(name: &str, expected: &Value, happened: &Value) -> bool {
    if let (Value::Array(expected), Value::Array(happened)) = (expected, happened) {
        let mut pairs = expected.iter().zip(happened);
        return expected.len() == happened.len() && pairs.all(|(a, b)| agree(name, a, b));
    }
    match (expected.as_f64(), happened.as_f64()) {
        (Some(expected), Some(happened)) if name.ends_with("_ms") => {
            (expected - happened).abs() <= LENGTH_TOLERANCE_MS + ROUNDING_MS
        }
        (Some(expected), Some(happened)) => (expected - happened).abs() <= ROUNDING_MS,
        _ => expected == happened,
    }
}

/// The expectations that nothing meets.
pub(super) fn unmet(expected: &[Expected], events: &[Described]) -> Vec<Unmet> {
    let open = expected.iter().enumerate();
    open.filter(|(_, expected)| !events.iter().any(|event| expected.is_met_by(event)))
        .map(|(index, expected)| Unmet {
            index,
            expected: expected.clone(),
            nearest: nearest(expected, events),
        })
        .collect()
}

fn nearest(expected: &Expected, events: &[Described]) -> Vec<Described> {
    let mut named: Vec<&Described> = events
        .iter()
        .filter(|event| event.event == expected.event)
        .collect();
    if let Some(at) = expected.at_ms {
        named.sort_by(|a, b| (a.t - at).abs().total_cmp(&(b.t - at).abs()));
    }
    named.into_iter().take(SHOWN).cloned().collect()
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expect[{}]: {}", self.index, self.expected.event)?;
        if let Some(at) = self.expected.at_ms {
            write!(f, " at {at} ms")?;
        }
        for (name, value) in &self.expected.fields {
            write!(f, " {name}={value}")?;
        }
        if self.nearest.is_empty() {
            return write!(f, ": there was no such event");
        }
        write!(f, "; there was")?;
        for (index, event) in self.nearest.iter().enumerate() {
            let or = if index == 0 { "" } else { "," };
            write!(f, "{or} one at {} ms", event.t)?;
            for (name, value) in event.fields().filter(|_| event.event != "turn_record") {
                write!(f, " {name}={value}")?;
            }
            let differing = self
                .expected
                .fields
                .iter()
                .filter(|_| event.event == "turn_record");
            for (name, _) in differing {
                write!(f, " {name}={}", event.field(name).unwrap_or(&Value::Null))?;
            }
        }
        Ok(())
    }
}
