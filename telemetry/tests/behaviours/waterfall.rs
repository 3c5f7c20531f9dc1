//! The stages of a turn lie end to end and explain its latency.

use std::time::Duration;

use crate::common::{at, greeting, ordinary, record, with_tool_and_cut};
use proptest::{collection::vec, option, prelude::*};
use telemetry::{Inconsistency, Origin, Stage, TurnDetails, TurnRecord, Waterfall};
use turn::{CallTime, ToolTiming, TurnId, TurnTimings};

/// Stages with the milliseconds that they took, in order of time.
fn stages(timings: &TurnTimings) -> Vec<(Stage, f64)> {
    let waterfall = record(timings).waterfall().expect("the turn was answered");
    waterfall
        .spans
        .iter()
        .map(|span| (span.stage, span.length.as_nanos() as f64 / 1e6))
        .collect()
}

#[test]
fn an_ordinary_turn_waits_for_each_step_in_its_order() {
    assert_eq!(
        stages(&ordinary()),
        [
            (Stage::Endpointing, 300.0),
            (Stage::Commit, 2.0),
            (Stage::Model, 80.0),
            (Stage::Aggregation, 18.0),
            (Stage::VoiceRequest, 1.5),
            (Stage::Voice, 60.0),
            (Stage::LeadingSilence, 16.5),
            (Stage::Send, 8.0),
        ]
    );
}

#[test]
fn the_worker_added_what_is_neither_waiting_for_the_end_nor_a_providers_time() {
    assert_eq!(record(&ordinary()).derived.worker_added, Some(2.0 + 1.5 + 8.0));
}

#[test]
fn a_decision_that_follows_the_text_at_once_waited_for_the_text() {
    let turn = TurnTimings {
        stt_final: Some(at(2290.0)),
        ..ordinary()
    };
    assert_eq!(
        stages(&turn)[..3],
        [
            (Stage::Endpointing, 200.0),
            (Stage::Transcript, 90.0),
            (Stage::Endpointing, 10.0)
        ]
    );
}

#[test]
fn a_request_that_was_made_early_costs_nothing_when_its_answer_is_there() {
    let turn = TurnTimings {
        llm_request: Some(at(2100.0)),
        llm_first: Some(at(2180.0)),
        clause_ready: Some(at(2200.0)),
        tts_request: Some(at(2301.0)),
        ..ordinary()
    };
    assert_eq!(
        stages(&turn),
        [
            (Stage::Endpointing, 300.0),
            (Stage::VoiceRequest, 1.0),
            (Stage::Voice, 160.5),
            (Stage::LeadingSilence, 16.5),
            (Stage::Send, 8.0)
        ]
    );
}

#[test]
fn a_tool_before_the_request_is_on_the_path_and_the_call_of_it_was_the_models() {
    assert_eq!(
        stages(&with_tool_and_cut()),
        [
            (Stage::Endpointing, 200.0),
            (Stage::Transcript, 110.0),
            (Stage::Endpointing, 2.0),
            (Stage::Model, 88.0),
            (Stage::Tools, 300.0),
            (Stage::Commit, 12.0),
            (Stage::Model, 88.0),
            (Stage::Aggregation, 10.0),
            (Stage::VoiceRequest, 1.0),
            (Stage::Voice, 59.0),
            (Stage::LeadingSilence, 15.0),
            (Stage::Send, 5.0),
        ]
    );
}

#[test]
fn overlapping_tools_after_the_first_item_count_once_and_the_next_answer_is_the_models() {
    let run = |start, end| ToolTiming {
        start: at(start),
        end: Some(at(end)),
    };
    let turn = TurnTimings {
        tools: vec![run(2385.0, 2390.0), run(2386.0, 2392.0), run(3000.0, 3100.0)],
        ..ordinary()
    };
    let found = stages(&turn);
    assert_eq!(
        found[2..5],
        [(Stage::Model, 83.0), (Stage::Tools, 7.0), (Stage::Model, 8.0)]
    );
    assert_eq!(found.iter().map(|(_, ms)| ms).sum::<f64>(), 486.0);
}

#[test]
fn a_greeting_is_measured_from_its_first_step_and_has_no_latency() {
    let record = record(&greeting());
    let waterfall = record.waterfall().expect("it was heard");
    assert_eq!(waterfall.origin, Origin::Reply);
    assert_eq!(waterfall.total(), Duration::from_millis(70));
    assert_eq!(
        (record.derived.eou_latency, record.derived.worker_added),
        (None, None)
    );
}

#[test]
fn a_turn_that_nobody_heard_has_no_stages() {
    assert_eq!(
        record(&TurnTimings {
            audio_out: None,
            ..ordinary()
        })
        .waterfall(),
        None
    );
}

