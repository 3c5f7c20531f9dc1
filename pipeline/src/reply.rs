//! One reply: a model's stream or a fixed text, cut into clauses, given to the voice, given to the loudspeaker.
//!
//! A reply owns its streams. Dropping its [`ReplyHandle`] ends them: the model's request is cancelled, the voice stops,
//! and nothing that comes late has anywhere to arrive.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use turn::{Event, Mark, ReplyId, Said, ToolCall};

use crate::{
    call_clock::CallClock,
    clauses::Clauses,
    facts::{CallFact, Teller},
    ports::{
        LanguageModel, ModelItem, ModelRequest, ServiceError, ServiceErrorKind, TextToSpeech, VoiceItem,
        VoiceOptions, VoiceStream,
    },
    scribe::{Note, Scribe},
    speaker::Sound,
};

/// Clauses that may wait for the voice. A model that writes more than this ahead of speech waits.
const CLAUSES: usize = 64;
/// Pieces of sound that may wait for the loudspeaker: under half a second, so that little is thrown away at a cut. When
/// full, the voice waits.
pub(crate) const SOUNDS: usize = 16;
/// The longest piece handed to the loudspeaker at once: 20 ms at 24 kHz.
const PIECE: usize = 480;
/// What is kept before the first audible sample of a reply; silence before that would only be waited for.
const ATTACK: Duration = Duration::from_millis(5);
/// Times that a voice which failed before its first sound is asked again.
const VOICE_TRIES: u32 = 2;

/// What a reply says.
pub(crate) enum Source {
    Model(Arc<dyn LanguageModel>, ModelRequest),
    Text(Said),
}

/// What a reply needs.
#[derive(Clone)]
pub(crate) struct ReplyTools {
    pub(crate) voice: Arc<dyn TextToSpeech>,
    pub(crate) voice_options: VoiceOptions,
    pub(crate) clock: CallClock,
    pub(crate) inbox: mpsc::Sender<Event>,
    pub(crate) teller: Teller,
    pub(crate) scribe: Scribe,
}

/// A reply under way.
pub(crate) struct ReplyHandle {
    release: watch::Sender<bool>,
    /// Ends with the handle.
    _task: AbortOnDropHandle<()>,
}

