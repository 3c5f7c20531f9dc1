//! The inference pool: a few operating-system threads that run models, so that media tasks never do.
//!
//! Work waits in one queue, ordered by [`Urgency`] and then by age. It is abandoned when its asker is gone: taken out of
//! the queue, or told so while it runs. A panic fails the work in which it happened and nothing else.
//!
//! The queue is bounded. When it is full, interim work that waits makes room for work that is more urgent; other work is
//! refused with [`NotDone::Busy`]. Interim work is a luxury: it is given up when it has waited for too long, and it
//! never occupies the last thread.

mod queue;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use pipeline::ports::{ServiceError, ServiceErrorKind};
use tokio::sync::oneshot;

use self::queue::{Queue, Ticket};
use crate::OfflineError;

/// What kind of model a piece of work needs. At most as many pieces run at once as there are copies of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Speech recognition.
    Recognition,
    /// End of turn.
    EndOfTurn,
    /// Speech synthesis.
    Voice,
}

/// How soon work has to be done, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The text of a caller who has fallen silent: the answer waits for it.
    FinalDecode,
    /// The first clause of a reply: the caller waits for it.
    FirstClause,
    /// Whether the turn is over; a timer decides if this is late.
    EndOfTurn,
    /// A clause that follows sound which is still being heard.
    LaterClause,
    /// Text to read along while the caller speaks.
    InterimDecode,
}

/// The size of an [`Inference`] pool.
#[derive(Clone, Copy, Debug)]
pub struct InferenceOptions {
    /// Threads. The default is one for each core.
    pub threads: usize,
    /// Work that may wait. The default, 256, is what a pool of two threads does in about ten seconds: whatever comes
    /// behind so much would be late anyway.
    pub waiting: usize,
    /// How long interim work may wait before it is given up. The default, 400 ms, is when the next interim result of the
    /// same caller is due.
    pub interim_patience: Duration,
    /// Decodes that may run at once. They share the model's weights; each has working memory of its own, about 20 MB. The
    /// default is the number of threads, four at most.
    pub recognition_copies: usize,
    /// Copies of the voice: clauses that may be synthesised at once. The default is one (a copy is 63 MB and a
    /// clause takes a twentieth of its duration).
    pub voice_copies: usize,
}

impl Default for InferenceOptions {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        Self {
            threads,
            waiting: 256,
            interim_patience: Duration::from_millis(400),
            recognition_copies: threads.min(4),
            voice_copies: 1,
        }
    }
}

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The queue is full of work that is at least as urgent.
    #[error("the inference pool has more work than it can do")]
    Busy,
    /// Interim work waited for too long, or made room.
    #[error("the work waited until it was of no use")]
    Late,
    /// The work panicked.
    #[error("the inference failed inside")]
    Panicked,
    /// The pool is being taken down.
    #[error("the inference pool is closed")]
    Closed,
}

impl From<NotDone> for ServiceError {
    fn from(why: NotDone) -> Self {
        let kind = match why {
            NotDone::Busy => ServiceErrorKind::Busy { retry_after_ms: None },
            NotDone::Late | NotDone::Panicked | NotDone::Closed => ServiceErrorKind::Unavailable,
        };
        Self::new("offline", kind, why)
    }
}

/// The pool. Dropping it refuses what waits and ends its threads after what they are doing.
pub struct Inference {
    queue: Arc<Queue>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Inference {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(options: &InferenceOptions) -> Result<Self, OfflineError> {
        let queue = Arc::new(Queue::new(options));
        let mut pool = Self {
            queue,
            threads: Vec::new(),
        };
        for number in 0..options.threads.max(1) {
            let queue = pool.queue.clone();
            let thread = thread::Builder::new()
                .name(format!("inference-{number}"))
                .spawn(move || serve(&queue))
                .map_err(|source| OfflineError::Threads { source })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Puts work into the queue and gives its result to whoever waits for it. Dropping what is returned abandons it.
    pub fn ask<T, F>(&self, model: Model, urgency: Urgency, work: F) -> Asked<T>
    where
        T: Send + 'static,
        F: FnOnce(&Seat) -> T + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let run = move |turn: Result<usize, NotDone>| {
            let done = turn.and_then(|copy| {
                let seat = Seat {
                    copy,
                    asker: &|| answer.is_closed(),
                };
                catch_unwind(AssertUnwindSafe(|| work(&seat))).map_err(|_| NotDone::Panicked)
            });
            // Nobody may be waiting any more: then the result is of no use.
            let _ = answer.send(done);
        };
        let ticket = Ticket {
            model,
            urgency,
            since: Instant::now(),
            run: Box::new(run),
        };
        let number = self.queue.put(ticket);
        Asked {
            result,
            waiting: number.map(|number| Waiting {
                queue: self.queue.clone(),
                number,
            }),
        }
    }
}

impl Drop for Inference {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread never panics: the work's panics are caught.
            let _ = thread.join();
        }
    }
}

/// The place of work that runs: which copy of its model it may use.
pub struct Seat<'a> {
    /// Number of the copy, from 0.
    pub copy: usize,
    asker: &'a dyn Fn() -> bool,
}

impl Seat<'_> {
    /// Whether the asker is gone: work that takes long looks now and then, and returns early.
    pub fn abandoned(&self) -> bool {
        (self.asker)()
    }
}

/// Work that was asked for, as a future of its result.
pub struct Asked<T> {
    result: oneshot::Receiver<Result<T, NotDone>>,
    waiting: Option<Waiting>,
}

impl<T> Future for Asked<T> {
    type Output = Result<T, NotDone>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let done = std::task::ready!(self.result.poll_unpin(context));
        self.waiting = None;
        Poll::Ready(done.unwrap_or(Err(NotDone::Closed)))
    }
}

/// Takes the work out of the queue when its asker goes.
struct Waiting {
    queue: Arc<Queue>,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.forget(self.number);
    }
}

fn serve(queue: &Queue) {
    while let Some((ticket, copy)) = queue.next(Instant::now) {
        let (model, urgency) = (ticket.model, ticket.urgency);
        (ticket.run)(Ok(copy));
        queue.done(model, urgency, copy);
    }
}
