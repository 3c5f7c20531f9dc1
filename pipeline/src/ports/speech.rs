//! Hearing and speaking: voice activity, recognition, end of turn, synthesis.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use turn::Said;

use super::ServiceError;
use crate::audio::{Pcm, SampleRate};

/// Tells speech from everything else, for one call. Runs on the media task, so it answers at once.
pub trait VoiceActivity: Send {
    /// Takes the next samples at [`crate::audio::HEARING`] and appends a verdict for each window that they complete.
    fn hear(&mut self, samples: &[i16], verdicts: &mut Vec<VoiceVerdict>);
    /// Forgets what it heard; the next sample has position 0 again.
    fn reset(&mut self);
}

/// How likely a window of sound is speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceVerdict {
    /// Position after the window's last sample, counted from the first sample heard.
    pub end: u64,
    /// Length of the window in samples.
    pub len: u32,
    /// Probability of speech, 0–1.
    pub speech: f32,
}

/// Makes voice activity detectors; the model behind them is shared by all calls.
pub trait VoiceActivityFactory: Send + Sync {
    /// A detector for one call.
    fn detector(&self) -> Box<dyn VoiceActivity>;
}

/// A speech recognition service.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// The service's name in settings and records.
    fn name(&self) -> &'static str;
    /// Opens a recogniser for one call. Its work stops when the [`Recogniser`] is dropped.
    async fn open(&self, options: RecogniserOptions) -> Result<Recogniser, ServiceError>;
}

/// What a recogniser should know beforehand.
#[derive(Clone, Debug)]
pub struct RecogniserOptions {
    /// Language as BCP 47, such as `en` or `ru-RU`.
    pub language: String,
}

/// An open recogniser.
pub struct Recogniser {
    /// Sound and hints in. When full, the listener drops sound for the recogniser (never for the recording) and reports it.
    pub input: mpsc::Sender<RecogniserInput>,
    /// Text out. When full, the recogniser waits.
    pub events: mpsc::Receiver<RecogniserEvent>,
}

/// What a recogniser is told.
#[derive(Clone, Debug)]
pub enum RecogniserInput {
    /// Sound at [`crate::audio::HEARING`], gap-free; `position` is that of its first sample since the call's sound began.
    Audio {
        /// First sample's position.
        position: u64,
        /// The samples.
        pcm: Arc<[i16]>,
    },
    /// Voice activity rose: speech began at `position` (back-dated; the sound was already delivered).
    SpeechStarted {
        /// Position of the first voiced sample.
        position: u64,
        /// The agent was speaking: a sound that shows attention ("uh-huh") is likelier than it would be otherwise.
        over_agent: bool,
    },
    /// Voice activity has dropped for a moment: a good time to begin the final decode. Speech may still go on.
    SpeechPaused {
        /// Position after the last voiced sample.
        position: u64,
    },
    /// Voice activity fell: speech ended at `position`, and the detector is sure of it.
    SpeechStopped {
        /// Position after the last voiced sample.
        position: u64,
    },
    /// The turn was taken as ended: whatever is not final yet should become so now.
    Flush,
}

/// What a recogniser says.
#[derive(Clone, Debug)]
pub enum RecogniserEvent {
    /// The text so far of what is being said; each replaces the one before.
    Interim {
        /// The text.
        text: Said,
        /// Whether the sound may only show attention ("uh-huh"), whatever its text says.
        attention: bool,
    },
    /// Text that will not change; empty when nothing was recognised.
    Final {
        /// The text.
        text: Said,
        /// Position after the last sample that it covers.
        end: u64,
        /// The language heard, where the service tells.
        language: Option<String>,
        /// Whether the sound may only show attention ("uh-huh"), whatever its text says.
        attention: bool,
    },
    /// The service itself takes the turn as ended (for `endpointing.mode: stt`).
    EndOfTurn,
    /// Seconds of sound taken by the service since the last report, for cost.
    Used {
        /// Seconds of sound.
        seconds: f64,
    },
    /// The service failed. The recogniser is closed after it.
    Failed(ServiceError),
}

/// Guesses from the sound of a turn whether the speaker has finished.
#[async_trait]
pub trait EndOfTurn: Send + Sync {
    /// Probability, 0–1, that the turn is over. `audio` is the turn so far at [`crate::audio::HEARING`], with about 200 ms
    /// of silence at its end; at most the last 8 s matter.
    async fn probability(&self, audio: Arc<[i16]>) -> Result<f32, ServiceError>;
}

/// A speech synthesis service.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// The service's name in settings and records.
    fn name(&self) -> &'static str;
    /// The rate of the sound it gives; the same for every stream.
    fn rate(&self) -> SampleRate;
    /// Opens a stream for one reply. Synthesis stops when the [`VoiceStream`] is dropped.
    async fn open(&self, options: VoiceOptions) -> Result<VoiceStream, ServiceError>;
}

/// How a reply should sound.
#[derive(Clone, Debug)]
pub struct VoiceOptions {
    /// The vendor's id of the voice; empty: the service's default.
    pub voice: String,
    /// Language as BCP 47.
    pub language: String,
}

/// A reply being spoken.
pub struct VoiceStream {
    /// Clauses in, one at a time; dropping the sender says that the text is complete. When full, the reply waits.
    pub text: mpsc::Sender<Said>,
    /// Sound out. When full, the synthesiser waits: it is faster than speech.
    pub audio: mpsc::Receiver<Result<VoiceItem, ServiceError>>,
}

/// What a synthesiser gives.
#[derive(Clone, Debug)]
pub enum VoiceItem {
    /// The next stretch of sound, at the service's rate.
    Audio(Pcm),
    /// When words are heard, counted from the start of the reply's sound.
    Words(Vec<WordTime>),
    /// All the sound of one clause has been given; clauses end in the order they came.
    ClauseEnd,
}

/// When one word is heard.
#[derive(Clone, Debug)]
pub struct WordTime {
    /// The word as it stands in the text.
    pub word: Said,
    /// Milliseconds from the start of the reply's sound to the start of the word.
    pub start_ms: f64,
    /// … and to its end.
    pub end_ms: f64,
}
