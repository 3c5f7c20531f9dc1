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
//! loudspeaker first, then interim texts, final texts, the detector, decisions, services, sound. The session's orders go
//! to the stage, which puts what follows from them on the agenda. The core's own deadlines are decisions. A [`GoBetween`]
//! may look at what passes between the two.
//!
//! # What it does not know
//!
//! Sound itself, files, and how events are printed.

mod agenda;
mod between;
mod caller;
mod loudspeaker;
mod script;
mod services;
mod stage;

use turn::{CallEnd, CallTime, Effect, Event, Notice, Policy, ReplyId};

use self::{
    agenda::{Agenda, Due, Rank},
    between::Faithful,
    stage::Stage,
};
pub use self::{
    between::GoBetween,
    caller::OutOfOrder,
    script::{
        CallerAct, Command, Detector, Fault, Greeting, Recogniser, Script, ScriptedReply, ScriptedTool,
        ScriptedVoice,
    },
};
use crate::session::{self, Session};

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
/// When the caller's stretches of speech overlap or end before they begin.
pub fn run(policy: Policy, script: &Script) -> Result<Vec<SimEvent>, OutOfOrder> {
    run_through(policy, script, &mut Faithful)
}

/// Plays a script under a policy, with somebody between the core and the world.
///
/// # Errors
/// When the caller's stretches of speech overlap or end before they begin.
pub fn run_through(
    policy: Policy,
    script: &Script,
    between: &mut impl GoBetween,
) -> Result<Vec<SimEvent>, OutOfOrder> {
    let mut agenda = Agenda::default();
    caller::schedule(script, &mut agenda)?;
    let (greeting, talked_over) = match &script.greeting {
        Some(greeting) => (greeting.text.clone(), greeting.talked_over),
        None => Default::default(),
    };
    let started = Event::Started {
        greeting,
        talked_over,
    };
    agenda.add(CallTime::START, Rank::Confirmation, Due::Event(started));
    let mut simulation = Simulation {
        session: Session::new(policy, None),
        world: World {
            stage: Stage::new(script, agenda),
            between,
        },
    };
    while let Some(now) = simulation.next_moment().filter(|now| *now <= script.until) {
        simulation.step(now);
    }
    Ok(simulation.world.stage.events)
}

struct Simulation<'a, B> {
    session: Session,
    world: World<'a, B>,
}

/// The world as the core meets it: behind the go-between.
struct World<'a, B> {
    stage: Stage<'a>,
    between: &'a mut B,
}

impl<B: GoBetween> Simulation<'_, B> {
    fn deadline(&self) -> Option<CallTime> {
        self.world.between.deadline(self.session.deadline())
    }

    fn next_moment(&self) -> Option<CallTime> {
        let due = self.world.stage.agenda.next().map(|(at, _)| at);
        [self.deadline(), due].into_iter().flatten().min()
    }

    /// Carries out what comes first at this moment.
    fn step(&mut self, now: CallTime) {
        let decision_due = self.deadline().is_some_and(|deadline| deadline <= now);
        let decides_first = match self.world.stage.agenda.next() {
            Some((at, rank)) => at > now || rank > Rank::Decision,
            None => true,
        };
        if decision_due && decides_first {
            self.world.between.woken(now);
            self.session.handle_timeout(now, &mut self.world);
        } else {
            let fact = self.world.stage.happens_next(now);
            let facts = fact.map_or_else(Vec::new, |fact| self.world.between.fact(fact, now));
            for fact in facts {
                self.session.handle(fact, now, &mut self.world);
            }
        }
        self.world.between.settled(self.session.conversation(), now);
    }
}

impl<B: GoBetween> session::Stage for World<'_, B> {
    fn perform(&mut self, order: Effect, now: CallTime) {
        for order in self.between.order(order, now) {
            self.stage.perform(order, now);
        }
    }
}
