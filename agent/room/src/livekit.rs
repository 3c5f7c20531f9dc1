//! A LiveKit room, joined over the network.
//!
//! [`join`] is the whole of it; the rest is inside. One task owns the room: it reads the sockets of both legs, puts the
//! caller's packets in order, decides who the caller is, and brings the connection back when it is lost. A second task
//! does nothing but signalling, because signalling waits and sound must not.
//!
//! Media goes over UDP, or over TCP to the server's own port where UDP does not get through. There are no relays (TURN):
//! where both are blocked, a room cannot be joined.

mod flow;
mod handles;
mod incoming;
mod leg;
mod link;
mod outgoing;
mod peer;
mod reasons;
mod reconnect;
mod sdp;
mod session;
mod signalling;
mod sockets;
mod tcp;
mod text;

use std::fmt;

use pipeline::ports::{JoinedRoom, LeftReason};

use crate::token::Credentials;

/// Which room to join, as whom, and whom to listen to.
#[derive(Clone)]
pub struct JoinOptions {
    /// The server: `ws://`, `wss://`, `http://` or `https://`.
    pub url: String,
    /// The pass: names the room and us, and says what we may do. Never printed.
    pub token: String,
    /// Whom this call is linked to.
    pub link: LinkTo,
    /// What happens when the caller has gone.
    pub after_caller: AfterCaller,
    /// How media may travel.
    pub media: MediaPath,
    /// What it takes to end the room for all ([`pipeline::ports::Leave::EndForAll`]); without it the agent can only
    /// leave alone.
    pub credentials: Option<Credentials>,
    /// Chance: where RTP streams begin and how long reconnecting waits.
    pub seed: u64,
}

impl JoinOptions {
    /// An agent's usual way into a room: linked to the first caller, by whatever path media finds.
    pub fn new(url: impl Into<String>, token: impl Into<String>, seed: u64) -> Self {
        Self {
            url: url.into(),
            token: token.into(),
            link: LinkTo::FirstCaller,
            after_caller: AfterCaller::WaitForSame,
            media: MediaPath::Any,
            credentials: None,
            seed,
        }
    }
}

impl fmt::Debug for JoinOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinOptions")
            .field("url", &self.url)
            .field("link", &self.link)
            .field("after_caller", &self.after_caller)
            .field("media", &self.media)
            .finish_non_exhaustive()
    }
}

/// Whom a call is linked to. Only this participant is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTo {
    /// The first person or telephone that joined.
    FirstCaller,
    /// The person or telephone of this identity, however many others are there.
    Identity(String),
    /// The first agent: for those who call agents, such as recorded callers.
    FirstAgent,
}

/// What happens when the linked caller has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCaller {
    /// Only the same identity may take up the call again.
    WaitForSame,
    /// The next caller is linked, if there is one or as soon as one comes.
    LinkNext,
}

/// How media may travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaPath {
    /// Over UDP, and over TCP where UDP does not get through.
    Any,
    /// Over TCP only.
    TcpOnly,
}

/// Why a room could not be joined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The address is not one of a LiveKit server.
    #[error(
        "join the room: `{url}` is not a server address ({message}); it looks like ws://host:7880 or wss://host"
    )]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        message: String,
    },
    /// The server is not there, or does not answer.
    #[error(
        "join the room: no LiveKit server answers at {url} ({message}); check the address and that the server runs"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What happened.
        message: String,
    },
    /// The token was good once.
    #[error("join the room: the token has expired; a new one is needed")]
    TokenExpired,
    /// The server does not accept the token: made with another key or secret, or for another purpose.
    #[error(
        "join the room: the server refuses the token ({message}); check the API key and secret it was made with"
    )]
    TokenRefused {
        /// The server's words.
        message: String,
    },
    /// There is no such room, and the server makes none.
    #[error("join the room: the server has no such room ({message})")]
    NoSuchRoom {
        /// The server's words.
        message: String,
    },
    /// The server answered with an error of its own.
    #[error("join the room: the server failed ({message}); try again")]
    ServerFailed {
        /// What it said.
        message: String,
    },
    /// Signalling works but no media gets through.
    #[error(
        "join the room: no media connection within {seconds} s; check that the server's UDP or TCP media ports are open"
    )]
    MediaBlocked {
        /// How long was tried.
        seconds: u64,
    },
    /// The server sent us away again.
    #[error("join the room: the server closed the room for us ({reason:?})")]
    SentAway {
        /// Its reason.
        reason: LeftReason,
    },
}

/// Joins a room. Returns when the agent's track is published and can be spoken on, at the latest after about 20
/// seconds. A join that is dropped half-way leaves again by itself.
///
/// When the control of the [`JoinedRoom`] is dropped without [`pipeline::ports::RoomControl::leave`], the agent leaves
/// alone.
///
/// # Errors
/// See [`JoinError`]; each says in one sentence what was wrong and what to do.
pub async fn join(options: JoinOptions) -> Result<JoinedRoom, JoinError> {
    handles::join(options).await
}
