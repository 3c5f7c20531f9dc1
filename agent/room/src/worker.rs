//! The worker: how this process offers itself to a LiveKit server and is given calls.
//!
//! A *worker* is one connection to the server's `/agent` address, kept up for ever. Over it the server *offers* a job
//! (a room that wants an agent), the application accepts or refuses, and an accepted offer becomes an *assignment* with
//! a token for the room. What happens in the room is not the worker's business: calls go on when this connection is
//! lost, and are announced again when it is back.
//!
//! * [`Worker::connect`] starts it; [`WorkerEvent`]s come out, [`WorkerHandle`] takes orders.
//! * Every offer is answered within [`WorkerOptions::answer_within`], by the application or, failing that, with a
//!   refusal: a server whose offer is not answered waits ten seconds and then asks nobody else.
//! * `protocol` decides (messages and time in, messages and notices out, no IO), `link` carries one connection,
//!   `run` is the task that joins them.
//!
//! What it does not know: what a call is, how many of them fit, what the load is made of.

mod job;
mod link;
mod messages;
mod protocol;
mod run;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

pub use self::job::{Acceptance, Assignment, Job, JobId, JobOffer, JobOutcome, JobParticipant, WorkerId};
use self::link::Address;
use self::protocol::{Protocol, Settings};
use self::run::{Order, Run};
use crate::token::{Credentials, TokenError};

/// Events that may wait for the application. When so many wait it is not keeping up, and offers are refused unasked.
const EVENTS_WAITING: usize = 64;

/// Orders that may wait for the worker. It takes them at once; when so many wait the caller waits too.
const ORDERS_WAITING: usize = 64;

/// The worker protocol's client. See [`Worker::connect`].
#[derive(Debug)]
pub struct Worker;

/// What a worker is started with.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The server's address: `ws://`, `wss://`, `http://` or `https://`, with a path in front of `/agent` if need be.
    pub url: String,
    /// Key and secret of the server.
    pub credentials: Credentials,
    /// Name for dispatch. Empty: the worker is offered every new room.
    pub agent_name: String,
    /// Version of the program, shown by the server.
    pub version: String,
    /// How long the application may think about an offer. The server waits ten seconds, the caller in silence.
    pub answer_within: Duration,
    /// The load, 0 to 1, from which on the worker calls itself full and is offered nothing.
    pub full_at: f32,
}

/// What the application is told.
#[derive(Debug)]
pub enum WorkerEvent {
    /// The server has taken the worker; after a lost connection it does so again, under a new id.
    Registered {
        /// The id, given by the server.
        id: WorkerId,
    },
    /// A job is offered. Answer it.
    Offer(JobOffer),
    /// A job whose offer was accepted is to begin.
    Assigned(Assignment),
    /// A job whose offer was accepted will not begin: whatever was set aside for it is free again.
    Withdrawn {
        /// The job.
        job: JobId,
        /// Why not.
        reason: String,
    },
    /// The server wants a job ended. It counts as running until [`WorkerHandle::job_finished`] says otherwise.
    Terminated {
        /// The job.
        job: JobId,
    },
    /// The connection is lost, or could not be made. It is tried again until it succeeds; running jobs are unharmed.
    Lost {
        /// What happened.
        reason: String,
    },
    /// The worker has given up. No other event follows.
    Failed(WorkerError),
}

/// Why there is no worker.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WorkerError {
    /// The server does not accept the credentials.
    #[error(
        "LiveKit refused the API key {api_key}: {reason}; check LIVEKIT_API_KEY and LIVEKIT_API_SECRET against {url}"
    )]
    KeyRefused {
        /// The key.
        api_key: String,
        /// The server.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The address is none.
    #[error(
        "{url:?} is not the address of a LiveKit server: set LIVEKIT_URL to ws://host:port or wss://host"
    )]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// The credentials sign nothing.
    #[error("{0}")]
    Credentials(String),
}

/// Orders to a worker. Dropping it stops the worker at once, without a word to the server.
#[derive(Debug)]
pub struct WorkerHandle {
    load: watch::Sender<f32>,
    orders: mpsc::Sender<Order>,
    registered: watch::Receiver<Option<WorkerId>>,
    _task: AbortOnDropHandle<()>,
}

impl Worker {
    /// Starts a worker on the current tokio runtime. It connects, and connects again whenever the connection is lost.
    ///
    /// The events end when it has drained, or after [`WorkerEvent::Failed`].
    ///
    /// # Errors
    /// When the address or the credentials cannot be used at all. What only the server can know comes as an event.
    pub fn connect(
        options: WorkerOptions,
    ) -> Result<(WorkerHandle, mpsc::Receiver<WorkerEvent>), WorkerError> {
        let address = Address::new(&options.url, options.credentials.clone())?;
        let (load, load_seen) = watch::channel(0.0);
        let (orders, orders_taken) = mpsc::channel(ORDERS_WAITING);
        let (events, events_seen) = mpsc::channel(EVENTS_WAITING);
        let (registration, registered) = watch::channel(None);
        let settings = Settings {
            agent_name: options.agent_name,
            version: options.version,
            answer_within: options.answer_within,
            full_at: options.full_at,
            chance: RandomState::new().hash_one(0_u8),
        };
        let run = Run::new(
            Protocol::new(settings, Duration::ZERO),
            address,
            run::Doors {
                load: load_seen,
                orders: orders_taken,
                events,
                registration,
            },
        );
        let task = AbortOnDropHandle::new(tokio::spawn(run.run()));
        Ok((
            WorkerHandle {
                load,
                orders,
                registered,
                _task: task,
            },
            events_seen,
        ))
    }
}

impl WorkerOptions {
    /// Options with the usual limits: three seconds to answer an offer, full at load 1.
    pub fn new(url: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            url: url.into(),
            credentials,
            agent_name: String::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            answer_within: Duration::from_secs(3),
            full_at: 1.0,
        }
    }
}

impl WorkerHandle {
    /// Tells the server how busy the worker is, 0 to 1, within 100 ms. Among several workers the server chooses by
    /// chance, weighted by what is left to 1.
    pub fn set_load(&self, load: f32) {
        self.load.send_replace(load);
    }

    /// Says that a job is over. The server hears of it as soon as there is a connection.
    pub async fn job_finished(&self, job: JobId, outcome: JobOutcome) {
        // When the worker is gone there is nobody left to tell.
        let _ = self.orders.send(Order::Finished { job, outcome }).await;
    }

    /// Takes no more jobs from now on, waits until the running ones are finished, and says goodbye. Limit it with a
    /// timeout; dropping the future keeps the worker draining.
    pub async fn drain(&self) {
        let _ = self.orders.send(Order::Drain).await;
        self.ended().await;
    }

    /// Waits until the worker has ended: drained, or failed.
    pub async fn ended(&self) {
        let mut registered = self.registered.clone();
        while registered.changed().await.is_ok() {}
    }

    /// Under which id the server knows the worker; none while there is no connection.
    pub fn registered(&self) -> watch::Receiver<Option<WorkerId>> {
        self.registered.clone()
    }
}

impl From<TokenError> for WorkerError {
    fn from(error: TokenError) -> Self {
        Self::Credentials(error.to_string())
    }
}
