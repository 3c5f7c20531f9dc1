//! What a skillbase may hold, and what holds when it says nothing.

use serde_json::{Value, json};
use skillbase::{
    EndpointingMode, FillerSettings, FlowKind, HttpMethod, IdleStep, LlmProvider, Skillbase, SttProvider,
    ToolKind, ToolMode, TtsProvider, TurnSettings, check, check_value,
};

use crate::{
    examples::{DENTAL, SALON},
    talk::accepted,
};

/// A linear flow of two states as objects, one tool, cloud services.
pub(crate) fn full_linear() -> Value {
    json!({
        "context": {
            "role": "Receptionist", "style": "Friendly", "safety_rules": ["Promise nothing"], "facts": ["Open from 9 to 21"]
        },
        "flow": {
            "type": "linear",
            "states": [
                {"id": "greeting", "name": "Greeting", "prompt": "Greet the caller"},
                {"id": "booking", "name": "Booking", "prompt": "Book an appointment"}
            ],
            "transitions": []
        },
        "agent": {
            "handoff_criteria": {"complex_request": true, "customer_angry": "raises the voice"},
            "crm_field_mapping": {"name": "full_name"}
        },
        "tools": [{"name": "calendar", "config": {}, "enabled": true}],
        "voice": {
            "tts_provider": "cartesia", "tts_voice_id": "voice", "stt_provider": "deepgram", "stt_language": "ru"
        },
        "llm": {"provider": "groq", "model": "llama-3.1-8b-instant", "temperature": 0.5, "max_tokens": 150}
    })
}

#[test]
fn a_full_linear_skillbase_is_accepted() {
    let report = check_value(&full_linear());
    assert_eq!(report.errors, []);
    let skillbase = report.skillbase.expect("no error, so there is a skillbase");
    assert_eq!(skillbase.flow.kind, FlowKind::Linear);
    assert_eq!(skillbase.flow.states.len(), 2);
    assert_eq!(skillbase.tools.len(), 1);
    assert_eq!(skillbase.voice.tts_provider, TtsProvider::Cartesia);
    assert_eq!(skillbase.llm.max_tokens, Some(150));
    assert_eq!(skillbase.language.as_str(), "ru");
}

#[test]
fn what_is_left_out_has_its_default() {
    let skillbase = accepted(
        "context: {role: r, style: s}\nflow: {type: linear, states: [Hello, Bye]}\nvoice: {tts_provider: offline, \
         stt_provider: offline}\nllm: {provider: groq, model: m}",
    );
    assert_eq!(skillbase.voice.stt_language, "ru");
    assert_eq!(skillbase.voice.tts_voice_id, "default");
    assert_eq!((skillbase.llm.temperature, skillbase.llm.max_tokens), (0.7, None));
    assert_eq!(skillbase.limits.max_call_seconds, 600);
    assert_eq!(skillbase.idle_steps().len(), 2);
    assert!(skillbase.greeting.is_empty() && skillbase.closing.is_empty() && skillbase.tools.is_empty());
    let turn = serde_json::to_value(&skillbase.turn).expect("plain data");
    assert_eq!(
        turn,
        json!({
            "endpointing": {
                "mode": "auto", "min_delay_ms": 500, "max_delay_ms": 3000, "dynamic": false, "alpha": 0.9
            },
            "interruption": {
                "enabled": true, "mode": "vad", "min_duration_ms": 500, "min_words": 0, "false_timeout_ms": 2000,
                "resume": true, "boundary_ms": [1000, 1000], "echo_guard_ms": 0,
                "early_pause": {"after_ms": 150, "resume_after_ms": 200}
            },
            "preemptive": {"llm": true, "tts": false, "max_speech_ms": 10000, "max_retries": 3, "max_waste": 10},
            "protected_speech": "keep",
            "user_away_ms": 15000,
            "transcription_timeout_ms": null,
            "user_turn_limit": {"max_words": null, "max_duration_ms": null},
            "max_tool_steps": 3,
            "filler": {"after_ms": 3000, "again_after_ms": 8000}
        })
    );
}

#[test]
fn a_scenario_reads_its_settings_like_a_skillbase_its_turn() {
    let settings: TurnSettings = serde_json::from_value(json!({
        "endpointing": {"mode": "manual", "min_delay_ms": 0}, "interruption": {"early_pause": null}, "user_away_ms": null
    }))
    .expect("the settings are right");
    assert_eq!(settings.endpointing.mode, EndpointingMode::Manual);
    assert_eq!(settings.endpointing.min_delay_ms, 0);
    assert_eq!(settings.interruption.early_pause, None);
    assert_eq!(settings.user_away_ms, None);
    let wrong = serde_json::from_value::<TurnSettings>(json!({"endpointing": {"min_dely_ms": 1}, "away": 2}));
    let message = wrong.expect_err("two keys are unknown").to_string();
    assert!(
        message.contains("endpointing.min_dely_ms: unknown key, did you mean min_delay_ms?"),
        "{message}"
    );
    assert!(message.contains("away: unknown key"), "{message}");
}

