//! The worker against a real LiveKit server, with LiveKit's Python API SDK as the one who asks for agents, and against
//! a server of our own that misbehaves.

mod connection;
mod dispatch;
mod faults;
mod front_desk;
mod support;
