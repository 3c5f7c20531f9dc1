//! Who may speak, and when: the decisions of a spoken conversation as a pure state machine.
//!
//! # What it models
//!
//! Two parties share one line. The *caller* speaks in stretches; a detector reports each stretch, a recogniser turns it into
//! text, and at some silence the stretch becomes a *turn*. The *agent* gives each turn an *answer*: one *reply* of a
//! language model, or several with tools between them, each of which a voice makes audible. Either may begin while the
//! other is at it. This crate decides what then happens: when a turn is over (*endpointing*), when the agent begins, falls
//! silent, goes on or gives way (*barge-in*), what the agent remembers of its own words (*heard text*), when silence
//! becomes a reminder and when the call ends.
//!
//! # How it is driven
//!
//! ```
//! use turn::{CallTime, Conversation, Effect, Event, Policy};
//!
//! let mut conversation = Conversation::new(Policy::default());
//! let now = CallTime::START;
//! conversation.handle(Event::Started { greeting: "Hello!".into(), talked_over: None }, now);
//! while let Some(effect) = conversation.poll_effect() {
//!     if let Effect::Say { text, .. } = effect {
//!         assert_eq!(text.reveal(), "Hello!");
//!     }
//! }
//! let wake_at: Option<CallTime> = conversation.poll_timeout();
//! conversation.handle_timeout(wake_at.unwrap());
//! ```
//!
//! [`Event`]s are facts, [`Effect`]s are orders, deadlines are plain times: the shell sleeps until
//! [`Conversation::poll_timeout`]. Within one moment facts are handed in before deadlines. The same machine runs live
//! calls, simulations and replays, and gives the same decisions for the same facts.
//!
//! # Rules that hold always
//!
//! * At most one reply is audible. One that was told to stop is not followed by another before it has confirmed.
//! * Every event about a reply carries its [`ReplyId`]; what comes late for a reply that is gone changes nothing.
//! * The history holds what was heard, never what was only planned, and no tool call without its result.
//! * Tools run only for a turn that is over; a reply that was asked for early and dropped has run none.
//! * Nothing that the caller says is lost: it is answered, or a notice says that it was dropped.
//!
//! # What it does not know
//!
//! Clocks, tasks, sound, text-to-speech, vendors. It is `no_std`: the compiler keeps it so.
#![no_std]

extern crate alloc;

mod answer;
mod attention;
mod caller;
mod conversation;
mod decision;
mod effect;
mod ending;
mod endpointing;
mod event;
mod history;
mod ids;
mod policy;
mod said;
mod time;
mod timers;
mod timings;

pub use conversation::Conversation;
pub use decision::{FloorAct, FloorDecision, FloorReason};
pub use effect::{AgentState, CallEnd, Effect, Failure, MeasuredTurn, Notice, ToolCall, UserState};
pub use event::{Completeness, Event, Mark};
pub use history::{HistoryItem, ToolRun};
pub use ids::{ReplyId, TurnId};
pub use policy::{
    BackChannels, EarlyPause, Endpointing, EndpointingMode, Filler, IdleAct, IdleStep, Interruption,
    InterruptionMode, Output, Phrases, Policy, Preemptive, ProtectedSpeech, TalkedOver, ToolMode, TurnLimit,
};
pub use said::Said;
pub use time::CallTime;
pub use timings::{EndReason, ToolTiming, TurnTimings};
