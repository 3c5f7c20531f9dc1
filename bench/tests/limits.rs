//! A limit that was not kept is named, and nothing else is.

use bench::{cli::Limits, load::Report};

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
