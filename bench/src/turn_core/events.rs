//! The events of a call: what the core was told and woken for.

use std::{fs, path::Path};

use pipeline::{
    recorder::Journal,
    session::LogLine,
    simulation::{self, GoBetween, OutOfOrder, Script},
};
use turn::{CallTime, Event, Policy};

use super::{CoreError, calls};

/// A call as the core met it.
pub(super) struct Events {
    pub(super) policy: Policy,
    /// Each with its time; no fact: deadlines were due.
    pub(super) inputs: Vec<(CallTime, Option<Event>)>,
}

/// Takes down what passes on to the core.
#[derive(Default)]
struct Scribe(Vec<(CallTime, Option<Event>)>);

impl GoBetween for Scribe {
    fn fact(&mut self, fact: Event, now: CallTime) -> Vec<Event> {
        self.0.push((now, Some(fact.clone())));
        vec![fact]
    }

    fn woken(&mut self, now: CallTime) {
        self.0.push((now, None));
    }
}

pub(super) fn simulated(script: &Script) -> Result<Events, OutOfOrder> {
    let policy = calls::policy();
    let mut scribe = Scribe::default();
    simulation::run_through(policy.clone(), script, &mut scribe)?;
    Ok(Events {
        policy,
        inputs: scribe.0,
    })
}

/// The events of the call that was recorded in this folder.
pub(super) fn recorded(folder: &Path) -> Result<Events, CoreError> {
    let file = folder.join(Journal::Inputs.file());
    let wrong = |problem: String| CoreError::Recording {
        file: file.display().to_string(),
        problem,
    };
    let log = fs::read_to_string(&file).map_err(|error| wrong(error.to_string()))?;
    let mut policy = None;
    let mut inputs = Vec::new();
    for line in log.lines() {
        match serde_json::from_str(line).map_err(|error| wrong(error.to_string()))? {
            LogLine::Policy(first) => policy = Some(*first),
            LogLine::Event { at, event } => inputs.push((at, Some(event))),
            LogLine::Timeout { at } => inputs.push((at, None)),
            LogLine::Order(_) => {}
        }
    }
    let policy = policy.ok_or_else(|| wrong("it does not begin with a policy".to_owned()))?;
    Ok(Events { policy, inputs })
}
