//! When each thing of a turn happened.

use alloc::vec::Vec;

use crate::{CallTime, FloorDecision, ReplyId, TurnId};

/// The stamps of one turn, from the caller's first voiced sample to the agent's last. Absent means: did not happen.
///
/// All of them lie on the call's clock. Those about sound are moments of *samples*: `speech_end` is when the last voiced
/// sample was said, not when a detector noticed. A turn that the caller did not begin (a greeting, a reminder) has no
/// speech stamps. Where a turn asks the model or the voice more than once (tools, clauses), the stamps are those of the
/// first answer that led to sound.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnTimings {
    /// Which turn.
    pub turn: TurnId,
    /// The reply that answered it last.
    pub reply: Option<ReplyId>,
    /// First voiced sample of the caller's turn.
    pub speech_start: Option<CallTime>,
    /// Last voiced sample of the caller's turn.
    pub speech_end: Option<CallTime>,
    /// When the detector said that speech had stopped.
    pub vad_end: Option<CallTime>,
    /// First interim text.
    pub stt_first: Option<CallTime>,
    /// Last final text.
    pub stt_final: Option<CallTime>,
    /// When the turn was taken as ended.
    pub decided: Option<CallTime>,
    /// Why it was taken as ended.
    pub reason: Option<EndReason>,
    /// Probability of the end that the model gave at the decision, 0–1.
    pub end_probability: Option<f32>,
    /// The request to the model went out.
    pub llm_request: Option<CallTime>,
    /// First useful item of its answer: text or a tool call.
    pub llm_first: Option<CallTime>,
    /// End of its answer.
    pub llm_done: Option<CallTime>,
    /// The tools that were run, in the order they started.
    pub tools: Vec<ToolTiming>,
    /// First speakable clause complete.
    pub clause_ready: Option<CallTime>,
    /// Text went to the voice.
    pub tts_request: Option<CallTime>,
    /// First byte of sound came back.
    pub tts_first_byte: Option<CallTime>,
    /// First sample above silence came back.
    pub tts_first_audible: Option<CallTime>,
    /// First audible sample handed to the wire.
    pub audio_out: Option<CallTime>,
    /// The last sample was played, or the reply was cut.
    pub audio_end: Option<CallTime>,
    /// Whether the caller cut the reply.
    pub interrupted: bool,
    /// What was decided about the answer while the caller made a sound or said something, in order.
    pub floor: Vec<FloorDecision>,
    /// Start of the speech that cut it, first voiced sample.
    pub barge_in_start: Option<CallTime>,
    /// When the cut was decided.
    pub barge_in_decided: Option<CallTime>,
    /// Last audible sample of the reply after the cut, as handed to the wire.
    pub barge_in_stopped: Option<CallTime>,
}

/// When one tool ran.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToolTiming {
    /// Start.
    pub start: CallTime,
    /// End; absent while it runs.
    pub end: Option<CallTime>,
}

/// Why a turn was taken as ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Enough silence.
    Silence,
    /// The end-of-turn model was sure enough.
    Model,
    /// The recogniser said so.
    Provider,
    /// The longest wait was over.
    MaxDelay,
    /// Somebody said so: typed text, a key, a command, or a limit on the turn.
    Manual,
}

impl EndReason {
    /// The reason's name in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::MaxDelay => "max_delay",
            Self::Manual => "manual",
        }
    }
}

impl TurnTimings {
    /// A turn in which nothing has happened yet.
    pub const fn new(turn: TurnId) -> Self {
        Self {
            turn,
            reply: None,
            speech_start: None,
            speech_end: None,
            vad_end: None,
            stt_first: None,
            stt_final: None,
            decided: None,
            reason: None,
            end_probability: None,
            llm_request: None,
            llm_first: None,
            llm_done: None,
            tools: Vec::new(),
            clause_ready: None,
            tts_request: None,
            tts_first_byte: None,
            tts_first_audible: None,
            audio_out: None,
            audio_end: None,
            interrupted: false,
            floor: Vec::new(),
            barge_in_start: None,
            barge_in_decided: None,
            barge_in_stopped: None,
        }
    }
}
