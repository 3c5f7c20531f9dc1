//! What a call leaves behind: how long everything took, what it cost, how it ended.
//!
//! The crate models five things. A [`TurnRecord`] is one turn of a call: its stamps on the audio clock, what was said, and
//! the numbers that follow from the stamps, of which `eou_latency` is the one that is promised: from the caller's last
//! voiced sample to the agent's first audible one. A [`Waterfall`] explains that number: it lays the stages that were
//! waited for end to end, and they add up to it. A [`CallSummary`] condenses the turns of a call into averages, extremes
//! and percentiles; [`CallUsage`] and [`PriceTable`] turn what the services delivered into money; [`classify`] tells how
//! the call ended. A [`CallJournal`] writes all this as files while the call runs, so that a crash loses nothing that had
//! happened. And [`metrics`] shows the process to Prometheus.
//!
//! Three rules hold throughout. Every number has one definition, and it is written at the field that carries it. All time
//! is [`turn::CallTime`], whole nanoseconds on the call's clock; milliseconds with fractions appear only in what is
//! written. Money is a whole number of billionths, never a float.
//!
//! What the crate deliberately does not know: who decides about speech (crate `turn`), where sound comes from, databases,
//! HTTP. It reads no clock; the only outside it touches is the file system, in [`journal`].

mod call_record;
mod distribution;
pub mod journal;
mod masking;
pub mod metrics;
mod money;
mod outcome;
mod prices;
mod stamps;
mod summary;
mod turn_record;
mod usage;
mod waterfall;
mod worker_latency;

pub use call_record::{CallRecord, CallStatus, Direction, SkillbaseRef};
pub use distribution::Distribution;
pub use journal::{CallJournal, JournalError};
pub use masking::masked_number;
pub use money::{Money, MoneyError};
pub use outcome::{CallFacts, Ending, Lexicon, Outcome, Telephony, Verdict, classify};
pub use prices::{CallCost, LlmPrice, Price, PriceTable};
pub use stamps::{FloorStamp, Stamps};
pub use summary::{CallSummary, LatencyTable, SeedColumns};
pub use turn_record::{Derived, Providers, TurnDetails, TurnRecord};
pub use usage::{CallUsage, EarlyRequests, EarlyWaste, Tokens, TurnUsage};
pub use waterfall::{Inconsistency, Origin, Stage, StageSpan, Waterfall};
pub use worker_latency::WorkerLatency;
