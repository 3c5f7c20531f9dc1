//! A call on virtual time: the real [`Session`] and turn core between a scripted caller and scripted services.
//!
//! # What it models
//!
//! A [`Script`] says what the caller does and how the detector, the recogniser, the model, the voice, the tools and the
//! loudspeaker behave, each with exact times. [`run`] plays it from the start to its end and gives everything that
//! happened, in order. No clock is read and nothing is random: the same script gives the same events.
//!
//! # How it hangs together
//!
//! What is to happen lies in one *agenda*, ordered by time and, within one moment, by rank: confirmations of the
//! loudspeaker first, then interim texts, final texts, the detector, decisions, services, sound. The session's orders go to the stage,
//! which puts what follows from them on the agenda. The core's own deadlines are decisions.
//!
//! # What it does not know
//!
//! Sound itself, files, and how events are printed.

mod agenda;
mod caller;
mod loudspeaker;
mod script;
mod services;
mod stage;

use turn::{CallEnd, CallTime, Event, Notice, Policy, ReplyId};

use self::{
    agenda::{Agenda, Due, Rank},
    stage::Stage,
};
pub use self::{
    caller::OutOfOrder,
    script::{
        CallerAct, Command, Detector, Fault, Greeting, Recogniser, Script, ScriptedReply, ScriptedTool,
        ScriptedVoice,
    },
};
use crate::session::Session;

/// Something that happened in a simulated call.
#[derive(Clone, Debug, PartialEq)]
pub struct SimEvent {
    /// When.
    pub at: CallTime,
    /// What.
    pub fact: SimFact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum SimFact {
    /// The conversation says so.
    Notice(Notice),
    /// The loudspeaker fell silent in the middle of a reply.
    AudioPaused {
        /// Which reply.
        reply: ReplyId,
        /// How much was played.
        position: std::time::Duration,
    },
    /// The loudspeaker goes on.
    AudioResumed {
        /// Which reply.
        reply: ReplyId,
        /// From where.
        position: std::time::Duration,
    },
    /// The call has ended.
    Ended(CallEnd),
}

/// Plays a script under a policy.
///
/// # Errors
/// When the caller's stretches of speech overlap or are not in order.
pub fn run(policy: Policy, script: &Script) -> Result<Vec<SimEvent>, OutOfOrder> {
    let mut agenda = Agenda::default();
    caller::schedule(script, &mut agenda)?;
    let (greeting, interruptible) = match &script.greeting {
        Some(greeting) => (greeting.text.clone(), greeting.interruptible),
        None => Default::default(),
    };
    let started = Event::Started {
        greeting,
        interruptible,
    };
    agenda.add(CallTime::START, Rank::Confirmation, Due::Event(started));
    let mut session = Session::new(policy, None);
    let mut stage = Stage::new(script, agenda);
    while let Some(now) = next_moment(&session, &stage.agenda).filter(|now| *now <= script.until) {
        step(&mut session, &mut stage, now);
    }
    Ok(stage.events)
}

fn next_moment(session: &Session, agenda: &Agenda) -> Option<CallTime> {
    let due = agenda.next().map(|(at, _)| at);
    [session.deadline(), due].into_iter().flatten().min()
}

/// Carries out what comes first at this moment.
fn step(session: &mut Session, stage: &mut Stage<'_>, now: CallTime) {
    let decision_due = session.deadline().is_some_and(|deadline| deadline <= now);
    let decides_first = match stage.agenda.next() {
        Some((at, rank)) => at > now || rank > Rank::Decision,
        None => true,
    };
    if decision_due && decides_first {
        session.handle_timeout(now, stage);
    } else if let Some(due) = stage.agenda.take() {
        stage.happens(due, session, now);
    }
}
