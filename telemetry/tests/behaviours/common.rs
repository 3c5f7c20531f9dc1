//! Turns to test with.

use telemetry::{Providers, TurnDetails, TurnRecord, TurnUsage};
use turn::{CallTime, EndReason, ToolTiming, TurnId, TurnTimings};

/// The moment `ms` milliseconds after the start.
pub(crate) fn at(ms: f64) -> CallTime {
    CallTime::from_nanos((ms * 1e6).round() as u64)
}

/// An ordinary turn of the caller: speech from 1000 to 2000 ms, decided after 300, answered after 486.
pub(crate) fn ordinary() -> TurnTimings {
    TurnTimings {
        speech_start: Some(at(1000.0)),
        speech_end: Some(at(2000.0)),
        vad_end: Some(at(2200.0)),
        stt_first: Some(at(1400.0)),
        stt_final: Some(at(2250.0)),
        decided: Some(at(2300.0)),
        reason: Some(EndReason::Model),
        end_probability: Some(0.9375),
        llm_request: Some(at(2302.0)),
        llm_first: Some(at(2382.0)),
        llm_done: Some(at(2500.0)),
        clause_ready: Some(at(2400.0)),
        tts_request: Some(at(2401.5)),
        tts_first_byte: Some(at(2461.5)),
        tts_first_audible: Some(at(2478.0)),
        audio_out: Some(at(2486.0)),
        audio_end: Some(at(4000.0)),
        ..TurnTimings::new(TurnId(2))
    }
}

/// A turn that the agent begins: a greeting.
pub(crate) fn greeting() -> TurnTimings {
    TurnTimings {
        tts_request: Some(at(10.0)),
        tts_first_byte: Some(at(60.0)),
        tts_first_audible: Some(at(75.0)),
        audio_out: Some(at(80.0)),
        audio_end: Some(at(900.0)),
        ..TurnTimings::new(TurnId(1))
    }
}

/// A turn whose answer needs a tool and is cut by the caller.
pub(crate) fn with_tool_and_cut() -> TurnTimings {
    TurnTimings {
        speech_start: Some(at(5000.0)),
        speech_end: Some(at(6000.0)),
        vad_end: Some(at(6200.0)),
        stt_first: Some(at(5350.25)),
        stt_final: Some(at(6310.0)),
        decided: Some(at(6312.0)),
        reason: Some(EndReason::Silence),
        llm_request: Some(at(6712.0)),
        llm_first: Some(at(6800.0)),
        llm_done: Some(at(6900.0)),
        tools: vec![ToolTiming {
            start: at(6400.0),
            end: Some(at(6700.0)),
        }],
        clause_ready: Some(at(6810.0)),
        tts_request: Some(at(6811.0)),
        tts_first_byte: Some(at(6870.0)),
        tts_first_audible: Some(at(6885.0)),
        audio_out: Some(at(6890.0)),
        audio_end: Some(at(8260.0)),
        interrupted: true,
        barge_in_start: Some(at(8000.0)),
        barge_in_decided: Some(at(8210.0)),
        barge_in_stopped: Some(at(8255.0)),
        ..TurnTimings::new(TurnId(3))
    }
}

/// Texts and use for a turn.
pub(crate) fn said(user: &str, agent: &str, heard: &str) -> TurnDetails {
    TurnDetails {
        user_text: user.into(),
        agent_text: agent.into(),
        heard_text: heard.into(),
        language: Some("en".to_owned()),
        state_id: None,
        providers: Providers {
            stt: Some("deepgram".to_owned()),
            llm: Some("groq/llama-3.1-8b-instant".to_owned()),
            tts: Some("cartesia".to_owned()),
        },
        usage: TurnUsage {
            stt_ms: 3000,
            llm_input_tokens: 500,
            llm_cached_tokens: 100,
            llm_output_tokens: 40,
            tts_characters: agent.chars().count() as u64,
        },
        errors: Vec::new(),
    }
}

/// A record without texts.
pub(crate) fn record(timings: &TurnTimings) -> TurnRecord {
    TurnRecord::new(timings, TurnDetails::default())
}
