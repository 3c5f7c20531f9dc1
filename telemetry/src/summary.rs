//! The turns of a call in one view.

use serde::{Deserialize, Serialize};

use crate::{Distribution, TurnRecord, stamps::span_ms};

/// What the turns of a call amount to. A call without a turn has a summary too: all counts are zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallSummary {
    /// Turns, whoever began them.
    pub turn_count: u32,
    /// Turns that the caller began.
    pub user_turn_count: u32,
    /// Turns in which the agent was heard.
    pub bot_turn_count: u32,
    /// Turns of the caller in which nothing was heard of the agent.
    pub unanswered_count: u32,
    /// Replies that the caller cut while they could be heard. Neither a resumed pause nor a noise is one.
    pub interruption_count: u32,
    /// `interruption_count ÷ bot_turn_count`: the share of the heard replies that were cut, 0–1; 0 when none was heard.
    pub interruption_rate: f64,
    /// The twelve figures of old, by their old names.
    #[serde(flatten)]
    pub columns: SeedColumns,
    /// All figures of each latency.
    pub latency: LatencyTable,
}

/// Each latency of a call, in milliseconds; definitions stand at [`crate::Derived`] unless given here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LatencyTable {
    /// First interim text after the start of speech: `stt_first − speech_start`.
    pub ttfb_stt: Distribution,
    /// The model's whole answer: `llm_done − llm_request`.
    pub latency_llm: Distribution,
    /// The voice's first byte: `tts_first_byte − tts_request`.
    pub ttfb_tts: Distribution,
    /// End of utterance to audible answer.
    pub eou_latency: Distribution,
    /// End of utterance to decision.
    pub eou_delay: Distribution,
    /// End of utterance to last text.
    pub stt_delay: Distribution,
    /// The model's first item.
    pub llm_ttft: Distribution,
    /// First item to first clause.
    pub text_aggregation: Distribution,
    /// The voice's first audible sample.
    pub tts_ttfa: Distribution,
    /// The worker's own part.
    pub worker_added: Distribution,
    /// Barge-in: start of speech to decision.
    pub barge_in_detect: Distribution,
    /// Barge-in: start of speech to silence.
    pub barge_in_stop: Distribution,
}

/// Average and extremes of the four main latencies, each under the name of its column in `call_metrics`; `null` when there
/// is no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeedColumns {
    /// See [`LatencyTable::ttfb_stt`].
    pub ttfb_stt_avg: Option<f64>,
    /// Its smallest.
    pub ttfb_stt_min: Option<f64>,
    /// Its largest.
    pub ttfb_stt_max: Option<f64>,
    /// See [`LatencyTable::latency_llm`].
    pub latency_llm_avg: Option<f64>,
    /// Its smallest.
    pub latency_llm_min: Option<f64>,
    /// Its largest.
    pub latency_llm_max: Option<f64>,
    /// See [`LatencyTable::ttfb_tts`].
    pub ttfb_tts_avg: Option<f64>,
    /// Its smallest.
    pub ttfb_tts_min: Option<f64>,
    /// Its largest.
    pub ttfb_tts_max: Option<f64>,
    /// See [`LatencyTable::eou_latency`].
    pub eou_latency_avg: Option<f64>,
    /// Its smallest.
    pub eou_latency_min: Option<f64>,
    /// Its largest.
    pub eou_latency_max: Option<f64>,
}

impl CallSummary {
    /// Of a call's turns.
    pub fn of(turns: &[TurnRecord]) -> Self {
        let count = |of: &dyn Fn(&TurnRecord) -> bool| {
            u32::try_from(turns.iter().filter(|turn| of(turn)).count()).unwrap_or(u32::MAX)
        };
        let latency = LatencyTable::of(turns);
        let interruption_count = count(&TurnRecord::is_interruption);
        let bot_turn_count = count(&TurnRecord::is_answered);
        Self {
            turn_count: count(&|_| true),
            user_turn_count: count(&TurnRecord::is_callers),
            bot_turn_count,
            unanswered_count: count(&|turn| turn.is_callers() && !turn.is_answered()),
            interruption_count,
            interruption_rate: if bot_turn_count == 0 {
                0.0
            } else {
                f64::from(interruption_count) / f64::from(bot_turn_count)
            },
            columns: SeedColumns::of(&latency),
            latency,
        }
    }
}

impl LatencyTable {
    fn of(turns: &[TurnRecord]) -> Self {
        let each = |value: &dyn Fn(&TurnRecord) -> Option<f64>| Distribution::of(turns.iter().map(value));
        Self {
            ttfb_stt: each(&|turn| span_ms(turn.stamps.speech_start, turn.stamps.stt_first)),
            latency_llm: each(&|turn| span_ms(turn.stamps.llm_request, turn.stamps.llm_done)),
            ttfb_tts: each(&|turn| turn.derived.tts_ttfb),
            eou_latency: each(&|turn| turn.derived.eou_latency),
            eou_delay: each(&|turn| turn.derived.eou_delay),
            stt_delay: each(&|turn| turn.derived.stt_delay),
            llm_ttft: each(&|turn| turn.derived.llm_ttft),
            text_aggregation: each(&|turn| turn.derived.text_aggregation),
            tts_ttfa: each(&|turn| turn.derived.tts_ttfa),
            worker_added: each(&|turn| turn.derived.worker_added),
            barge_in_detect: each(&|turn| turn.derived.barge_in_detect),
            barge_in_stop: each(&|turn| turn.derived.barge_in_stop),
        }
    }
}

impl SeedColumns {
    fn of(latency: &LatencyTable) -> Self {
        let LatencyTable {
            ttfb_stt,
            latency_llm,
            ttfb_tts,
            eou_latency,
            ..
        } = latency;
        Self {
            ttfb_stt_avg: ttfb_stt.avg,
            ttfb_stt_min: ttfb_stt.min,
            ttfb_stt_max: ttfb_stt.max,
            latency_llm_avg: latency_llm.avg,
            latency_llm_min: latency_llm.min,
            latency_llm_max: latency_llm.max,
            ttfb_tts_avg: ttfb_tts.avg,
            ttfb_tts_min: ttfb_tts.min,
            ttfb_tts_max: ttfb_tts.max,
            eou_latency_avg: eou_latency.avg,
            eou_latency_min: eou_latency.min,
            eou_latency_max: eou_latency.max,
        }
    }
}
