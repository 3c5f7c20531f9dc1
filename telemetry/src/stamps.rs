//! The stamps of a turn as they are written: milliseconds since the call's start, absent when it did not happen.

use serde::{Deserialize, Serialize};
use turn::{CallTime, FloorAct, FloorDecision, FloorReason, TurnTimings};

/// When each thing of a turn happened, on the call's clock: [`turn::TurnTimings`] in the form that is written and read
/// again. In JSON a stamp is a number of milliseconds with its fraction; what did not happen is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stamps {
    /// First voiced sample of the caller's turn.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub speech_start: Option<CallTime>,
    /// Last voiced sample of the caller's turn.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub speech_end: Option<CallTime>,
    /// When the detector said that speech had stopped.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub vad_end: Option<CallTime>,
    /// First interim text.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub stt_first: Option<CallTime>,
    /// Last final text.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub stt_final: Option<CallTime>,
    /// When the turn was taken as ended.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<CallTime>,
    /// The request to the model went out.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub llm_request: Option<CallTime>,
    /// First useful item of its answer: text or a tool call.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub llm_first: Option<CallTime>,
    /// End of its answer.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub llm_done: Option<CallTime>,
    /// Start of each tool, in the order they started.
    #[serde(with = "ms_list", default, skip_serializing_if = "Vec::is_empty")]
    pub tool_start: Vec<Option<CallTime>>,
    /// End of each tool, in the same order; `null` for one that never ended.
    #[serde(with = "ms_list", default, skip_serializing_if = "Vec::is_empty")]
    pub tool_end: Vec<Option<CallTime>>,
    /// First speakable clause complete.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub clause_ready: Option<CallTime>,
    /// Text went to the voice.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub tts_request: Option<CallTime>,
    /// First byte of sound came back.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub tts_first_byte: Option<CallTime>,
    /// First sample above silence came back.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub tts_first_audible: Option<CallTime>,
    /// First audible sample handed to the wire.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub audio_out: Option<CallTime>,
    /// The last sample was played, or the reply was cut.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub audio_end: Option<CallTime>,
    /// What was decided about the answer while the caller made a sound or said something, in order, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<FloorStamp>,
    /// Start of the speech that cut the reply, first voiced sample.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub barge_in_start: Option<CallTime>,
    /// When the cut was decided.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub barge_in_decided: Option<CallTime>,
    /// Last audible sample of the reply after the cut.
    #[serde(with = "ms", default, skip_serializing_if = "Option::is_none")]
    pub barge_in_stopped: Option<CallTime>,
}

/// A decision about the floor, as it is written: `{"at": 6200, "act": "paused", "reason": "early"}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloorStamp {
    /// When.
    #[serde(with = "ms_always")]
    pub at: CallTime,
    /// What was done.
    pub act: FloorAct,
    /// Why.
    pub reason: FloorReason,
}

impl From<FloorDecision> for FloorStamp {
    fn from(decision: FloorDecision) -> Self {
        let FloorDecision { at, act, reason } = decision;
        Self { at, act, reason }
    }
}

impl From<&TurnTimings> for Stamps {
    fn from(timings: &TurnTimings) -> Self {
        Self {
            speech_start: timings.speech_start,
            speech_end: timings.speech_end,
            vad_end: timings.vad_end,
            stt_first: timings.stt_first,
            stt_final: timings.stt_final,
            decided: timings.decided,
            llm_request: timings.llm_request,
            llm_first: timings.llm_first,
            llm_done: timings.llm_done,
            tool_start: timings.tools.iter().map(|tool| Some(tool.start)).collect(),
            tool_end: timings.tools.iter().map(|tool| tool.end).collect(),
            clause_ready: timings.clause_ready,
            tts_request: timings.tts_request,
            tts_first_byte: timings.tts_first_byte,
            tts_first_audible: timings.tts_first_audible,
            audio_out: timings.audio_out,
            audio_end: timings.audio_end,
            floor: timings.floor.iter().copied().map(FloorStamp::from).collect(),
            barge_in_start: timings.barge_in_start,
            barge_in_decided: timings.barge_in_decided,
            barge_in_stopped: timings.barge_in_stopped,
        }
    }
}

impl Stamps {
    /// The stretches in which a tool ran, from start to end, in the order they started. One that never ended has none.
    pub fn tool_runs(&self) -> impl Iterator<Item = (CallTime, CallTime)> + '_ {
        self.tool_start
            .iter()
            .zip(&self.tool_end)
            .filter_map(|(start, end)| Some(((*start)?, (*end)?)))
    }
}

/// Time from `from` to `to` in milliseconds, negative when `to` is earlier; absent when either is.
pub(crate) fn span_ms(from: Option<CallTime>, to: Option<CallTime>) -> Option<f64> {
    let (from, to) = (from?, to?);
    let span = if to >= from {
        to.since(from).as_nanos() as f64
    } else {
        -(from.since(to).as_nanos() as f64)
    };
    Some(span / 1e6)
}

/// The moment `value` milliseconds after the start. A call lasts less than a century, so the nanosecond survives.
fn from_ms<E: serde::de::Error>(value: f64) -> Result<CallTime, E> {
    const CENTURY_MS: f64 = 3.2e12;
    if !(0.0..CENTURY_MS).contains(&value) {
        return Err(E::custom(format_args!(
            "{value} is not a time in a call: milliseconds from 0 are expected"
        )));
    }
    Ok(CallTime::from_nanos((value * 1e6).round() as u64))
}

mod ms {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use turn::CallTime;

    pub(super) fn serialize<S: Serializer>(
        stamp: &Option<CallTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        stamp.map(CallTime::as_millis_f64).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<CallTime>, D::Error> {
        Option::<f64>::deserialize(deserializer)?
            .map(super::from_ms)
            .transpose()
    }
}

mod ms_always {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use turn::CallTime;

    pub(super) fn serialize<S: Serializer>(stamp: &CallTime, serializer: S) -> Result<S::Ok, S::Error> {
        stamp.as_millis_f64().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CallTime, D::Error> {
        super::from_ms(f64::deserialize(deserializer)?)
    }
}

mod ms_list {
    use serde::{Deserialize, Deserializer, Serializer};
    use turn::CallTime;

    pub(super) fn serialize<S: Serializer>(
        stamps: &[Option<CallTime>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(stamps.iter().map(|stamp| stamp.map(CallTime::as_millis_f64)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Option<CallTime>>, D::Error> {
        Vec::<Option<f64>>::deserialize(deserializer)?
            .into_iter()
            .map(|stamp| stamp.map(super::from_ms).transpose())
            .collect()
    }
}
