//! Rooms of a real LiveKit server, joined by this crate and by others. One file is one behaviour.

mod departure;
mod foreign_caller;
mod network;
mod refusals;
mod server_crash;
mod signalling_cut;
mod stage;
mod two_clients_converse;
