//! Where the time of a turn went.
//!
//! Between the caller's last voiced sample and the agent's first audible one, something was being waited for at every
//! moment. The steps of a turn have a causal order: the turn is decided, the model asked, its first item comes, a clause
//! is complete, the voice is asked, sound comes, it becomes audible, it goes out. A moment belongs to the first step of
//! that order which has not happened yet. So a request that was made early costs nothing if its answer was there in time,
//! and stamps in any order give stages that lie end to end and add up to the whole, to the nanosecond.

mod bars;
mod checks;

use std::{fmt, time::Duration};

use turn::CallTime;

pub use self::checks::Inconsistency;
pub(crate) use self::checks::inconsistencies;
use crate::Stamps;

/// A text that arrives this shortly before the decision is what the decision waited for: one frame of sound, the grain at
/// which a call moves.
const FOLLOWS_AT_ONCE: Duration = Duration::from_millis(20);

/// The stages of a turn on its critical path, end to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// What it is measured from.
    pub origin: Origin,
    /// The stages in order of time, each beginning where the one before ended. One stage may occur more than once.
    pub spans: Vec<StageSpan>,
}

/// What a waterfall is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller's last voiced sample: the whole is `eou_latency`.
    SpeechEnd,
    /// The first step of the reply: nobody had spoken (a greeting, a reminder, typed text).
    Reply,
}

/// A stretch of the critical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageSpan {
    /// What was waited for.
    pub stage: Stage,
    /// Start.
    pub start: CallTime,
    /// Length.
    pub length: Duration,
}

/// What a call waits for between hearing and speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// To be sure that the caller has finished.
    Endpointing,
    /// For the recogniser's last text.
    Transcript,
    /// For the worker to take the turn and ask: hooks, history, request.
    Commit,
    /// For the model: to its first item, or to the tool call or the next answer around tools.
    Model,
    /// For tools.
    Tools,
    /// For the first clause to be complete.
    Aggregation,
    /// For the clause to reach the voice.
    VoiceRequest,
    /// For the voice's first byte.
    Voice,
    /// For the silence with which the voice begins to pass.
    LeadingSilence,
    /// For the sound to go out.
    Send,
}

impl Stage {
    /// All stages, in causal order.
    pub const ALL: [Self; 10] = [
        Self::Endpointing,
        Self::Transcript,
        Self::Commit,
        Self::Model,
        Self::Tools,
        Self::Aggregation,
        Self::VoiceRequest,
        Self::Voice,
        Self::LeadingSilence,
        Self::Send,
    ];

