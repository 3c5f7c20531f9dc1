//! A limit that was not kept is named, and nothing else is.

use bench::{
    Machine,
    barge_in::{self, Kind, KindReport},
    cli::{BargeInLimits, CoreLimits, Limits},
    load::Report,
    turn_core,
};
use telemetry::Distribution;

fn report() -> Report {
    Report {
        cpu_percent: 2.01,
        memory_kb: Some(2_001.0),
        late: 1,
        ..Report::default()
    }
}

#[test]
fn each_limit_that_was_passed_has_its_sentence() {
    let limits = Limits {
        max_cpu: Some(2.0),
        max_memory_mb: Some(2.0),
        max_late: Some(0),
    };
    let sentences = report().exceeded(&limits);
    assert_eq!(
        sentences,
        [
            "a room took 2.01 % of a core, more than 2 %",
            "a room took 2.00 MB, more than 2 MB",
            "1 frames were more than 30 ms late, more than 0",
        ]
    );
}

#[test]
fn what_is_kept_or_not_asked_for_is_not_named() {
    assert!(report().exceeded(&Limits::default()).is_empty());
    let kept = Limits {
        max_cpu: Some(2.01),
        max_memory_mb: Some(2.001),
        max_late: Some(1),
    };
    assert!(report().exceeded(&kept).is_empty());
}

#[test]
fn memory_of_one_room_alone_is_not_taken_as_kept() {
    let alone = Report {
        memory_kb: None,
        ..report()
    };
    let limits = Limits {
        max_memory_mb: Some(1_000.0),
        ..Limits::default()
    };
    assert_eq!(alone.exceeded(&limits).len(), 1);
}

#[test]
fn the_core_is_judged_by_the_median_of_its_rounds() {
    let of = |value: f64| Distribution::of([Some(value), Some(value), Some(100.0 * value)]);
    let report = turn_core::Report {
        average_us: of(2.01),
        hour_ms: of(900.0),
        ..turn_core::Report::default()
    };
    let limits = |us, s| CoreLimits {
        max_event_us: Some(us),
        max_hour_s: Some(s),
    };
    assert_eq!(
        report.exceeded(&limits(2.0, 1.0)),
        ["an event took 2.01 µs, more than 2 µs"]
    );
    assert_eq!(
        report.exceeded(&limits(2.01, 0.5)),
        ["an hour of calls took 0.900 s, more than 0.5 s"]
    );
    assert!(report.exceeded(&CoreLimits::default()).is_empty());
}

/// Sounds of one kind over the agent: so many stopped it, after so long each; the others silenced it for so long.
fn sounds(kind: Kind, stop_ms: &[f64], silence_ms: &[f64]) -> KindReport {
    KindReport {
        kind,
        over: stop_ms.len() + silence_ms.len(),
        not_over: 0,
        kept: 0,
        paused: silence_ms.len(),
        stopped: stop_ms.len(),
        stop_ms: Distribution::of(stop_ms.iter().map(|ms| Some(*ms))),
        silence_ms: Distribution::of(silence_ms.iter().map(|ms| Some(*ms + 1_000.0))),
        added_ms: Distribution::of(silence_ms.iter().map(|ms| Some(*ms))),
    }
}

fn talked_over(kinds: Vec<KindReport>) -> barge_in::Report {
    barge_in::Report {
        machine: Machine::default(),
        calls: 1,
        at_once: 1,
        kinds,
        sounds: Vec::new(),
        each: false,
    }
}

#[test]
fn barge_in_is_judged_by_interruptions_and_false_stops_by_everything_else() {
    let report = talked_over(vec![
        sounds(Kind::Interruption, &[200.0, 260.0, 410.0], &[900.0]),
        sounds(Kind::Attention, &[100.0], &[400.0, 460.0]),
        sounds(Kind::Cough, &[], &[300.0]),
    ]);
    let limits = |p50, p95, stops, silence| BargeInLimits {
        max_stop_p50_ms: Some(p50),
        max_stop_p95_ms: Some(p95),
        max_false_stops: Some(stops),
        max_silence_ms: Some(silence),
    };
    assert_eq!(
        report.exceeded(&limits(250.0, 400.0, 24.9, 450.0)),
        [
            "the median until the agent is silent, in ms, is 260, more than 250",
            "its 95th percentile, in ms, is 410, more than 400",
            "the share of stops for nothing, in percent, is 25, more than 24.9",
            "the longest silence for nothing, in ms, is 460, more than 450",
        ]
    );
    assert!(report.exceeded(&limits(260.0, 410.0, 25.0, 460.0)).is_empty());
    assert!(report.exceeded(&BargeInLimits::default()).is_empty());
}

#[test]
fn a_stop_that_was_not_measured_keeps_no_limit() {
    let nothing = talked_over(vec![sounds(Kind::Interruption, &[], &[])]);
    let limits = BargeInLimits {
        max_stop_p50_ms: Some(250.0),
        ..BargeInLimits::default()
    };
    assert_eq!(
        nothing.exceeded(&limits),
        ["the median until the agent is silent, in ms, is unknown, more than 250"]
    );
}
