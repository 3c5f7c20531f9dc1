//! The process for Prometheus.
//!
//! Names are LiveKit's where it has one, with `_` for `.`, and in seconds as there; ours begin with `newvoice_`. Other crates
//! may count with the `metrics` macros; all of it comes out of the one [`Exposition`].

use ::metrics::{counter, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{CallRecord, Stage, TurnRecord, TurnUsage};

/// `lk.agents.turn.e2e_latency`: our `eou_latency`.
pub const E2E_LATENCY: &str = "lk_agents_turn_e2e_latency";
/// `lk.agents.turn.end_of_turn_delay`: our `eou_delay`.
pub const END_OF_TURN_DELAY: &str = "lk_agents_turn_end_of_turn_delay";
/// `lk.agents.turn.transcription_delay`: our `stt_delay`.
pub const TRANSCRIPTION_DELAY: &str = "lk_agents_turn_transcription_delay";
/// `lk.agents.turn.llm_ttft`.
pub const LLM_TTFT: &str = "lk_agents_turn_llm_ttft";
/// `lk.agents.turn.tts_ttfb`.
pub const TTS_TTFB: &str = "lk_agents_turn_tts_ttfb";
/// `lk.agents.usage.llm_input_tokens`.
pub const LLM_INPUT_TOKENS: &str = "lk_agents_usage_llm_input_tokens";
/// `lk.agents.usage.llm_input_cached_tokens`.
pub const LLM_CACHED_TOKENS: &str = "lk_agents_usage_llm_input_cached_tokens";
/// `lk.agents.usage.llm_output_tokens`.
pub const LLM_OUTPUT_TOKENS: &str = "lk_agents_usage_llm_output_tokens";
/// `lk.agents.usage.tts_characters`.
pub const TTS_CHARACTERS: &str = "lk_agents_usage_tts_characters";
/// Sound taken by recognisers, milliseconds (LiveKit's `stt_audio_duration` counts whole seconds).
pub const STT_MILLISECONDS: &str = "newvoice_stt_audio_milliseconds_total";
/// Seconds of the critical path by `stage`.
pub const STAGE: &str = "newvoice_turn_stage_seconds";
/// The worker's own part of the latency.
pub const WORKER_ADDED: &str = "newvoice_turn_worker_added_seconds";
/// Barge-in: start of speech to decision.
pub const BARGE_IN_DETECT: &str = "newvoice_barge_in_detect_seconds";
/// Barge-in: start of speech to silence.
pub const BARGE_IN_STOP: &str = "newvoice_barge_in_stop_seconds";
/// Turns, by `reason` of their end and by whether they were `answered`.
pub const TURNS: &str = "newvoice_turns_total";
/// Replies that the caller cut.
pub const INTERRUPTIONS: &str = "newvoice_interruptions_total";
/// Errors in turns.
pub const TURN_ERRORS: &str = "newvoice_turn_errors_total";
/// Calls that ended, by `outcome`.
pub const CALLS: &str = "newvoice_calls_total";
/// How long calls lasted.
pub const CALL_DURATION: &str = "newvoice_call_duration_seconds";

/// Bounds for latencies, seconds: close together around what is promised, up to where a caller has given up.
const LATENCY_BUCKETS: [f64; 17] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.5, 5.0, 10.0,
];
/// Bounds for durations of calls, seconds.
const DURATION_BUCKETS: [f64; 9] = [5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];

/// The metrics of this process.
#[derive(Clone)]
pub struct Exposition(PrometheusHandle);

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be collected: {0}; they can be installed once in a process")]
pub struct MetricsError(#[from] BuildError);

/// Collects the metrics of this process from now on. Before, and without, counting costs next to nothing.
///
/// # Errors
/// When something else collects them already.
pub fn install() -> Result<Exposition, MetricsError> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(CALL_DURATION.to_owned()), &DURATION_BUCKETS)?
        .install_recorder()?;
    describe();
    Ok(Exposition(handle))
}

impl Exposition {
    /// All metrics in the Prometheus text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds what was counted since the last time into the histograms. Due every few seconds, or else what nobody scrapes
    /// piles up.
    pub fn fold(&self) {
        self.0.run_upkeep();
    }
}

