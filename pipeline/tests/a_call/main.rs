//! A whole call on virtual time: what the caller hears, and when.

mod answering;
mod ending;
mod failing_services;
mod judging;
mod measuring;
mod sending;
mod support;
mod talking_over;
mod tools;
