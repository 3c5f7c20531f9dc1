//! Speech services that need no model and no machine time: for load tests and for tests of the pipeline.
//!
//! What they say and when is given beforehand, so two runs are the same. Delays run on tokio's clock, which tests pause.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pipeline::{
    audio::{HEARING, Pcm, SampleRate},
    ports::{
        EndOfTurn, Recogniser, RecogniserEvent, RecogniserInput, RecogniserOptions, ServiceError,
        SpeechToText, TextToSpeech, VoiceItem, VoiceOptions, VoiceStream,
    },
};
use tokio::sync::mpsc;
use turn::Said;

/// A recogniser that "hears" given texts, one for each stretch of speech, and starts anew after the last.
#[derive(Clone, Debug)]
pub struct SimulatedRecognition {
    /// The text of each utterance, in order; every recogniser begins with the first.
    pub utterances: Arc<[Said]>,
    /// From the hint that speech began to the interim result (the first two words); `None`: no interim results.
    pub interim_delay: Option<Duration>,
    /// From the hint that speech ended to the final result.
    pub final_delay: Duration,
}

#[async_trait]
impl SpeechToText for SimulatedRecognition {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn open(&self, _options: RecogniserOptions) -> Result<Recogniser, ServiceError> {
        let (input, inputs) = mpsc::channel(256);
        let (events, heard) = mpsc::channel(32);
        // Ends with the recogniser: both of its channels are this task's.
        tokio::spawn(self.clone().recognise(inputs, events));
        Ok(Recogniser { input, events: heard })
    }
}

impl SimulatedRecognition {
    async fn recognise(
        self,
        mut inputs: mpsc::Receiver<RecogniserInput>,
        events: mpsc::Sender<RecogniserEvent>,
    ) -> Option<()> {
        let mut unreported = 0;
        let mut end = 0;
        for text in self.utterances.iter().cycle() {
            loop {
                match inputs.recv().await? {
                    RecogniserInput::SpeechStarted { .. } => break,
                    RecogniserInput::Audio { pcm, .. } => unreported += pcm.len() as u64,
                    _ => {}
                }
            }
            let mut interim_due = std::pin::pin!(async {
                match self.interim_delay {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => std::future::pending().await,
                }
            });
            let mut interim_sent = false;
            loop {
                tokio::select! {
                    input = inputs.recv() => match input? {
                        RecogniserInput::Audio { position, pcm } => {
                            unreported += pcm.len() as u64;
                            end = position + pcm.len() as u64;
                        }
                        RecogniserInput::SpeechStopped { position } => { end = position; break }
                        RecogniserInput::Flush => break,
                        RecogniserInput::SpeechStarted { .. } | RecogniserInput::SpeechPaused { .. } => {}
                    },
                    () = &mut interim_due, if !interim_sent => {
                        interim_sent = true;
                        let words: Vec<_> = text.reveal().split_whitespace().take(2).collect();
                        events.send(RecogniserEvent::Interim { text: words.join(" ").into(), attention: false }).await.ok()?;
                    }
                }
            }
            tokio::time::sleep(self.final_delay).await;
            events
                .send(RecogniserEvent::Final {
                    text: text.clone(),
                    end,
                    language: None,
                    attention: false,
                })
                .await
                .ok()?;
            let seconds = HEARING.duration_of(std::mem::take(&mut unreported)).as_secs_f64();
            events.send(RecogniserEvent::Used { seconds }).await.ok()?;
        }
        Some(())
    }
}

/// An end-of-turn model that always says the same.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedEndOfTurn {
    /// What it says.
    pub probability: f32,
    /// How long it takes.
    pub delay: Duration,
}

#[async_trait]
impl EndOfTurn for SimulatedEndOfTurn {
    async fn probability(&self, _audio: Arc<[i16]>) -> Result<f32, ServiceError> {
        tokio::time::sleep(self.delay).await;
        Ok(self.probability)
    }
}

/// A voice that hums: a tone of 200 Hz for each clause, as long as its text.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedVoice {
    /// Rate of the sound.
    pub rate: SampleRate,
    /// From a clause to its first sound.
    pub delay: Duration,
    /// Length of the sound for each character; 60 ms is the pace of common speech.
    pub per_character: Duration,
}

impl Default for SimulatedVoice {
    fn default() -> Self {
        Self {
            rate: SampleRate(24_000),
            delay: Duration::from_millis(60),
            per_character: Duration::from_millis(60),
        }
    }
}

#[async_trait]
impl TextToSpeech for SimulatedVoice {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn rate(&self) -> SampleRate {
        self.rate
    }

    async fn open(&self, _options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        let (text, clauses) = mpsc::channel(8);
        let (sound, audio) = mpsc::channel(64);
        // Ends with the stream: both of its channels are this task's.
        tokio::spawn(self.speak(clauses, sound));
        Ok(VoiceStream { text, audio })
    }
}

impl SimulatedVoice {
    /// How much sound `text` gives, in samples.
    pub fn samples_of(&self, text: &str) -> usize {
        let characters = u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX);
        self.rate
            .samples_in(self.per_character.saturating_mul(characters)) as usize
    }

    async fn speak(
        self,
        mut clauses: mpsc::Receiver<Said>,
        sound: mpsc::Sender<Result<VoiceItem, ServiceError>>,
    ) -> Option<()> {
        loop {
            let clause = tokio::select! {
                () = sound.closed() => return None,
                clause = clauses.recv() => clause?,
            };
            tokio::time::sleep(self.delay).await;
            let samples = self.hum(self.samples_of(clause.reveal()));
            for chunk in samples.chunks(2 * self.rate.frame_len()) {
                sound
                    .send(Ok(VoiceItem::Audio(Pcm::new(self.rate, chunk))))
                    .await
                    .ok()?;
            }
            sound.send(Ok(VoiceItem::ClauseEnd)).await.ok()?;
        }
    }

    fn hum(&self, samples: usize) -> Vec<i16> {
        let step = std::f32::consts::TAU * 200.0 / self.rate.0 as f32;
        (0..samples)
            .map(|at| (8_000.0 * (at as f32 * step).sin()) as i16)
            .collect()
    }
}
