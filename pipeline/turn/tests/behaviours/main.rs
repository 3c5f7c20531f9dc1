//! What a conversation does, behaviour by behaviour.

mod awaited_answers;
mod away;
mod back_channels;
mod background;
mod barge_in;
mod call;
mod closing;
mod early_requests;
mod endpointing;
mod failures;
mod false_barge_in;
mod fillers;
mod limits;
mod protected;
mod reasons;
mod stop_sequences;
mod tools;
