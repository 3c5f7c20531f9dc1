//! PostgreSQL: companies, agents, and the calls that were held.
//!
//! All SQL of the project is in this crate, one file for each family of tables: [`companies`], [`skillbases`], [`calls`]
//! (with their messages, metrics and logs). The rest of the program sees a [`Store`] with methods that say what is wanted,
//! row structs that mirror the tables, and a [`StoreError`] whose kind says what can be done. Rows travel as JSON in both
//! directions and PostgreSQL itself turns them into the types of its columns; so a row has one description here, its
//! struct, and one there, its table.
//!
//! No call waits for the database. A call ends as files (`call.json` and `turns.jsonl`, see [`files`]), and [`Delivery`]
//! takes them into the tables, at once or when the database is back, exactly once each.
//!
//! [`local`] starts a throw-away PostgreSQL, for tests and the demo.
//!
//! What the crate deliberately does not know: what a turn, a prompt or an outcome means. It keeps the texts and figures of
//! others as they are, and depends on none of our crates.

pub mod calls;
pub mod companies;
mod delivery;
mod error;
pub mod files;
pub mod local;
pub mod skillbases;
mod store;

pub use calls::{CallRow, FinishedCall, LogRow, MessageRow, MetricsRow, Saved};
pub use companies::Company;
pub use delivery::{Backoff, Delivery, Round};
pub use error::StoreError;
pub use skillbases::{Applied, Change, NewSkillbase, Skillbase};
pub use store::Store;