#[test]
fn stamps_that_contradict_each_other_stay_and_say_so() {
    let turn = TurnTimings {
        tts_first_byte: Some(at(2391.5)),
        ..ordinary()
    };
    let record = record(&turn);
    let expected = Inconsistency::BeforeItsCause {
        effect: "tts_first_byte",
        cause: "tts_request",
        by_ms: 10.0,
    };
    assert_eq!(record.inconsistencies(), [expected]);
    assert_eq!(record.derived.tts_ttfb, Some(-10.0));
    assert_eq!(
        record.details.errors,
        ["stamp tts_first_byte lies 10.0 ms before tts_request, which it follows from"]
    );
}

#[test]
fn an_answer_before_the_end_of_speech_has_a_negative_latency_and_no_stages() {
    let record = record(&TurnTimings {
        speech_end: Some(at(2500.0)),
        ..ordinary()
    });
    assert_eq!(record.derived.eou_latency, Some(-14.0));
    assert_eq!(record.waterfall(), None);
    assert!(
        record.details.errors[0].contains("audio_out"),
        "{:?}",
        record.details.errors
    );
}

#[test]
fn the_bars_show_each_stage_where_it_lay() {
    let shown = record(&ordinary()).waterfall().expect("answered").to_string();
    let expected = "
  endpointing        300.0 ms  ████████████████████████▊
  commit               2.0 ms                          ▏
  model               80.0 ms                          ██████▋
  aggregation         18.0 ms                                 █▍
  voice_request        1.5 ms                                  ▏
  voice               60.0 ms                                   █████
  leading_silence     16.5 ms                                        █▍
  send                 8.0 ms                                         ▋
  = eou_latency      486.0 ms  of it 11.5 ms in the worker";
    assert_eq!(format!("\n{shown}"), expected);
}

fn moment() -> impl Strategy<Value = Option<CallTime>> {
    option::weighted(
        0.85,
        (0..20_000_u64).prop_map(|tenths| CallTime::from_nanos(tenths * 100_000 + 7)),
    )
}

prop_compose! {
    /// Any stamps in any order, tools that overlap, end early or never end.
    fn any_turn()(
        stamps in vec(moment(), 19),
        tools in vec((0..2_000_u64, option::of(0..2_000_u64)), 0..4),
        interrupted in any::<bool>(),
    ) -> TurnTimings {
        TurnTimings {
            speech_start: stamps[0],
            speech_end: stamps[1],
            vad_end: stamps[2],
            stt_first: stamps[3],
            stt_final: stamps[4],
            decided: stamps[5],
            llm_request: stamps[6],
            llm_first: stamps[7],
            llm_done: stamps[8],
            clause_ready: stamps[9],
            tts_request: stamps[10],
            tts_first_byte: stamps[11],
            tts_first_audible: stamps[12],
            audio_out: stamps[13],
            audio_end: stamps[14],
            barge_in_start: stamps[15],
            barge_in_decided: stamps[16],
            barge_in_stopped: stamps[17],
            tools: tools.iter().map(|(start, end)| ToolTiming {
                start: CallTime::from_millis(*start),
                end: end.map(CallTime::from_millis),
            }).collect(),
            interrupted,
            ..TurnTimings::new(TurnId(1))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn whatever_the_order_of_stamps_the_stages_add_up_to_the_latency(timings in any_turn()) {
        let record = TurnRecord::new(&timings, TurnDetails::default());
        let latency = record.derived.eou_latency;
        match record.waterfall() {
            Some(waterfall) => {
                let mut reached = waterfall.spans.first().map(|span| span.start);
                for span in &waterfall.spans {
                    prop_assert_eq!(Some(span.start), reached, "a gap or an overlap");
                    prop_assert!(!span.length.is_zero());
                    reached = Some(span.start + span.length);
                }
                prop_assert!(waterfall.spans.is_empty() || reached == timings.audio_out);
                if waterfall.origin == Origin::SpeechEnd {
                    let sum: f64 = Stage::ALL.iter().map(|stage| waterfall.length(*stage).as_secs_f64() * 1e3).sum();
                    prop_assert!((sum - latency.unwrap_or(f64::NAN)).abs() <= 1.0, "{} is not {:?}", sum, latency);
                    prop_assert!(record.derived.worker_added.is_some_and(|added| added <= sum + 1e-6));
                }
            }
            None => prop_assert!(latency.is_none_or(|latency| latency < 0.0)),
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written(timings in any_turn()) {
        let record = TurnRecord::new(&timings, crate::common::said("one", "two", "three"));
        let text = serde_json::to_string(&record).expect("a record is JSON");
        let again: TurnRecord = serde_json::from_str(&text).expect("it reads its own JSON");
        prop_assert_eq!(Waterfall::of(&again.stamps), record.waterfall());
        prop_assert_eq!(again, record);
    }
}
