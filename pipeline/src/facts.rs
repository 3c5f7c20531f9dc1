//! What a call tells those who watch it: records, screens, metrics.

use tokio::sync::mpsc;
use turn::{CallTime, Notice, ReplyId};

use crate::ports::{ServiceError, TokenUsage};

/// Something that happened in a call.
#[derive(Clone, Debug)]
pub enum CallFact {
    /// The conversation itself.
    Notice(Notice),
    /// What a request to the model cost.
    ModelUsed {
        /// The reply it was for.
        reply: ReplyId,
        /// Its tokens.
        tokens: TokenUsage,
    },
    /// The model has written all that it will of a reply, broken off or not. Told for each request that wrote anything.
    ModelWrote {
        /// The reply it was for.
        reply: ReplyId,
        /// How many characters.
        characters: u64,
    },
    /// Text was given to the voice.
    VoiceUsed {
        /// The reply it was for.
        reply: ReplyId,
        /// How many characters.
        characters: u64,
    },
    /// Sound was given to the recogniser.
    RecogniserUsed {
        /// Seconds of it.
        seconds: f64,
    },
    /// A service failed; the call goes on.
    Problem(ServiceError),
}

/// Tells facts to the watcher. It never waits: a watcher that lags by more than the queue holds loses facts, and
/// [`Teller::lost`] says how many.
#[derive(Clone, Debug)]
pub struct Teller {
    queue: mpsc::Sender<(CallTime, CallFact)>,
    lost: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

/// Facts that may wait for the watcher: minutes of a lively call.
const QUEUE: usize = 4_096;

impl Teller {
    /// A teller, and what it tells.
    pub fn new() -> (Self, mpsc::Receiver<(CallTime, CallFact)>) {
        let (queue, facts) = mpsc::channel(QUEUE);
        (
            Self {
                queue,
                lost: std::sync::Arc::default(),
            },
            facts,
        )
    }

    /// Tells one fact.
    pub fn tell(&self, at: CallTime, fact: CallFact) {
        if self.queue.try_send((at, fact)).is_err() {
            self.lost.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// How many facts found no room, or nobody to hear them.
    pub fn lost(&self) -> u64 {
        self.lost.load(std::sync::atomic::Ordering::Relaxed)
    }
}
