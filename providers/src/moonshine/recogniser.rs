//! One call's recogniser: what it is told, what it asks of the pool, what it says.

use std::{future, sync::Arc};

use pipeline::{
    audio::HEARING,
    ports::{RecogniserEvent, RecogniserInput, ServiceError, ServiceErrorKind},
};
use tokio::sync::mpsc;

use super::{
    decoder::{Decoder, Expected, Heard},
    sound::Sound,
    utterance::{MARGIN, Shown, Utterance},
};
use crate::inference::{Asked, Inference, Model, NotDone, Urgency};

/// Two ends that lie no further apart are the same end, dated twice; the decode heard this much beyond it anyway.
const SAME_END: u64 = MARGIN / 2;

type Decoding = Asked<ort::Result<Heard>>;

/// The state of one call.
pub(super) struct Hearing {
    decoder: Arc<Decoder>,
    pool: Arc<Inference>,
    events: mpsc::Sender<RecogniserEvent>,
    sound: Sound,
    utterance: Option<Utterance>,
    /// An interim decode that waits or runs. There is never more than one: while it lasts, hops pass by.
    interim: Option<Decoding>,
    /// The final decode that began when voice fell.
    speculation: Option<Speculation>,
    /// What may be expected of the present utterance.
    expected: Expected,
    /// Sound up to here has its final text.
    finished: u64,
    unreported: u64,
}

/// The text of the utterance if it ended where voice fell last.
struct Speculation {
    position: u64,
    decoding: Option<Decoding>,
    heard: Heard,
}

/// Why a recogniser stops.
enum Stop {
    /// Nobody listens any more.
    Unheard,
    /// It cannot go on.
    Failed(ServiceError),
}

impl Hearing {
    pub(super) fn new(
        decoder: Arc<Decoder>,
        pool: Arc<Inference>,
        events: mpsc::Sender<RecogniserEvent>,
    ) -> Self {
        Self {
            decoder,
            pool,
            events,
            sound: Sound::default(),
            utterance: None,
            interim: None,
            speculation: None,
            expected: Expected::Words,
            finished: 0,
            unreported: 0,
        }
    }

    /// Lives until the recogniser is dropped, or fails.
    pub(super) async fn run(mut self, mut inputs: mpsc::Receiver<RecogniserInput>) {
        let events = self.events.clone();
        loop {
            let done = tokio::select! {
                () = events.closed() => return,
                input = inputs.recv() => match input {
                    Some(input) => self.told(input).await,
                    None => return,
                },
                text = result_of(&mut self.interim) => self.interim_decoded(text).await,
                text = speculated(&mut self.speculation) => self.pause_decoded(text).await,
            };
            match done {
                Ok(()) => {}
                Err(Stop::Unheard) => return,
                Err(Stop::Failed(error)) => {
                    // Whoever listened may just have gone; there is nobody else to tell.
                    let _ = events.send(RecogniserEvent::Failed(error)).await;
                    return;
                }
            }
        }
    }

    async fn told(&mut self, input: RecogniserInput) -> Result<(), Stop> {
        match input {
            RecogniserInput::Audio { position, pcm } => self.hear(position, &pcm).await,
            RecogniserInput::SpeechStarted { position, over_agent } => {
                match &mut self.utterance {
                    Some(utterance) => utterance.resume(),
                    None => self.utterance = Some(Utterance::began(position, self.finished)),
                }
                self.expected = if over_agent {
                    Expected::Murmurs
                } else {
                    Expected::Words
                };
                Ok(())
            }
            RecogniserInput::SpeechPaused { position } => {
                self.pause(position);
                Ok(())
            }
            RecogniserInput::SpeechStopped { position } => self.finish(position, Then::Forget).await,
            RecogniserInput::Flush => {
                let Some(utterance) = &self.utterance else {
                    return Ok(());
                };
                let end = utterance.paused().unwrap_or(self.sound.end());
                self.finish(end, Then::GoOn).await
            }
        }
    }

    async fn hear(&mut self, position: u64, pcm: &[i16]) -> Result<(), Stop> {
        self.sound.append(position, pcm);
        self.unreported += pcm.len() as u64;
        let Some(utterance) = &mut self.utterance else {
            self.sound.forget_silence();
            return Ok(());
        };
        let end = self.sound.end();
        if utterance.sounds_resumed(&self.sound) {
            utterance.resume();
        }
        if utterance.cut_at_pause(end) {
            self.interim = None;
        } else if let Some(place) = utterance.forced_cut(&self.sound) {
            self.interim = None;
            let heard = self.final_text(place).await?;
            if let Some(utterance) = &mut self.utterance {
                utterance.settle(place, heard.text);
            }
        }
        let Some(utterance) = &mut self.utterance else {
            return Ok(());
        };
        self.sound.forget_before(utterance.start());
        if self.interim.is_none() && utterance.interim_due(end) {
            utterance.interim_asked(end);
            self.interim = Some(self.decode(end, Urgency::InterimDecode));
        }
        Ok(())
    }

