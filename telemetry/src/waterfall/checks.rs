//! Stamps that cannot all be true.

use turn::CallTime;

use super::{Origin, Waterfall};
use crate::Stamps;

/// How far apart two stamps of one moment may lie when two tasks took them, milliseconds.
const SLACK_MS: f64 = 1.0;

/// Stamps of a turn that contradict each other.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Inconsistency {
    /// A step is stamped before the step that it follows from.
    #[error("stamp {effect} lies {by_ms:.1} ms before {cause}, which it follows from")]
    BeforeItsCause {
        /// The later step.
        effect: &'static str,
        /// The step that must come first.
        cause: &'static str,
        /// How much too early.
        by_ms: f64,
    },
    /// The stages do not add up to the latency that they explain.
    #[error("the waterfall's stages add up to {stages_ms:.1} ms, the latency is {latency_ms:.1} ms")]
    Sum {
        /// Sum of the stages.
        stages_ms: f64,
        /// The latency in the record.
        latency_ms: f64,
    },
}

/// Each pair of stamps in the wrong order, beyond the slack of a millisecond.
pub(crate) fn inconsistencies(stamps: &Stamps) -> impl Iterator<Item = Inconsistency> + '_ {
    causes(stamps)
        .into_iter()
        .filter_map(|((cause, first), (effect, then))| {
            let by_ms = first?.since(then?).as_nanos() as f64 / 1e6;
            (by_ms > SLACK_MS).then_some(Inconsistency::BeforeItsCause { effect, cause, by_ms })
        })
}

type Named = (&'static str, Option<CallTime>);

/// Causes and effects. A request may be older than the decision (it was made early), a text may be older than the end of
/// speech (a noise followed it): those orders are free.
fn causes(stamps: &Stamps) -> [(Named, Named); 12] {
    let speech_start = ("speech_start", stamps.speech_start);
    let speech_end = ("speech_end", stamps.speech_end);
    let llm_request = ("llm_request", stamps.llm_request);
    let llm_first = ("llm_first", stamps.llm_first);
    let llm_done = ("llm_done", stamps.llm_done);
    let clause_ready = ("clause_ready", stamps.clause_ready);
    let tts_request = ("tts_request", stamps.tts_request);
    let tts_first_byte = ("tts_first_byte", stamps.tts_first_byte);
    let tts_first_audible = ("tts_first_audible", stamps.tts_first_audible);
    let audio_out = ("audio_out", stamps.audio_out);
    let audio_end = ("audio_end", stamps.audio_end);
    [
        (speech_start, speech_end),
        (speech_end, audio_out),
        (("decided", stamps.decided), audio_out),
        (llm_request, llm_first),
        (llm_first, llm_done),
        (llm_first, clause_ready),
        (clause_ready, tts_request),
        (tts_request, tts_first_byte),
        (tts_first_byte, tts_first_audible),
        (tts_first_audible, audio_out),
        (audio_out, audio_end),
        (
            ("barge_in_start", stamps.barge_in_start),
            ("barge_in_decided", stamps.barge_in_decided),
        ),
    ]
}

impl Waterfall {
    /// How the stages differ from the latency in the record, if they do by more than a millisecond. They cannot, unless
    /// one of the two is computed wrongly: in development that stops the program.
    pub(crate) fn difference_from(&self, eou_latency: Option<f64>) -> Option<Inconsistency> {
        let latency_ms = eou_latency.filter(|_| self.origin == Origin::SpeechEnd)?;
        let stages_ms = self.total().as_nanos() as f64 / 1e6;
        let adds_up = (stages_ms - latency_ms).abs() <= SLACK_MS;
        debug_assert!(
            adds_up,
            "stages of {stages_ms} ms explain a latency of {latency_ms} ms"
        );
        (!adds_up).then_some(Inconsistency::Sum {
            stages_ms,
            latency_ms,
        })
    }
}
