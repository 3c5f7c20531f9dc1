//! A limit that was not kept is named, and nothing else is.

use bench::{
    cli::{CoreLimits, Limits},
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