impl ReplyHandle {
    /// Begins a reply whose sound goes to `sound`; its clauses wait for [`Self::release`] unless `released`.
    pub(crate) fn begin(
        reply: ReplyId,
        source: Source,
        released: bool,
        sound: mpsc::Sender<Sound>,
        tools: ReplyTools,
    ) -> Self {
        let (release, gate) = watch::channel(released);
        let inbox = tools.inbox.clone();
        let work = Reply {
            reply,
            tools,
            made: AtomicU8::new(0),
        }
        .run(source, gate, sound);
        let task = tokio::spawn(async move {
            // A bug in a service must not leave the caller in silence: the conversation is told, and apologises.
            if AssertUnwindSafe(work).catch_unwind().await.is_err() {
                tracing::error!(reply = reply.0, "a reply broke down");
                for event in [
                    Event::ModelFailed {
                        reply,
                        may_pass: false,
                        text: Said::default(),
                    },
                    Event::VoiceFailed {
                        reply,
                        any_sound: false,
                    },
                ] {
                    // The session is gone when the call is over; then nobody needs to know.
                    let _over = inbox.send(event).await;
                }
            }
        });
        Self {
            release,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub(crate) fn release(&self) {
        self.release.send_replace(true);
    }
}

/// What a voice has given of a reply.
#[derive(Default)]
struct Given {
    any_sound: bool,
    /// Silence at the beginning that is not played.
    trimmed: Duration,
}

struct Reply {
    reply: ReplyId,
    tools: ReplyTools,
    /// The marks that were made, a bit each: only the first of a kind counts, so only that is posted.
    made: AtomicU8,
}

impl Reply {
    async fn run(self, source: Source, gate: watch::Receiver<bool>, sound: mpsc::Sender<Sound>) {
        let (clauses, waiting) = mpsc::channel(CLAUSES);
        let writing = async {
            match source {
                Source::Model(model, request) => self.write(model, request, clauses).await,
                Source::Text(text) => self.recite(&text, clauses).await,
            }
        };
        tokio::join!(writing, self.speak(waiting, gate, sound));
    }

    async fn recite(&self, text: &Said, clauses: mpsc::Sender<Said>) {
        let mut pieces = Clauses::default();
        pieces.push(text.reveal());
        while let Some(piece) = pieces.finish() {
            if clauses.send(piece).await.is_err() {
                return;
            }
        }
    }

    /// Follows the model's stream.
    async fn write(&self, model: Arc<dyn LanguageModel>, request: ModelRequest, clauses: mpsc::Sender<Said>) {
        let mut text = String::new();
        let mut spoken = String::new();
        let mut calls: Vec<ToolCall> = Vec::new();
        let mut pieces = Clauses::default();
        let mut stream = match model.answer(request).await {
            Ok(stream) => stream,
            Err(error) => return self.model_failed(error, Said::default()).await,
        };
        while let Some(item) = stream.next().await {
            match item {
                Ok(ModelItem::Text(more)) => {
                    self.mark(Mark::ModelFirst).await;
                    text.push_str(more.reveal());
                    pieces.push(more.reveal());
                    while let Some(piece) = pieces.next_complete() {
                        self.mark(Mark::ClauseReady).await;
                        append(&mut spoken, &piece);
                        if clauses.send(piece).await.is_err() {
                            return;
                        }
                    }
                }
                Ok(ModelItem::ToolCall(call)) => {
                    self.mark(Mark::ModelFirst).await;
                    calls.push(call);
                }
                Ok(ModelItem::Usage(tokens)) => {
                    self.tell(CallFact::ModelUsed {
                        reply: self.reply,
                        tokens,
                    });
                }
                // What is complete is spoken; half a sentence is not.
                Err(error) => return self.model_failed(error, spoken.into()).await,
            }
        }
        drop(stream);
        if text.trim().is_empty() && calls.is_empty() {
            // A caller who is answered by silence thinks that the line is dead.
            let error = ServiceError::new(model.name(), ServiceErrorKind::Garbled, "the answer was empty");
            return self.model_failed(error, Said::default()).await;
        }
        let rest = pieces.finish();
        if rest.is_some() {
            self.mark(Mark::ClauseReady).await;
        }
        // The conversation learns that the text is complete before the last of it can have been heard.
        let done = Event::ModelDone {
            reply: self.reply,
            text: text.trim().into(),
            tools: calls,
        };
        self.post(done).await;
        let mut rest = rest;
        while let Some(piece) = rest {
            if clauses.send(piece).await.is_err() {
                return;
            }
            rest = pieces.finish();
        }
    }

    async fn model_failed(&self, error: ServiceError, text: Said) {
        let may_pass = error.may_pass();
        self.tell(CallFact::Problem(error));
        self.post(Event::ModelFailed {
            reply: self.reply,
            may_pass,
            text,
        })
        .await;
    }

    /// Gives the clauses to the voice, once they may be heard, and the voice's sound to the loudspeaker.
    async fn speak(
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

    async fn mark(&self, mark: Mark) {
        let bit = 1 << mark as u8;
        if self.made.fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            return;
        }
        self.post(Event::Marked {
            reply: self.reply,
            mark,
            at: self.tools.clock.now(),
        })
        .await;
    }

    async fn post(&self, event: Event) {
        // The session is gone when the call is over; then nobody needs to know.
        let _over = self.tools.inbox.send(event).await;
    }

    fn tell(&self, fact: CallFact) {
        self.tools.teller.tell(self.tools.clock.now(), fact);
    }
}

/// Waits for room for one clause; `None` when the voice takes no more.
async fn reserve(text: &Option<mpsc::Sender<Said>>) -> Option<mpsc::OwnedPermit<Said>> {
    match text {
        Some(text) => text.clone().reserve_owned().await.ok(),
        None => std::future::pending().await,
    }
}

fn append(text: &mut String, piece: &Said) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(piece.reveal());
}