/// Counts a turn, once, when it has ended.
pub fn record_turn(turn: &TurnRecord) {
    let derived = &turn.derived;
    let providers = &turn.details.providers;
    observe(E2E_LATENCY, derived.eou_latency, None);
    observe(END_OF_TURN_DELAY, derived.eou_delay, None);
    observe(TRANSCRIPTION_DELAY, derived.stt_delay, providers.stt.as_deref());
    observe(LLM_TTFT, derived.llm_ttft, providers.llm.as_deref());
    observe(TTS_TTFB, derived.tts_ttfb, providers.tts.as_deref());
    observe(WORKER_ADDED, derived.worker_added, None);
    observe(BARGE_IN_DETECT, derived.barge_in_detect, None);
    observe(BARGE_IN_STOP, derived.barge_in_stop, None);
    if let Some(waterfall) = turn.waterfall().filter(|_| turn.stamps.speech_end.is_some()) {
        for stage in Stage::ALL {
            histogram!(STAGE, "stage" => stage.name()).record(waterfall.length(stage).as_secs_f64());
        }
    }
    let reason = turn.reason.map_or("none", turn::EndReason::name);
    let answered = if turn.is_answered() { "true" } else { "false" };
    counter!(TURNS, "reason" => reason, "answered" => answered).increment(1);
    counter!(INTERRUPTIONS).increment(u64::from(turn.is_interruption()));
    counter!(TURN_ERRORS).increment(turn.details.errors.len() as u64);
    let TurnUsage {
        stt_ms,
        llm_input_tokens,
        llm_cached_tokens,
        llm_output_tokens,
        tts_characters,
    } = turn.details.usage;
    count(STT_MILLISECONDS, stt_ms, providers.stt.as_deref());
    count(LLM_INPUT_TOKENS, llm_input_tokens, providers.llm.as_deref());
    count(LLM_CACHED_TOKENS, llm_cached_tokens, providers.llm.as_deref());
    count(LLM_OUTPUT_TOKENS, llm_output_tokens, providers.llm.as_deref());
    count(TTS_CHARACTERS, tts_characters, providers.tts.as_deref());
}

/// Counts a call, once, when it has ended.
pub fn record_call(call: &CallRecord) {
    counter!(CALLS, "outcome" => call.outcome.name()).increment(1);
    histogram!(CALL_DURATION).record(call.duration_ms.unwrap_or_default() / 1e3);
}

/// Records milliseconds as seconds. A negative delay has no bucket; the record keeps it.
fn observe(name: &'static str, ms: Option<f64>, provider: Option<&str>) {
    let Some(ms) = ms.filter(|ms| *ms >= 0.0) else {
        return;
    };
    match provider {
        Some(provider) => histogram!(name, "model_provider" => provider.to_owned()).record(ms / 1e3),
        None => histogram!(name).record(ms / 1e3),
    }
}

fn count(name: &'static str, amount: u64, provider: Option<&str>) {
    if amount > 0 {
        counter!(name, "model_provider" => provider.unwrap_or("unnamed").to_owned()).increment(amount);
    }
}

fn describe() {
    use ::metrics::{describe_counter, describe_histogram};
    describe_histogram!(
        E2E_LATENCY,
        "Seconds from the end of the caller's speech to the audible answer"
    );
    describe_histogram!(
        END_OF_TURN_DELAY,
        "Seconds from the end of speech to the decision that the turn is over"
    );
    describe_histogram!(
        TRANSCRIPTION_DELAY,
        "Seconds from the end of speech to the last final text"
    );
    describe_histogram!(LLM_TTFT, "Seconds from the request to the model's first item");
    describe_histogram!(TTS_TTFB, "Seconds from the text to the voice's first byte");
    describe_histogram!(
        STAGE,
        "Seconds of the critical path from speech to answer, by stage"
    );
    describe_histogram!(WORKER_ADDED, "Seconds of the latency that are the worker's own");
    describe_histogram!(
        BARGE_IN_DETECT,
        "Seconds from the start of interrupting speech to the decision to stop"
    );
    describe_histogram!(
        BARGE_IN_STOP,
        "Seconds from the start of interrupting speech to silence"
    );
    describe_histogram!(CALL_DURATION, "Seconds that calls lasted");
    describe_counter!(
        TURNS,
        "Turns, by the reason of their end and whether the agent was heard"
    );
    describe_counter!(INTERRUPTIONS, "Audible replies that the caller cut");
    describe_counter!(TURN_ERRORS, "Errors in turns");
    describe_counter!(CALLS, "Calls that ended, by outcome");
    describe_counter!(LLM_INPUT_TOKENS, "Tokens of questions to language models");
    describe_counter!(
        LLM_CACHED_TOKENS,
        "Tokens of questions that the service had cached"
    );
    describe_counter!(LLM_OUTPUT_TOKENS, "Tokens of answers of language models");
    describe_counter!(TTS_CHARACTERS, "Characters spoken");
    describe_counter!(STT_MILLISECONDS, "Milliseconds of sound given to recognisers");
}
