//! What a call needs from outside: a room, and the speech and language services. Each is a port with at least two real
//! implementations, in the crates `room` and `providers`; the pipeline knows no vendor.
//!
//! All ports share three rules. Whatever is dropped stops: a stream, a recogniser, a request. Every channel is bounded,
//! and its field says what happens when it is full. A service that fails says so with a [`ServiceError`], whose kind
//! tells the pipeline whether to try again, to switch or to apologise.

mod language;
mod room;
mod speech;

use std::fmt;

pub use language::*;
pub use room::*;
pub use speech::*;

/// Why a speech or language service did not do its work.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{service}: {message}")]
pub struct ServiceError {
    /// Which service, as settings name it: `offline`, `openai`, …
    pub service: &'static str,
    /// What the caller of the service can do about it.
    pub kind: ServiceErrorKind,
    /// One sentence: what was wrong, without secrets and without what people said.
    pub message: String,
}

/// What can be done about a [`ServiceError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceErrorKind {
    /// The key or the settings are wrong: trying again is useless until somebody mends them.
    Rejected,
    /// Too many requests; the service may have said how long to wait.
    Busy {
        /// The wait that the service asked for, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// The service was not reached, failed inside, or broke off: another try may succeed.
    Unavailable,
    /// Nothing came within the deadline.
    TimedOut,
    /// The service answered with something that is not its protocol.
    Garbled,
}

impl ServiceError {
    /// An error of `service`.
    pub fn new(service: &'static str, kind: ServiceErrorKind, message: impl fmt::Display) -> Self {
        Self {
            service,
            kind,
            message: message.to_string(),
        }
    }

    /// Whether the same request may succeed when it is made again.
    pub fn may_pass(&self) -> bool {
        !matches!(self.kind, ServiceErrorKind::Rejected)
    }
}
