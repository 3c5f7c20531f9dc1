//! What the crate promises, one file a behaviour.

mod common;
mod cost;
mod golden_call;
mod journal;
mod metrics;
mod outcome;
mod summary;
mod turn_record;
mod waterfall;
