//! Offline speech with its real models and real speech. One program, so that the models are loaded once.

mod end_of_turn;
mod listening;
mod models_folder;
mod murmurs;
mod recogniser_hints;
mod recognition;
mod speech;
mod voice_activity;
mod voices;
