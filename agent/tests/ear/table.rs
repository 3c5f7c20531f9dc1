//! What was heard beside what was measured.

use std::io::Write;

use crate::{agents::Answered, caller::Heard};

/// Answers and sounds that are closer than this are the same, once the two clocks are laid over each other.
const SAME_MS: f64 = 150.0;

/// Finds the turn that belongs to each answer heard. The two clocks begin at different moments: the shift that brings most
/// answers together is the right one.
pub(crate) fn pair(heard: Vec<Heard>, answered: Vec<Answered>) -> Vec<(Heard, Answered)> {
    // An answer that begins before the clip has ended is a caller interrupted, not a turn answered.
    let heard: Vec<Heard> = heard
        .into_iter()
        .filter(|heard| heard.heard.is_some_and(|at| at > heard.end))
        .collect();
    let at = |heard: &Heard| heard.heard.unwrap_or_default() * 1e3;
    let nearest = |shift: f64, heard: &Heard| {
        let gap = |turn: &Answered| (at(heard) - shift - turn.audio_out).abs();
        let best = answered
            .iter()
            .min_by(|a, b| gap(a).total_cmp(&gap(b)))
            .copied()?;
        (gap(&best) < SAME_MS).then_some(best)
    };
    let shifts = heard
        .iter()
        .flat_map(|heard| answered.iter().map(move |turn| at(heard) - turn.audio_out));
    let matches = |shift: &f64| {
        heard
            .iter()
            .filter(|heard| nearest(*shift, heard).is_some())
            .count()
    };
    let Some(shift) = shifts.max_by_key(matches) else {
        return Vec::new();
    };
    heard
        .iter()
        .filter_map(|heard| Some((heard.clone(), nearest(shift, heard)?)))
        .collect()
}

/// One kind of call: what each turn took by our measurement and by the ear.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    heard_ms: f64,
    latency_ms: f64,
    way_ms: f64,
    error_ms: f64,
}

impl Table {
    pub(crate) fn new(title: &'static str, way_ms: f64, turns: Vec<(Heard, Answered)>) -> Self {
        let rows = turns.into_iter().filter_map(|(heard, answered)| {
            let heard_ms = (heard.heard? - heard.end) * 1e3;
            Some(Row {
                name: heard.name,
                heard_ms,
                latency_ms: answered.latency,
                way_ms,
                error_ms: heard_ms - answered.latency - way_ms,
            })
        });
        Self {
            title,
            rows: rows.collect(),
        }
    }

    pub(crate) fn compared(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn print(&self) {
        let mut text = format!("\n{}\n", self.title);
        text += &format!(
            "{:28} {:>10} {:>12} {:>8} {:>8}\n",
            "clip", "heard ms", "eou_latency", "way", "error"
        );
        for row in &self.rows {
            text += &format!(
                "{:28} {:>10.1} {:>12.1} {:>8.1} {:>8.1}\n",
                row.name, row.heard_ms, row.latency_ms, row.way_ms, row.error_ms
            );
        }
        text += &format!("{} turns, error p95 {:.1} ms\n", self.compared(), self.p95_ms());
        write(&text);
    }

    /// The 95th percentile of the error's size.
    pub(crate) fn p95_ms(&self) -> f64 {
        let mut errors: Vec<f64> = self.rows.iter().map(|row| row.error_ms.abs()).collect();
        errors.sort_by(f64::total_cmp);
        let place = (errors.len() * 95).div_ceil(100).saturating_sub(1);
        errors.get(place).copied().unwrap_or(f64::INFINITY)
    }
}

pub(crate) fn print_way(ways: &[f64]) {
    let (least, most) = (ways[0], ways[ways.len() - 1]);
    let text = format!(
        "the way from mouth to ear and back: {:.1} ms ({least:.1} to {most:.1}, {} sounds)\n",
        ways[ways.len() / 2],
        ways.len()
    );
    write(&text);
}

pub(crate) fn write(text: &str) {
    // Not by `print!`, which tests keep to themselves when they pass.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
