//! How a reply is made audible: clauses to the voice, the voice's sound to the loudspeaker.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use turn::{Event, Mark, Said};

use super::Reply;
use crate::{
    facts::CallFact,
    ports::{ServiceError, ServiceErrorKind, VoiceItem, VoiceStream},
    scribe::Note,
    speaker::Sound,
};

/// The longest piece handed to the loudspeaker at once: 20 ms at 24 kHz.
const PIECE: usize = 480;
/// What is kept before the first audible sample of a reply; silence before that would only be waited for.
const ATTACK: Duration = Duration::from_millis(5);
/// Times that a voice which failed before its first sound is asked again.
const VOICE_TRIES: u32 = 2;

/// What a voice has given of a reply.
#[derive(Default)]
struct Given {
    any_sound: bool,
    /// Silence at the beginning that is not played.
    trimmed: Duration,
}

impl Reply {
    /// Gives the clauses to the voice, once they may be heard, and the voice's sound to the loudspeaker.
    pub(super) async fn speak(
        &self,
        mut clauses: mpsc::Receiver<Said>,
        mut gate: watch::Receiver<bool>,
        sound: mpsc::Sender<Sound>,
    ) {
        let Some(first) = clauses.recv().await else { return };
        if gate.wait_for(|open| *open).await.is_err() {
            return;
        }
        let mut given = vec![first];
        let mut tries = 1;
        loop {
            match self.synthesise(&mut given, &mut clauses, &sound).await {
                Ok(()) => return,
                Err((error, any_sound)) => {
                    let again = !any_sound && error.may_pass() && tries < VOICE_TRIES;
                    self.tell(CallFact::Problem(error));
                    if !again {
                        self.post(Event::VoiceFailed {
                            reply: self.reply,
                            any_sound,
                        })
                        .await;
                        return;
                    }
                    tries += 1;
                }
            }
        }
    }

    /// Speaks what was given already, then what comes. On failure says whether any sound was given.
    async fn synthesise(
        &self,
        given: &mut Vec<Said>,
        clauses: &mut mpsc::Receiver<Said>,
        sound: &mpsc::Sender<Sound>,
    ) -> Result<(), (ServiceError, bool)> {
        self.mark(Mark::VoiceRequested).await;
        let opened = self.tools.voice.open(self.tools.voice_options.clone()).await;
        let VoiceStream { text, mut audio } = opened.map_err(|error| (error, false))?;
        let mut text = Some(text);
        let mut next = 0;
        let mut given_sound = Given::default();
        let mut complete = false;
        loop {
            let mut permit = None;
            tokio::select! {
                biased;
                item = audio.recv() => match item {
                    Some(Ok(item)) => {
                        let heard = self.give(item, &mut given_sound, sound).await;
                        if heard.is_err() {
                            return Ok(());
                        }
                    }
                    Some(Err(error)) => return Err((error, given_sound.any_sound)),
                    None if given_sound.any_sound => return Ok(()),
                    None => return Err((self.no_sound(), false)),
                },
                free = reserve(&text), if next < given.len() => permit = Some(free),
                clause = clauses.recv(), if !complete && next == given.len() => match clause {
                    Some(clause) => given.push(clause),
                    None => {
                        complete = true;
                        text = None;
                    }
                },
            }
            match permit {
                Some(Some(permit)) => {
                    let clause = given[next].clone();
                    next += 1;
                    let characters = clause.reveal().chars().count() as u64;
                    self.tell(CallFact::VoiceUsed {
                        reply: self.reply,
                        characters,
                    });
                    self.tools
                        .scribe
                        .note(Note::AgentSays(self.reply, clause.clone()));
                    if sound.send(Sound::Clause(clause.clone())).await.is_err() {
                        return Ok(());
                    }
                    permit.send(clause);
                }
                Some(None) => text = None,
                None => {}
            }
        }
    }

    /// Hands one item of the voice on, in pieces. An error means that nobody listens any more.
    async fn give(&self, item: VoiceItem, given: &mut Given, sound: &mpsc::Sender<Sound>) -> Result<(), ()> {
        match item {
            VoiceItem::Audio(pcm) => {
                self.mark(Mark::VoiceFirstByte).await;
                let mut samples = &pcm.samples[..];
                if !given.any_sound {
                    let Some(audible) = crate::speaker::first_audible(samples) else {
                        given.trimmed += self.tools.voice.rate().duration_of(samples.len() as u64);
                        return Ok(());
                    };
                    self.mark(Mark::VoiceFirstAudible).await;
                    let from = audible.saturating_sub(pcm.rate.samples_in(ATTACK) as usize);
                    given.trimmed += pcm.rate.duration_of(from as u64);
                    samples = &samples[from..];
                }
                for piece in samples.chunks(PIECE) {
                    sound.send(Sound::Samples(piece.into())).await.map_err(|_| ())?;
                    if !std::mem::replace(&mut given.any_sound, true) {
                        self.post(Event::VoiceReady { reply: self.reply }).await;
                    }
                }
                Ok(())
            }
            VoiceItem::Words(mut words) => {
                let trimmed = given.trimmed.as_secs_f64() * 1e3;
                for word in &mut words {
                    word.start_ms -= trimmed;
                    word.end_ms -= trimmed;
                }
                sound.send(Sound::Words(words)).await.map_err(|_| ())
            }
            VoiceItem::ClauseEnd => sound.send(Sound::ClauseEnd).await.map_err(|_| ()),
        }
    }

    /// A voice that ends without any sound has failed, whatever it thinks: nobody must wait for it.
    fn no_sound(&self) -> ServiceError {
        ServiceError::new(
            self.tools.voice.name(),
            ServiceErrorKind::Garbled,
            "the voice ended without any sound",
        )
    }
}

/// Waits for room for one clause; `None` when the voice takes no more.
async fn reserve(text: &Option<mpsc::Sender<Said>>) -> Option<mpsc::OwnedPermit<Said>> {
    match text {
        Some(text) => text.clone().reserve_owned().await.ok(),
        None => std::future::pending().await,
    }
}
