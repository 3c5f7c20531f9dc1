//! The small voice: flite, for English, where there is no neural one. About 50 ms for a clause, at 16 kHz.

use async_trait::async_trait;
use pipeline::{
    audio::SampleRate,
    ports::{ServiceError, ServiceErrorKind, TextToSpeech, VoiceOptions, VoiceStream},
};
use tokio_util::task::TaskTracker;

use crate::{
    OfflineError, language,
    program::{self, is_speakable, unavailable},
    voice_stream::{self, Clauses, Place},
    wave,
};

/// The program.
pub(crate) const FLITE: &str = "flite";

/// flite's voices from the best, with the rates at which they speak.
const VOICES: [(&str, SampleRate); 3] = [
    ("slt", SampleRate(16_000)),
    ("kal16", SampleRate(16_000)),
    ("kal", SampleRate(8_000)),
];

/// The voice.
pub struct Flite {
    voice: &'static str,
    rate: SampleRate,
    streams: TaskTracker,
}

impl Flite {
    /// The best voice that this machine's flite has.
    ///
    /// # Errors
    /// When flite, or every voice that is known, is absent.
    pub fn find() -> Result<Self, OfflineError> {
        let absent = OfflineError::Program { program: FLITE };
        let Some(listed) = voices() else {
            return Err(absent);
        };
        let found = VOICES
            .iter()
            .find(|(voice, _)| listed.split_whitespace().any(|name| name == *voice));
        let &(voice, rate) = found.ok_or(absent)?;
        Ok(Self {
            voice,
            rate,
            streams: TaskTracker::new(),
        })
    }
}

/// What flite says about its voices.
pub(crate) fn voices() -> Option<String> {
    let output = std::process::Command::new(FLITE).arg("-lv").output().ok()?;
    String::from_utf8(output.stdout).ok()
}

#[async_trait]
impl TextToSpeech for Flite {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn rate(&self) -> SampleRate {
        self.rate
    }

    async fn open(&self, options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        if language::primary(&options.language) != "en" {
            let error = OfflineError::Language {
                service: "small voice",
                language: options.language,
            };
            return Err(ServiceError::new("offline", ServiceErrorKind::Rejected, error));
        }
        Ok(voice_stream::open(
            &self.streams,
            self.rate,
            Clause {
                voice: self.voice,
                rate: self.rate,
            },
        ))
    }
}

struct Clause {
    voice: &'static str,
    rate: SampleRate,
}

#[async_trait]
impl Clauses for Clause {
    async fn sound_of(&mut self, clause: &str, _place: Place) -> Result<Vec<i16>, ServiceError> {
        if !is_speakable(clause) {
            return Ok(Vec::new());
        }
        let arguments = ["-voice", self.voice, "-f", "/dev/stdin", "-o", "/dev/stdout"];
        let file = program::run(FLITE, &arguments, clause).await?;
        match wave::read(&file) {
            Some((rate, samples)) if rate == self.rate => Ok(samples),
            _ => Err(unavailable(FLITE, "gave no sound that can be used")),
        }
    }
}