    /// The stage's name in print and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpointing => "endpointing",
            Self::Transcript => "transcript",
            Self::Commit => "commit",
            Self::Model => "model",
            Self::Tools => "tools",
            Self::Aggregation => "aggregation",
            Self::VoiceRequest => "voice_request",
            Self::Voice => "voice",
            Self::LeadingSilence => "leading_silence",
            Self::Send => "send",
        }
    }

    /// Whether the worker itself is what is waited for, and neither the caller's silence nor a provider.
    pub const fn is_workers_own(self) -> bool {
        matches!(self, Self::Commit | Self::VoiceRequest | Self::Send)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Waterfall {
    /// The stages of a turn with these stamps. None when nothing was heard, or when it was heard before the turn began.
    pub fn of(stamps: &Stamps) -> Option<Self> {
        let end = stamps.audio_out?;
        let (origin, start) = match stamps.speech_end {
            Some(speech_end) => (Origin::SpeechEnd, speech_end),
            None => (Origin::Reply, first_step(stamps)?),
        };
        if start > end {
            return None;
        }
        let mut path = Path {
            at: start,
            end,
            spans: Vec::new(),
        };
        if let Some(decided) = stamps.decided {
            path.decide(decided, stamps);
        }
        if let Some(request) = stamps.llm_request {
            // A final text that came after the decision held the request back; what is left is the worker's.
            path.wait(
                stamps.stt_final.filter(|text| *text <= request),
                Stage::Transcript,
            );
            path.wait_around_tools(request, stamps, Around::Request);
        }
        path.wait(stamps.llm_first, Stage::Model);
        if let Some(clause) = stamps.clause_ready {
            path.wait_around_tools(clause, stamps, Around::Clause);
        }
        path.wait(stamps.tts_request, Stage::VoiceRequest);
        path.wait(stamps.tts_first_byte, Stage::Voice);
        path.wait(stamps.tts_first_audible, Stage::LeadingSilence);
        // What no stamp explains counts as the worker's own.
        path.wait(Some(end), Stage::Send);
        let waterfall = Self {
            origin,
            spans: path.spans,
        };
        debug_assert_eq!(
            waterfall.total(),
            end.since(start),
            "the stages of a waterfall lie end to end and reach from its origin to the first sound"
        );
        Some(waterfall)
    }

    /// How long the call waited for `stage`, all its stretches together.
    pub fn length(&self, stage: Stage) -> Duration {
        self.spans
            .iter()
            .filter(|span| span.stage == stage)
            .map(|span| span.length)
            .sum()
    }

    /// All stages together.
    pub fn total(&self) -> Duration {
        self.spans.iter().map(|span| span.length).sum()
    }

    /// What the worker itself added: `commit + voice_request + send`.
    ///
    /// That is, on the critical path: from the decision (or the last text, if that was later) to the model's request,
    /// hooks included; from the complete clause to the text sent to the voice; from the first audible sample received to
    /// the first one sent. What lies between the caller's packet and the recogniser is under a frame and carries no stamp.
    /// Time that no stamp explains is counted here, so that a missing stamp never flatters.
    pub fn worker_added(&self) -> Duration {
        Stage::ALL
            .into_iter()
            .filter(|stage| stage.is_workers_own())
            .map(|stage| self.length(stage))
            .sum()
    }
}

/// The earliest step of a reply that nobody's speech began.
fn first_step(stamps: &Stamps) -> Option<CallTime> {
    [
        stamps.decided,
        stamps.llm_request,
        stamps.clause_ready,
        stamps.tts_request,
    ]
    .into_iter()
    .flatten()
    .min()
}

/// The critical path as it grows from start to end.
struct Path {
    at: CallTime,
    end: CallTime,
    spans: Vec<StageSpan>,
}

/// Which step is waited for while tools may run.
#[derive(Clone, Copy)]
enum Around {
    /// The request that led to sound: what comes after a tool is the worker's making of it.
    Request,
    /// The first clause: what comes after a tool is the model's next answer.
    Clause,
}

impl Path {
    /// Goes on to `step`, if it is still ahead; the way there belongs to `stage`.
    fn wait(&mut self, step: Option<CallTime>, stage: Stage) {
        let Some(step) = step.map(|step| step.min(self.end)).filter(|step| *step > self.at) else {
            return;
        };
        let length = step.since(self.at);
        match self.spans.last_mut() {
            Some(last) if last.stage == stage => last.length += length,
            _ => self.spans.push(StageSpan {
                stage,
                start: self.at,
                length,
            }),
        }
        self.at = step;
    }

    /// Goes on to the decision. It waited for the last text if it followed it at once and the detector had spoken before;
    /// otherwise it waited to be sure of the end.
    fn decide(&mut self, decided: CallTime, stamps: &Stamps) {
        let text = stamps
            .stt_final
            .filter(|text| *text <= decided && decided.since(*text) <= FOLLOWS_AT_ONCE);
        if let Some(text) = text {
            self.wait(stamps.vad_end.filter(|end| *end <= text), Stage::Endpointing);
            self.wait(Some(text), Stage::Transcript);
        }
        self.wait(Some(decided), Stage::Endpointing);
    }

    /// Goes on to `step`, which may have had to wait for tools. A tool is called by the model, so what comes before one is
    /// the model's time.
    fn wait_around_tools(&mut self, step: CallTime, stamps: &Stamps, around: Around) {
        let mut runs: Vec<_> = stamps
            .tool_runs()
            .filter(|(_, end)| *end > self.at && *end <= step)
            .collect();
        runs.sort_unstable();
        let rest = match around {
            Around::Request => Stage::Commit,
            Around::Clause if runs.is_empty() => Stage::Aggregation,
            Around::Clause => Stage::Model,
        };
        for (start, end) in runs {
            self.wait(Some(start), Stage::Model);
            self.wait(Some(end), Stage::Tools);
        }
        self.wait(Some(step), rest);
    }
}