#[test]
fn a_phrase_for_long_waits_can_be_timed_said_once_or_left_out() {
    let filler = |value: Value| {
        let settings = serde_json::from_value::<TurnSettings>(json!({"filler": value}));
        settings
            .map(|settings| settings.filler)
            .map_err(|error| error.to_string())
    };
    assert_eq!(filler(Value::Null), Ok(None));
    let once = FillerSettings {
        after_ms: 1500,
        again_after_ms: None,
    };
    assert_eq!(
        filler(json!({"after_ms": 1500, "again_after_ms": null})),
        Ok(Some(once))
    );
    let wrong = filler(json!({"after": 1500, "again_after_ms": 0})).expect_err("two mistakes");
    assert!(
        wrong.contains("filler.after: unknown key, known here: after_ms, again_after_ms"),
        "{wrong}"
    );
    assert!(
        wrong.contains("filler.again_after_ms: must be a whole number from 1"),
        "{wrong}"
    );
}

#[test]
fn null_switches_times_off_and_nothing_else() {
    let mut value = full_linear();
    value["turn"] = json!({"interruption": {"false_timeout_ms": null, "resume": null}});
    let report = check_value(&value);
    assert_eq!(
        report.to_string().lines().next(),
        Some("error: turn.interruption.resume: must be true or false, is empty")
    );
    assert_eq!(report.errors.len(), 1);
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    for text in [DENTAL, SALON, &full_linear().to_string()] {
        let skillbase = accepted(text);
        let written = serde_json::to_value(&skillbase).expect("plain data");
        let again: Skillbase = serde_json::from_value(written).expect("what was written is accepted");
        assert_eq!(again, skillbase);
    }
}

#[test]
fn json_and_yaml_say_the_same() {
    let json = accepted(&full_linear().to_string());
    let yaml = accepted(
        "
context: {role: Receptionist, style: Friendly, safety_rules: [Promise nothing], facts: [Open from 9 to 21]}
flow:
  type: linear
  states:
    - {id: greeting, name: Greeting, prompt: Greet the caller}
    - {id: booking, name: Booking, prompt: Book an appointment}
agent:
  handoff_criteria: {complex_request: true, customer_angry: raises the voice}
  crm_field_mapping: {name: full_name}
tools: [{name: calendar}]
voice: {tts_provider: cartesia, tts_voice_id: voice, stt_provider: deepgram, stt_language: ru}
llm: {provider: groq, model: llama-3.1-8b-instant, temperature: 0.5, max_tokens: 150}
",
    );
    assert_eq!(json, yaml);
}

#[test]
fn yes_and_no_are_words_in_yaml_keywords() {
    let skillbase = accepted(
        "context: {role: r, style: s}\nflow: {type: graph, states: [a, b], transitions: [{from_state: a, to_state: b, \
         keywords: [yes, no, on]}]}\nvoice: {tts_provider: offline, stt_provider: offline}\nllm: {provider: groq, model: m}",
    );
    assert_eq!(skillbase.flow.transitions[0].keywords, ["yes", "no", "on"]);
}

#[test]
fn fallbacks_are_names_or_full_descriptions() {
    let mut value = full_linear();
    value["fallbacks"] = json!({
        "stt": ["offline", {"provider": "assemblyai", "language": "multi"}],
        "llm": ["flow", {"provider": "openai", "model": "gpt"}],
        "tts": ["offline", {"provider": "elevenlabs", "voice_id": "v"}]
    });
    let fallbacks = check_value(&value).accepted().expect("all is right").fallbacks;
    assert_eq!(fallbacks.stt[0].provider, SttProvider::Offline);
    assert_eq!(fallbacks.stt[1].language.as_deref(), Some("multi"));
    assert_eq!(fallbacks.llm[0].provider, LlmProvider::Flow);
    assert_eq!(fallbacks.llm[1].model, "gpt");
    assert_eq!(fallbacks.tts[1].voice_id, "v");
    value["fallbacks"] = json!({"llm": ["groq"], "tts": ["cartesia"]});
    let report = check_value(&value).to_string();
    assert!(
        report.contains("fallbacks.llm[0]: groq needs a model"),
        "{report}"
    );
    assert!(
        report.contains("fallbacks.tts[0]: cartesia needs a voice"),
        "{report}"
    );
}

