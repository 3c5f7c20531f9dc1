//! What the turn core costs, and how fast calls pass on virtual time.
//!
//! Calls are simulated once to learn their *events*: every fact that the core is told, and every deadline that it is woken
//! for. Then the core alone is given the same events again and its orders are taken, and that is timed. Events are
//! prepared before, so that nothing else is in the time. A recorded call's input log gives events too.

mod calls;
mod events;
mod report;

use std::{
    hint::black_box,
    io,
    time::{Duration, Instant},
};

use pipeline::simulation::{self, OutOfOrder, Script};
use turn::{Conversation, Event};

pub use report::Report;

use crate::{cli::CorePlan, machine::Machine};
use events::Events;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The system refused something.
    #[error("measure: {0}")]
    System(#[from] io::Error),
    /// The recorded call has no events that can be read.
    #[error("measure {file}: {problem}")]
    Recording {
        /// The input log.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A simulated call cannot be played.
    #[error("measure: {0}")]
    Script(#[from] OutOfOrder),
}

/// Measures as planned.
///
/// # Errors
/// When the recorded call cannot be read.
pub fn measure(plan: &CorePlan) -> Result<Report, CoreError> {
    let machine = Machine::now()?;
    let (hour, long) = (calls::hour(), calls::long());
    let calls = match &plan.call {
        Some(folder) => vec![events::recorded(folder)?],
        None => hour.iter().map(events::simulated).collect::<Result<_, _>>()?,
    };
    let rounds = 0..plan.rounds;
    let averages = rounds.clone().map(|_| average(&calls)).collect();
    let singles = calls.iter().flat_map(each).collect();
    let hours = rounds
        .clone()
        .map(|_| simulate(&hour))
        .collect::<Result<_, _>>()?;
    let longs = rounds
        .map(|_| simulate(std::slice::from_ref(&long)))
        .collect::<Result<_, _>>()?;
    Ok(Report::new(machine, &calls, averages, singles, hours, longs))
}

/// The average time of an event of these calls.
fn average(calls: &[Events]) -> Duration {
    let mut total = Duration::ZERO;
    let mut count = 0;
    for call in calls {
        let events = call.inputs.clone();
        let mut core = Conversation::new(call.policy.clone());
        count += events.len() as u32;
        let begun = Instant::now();
        for (at, event) in events {
            give(&mut core, at, event);
        }
        total += begun.elapsed();
    }
    total / count.max(1)
}

/// The time of each event of a call.
fn each(call: &Events) -> Vec<Duration> {
    let mut core = Conversation::new(call.policy.clone());
    let events = call.inputs.clone();
    let timed = events.into_iter().map(|(at, event)| {
        let begun = Instant::now();
        give(&mut core, at, event);
        begun.elapsed()
    });
    timed.collect()
}

/// One event, and all that is ordered because of it.
fn give(core: &mut Conversation, at: turn::CallTime, event: Option<Event>) {
    match event {
        Some(event) => core.handle(event, at),
        None => core.handle_timeout(at),
    }
    while let Some(order) = core.poll_effect() {
        black_box(order);
    }
    black_box(core.poll_timeout());
}

/// How long these calls take on virtual time.
fn simulate(calls: &[Script]) -> Result<Duration, OutOfOrder> {
    let begun = Instant::now();
    for call in calls {
        black_box(simulation::run(calls::policy(), call)?);
    }
    Ok(begun.elapsed())
}