    fn pause(&mut self, position: u64) {
        let Some(utterance) = &mut self.utterance else {
            return;
        };
        if position <= utterance.start() {
            return;
        }
        utterance.pause(position, &self.sound);
        if self
            .speculation
            .as_ref()
            .is_none_or(|speculation| speculation.position != position)
        {
            self.interim = None;
            let decoding = Some(self.decode(position, Urgency::FinalDecode));
            self.speculation = Some(Speculation {
                position,
                decoding,
                heard: Heard::default(),
            });
        }
    }

    /// The utterance, or what of it is not final yet, ends at `position`.
    async fn finish(&mut self, position: u64, then: Then) -> Result<(), Stop> {
        let Some(utterance) = &self.utterance else {
            return Ok(());
        };
        self.interim = None;
        if position > utterance.start() {
            let heard = self.final_text(position).await?;
            let Some(utterance) = &self.utterance else {
                return Ok(());
            };
            let text = utterance.whole(&heard.text);
            let attention = utterance.may_be_murmur(&heard);
            self.say(RecogniserEvent::Final {
                text: text.into(),
                end: position,
                language: None,
                attention,
            })
            .await?;
            let seconds = HEARING
                .duration_of(std::mem::take(&mut self.unreported))
                .as_secs_f64();
            self.say(RecogniserEvent::Used { seconds }).await?;
            self.finished = position;
        }
        self.speculation = None;
        self.utterance = match then {
            Then::Forget => None,
            Then::GoOn => self.utterance.as_ref().map(|utterance| utterance.after(position)),
        };
        Ok(())
    }

    /// The text of the part that is not settled, up to `position`: the one that has been waiting since the pause, if no
    /// voice came after it.
    async fn final_text(&mut self, position: u64) -> Result<Heard, Stop> {
        let decoding = match self.speculation.take() {
            Some(Speculation {
                position: end,
                decoding,
                heard,
            }) if end + SAME_END >= position => match decoding {
                Some(decoding) => decoding,
                None => return Ok(heard),
            },
            _ => self.decode(position, Urgency::FinalDecode),
        };
        let again = match decoding.await {
            Ok(heard) => return heard.map_err(failed),
            // The one whose decode broke gets a second chance: the next may be a healthy thread's.
            Err(NotDone::Panicked) => self.decode(position, Urgency::FinalDecode).await,
            Err(other) => Err(other),
        };
        again.map_err(|why| Stop::Failed(why.into()))?.map_err(failed)
    }

    async fn interim_decoded(&mut self, decoded: Result<ort::Result<Heard>, NotDone>) -> Result<(), Stop> {
        self.interim = None;
        // An interim result that could not be had is not missed: the next one follows.
        let (Ok(Ok(heard)), Some(utterance)) = (decoded, &mut self.utterance) else {
            return Ok(());
        };
        let shown = utterance.voice_decoded(&heard);
        self.show(shown).await
    }

    async fn pause_decoded(&mut self, decoded: Result<ort::Result<Heard>, NotDone>) -> Result<(), Stop> {
        let (Some(speculation), Some(utterance)) = (&mut self.speculation, &mut self.utterance) else {
            return Ok(());
        };
        let Ok(Ok(heard)) = decoded else {
            // It is asked for again when the utterance has really ended.
            self.speculation = None;
            return Ok(());
        };
        speculation.decoding = None;
        speculation.heard.clone_from(&heard);
        let shown = utterance.pause_decoded(speculation.position, &heard);
        self.show(shown).await
    }

    async fn show(&self, shown: Option<Shown>) -> Result<(), Stop> {
        let Some(Shown { text, attention }) = shown else {
            return Ok(());
        };
        let text = text.into();
        self.say(RecogniserEvent::Interim { text, attention }).await
    }

    /// Asks for the text of the part that is not settled, up to `position` and a margin of what is known after it.
    fn decode(&self, position: u64, urgency: Urgency) -> Decoding {
        let start = self.utterance.as_ref().map_or(position, Utterance::start);
        let sound = self.sound.between(start.min(position), position + MARGIN);
        let decoder = self.decoder.clone();
        let expected = self.expected;
        self.pool.ask(Model::Recognition, urgency, move |seat| {
            decoder.hear(&sound, expected, seat)
        })
    }

    async fn say(&self, event: RecogniserEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Unheard)
    }
}

/// What comes after the end of an utterance.
#[derive(Clone, Copy)]
enum Then {
    /// The next one is announced by a hint.
    Forget,
    /// The caller may be in the midst of speech.
    GoOn,
}

async fn result_of(decoding: &mut Option<Decoding>) -> Result<ort::Result<Heard>, NotDone> {
    match decoding {
        Some(decoding) => decoding.await,
        None => future::pending().await,
    }
}

async fn speculated(speculation: &mut Option<Speculation>) -> Result<ort::Result<Heard>, NotDone> {
    match speculation {
        Some(speculation) => result_of(&mut speculation.decoding).await,
        None => future::pending().await,
    }
}

fn failed(error: ort::Error) -> Stop {
    let message = format!("recognition failed: {error}");
    Stop::Failed(ServiceError::new(
        "offline",
        ServiceErrorKind::Unavailable,
        message,
    ))
}