#[test]
fn a_tool_may_be_given_up_or_run_in_the_background() {
    let mut value = full_linear();
    let url = "https://example.com/x";
    value["tools"] = json!([
        {"name": "book", "config": {"url": url}},
        {"name": "look", "config": {"url": url, "mode": "cancel"}},
        {"name": "search", "config": {"url": url, "mode": "background", "interim": "Searching.", "timeout_ms": 600000}},
        {"name": "render", "config": {"url": url, "mode": "background"}}
    ]);
    let skillbase = check_value(&value).accepted().expect("all is right");
    let http = |tool: &skillbase::Tool| match &tool.kind {
        ToolKind::Http(http) => (http.mode, http.timeout_ms),
        ToolKind::EndCall { .. } | ToolKind::Unknown => panic!("it has an address"),
    };
    let found: Vec<_> = skillbase.tools.iter().map(http).collect();
    assert_eq!(
        found,
        [
            (ToolMode::Finish, 5_000),
            (ToolMode::Cancel, 5_000),
            (ToolMode::Background, 600_000),
            (ToolMode::Background, 60_000)
        ]
    );
    value["tools"] = json!([{"name": "look", "config": {"url": url, "interim": "Looking."}}]);
    assert_eq!(
        check_value(&value).to_string().lines().next(),
        Some("error: tools[0].config.interim: only a tool with mode: background has an interim result")
    );
}

#[test]
fn a_tool_with_an_address_is_called_over_http() {
    let mut value = full_linear();
    value["tools"] = json!([
        {"name": "end_call"},
        {"name": "book", "config": {
            "url": "https://example.com/book", "description": "Books", "api_key": "very secret",
            "headers": {"X-Shop": "also secret"},
            "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
        }},
        {"name": "lookup", "enabled": false, "config": {"url": "http://127.0.0.1:9/x", "method": "GET"}}
    ]);
    let skillbase = check_value(&value).accepted().expect("all is right");
    assert!(matches!(skillbase.tools[0].kind, ToolKind::EndCall { .. }));
    let ToolKind::Http(book) = &skillbase.tools[1].kind else {
        panic!("it has an address")
    };
    assert_eq!((book.method, book.timeout_ms), (HttpMethod::Post, 5_000));
    assert_eq!(book.api_key.as_ref().map(|key| key.reveal()), Some("very secret"));
    assert!(!skillbase.tools[2].enabled);
    let printed = format!("{skillbase:?}");
    assert!(!printed.contains("secret"), "keys must not print");
}

#[test]
fn the_ladder_of_silence_is_read_in_order() {
    let mut value = full_linear();
    value["limits"] = json!({"max_call_seconds": 60, "idle": [
        {"after_ms": 5000, "say": "Hello?"}, {"after_ms": 9000, "hang_up": true}
    ]});
    let skillbase = check_value(&value).accepted().expect("all is right");
    let steps = [
        IdleStep::Say {
            after_ms: 5_000,
            say: "Hello?".to_owned(),
        },
        IdleStep::HangUp { after_ms: 9_000 },
    ];
    assert_eq!(skillbase.idle_steps(), steps);
}

#[test]
fn an_anchor_repeats_a_value() {
    let skillbase = accepted(
        "context: {role: &who receptionist, style: *who}\nflow: {type: linear, states: [a]}\nvoice: {tts_provider: offline, \
         stt_provider: offline}\nllm: {provider: groq, model: m}",
    );
    assert_eq!(skillbase.context.style, "receptionist");
    assert!(
        check(&serde_json::to_string(&skillbase).expect("plain data"))
            .skillbase
            .is_some()
    );
}

#[test]
fn a_time_that_is_switched_off_is_written_as_it_is_read() {
    let mut value = full_linear();
    value["turn"] = json!({
        "interruption": {"min_duration_ms": null, "early_pause": {"after_ms": null}},
        "preemptive": {"max_speech_ms": null}
    });
    let skillbase = check_value(&value).accepted().expect("all is right");
    let written = serde_json::to_value(&skillbase).expect("plain data");
    assert!(written["turn"]["interruption"]["min_duration_ms"].is_null());
    assert!(written["turn"]["interruption"]["early_pause"]["after_ms"].is_null());
    assert!(written["turn"]["preemptive"]["max_speech_ms"].is_null());
    assert_eq!(check_value(&written).skillbase, Some(skillbase));
}
