//! The program `newvoice`, in parts, so that whole-worker tests can use them.
//!
//! It reads settings ([`settings`]), builds the services that an agent asks for ([`services`]), and runs one command
//! ([`commands`]): a worker that holds calls from LiveKit ([`worker`]), one conversation with a recording ([`talk`]), the
//! demo ([`demo`]), or a look at what is there ([`doctor`]). A call is held in one place for all of them ([`call`]).
//!
//! It knows every other crate and decides nothing about speech.

pub mod call;
pub mod cli;
pub mod commands;
pub mod definition;
pub mod demo;
pub mod doctor;
mod ear;
pub mod failure;
pub mod flow_model;
pub mod logging;
pub mod policy;
pub mod replay;
pub mod screen;
pub mod services;
pub mod settings;
pub mod simulate;
pub mod talk;
pub mod worker;
