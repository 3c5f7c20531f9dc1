//! The voice for all other languages: espeak-ng, a hundred of them, robotic. About 10 ms for a clause.

use std::process::Command;

use async_trait::async_trait;
use pipeline::{
    audio::SampleRate,
    ports::{ServiceError, ServiceErrorKind, TextToSpeech, VoiceOptions, VoiceStream},
};
use tokio_util::task::TaskTracker;

use crate::{
    OfflineError, language,
    phonemes::ESPEAK,
    program::{self, is_speakable, unavailable},
    resample,
    voice_stream::{self, Clauses, Place},
    wave,
};

/// The voice.
pub struct Espeak {
    languages: Vec<String>,
    streams: TaskTracker,
}

impl Espeak {
    /// The voice with the languages that this machine's espeak-ng has.
    ///
    /// # Errors
    /// When espeak-ng is absent.
    pub fn find() -> Result<Self, OfflineError> {
        let listed = languages().ok_or(OfflineError::Program { program: ESPEAK })?;
        Ok(Self {
            languages: listed,
            streams: TaskTracker::new(),
        })
    }

    /// Whether it speaks the language, given as BCP 47.
    pub fn speaks(&self, language: &str) -> bool {
        self.voice_of(language).is_some()
    }

    /// The voice for the very language and region, or else for the language.
    fn voice_of(&self, tag: &str) -> Option<&str> {
        let exact = tag.to_ascii_lowercase().replace('_', "-");
        let primary = language::primary(tag);
        let listed = |wanted: &str| self.languages.iter().find(|language| *language == wanted);
        listed(&exact)
            .or_else(|| listed(&primary))
            .or_else(|| {
                self.languages
                    .iter()
                    .find(|language| language::primary(language) == primary)
            })
            .map(String::as_str)
    }
}

/// Languages that this machine's espeak-ng has, as it lists them: the second column of its table.
pub(crate) fn languages() -> Option<Vec<String>> {
    let output = Command::new(ESPEAK).arg("--voices").output().ok()?;
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let language = |row: &str| row.split_whitespace().nth(1).map(str::to_owned);
    Some(table.lines().skip(1).filter_map(language).collect())
}

#[async_trait]
impl TextToSpeech for Espeak {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn rate(&self) -> SampleRate {
        resample::TO
    }

    async fn open(&self, options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        let Some(voice) = self.voice_of(&options.language) else {
            let error = OfflineError::Language {
                service: "voice",
                language: options.language,
            };
            return Err(ServiceError::new("offline", ServiceErrorKind::Rejected, error));
        };
        Ok(voice_stream::open(
            &self.streams,
            resample::TO,
            Clause {
                voice: voice.to_owned(),
            },
        ))
    }
}

struct Clause {
    voice: String,
}

#[async_trait]
impl Clauses for Clause {
    async fn sound_of(&mut self, clause: &str, _place: Place) -> Result<Vec<i16>, ServiceError> {
        if !is_speakable(clause) {
            return Ok(Vec::new());
        }
        let arguments = ["-b", "1", "-v", &self.voice, "--stdin", "--stdout"];
        let file = program::run(ESPEAK, &arguments, clause).await?;
        let unusable = || unavailable(ESPEAK, "gave no sound that can be used");
        let (rate, samples) = wave::read(&file).ok_or_else(unusable)?;
        if rate != resample::FROM {
            return Err(unusable());
        }
        resample::clause(samples)
    }
}
