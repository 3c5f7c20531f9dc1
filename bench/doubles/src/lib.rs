//! Doubles: servers that stand in for the services an agent talks to, so that tests need no account and no network, and
//! so that every fault of a service can be had on demand.
//!
//! A double speaks the real wire protocol on a free loopback port, over real sockets, with real clocks. It was written
//! from the protocols' descriptions and shares no type with the crate `providers`: what one of them misunderstands, the
//! other does not repeat. The vendors' own client libraries are used to prove that a double speaks as its original does.
//!
//! Nouns. A *double* is one running server; it stops when it is dropped, open connections included. What it should
//! answer is a *program*: a function from the question to an [`chat::Answer`], asked anew for each request. What it saw is
//! its *log*: what came in and when, and how each exchange ended, up to the moment a client went away.
//!
//! * [`chat`]: an OpenAI-compatible chat completions server.
//! * [`booking`]: a business's booking service, as an agent's HTTP tools meet it.
//!
//! A double knows nothing about speech, turns or calls, and judges nobody's answers; it only refuses, as the original
//! does, requests that break the protocol.

pub mod booking;
pub mod chat;
mod log;
mod loopback;
