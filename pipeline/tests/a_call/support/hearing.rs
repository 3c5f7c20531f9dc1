//! An ear for tones, and a recogniser that knows the words.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use pipeline::ports::*;
use tokio::sync::mpsc;

/// Loud is speech.
struct Loudness {
    heard: Vec<i16>,
    end: u64,
}

impl VoiceActivity for Loudness {
    fn hear(&mut self, samples: &[i16], verdicts: &mut Vec<VoiceVerdict>) {
        self.heard.extend_from_slice(samples);
        while self.heard.len() >= 320 {
            let window: Vec<i16> = self.heard.drain(..320).collect();
            self.end += 320;
            let loud = window
                .iter()
                .filter(|sample| sample.unsigned_abs() > 1_000)
                .count()
                > 100;
            verdicts.push(VoiceVerdict {
                end: self.end,
                len: 320,
                speech: f32::from(u8::from(loud)),
            });
        }
    }

    fn reset(&mut self) {
        self.heard.clear();
        self.end = 0;
    }
}

pub(crate) struct LoudnessFactory;

impl VoiceActivityFactory for LoudnessFactory {
    fn detector(&self) -> Box<dyn VoiceActivity> {
        Box::new(Loudness {
            heard: Vec::new(),
            end: 0,
        })
    }
}

/// Knows what is said, and says so when the voice falls, if it was told of its beginning. `breaks_after`: finals after
/// which it fails once.
pub(crate) struct Words {
    pub(crate) words: Mutex<VecDeque<&'static str>>,
    pub(crate) breaks_after: Mutex<Option<usize>>,
    pub(crate) openings: AtomicU32,
    /// The sound that it was given.
    pub(crate) sound: Arc<Mutex<Vec<i16>>>,
}

#[async_trait]
impl SpeechToText for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    async fn open(&self, _options: RecogniserOptions) -> Result<Recogniser, ServiceError> {
        self.openings.fetch_add(1, Ordering::Relaxed);
        let words = std::mem::take(&mut *self.words.lock().expect("nobody panics with it locked"));
        let breaks_after = self
            .breaks_after
            .lock()
            .expect("nobody panics with it locked")
            .take();
        let (input, mut inputs) = mpsc::channel(256);
        let (told, events) = mpsc::channel(16);
        let (first, rest) = match breaks_after {
            Some(count) => {
                let mut words = words;
                let rest = words.split_off(count);
                (words, rest)
            }
            None => (words, VecDeque::new()),
        };
        self.words
            .lock()
            .expect("nobody panics with it locked")
            .extend(rest);
        let sound = Arc::clone(&self.sound);
        tokio::spawn(async move {
            let mut words = first;
            let mut began = false;
            while let Some(input) = inputs.recv().await {
                began |= matches!(input, RecogniserInput::SpeechStarted { .. });
                if let RecogniserInput::Audio { pcm, .. } = &input {
                    let mut sound = sound.lock().expect("nobody panics with it locked");
                    sound.extend_from_slice(pcm);
                }
                if let RecogniserInput::SpeechStopped { position } = input {
                    let began = std::mem::take(&mut began);
                    let text = words.pop_front().filter(|_| began).unwrap_or_default();
                    let heard = RecogniserEvent::Final {
                        text: text.into(),
                        end: position,
                        language: None,
                        attention: false,
                    };
                    if told.send(heard).await.is_err() {
                        return;
                    }
                    if breaks_after.is_some() && words.is_empty() {
                        let error =
                            ServiceError::new("words", ServiceErrorKind::Unavailable, "it was told to fail");
                        let _gone = told.send(RecogniserEvent::Failed(error)).await;
                        return;
                    }
                }
            }
        });
        Ok(Recogniser { input, events })
    }
}

/// Judges the end of a turn always alike, and keeps what it was given.
pub(crate) struct Judge {
    pub(crate) probability: f32,
    pub(crate) given: Mutex<Vec<Arc<[i16]>>>,
}

impl Judge {
    pub(crate) fn who_says(probability: f32) -> Arc<Self> {
        Arc::new(Self {
            probability,
            given: Mutex::default(),
        })
    }

    /// How long it was silent at the end of each of what was given, in milliseconds.
    pub(crate) fn silences_ms(&self) -> Vec<usize> {
        let given = self.given.lock().expect("nobody panics with it locked");
        let silence = |sound: &Arc<[i16]>| {
            let quiet = |sample: &&i16| sample.unsigned_abs() < 1_000;
            sound.iter().rev().take_while(quiet).count() / 16
        };
        given.iter().map(silence).collect()
    }
}

#[async_trait]
impl EndOfTurn for Judge {
    async fn probability(&self, audio: Arc<[i16]>) -> Result<f32, ServiceError> {
        self.given
            .lock()
            .expect("nobody panics with it locked")
            .push(audio);
        Ok(self.probability)
    }
}
