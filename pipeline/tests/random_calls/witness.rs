//! A witness between the core and the world: sees what each of the two does, and holds one against the other.
//!
//! It believes neither. What the loudspeaker plays, which tools run and what the caller says it knows from the world;
//! what the core ordered and told it knows from the core. A [`Fault`] lies between the two, so that the witness can be
//! put to the test: then one side does not get what the other gave.

mod deadlines;
mod measure;
mod sound;
mod speech;
mod tools;

use pipeline::simulation::GoBetween;
use turn::{CallTime, Conversation, Effect, Event, Policy};

use crate::faults::{Fault, Faulty};
use deadlines::Deadlines;
use measure::Measures;
use sound::Sound;
use speech::Speech;
use tools::Tools;

macro_rules! demand {
    ($holds:expr, $($what:tt)*) => {
        if !$holds {
            return Err(format!($($what)*));
        }
    };
}
pub(crate) use demand;

/// What is wrong, if anything.
pub(crate) type Verdict = Result<(), String>;

/// Sees a call from its start to its end.
pub(crate) struct Witness {
    between: Faulty,
    sound: Sound,
    speech: Speech,
    tools: Tools,
    measures: Measures,
    deadlines: Deadlines,
    verdict: Verdict,
    /// The core was woken in this step, and not told a fact.
    woken: bool,
    /// The call is over: what the caller says now nobody hears.
    ended: bool,
}

impl Witness {
    pub(crate) fn new(policy: &Policy, fault: Option<Fault>) -> Self {
        Self {
            between: Faulty::new(fault),
            sound: Sound::default(),
            speech: Speech::new(policy),
            tools: Tools::new(policy),
            measures: Measures::default(),
            deadlines: Deadlines::new(policy),
            verdict: Ok(()),
            woken: false,
            ended: false,
        }
    }

    /// What it has to say when the call is over.
    pub(crate) fn finish(self, until: CallTime) -> Verdict {
        self.verdict?;
        self.deadlines.moment_is_over(until)?;
        self.sound.finish(until)?;
        self.tools.finish()?;
        self.speech.finish(self.ended)
    }

    /// Takes down what is wrong; only the first thing counts.
    fn note(&mut self, verdict: Verdict) {
        if self.verdict.is_ok() {
            self.verdict = verdict;
        }
    }

    fn time_passes(&mut self, now: CallTime) -> Verdict {
        self.deadlines.moment_is_over(now)?;
        self.sound.time_passes(now)
    }

    fn world_tells(&mut self, fact: &Event, now: CallTime) -> Verdict {
        self.time_passes(now)?;
        self.sound.told(fact, now)?;
        if !self.ended {
            self.speech.told(fact);
        }
        self.tools.told(fact)?;
        self.measures.told(fact, now);
        self.deadlines.told(fact);
        Ok(())
    }

    fn world_obeys(&mut self, order: &Effect, now: CallTime) -> Verdict {
        self.sound.obeyed(order, now)?;
        self.speech.obeyed(order)?;
        self.tools.obeyed(order)?;
        self.measures.obeyed(order)?;
        self.deadlines.obeyed(order);
        self.ended |= matches!(order, Effect::EndCall { .. });
        Ok(())
    }
}

impl GoBetween for Witness {
    fn fact(&mut self, fact: Event, now: CallTime) -> Vec<Event> {
        self.woken = false;
        let verdict = self.world_tells(&fact, now);
        self.note(verdict);
        // A call that broke a rule need not be played to its end.
        if self.verdict.is_err() {
            return Vec::new();
        }
        self.between.fact(fact)
    }

    fn order(&mut self, order: Effect, now: CallTime) -> Vec<Effect> {
        self.sound.ordered(&order, now);
        let orders = self.between.order(order);
        for order in &orders {
            let verdict = self.world_obeys(order, now);
            self.note(verdict);
        }
        orders
    }

    fn deadline(&self, deadline: Option<CallTime>) -> Option<CallTime> {
        deadline
            .filter(|_| self.verdict.is_ok())
            .and_then(|deadline| self.between.deadline(deadline))
    }

    fn woken(&mut self, now: CallTime) {
        self.woken = true;
        let verdict = self.time_passes(now);
        self.note(verdict);
    }

    fn settled(&mut self, core: &Conversation, now: CallTime) {
        let deadline = self.deadline(core.poll_timeout());
        let verdict = self.deadlines.settled(
            core.agent_state(),
            deadline,
            self.woken,
            now,
            &self.sound,
            &self.speech,
            &self.tools,
        );
        self.note(verdict);
    }
}
