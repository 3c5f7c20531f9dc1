//! Speech and language services behind the ports of the crate `pipeline`.
//!
//! A **provider** is a service that hears, thinks or speaks. This crate has two halves that know nothing of each other.
//!
//! The **offline** half needs no network, key or account: [`OfflineSpeech`] loads what lies in a models folder and gives
//! the ports as shared objects. Voice activity comes from [`vad`], recognition from [`moonshine`], the guess whether a
//! turn is over from [`smart_turn`], speech from [`piper`] or, where that is absent or the language is not English, from
//! the programs behind [`flite`] and [`espeak`]. Networks run under ONNX Runtime, which is loaded while the program runs;
//! without it the program still starts, and hears with an older detector. There is one copy of each model in the process,
//! whatever the number of calls; a call owns only its own state. All networks except the small one of voice activity run
//! in the [`inference`] pool, never where sound is taken in or given out.
//!
//! The **wire** half speaks the protocols of language model servers and of tools over HTTP: [`openai`] and [`http_tool`].
//! Its keys are [`Secret`]s. [`tools`] has what every agent may have without a service.
//!
//! [`simulated`] has speech services that need nothing at all, for load tests and for tests of the pipeline.
//!
//! The crate knows no rooms, no turns and no skillbases: whether a text is an answer, and when somebody may speak, is
//! decided elsewhere. It writes nothing that people said to any log.

mod doctor;
mod error;
pub mod espeak;
pub mod flite;
pub mod http_tool;
pub mod inference;
mod language;
mod models;
pub mod moonshine;
mod offline;
mod onnx;
pub mod openai;
mod phonemes;
pub mod piper;
mod program;
mod resample;
mod secret;
pub mod simulated;
pub mod smart_turn;
pub mod tools;
pub mod vad;
mod voice_stream;
mod wave;

pub use doctor::{Finding, State, examine};
pub use error::OfflineError;
pub use offline::{OfflineOptions, OfflineSpeech, models_folder};
pub use secret::Secret;
