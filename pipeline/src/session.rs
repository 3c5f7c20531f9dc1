//! The session: facts go into the turn core, its orders come out, and both are logged.
//!
//! It is the same for a live call, a simulation and a replay; they differ in the [`Stage`] that carries the orders out.

use serde::{Deserialize, Serialize};
use turn::{CallTime, Conversation, Effect, Event, FloorDecision, Notice, Policy};

use crate::recorder::{Journal, RecorderHandle};

/// Carries out what the conversation orders. Orders never wait: what takes time is begun, and reports back by an event.
pub trait Stage {
    /// Carries out one order, given at the moment `now`.
    fn perform(&mut self, order: Effect, now: CallTime);
}

/// One conversation and its log.
pub struct Session {
    conversation: Conversation,
    log: Option<RecorderHandle>,
}

/// A line of a call's input log, `inputs.jsonl`: what went into the turn core, and what it ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLine {
    /// The first line: how the agent takes turns.
    Policy(Box<Policy>),
    /// A fact.
    Event {
        /// When, in nanoseconds since the call's start.
        at: CallTime,
        /// The fact.
        event: Event,
    },
    /// Deadlines were due.
    Timeout {
        /// When, in nanoseconds since the call's start.
        at: CallTime,
    },
    /// What was ordered, in short.
    Order(String),
}

impl Session {
    /// A session that has not begun. `log`: where its input log goes.
    pub fn new(policy: Policy, log: Option<RecorderHandle>) -> Self {
        let session = Self {
            conversation: Conversation::new(policy.clone()),
            log,
        };
        session.write(|| LogLine::Policy(policy.into()));
        session
    }

    /// Takes a fact and carries out what follows from it.
    pub fn handle(&mut self, event: Event, now: CallTime, stage: &mut impl Stage) {
        self.write(|| LogLine::Event {
            at: now,
            event: event.clone(),
        });
        self.conversation.handle(event, now);
        self.carry_out(now, stage);
    }

    /// Takes the deadlines that are due.
    pub fn handle_timeout(&mut self, now: CallTime, stage: &mut impl Stage) {
        self.write(|| LogLine::Timeout { at: now });
        self.conversation.handle_timeout(now);
        self.carry_out(now, stage);
    }

    /// When [`Self::handle_timeout`] is wanted.
    pub fn deadline(&self) -> Option<CallTime> {
        self.conversation.poll_timeout()
    }

    /// The conversation, to look at.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    fn carry_out(&mut self, now: CallTime, stage: &mut impl Stage) {
        while let Some(order) = self.conversation.poll_effect() {
            if let Some(short) = in_short(&order) {
                self.write(|| LogLine::Order(short));
            }
            stage.perform(order, now);
        }
    }

    fn write(&self, line: impl FnOnce() -> LogLine) {
        if let Some(log) = &self.log {
            log.line(Journal::Inputs, &line());
        }
    }
}

/// An order without what people said. Of the notices, which order nothing, only decisions about the floor are given: each
/// says why the orders with it were given, or why none was.
pub fn in_short(order: &Effect) -> Option<String> {
    Some(match order {
        Effect::Request {
            reply,
            history,
            tools,
            early,
            voice,
            may_be_silent,
        } => format!(
            "request {} after {} entries{}{}{}{}",
            reply.0,
            history.len(),
            if *tools { ", tools" } else { "" },
            if *early { ", early" } else { "" },
            if *voice { ", voice" } else { "" },
            if *may_be_silent { ", may be silent" } else { "" },
        ),
        Effect::Say { reply, .. } => format!("say {}", reply.0),
        Effect::Release { reply } => format!("release {}", reply.0),
        Effect::Play { reply } => format!("play {}", reply.0),
        Effect::Pause { reply } => format!("pause {}", reply.0),
        Effect::Resume { reply } => format!("resume {}", reply.0),
        Effect::Stop { reply } => format!("stop {}", reply.0),
        Effect::Drop { reply } => format!("drop {}", reply.0),
        Effect::RunTool { reply, call } => format!("run {} for {}", call.name, reply.0),
        Effect::CancelTool { reply, id } => format!("cancel {id} for {}", reply.0),
        Effect::Hook { turn, .. } => format!("hook {}", turn.0),
        Effect::Weigh { .. } => "weigh".to_owned(),
        Effect::FlushRecogniser => "flush".to_owned(),
        Effect::EndCall { reason } => format!("end {reason:?}"),
        Effect::Notice(Notice::Floor { decision, .. }) => {
            let FloorDecision { act, reason, .. } = decision;
            format!("floor {act:?} for {reason:?}")
        }
        Effect::Notice(_) => return None,
    })
}
