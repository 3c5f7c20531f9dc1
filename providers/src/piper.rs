//! The neural voice: Piper, for English. A clause is spelt in phonemes by espeak-ng, spoken by the network on the
//! inference pool, and brought from 22 050 to 24 000 Hz, once.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use ort::{
    session::Session,
    value::{Tensor, TensorRef},
};
use pipeline::{
    audio::SampleRate,
    ports::{ServiceError, ServiceErrorKind, TextToSpeech, VoiceOptions, VoiceStream},
};
use serde::Deserialize;
use tokio_util::task::TaskTracker;

use crate::{
    OfflineError,
    inference::{Inference, Model, Urgency},
    language,
    models::{PIPER_CONFIG, PIPER_VOICE},
    onnx::Runtime,
    phonemes::{ESPEAK, Phonemes},
    program, resample,
    voice_stream::{self, Clauses, Place},
};

/// Marks of the voice's alphabet: begin, end, and the pad that stands after every sign.
const BEGIN: char = '^';
const END: char = '$';
const PAD: char = '_';
/// How much the voice varies in sound, how slow it is, how much it varies in rhythm: as the voice's makers set them.
const SCALES: [f32; 3] = [0.667, 1.0, 0.8];
/// Signs of a clause that are spoken in one piece, about 10 s. A longer one is spoken in parts, so that its beginning is
/// heard soon; phonemes have a space between words, where it is parted.
const LONGEST: usize = 160;

/// The voice, shared by all calls.
pub struct Piper {
    speaker: Arc<Speaker>,
    phonemes: Arc<Phonemes>,
    pool: Arc<Inference>,
    streams: TaskTracker,
}

impl Piper {
    pub(crate) fn load(
        runtime: &Runtime,
        models: &Path,
        copies: usize,
        pool: Arc<Inference>,
    ) -> Result<Self, OfflineError> {
        let config = PIPER_CONFIG.read(models)?;
        let voice = PIPER_VOICE.read(models)?;
        if program::on_path(ESPEAK).is_none() {
            return Err(OfflineError::Program { program: ESPEAK });
        }
        let config: Config = serde_json::from_slice(&config).map_err(|error| OfflineError::Model {
            what: PIPER_CONFIG.what,
            reason: error.to_string(),
        })?;
        let copies = (0..copies.max(1))
            .map(|_| Ok(Mutex::new(runtime.session(PIPER_VOICE.what, &voice)?)))
            .collect::<Result<Vec<_>, OfflineError>>()?;
        let speaker = Speaker {
            copies,
            alphabet: config.phoneme_id_map,
        };
        // The first run of a network is several times slower than the next ones. "Hello."
        for copy in 0..speaker.copies.len() {
            speaker
                .speak(copy, "həlˈoʊ.")
                .map_err(|error| OfflineError::Model {
                    what: PIPER_VOICE.what,
                    reason: error.to_string(),
                })?;
        }
        let phonemes = Arc::new(Phonemes::of_voice("en-us"));
        Ok(Self {
            speaker: Arc::new(speaker),
            phonemes,
            pool,
            streams: TaskTracker::new(),
        })
    }
}

#[async_trait]
impl TextToSpeech for Piper {
    fn name(&self) -> &'static str {
        "offline"
    }

    fn rate(&self) -> SampleRate {
        resample::TO
    }

    async fn open(&self, options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        if language::primary(&options.language) != "en" {
            let error = OfflineError::Language {
                service: "neural voice",
                language: options.language,
            };
            return Err(ServiceError::new("offline", ServiceErrorKind::Rejected, error));
        }
        self.phonemes.warm_up().await?;
        let voice = Clause {
            speaker: self.speaker.clone(),
            phonemes: self.phonemes.clone(),
            pool: self.pool.clone(),
        };
        Ok(voice_stream::open(&self.streams, resample::TO, voice))
    }
}

/// Speaks the clauses of one reply.
struct Clause {
    speaker: Arc<Speaker>,
    phonemes: Arc<Phonemes>,
    pool: Arc<Inference>,
}

#[async_trait]
impl Clauses for Clause {
    async fn sound_of(&mut self, clause: &str, place: Place) -> Result<Vec<i16>, ServiceError> {
        let phonemes = self.phonemes.of(clause).await?;
        if phonemes.is_empty() {
            return Ok(Vec::new());
        }
        let urgency = match place {
            Place::First => Urgency::FirstClause,
            Place::Later => Urgency::LaterClause,
        };
        let speaker = self.speaker.clone();
        let asked = self.pool.ask(Model::Voice, urgency, move |seat| {
            let mut sound = Vec::new();
            for part in parts(&phonemes) {
                if seat.abandoned() {
                    break;
                }
                sound.extend(speaker.speak(seat.copy, part).map_err(broken)?);
            }
            resample::clause(sound)
        });
        asked.await.unwrap_or_else(|why| Err(why.into()))
    }
}

fn broken(error: ort::Error) -> ServiceError {
    ServiceError::new(
        "offline",
        ServiceErrorKind::Unavailable,
        format!("the voice failed: {error}"),
    )
}

/// The network with its alphabet.
struct Speaker {
    copies: Vec<Mutex<Session>>,
    alphabet: HashMap<String, Vec<i64>>,
}

impl Speaker {
    /// The sound of phonemes at 22 050 Hz.
    fn speak(&self, copy: usize, phonemes: &str) -> ort::Result<Vec<i16>> {
        let signs = self.numbers(phonemes);
        let session = &self.copies[copy % self.copies.len()];
        // The pool gives a copy to one clause at a time, so nobody waits here.
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(ort::inputs![
            "input" => TensorRef::from_array_view(([1, signs.len()], &signs[..]))?,
            "input_lengths" => Tensor::from_array(([1_usize], vec![signs.len() as i64]))?,
            "scales" => TensorRef::from_array_view(([3_usize], &SCALES[..]))?,
        ])?;
        let (_, sound) = outputs[0].try_extract_tensor::<f32>()?;
        // The conversion clips what is too loud.
        Ok(sound
            .iter()
            .map(|sample| (sample * 32_767.0).round() as i16)
            .collect())
    }

    /// The numbers of the signs, each with the pad after it. What the alphabet does not know is left out.
    fn numbers(&self, phonemes: &str) -> Vec<i64> {
        let mut text = [0; 4];
        let mut numbers = Vec::with_capacity(2 * phonemes.len() + 4);
        let mut push = |sign: char, padded: bool| {
            let Some(number) = self.alphabet.get(sign.encode_utf8(&mut text) as &str) else {
                return;
            };
            numbers.extend(number);
            if padded {
                numbers.extend(
                    self.alphabet
                        .get(PAD.encode_utf8(&mut text) as &str)
                        .into_iter()
                        .flatten(),
                );
            }
        };
        push(BEGIN, true);
        phonemes.chars().for_each(|sign| push(sign, true));
        push(END, false);
        numbers
    }
}

/// What the voice's description tells.
#[derive(Deserialize)]
struct Config {
    phoneme_id_map: HashMap<String, Vec<i64>>,
}

/// Phonemes in parts of at most [`LONGEST`] signs, parted between words.
fn parts(phonemes: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = phonemes;
    while let Some((limit, _)) = rest.char_indices().nth(LONGEST) {
        let end = rest[..limit].rfind(' ').unwrap_or(limit);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}
