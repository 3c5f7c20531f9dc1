//! Prometheus sees a turn as soon as it is counted. One test: a process has one collector.

use std::time::Duration;

use crate::common::{greeting, ordinary, record, said, with_tool_and_cut};
use telemetry::{
    CallRecord, Direction, Ending, Outcome, PriceTable, SkillbaseRef, TurnRecord, Verdict, metrics,
};

fn value(text: &str, sample: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(sample))
        .unwrap_or_else(|| {
            panic!("{sample} is not in\n{text}");
        });
    line.trim().parse().expect("a number")
}

#[test]
fn turns_and_calls_appear_under_livekits_names() {
    let exposition = metrics::install().expect("the first collector");
    assert!(metrics::install().is_err(), "there is one collector in a process");
    for timings in [greeting(), ordinary(), with_tool_and_cut()] {
        metrics::record_turn(&TurnRecord::new(&timings, said("Hello", "Hi there", "Hi")));
    }
    metrics::record_turn(&record(&turn::TurnTimings {
        audio_out: None,
        ..ordinary()
    }));
    let text = exposition.render();
    assert_eq!(value(&text, "lk_agents_turn_e2e_latency_count"), 2.0);
    assert!((value(&text, "lk_agents_turn_e2e_latency_sum") - (0.486 + 0.890)).abs() < 1e-9);
    assert_eq!(value(&text, "lk_agents_turn_e2e_latency_bucket{le=\"0.5\"}"), 1.0);
    assert_eq!(value(&text, "lk_agents_turn_end_of_turn_delay_count"), 3.0);
    assert_eq!(
        value(
            &text,
            "lk_agents_turn_tts_ttfb_count{model_provider=\"cartesia\"}"
        ),
        3.0
    );
    let model = "{model_provider=\"groq/llama-3.1-8b-instant\"}";
    assert_eq!(
        value(&text, &format!("lk_agents_turn_llm_ttft_count{model}")),
        2.0
    );
    assert_eq!(
        value(&text, &format!("lk_agents_usage_llm_input_tokens{model}")),
        1_500.0
    );
    assert!((value(&text, "newvoice_turn_stage_seconds_sum{stage=\"tools\"}") - 0.3).abs() < 1e-9);
    assert_eq!(
        value(&text, "newvoice_turns_total{reason=\"model\",answered=\"false\"}"),
        1.0
    );
    assert_eq!(value(&text, "newvoice_interruptions_total"), 1.0);

    let mut call = CallRecord::begin(
        "id".to_owned(),
        Direction::Inbound,
        SkillbaseRef::default(),
        "2026-11-25T10:00:00Z".parse().expect("a moment"),
    );
    let verdict = Verdict {
        outcome: Outcome::Success,
        confidence: 1.0,
        reason: String::new(),
    };
    call.end(
        Ending::AgentEnded,
        verdict,
        Duration::from_secs(42),
        &[],
        &PriceTable::default(),
    );
    metrics::record_call(&call);
    exposition.fold();
    let text = exposition.render();
    assert_eq!(value(&text, "newvoice_calls_total{outcome=\"success\"}"), 1.0);
    assert_eq!(
        value(&text, "newvoice_call_duration_seconds_bucket{le=\"60\"}"),
        1.0
    );
}
