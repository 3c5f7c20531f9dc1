//! What the store promises, one file a behaviour, on a real PostgreSQL.

mod common;
mod delivery;
mod local;
mod migration;
mod save_call;
mod skillbases;
