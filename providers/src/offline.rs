//! The offline services of this process, loaded once.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use pipeline::ports::{EndOfTurn, SpeechToText, TextToSpeech, VoiceActivityFactory};

use crate::{
    OfflineError,
    espeak::Espeak,
    flite::Flite,
    inference::{Inference, InferenceOptions},
    language,
    moonshine::Moonshine,
    onnx::Runtime,
    piper::Piper,
    smart_turn::SmartTurn,
    vad::{Silero, SileroOptions, Webrtc},
};

/// The models folder: what `NEWVOICE_MODELS` names, or `.dev/models`, where set-up puts it.
pub fn models_folder() -> PathBuf {
    env::var_os("NEWVOICE_MODELS")
        .filter(|named| !named.is_empty())
        .map_or(".dev/models".into(), PathBuf::from)
}

/// How the offline services are loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineOptions {
    /// The pool in which they run.
    pub inference: InferenceOptions,
    /// Voice activity.
    pub silero: SileroOptions,
}

/// The offline services. Cloning shares them.
#[derive(Clone)]
pub struct OfflineSpeech {
    voice_activity: Arc<dyn VoiceActivityFactory>,
    recognition: Available<dyn SpeechToText>,
    end_of_turn: Available<dyn EndOfTurn>,
    neural_voice: Available<dyn TextToSpeech>,
    small_voice: Available<dyn TextToSpeech>,
    other_voice: Available<Espeak>,
}

/// A service, or why it cannot be had.
type Available<T> = Result<Arc<T>, Arc<OfflineError>>;

impl OfflineSpeech {
    /// Loads what is in the folder `models`; takes about a second, so not on a task that others wait for. What is absent
    /// is left out, and asking for it gives the reason; if ONNX Runtime or Silero is absent, voice activity comes from
    /// WebRTC's detector.
    ///
    /// # Errors
    /// When something is there but is not what it should be: an altered or unreadable file, a library that does not load.
    /// Also when the system gives no threads.
    pub fn load(models: &Path, options: &OfflineOptions) -> Result<Self, OfflineError> {
        let small_voice = absent_or(Flite::find())?.map(|voice| Arc::new(voice) as Arc<dyn TextToSpeech>);
        let other_voice = absent_or(Espeak::find())?.map(Arc::new);
        let runtime = match absent_or(Runtime::load(models))? {
            Ok(runtime) => runtime,
            Err(absent) => {
                return Ok(Self {
                    voice_activity: Webrtc::shared(),
                    recognition: Err(absent.clone()),
                    end_of_turn: Err(absent.clone()),
                    neural_voice: Err(absent),
                    small_voice,
                    other_voice,
                });
            }
        };
        let pool = Arc::new(Inference::start(&options.inference)?);
        let InferenceOptions {
            recognition_copies,
            voice_copies,
            ..
        } = options.inference;
        let silero = absent_or(Silero::load(&runtime, models, options.silero))?;
        let recognition = absent_or(Moonshine::load(
            &runtime,
            models,
            recognition_copies,
            pool.clone(),
        ))?;
        let end_of_turn = absent_or(SmartTurn::load(&runtime, models, pool.clone()))?;
        let neural_voice = absent_or(Piper::load(&runtime, models, voice_copies, pool))?;
        // Asked for or not, these are used where they are there; what does without them is worse at its work.
        if let Err(absent) = &silero {
            tracing::warn!(%absent, "a smaller detector tells voices from noise");
        }
        if let Err(absent) = &end_of_turn {
            tracing::warn!(%absent, "silence alone tells when a caller has finished");
        }
        Ok(Self {
            voice_activity: silero.map_or_else(|_| Webrtc::shared(), |silero| Arc::new(silero)),
            recognition: recognition.map(|service| Arc::new(service) as Arc<dyn SpeechToText>),
            end_of_turn: end_of_turn.map(|service| Arc::new(service) as Arc<dyn EndOfTurn>),
            neural_voice: neural_voice.map(|service| Arc::new(service) as Arc<dyn TextToSpeech>),
            small_voice,
            other_voice,
        })
    }

    /// Voice activity detectors.
    pub fn voice_activity(&self) -> Arc<dyn VoiceActivityFactory> {
        self.voice_activity.clone()
    }

    /// Recognition for a language, as BCP 47.
    ///
    /// # Errors
    /// When the language is not English, or a file is missing.
    pub fn recognition(&self, language: &str) -> Result<Arc<dyn SpeechToText>, Arc<OfflineError>> {
        if language::primary(language) != "en" {
            return Err(unknown("recognition", language));
        }
        self.recognition.clone()
    }

    /// The end-of-turn model; it knows 23 languages and needs not be told which.
    ///
    /// # Errors
    /// When a file is missing.
    pub fn end_of_turn(&self) -> Result<Arc<dyn EndOfTurn>, Arc<OfflineError>> {
        self.end_of_turn.clone()
    }

    /// The best voice for a language, as BCP 47: for English Piper, or else flite; for others, and as a last resort,
    /// espeak-ng.
    ///
    /// # Errors
    /// When none speaks the language; for English, why Piper cannot be had.
    pub fn voice(&self, language: &str) -> Result<Arc<dyn TextToSpeech>, Arc<OfflineError>> {
        let other = || match &self.other_voice {
            Ok(espeak) if espeak.speaks(language) => Ok(espeak.clone() as Arc<dyn TextToSpeech>),
            Ok(_) => Err(unknown("voice", language)),
            Err(absent) => Err(absent.clone()),
        };
        if language::primary(language) != "en" {
            return other();
        }
        self.neural_voice
            .clone()
            .or_else(|absent| self.small_voice.clone().or_else(|_| other()).map_err(|_| absent))
    }
}

/// Tells what is simply absent from what is broken.
fn absent_or<T>(found: Result<T, OfflineError>) -> Result<Result<T, Arc<OfflineError>>, OfflineError> {
    match found {
        Ok(service) => Ok(Ok(service)),
        Err(absent @ (OfflineError::Missing { .. } | OfflineError::Program { .. })) => {
            Ok(Err(Arc::new(absent)))
        }
        Err(broken) => Err(broken),
    }
}

fn unknown(service: &'static str, language: &str) -> Arc<OfflineError> {
    Arc::new(OfflineError::Language {
        service,
        language: language.to_owned(),
    })
}
