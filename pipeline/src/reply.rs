//! One reply: a model's stream or a fixed text, cut into clauses, given to the voice, given to the loudspeaker.
//!
//! A reply owns its streams. Dropping its [`ReplyHandle`] ends them: the model's request is cancelled, the voice stops,
//! and nothing that comes late has anywhere to arrive.

mod speaking;
mod writing;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use turn::{Event, Mark, ReplyId, Said};

use crate::{
    call_clock::CallClock,
    facts::{CallFact, Teller},
    ports::{LanguageModel, ModelRequest, TextToSpeech, VoiceOptions},
    scribe::Scribe,
    speaker::Sound,
};

/// Clauses that may wait for the voice. A model that writes more than this ahead of speech waits.
const CLAUSES: usize = 64;
/// Pieces of sound that may wait for the loudspeaker: under half a second, so that little is thrown away at a cut. When
/// full, the voice waits.
pub(crate) const SOUNDS: usize = 16;

/// What a reply says.
pub(crate) enum Source {
    Model {
        model: Arc<dyn LanguageModel>,
        request: ModelRequest,
        /// Whether it is no failure that it says nothing.
        may_be_silent: bool,
    },
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
                Source::Model {
                    model,
                    request,
                    may_be_silent,
                } => self.write(model, request, may_be_silent, clauses).await,
                Source::Text(text) => self.recite(&text, clauses).await,
            }
        };
        tokio::join!(writing, self.speak(waiting, gate, sound));
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
