//! The JSON of a turn is what other programs rely on.

use crate::common::{at, greeting, ordinary, record, said};
use serde_json::{Value, json};
use telemetry::{TurnDetails, TurnRecord};
use turn::{FloorAct, FloorDecision, FloorReason, TurnId, TurnTimings};

#[test]
fn a_turn_is_written_with_its_stamps_and_the_numbers_that_follow_from_them() {
    let record = TurnRecord::new(
        &ordinary(),
        said("When are you open?", "From nine to six.", "From nine"),
    );
    let written = serde_json::to_value(&record).expect("a record is JSON");
    let expected = json!({
        "turn": 2,
        "speech_start": 1000.0, "speech_end": 2000.0, "vad_end": 2200.0,
        "stt_first": 1400.0, "stt_final": 2250.0,
        "decided": 2300.0, "reason": "model", "end_probability": 0.9375,
        "llm_request": 2302.0, "llm_first": 2382.0, "llm_done": 2500.0,
        "clause_ready": 2400.0,
        "tts_request": 2401.5, "tts_first_byte": 2461.5, "tts_first_audible": 2478.0,
        "audio_out": 2486.0, "audio_end": 4000.0, "interrupted": false,
        "user_text": "When are you open?", "agent_text": "From nine to six.", "heard_text": "From nine",
        "language": "en",
        "providers": {"stt": "deepgram", "llm": "groq/llama-3.1-8b-instant", "tts": "cartesia"},
        "usage": {"stt_ms": 3000, "llm_input_tokens": 500, "llm_cached_tokens": 100, "llm_output_tokens": 40,
                  "tts_characters": 17},
        "errors": [],
        "eou_delay": 300.0, "stt_delay": 250.0, "llm_ttft": 80.0, "text_aggregation": 18.0,
        "tts_ttfb": 60.0, "tts_ttfa": 76.5, "eou_latency": 486.0, "worker_added": 11.5,
    });
    assert_eq!(written, expected);
}

#[test]
fn what_did_not_happen_is_left_out() {
    let written = serde_json::to_value(record(&greeting())).expect("a record is JSON");
    let names: Vec<&str> = written
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = vec![
        "turn",
        "tts_request",
        "tts_first_byte",
        "tts_first_audible",
        "audio_out",
        "audio_end",
        "interrupted",
        "providers",
        "usage",
        "errors",
        "tts_ttfb",
        "tts_ttfa",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn a_tool_that_never_ended_keeps_its_place() {
    let running = turn::ToolTiming {
        start: at(2385.0),
        end: None,
    };
    let ended = turn::ToolTiming {
        start: at(2386.0),
        end: Some(at(2390.25)),
    };
    let written = serde_json::to_value(record(&TurnTimings {
        tools: vec![running, ended],
        ..ordinary()
    }))
    .expect("a record is JSON");
    assert_eq!(written["tool_start"], json!([2385.0, 2386.0]));
    assert_eq!(written["tool_end"], json!([Value::Null, 2390.25]));
}

#[test]
fn stamps_are_times_in_a_call() {
    for stamp in ["-1", "1e300", "\"soon\""] {
        let text = format!("{{\"turn\": 1, \"decided\": {stamp}}}");
        assert!(
            serde_json::from_str::<TurnRecord>(&text).is_err(),
            "{stamp} was taken"
        );
    }
}

#[test]
fn what_people_said_is_in_the_json_and_nowhere_else() {
    let record = TurnRecord::new(
        &ordinary(),
        TurnDetails {
            user_text: "my secret".into(),
            ..TurnDetails::default()
        },
    );
    assert!(!format!("{record:?}").contains("secret"));
    assert!(
        serde_json::to_string(&record)
            .expect("a record is JSON")
            .contains("my secret")
    );
}

#[test]
fn decisions_about_the_floor_stand_in_the_record_with_their_reasons() {
    let timings = TurnTimings {
        floor: vec![FloorDecision {
            at: at(6200.0),
            act: FloorAct::Paused,
            reason: FloorReason::BackChannel,
        }],
        ..TurnTimings::new(TurnId(1))
    };
    let record = TurnRecord::new(&timings, TurnDetails::default());
    let written = serde_json::to_value(&record).expect("a record can be written");
    assert_eq!(
        written["floor"],
        json!([{"at": 6200.0, "act": "paused", "reason": "back_channel"}])
    );
    let read: TurnRecord = serde_json::from_value(written).expect("what was written can be read");
    assert_eq!(read, record);
}
