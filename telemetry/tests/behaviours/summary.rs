//! The figures of a call.

use std::time::Duration;

use crate::common::{at, ordinary, record, with_tool_and_cut};
use telemetry::{CallSummary, CallUsage, Distribution, TurnDetails, TurnRecord, TurnUsage, WorkerLatency};
use turn::{TurnId, TurnTimings};

fn close(found: Option<f64>, expected: f64) {
    assert!(
        found.is_some_and(|found| (found - expected).abs() < 1e-9),
        "{found:?} is not {expected}"
    );
}

/// A turn in which recogniser, model and voice took so long, and the answer came `eou` after the end of speech.
fn turn(number: u32, stt: Option<f64>, llm: f64, tts: f64, eou: f64, usage: TurnUsage) -> TurnRecord {
    let timings = TurnTimings {
        speech_start: Some(at(100.0)),
        stt_first: stt.map(|stt| at(100.0 + stt)),
        speech_end: Some(at(1000.0)),
        llm_request: Some(at(1010.0)),
        llm_done: Some(at(1010.0 + llm)),
        tts_request: Some(at(1020.0)),
        tts_first_byte: Some(at(1020.0 + tts)),
        audio_out: Some(at(1000.0 + eou)),
        interrupted: number == 2,
        ..TurnTimings::new(TurnId(number))
    };
    TurnRecord::new(
        &timings,
        TurnDetails {
            usage,
            ..TurnDetails::default()
        },
    )
}

#[test]
fn two_turns_give_the_figures_of_old() {
    let usage = |llm_input_tokens, llm_output_tokens, tts_characters| TurnUsage {
        llm_input_tokens,
        llm_output_tokens,
        tts_characters,
        ..TurnUsage::default()
    };
    let turns = [
        turn(1, Some(150.5), 250.3, 100.2, 500.0, usage(10, 20, 50)),
        turn(2, None, 300.0, 120.0, 550.0, usage(30, 40, 100)),
    ];
    let summary = CallSummary::of(&turns);
    assert_eq!(summary.turn_count, 2);
    close(summary.columns.ttfb_stt_avg, 150.5);
    close(summary.columns.latency_llm_avg, 275.15);
    close(summary.columns.latency_llm_min, 250.3);
    close(summary.columns.latency_llm_max, 300.0);
    close(summary.columns.ttfb_tts_avg, 110.1);
    close(summary.columns.eou_latency_avg, 525.0);
    assert_eq!(summary.interruption_count, 1);
    assert_eq!(summary.interruption_rate, 0.5);
    assert_eq!(
        (summary.latency.ttfb_stt.count, summary.latency.ttfb_stt.missing),
        (1, 1)
    );
    let total = CallUsage::of(&turns, Duration::from_secs(60)).total();
    assert_eq!(
        (
            total.llm_input_tokens,
            total.llm_output_tokens,
            total.tts_characters
        ),
        (40, 60, 150)
    );
}

#[test]
fn the_twelve_columns_are_written_by_their_names() {
    let written = serde_json::to_value(CallSummary::of(&[record(&ordinary())])).expect("a summary is JSON");
    for metric in ["ttfb_stt", "latency_llm", "ttfb_tts", "eou_latency"] {
        for figure in ["avg", "min", "max"] {
            assert!(
                written[format!("{metric}_{figure}")].is_f64(),
                "{metric}_{figure} is missing"
            );
        }
    }
    assert_eq!(written["latency"]["eou_latency"]["p95"], 486.0);
}

#[test]
fn latency_counts_from_the_end_of_speech_however_long_the_speech() {
    let long = TurnTimings {
        speech_start: Some(at(0.0)),
        ..ordinary()
    };
    assert_eq!(
        record(&long).derived.eou_latency,
        record(&ordinary()).derived.eou_latency
    );
}

#[test]
fn one_of_two_heard_replies_that_was_cut_is_half() {
    let summary = CallSummary::of(&[record(&ordinary()), record(&with_tool_and_cut())]);
    assert_eq!((summary.interruption_count, summary.interruption_rate), (1, 0.5));
}

#[test]
fn a_reply_cut_before_its_first_sound_interrupts_nobody_and_is_unanswered() {
    let summary = CallSummary::of(&[record(&TurnTimings {
        audio_out: None,
        ..with_tool_and_cut()
    })]);
    assert_eq!((summary.interruption_count, summary.interruption_rate), (0, 0.0));
    assert_eq!(
        (
            summary.user_turn_count,
            summary.bot_turn_count,
            summary.unanswered_count
        ),
        (1, 0, 1)
    );
}

#[test]
fn a_call_without_turns_has_a_summary() {
    assert_eq!(CallSummary::of(&[]), CallSummary::default());
}

#[test]
fn percentiles_are_values_that_were_measured() {
    let of = |values: &[f64]| Distribution::of(values.iter().copied().map(Some));
    let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
    let found = of(&hundred);
    assert_eq!(
        (found.p50, found.p90, found.p95, found.p99),
        (Some(50.0), Some(90.0), Some(95.0), Some(99.0))
    );
    let found = of(&[30.0, 10.0, 20.0]);
    assert_eq!(
        (found.p50, found.p95, found.p99),
        (Some(20.0), Some(30.0), Some(30.0))
    );
    let found = of(&[7.5]);
    assert_eq!(
        (found.p50, found.p99, found.avg),
        (Some(7.5), Some(7.5), Some(7.5))
    );
    assert_eq!(
        Distribution::of([None, Some(f64::NAN)]),
        Distribution {
            missing: 2,
            ..Distribution::default()
        }
    );
}

#[test]
fn the_workers_latency_is_kept_to_three_digits() {
    let mut latency = WorkerLatency::new();
    for hundredths in 1..=1_000_u32 {
        let eou = f64::from(hundredths);
        latency.record(&turn(1, None, 1.0, 1.0, eou, TurnUsage::default()));
    }
    latency.record(&record(&TurnTimings {
        audio_out: None,
        ..ordinary()
    }));
    assert_eq!((latency.answered(), latency.unanswered()), (1_000, 1));
    let p95 = latency.percentile(95.0).expect("there are turns");
    assert!((p95 - 950.0).abs() <= 1.0, "{p95}");
}
