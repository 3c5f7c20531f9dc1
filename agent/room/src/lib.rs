//! The room: where a call happens, as a LiveKit server knows it.
//!
//! A *room* holds *participants*. One of them is us, the *agent*; one is the *caller* to whom this call is *linked*: a
//! person with a browser or an app, or a telephone that came in through LiveKit's SIP service. Whoever else is there
//! (a second caller, another agent, a listener) is neither heard nor decoded.
//!
//! The crate stands between two contracts. Towards the pipeline it keeps the port `pipeline::ports::JoinedRoom`: Opus
//! packets in and out with their positions on the track's clock, events, text. Towards the server it speaks LiveKit:
//!
//! * [`livekit`] joins a room. Signalling is LiveKit's own crate, media is WebRTC by `str0m`. One task owns a room with
//!   all its sockets; it reads, decides and posts, and never waits for the pipeline.
//! * [`memory`] is the same room without a network: both of its ends are in this process. Tests, simulations and
//!   recorded callers use it.
//! * [`worker`] is how the process offers itself to the server and is given calls.
//! * [`service`] asks the server's front desk: rooms are made, listed and ended there.
//! * [`token`] signs the passes that open rooms, and [`local`] starts a server of one's own for tests and for the demo.
//!
//! Words of this crate: a *track* is one published stream of sound; a *position* counts ticks of 48 kHz from the track's
//! first packet; a *leg* is one of the two WebRTC connections of a room (we *publish* on one and *subscribe* on the
//! other); to *resume* is to get the signalling back while the legs live on, to *rejoin* is to begin again in the same
//! room.
//!
//! What it does not know on purpose: what the sound says (it never decodes), who may speak when, what a call is worth,
//! and anything of databases or campaigns. It keeps no clock of the call: every packet carries the moment at which it
//! was read from the socket.

mod backlog;
pub mod livekit;
pub mod local;
pub mod memory;
pub mod service;
mod tls;
pub mod token;
pub mod worker;
