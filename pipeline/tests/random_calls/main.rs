//! Random calls on virtual time: whatever the caller does and whenever the services answer, the rules hold.
//!
//! Each call has a number, and the number decides everything about it. `NEWVOICE_RANDOM_CALLS` says how many are played;
//! a million take some minutes. A call that breaks a rule is made as small as possible and shown as a scenario file, ready
//! for `newvoice simulate`.

mod draw;
mod rules;
mod shrink;
mod write;

use std::{env, panic, thread};

use draw::Call;

/// So many calls are played unless somebody asks for more.
const CALLS: u64 = 20_000;

/// The rule that a call breaks, if any.
fn broken_rule(call: &Call) -> Option<String> {
    let played = panic::catch_unwind(|| {
        let events = pipeline::simulation::run(call.policy.clone(), &call.script)
            .map_err(|error| format!("the script is wrong: {error}"))?;
        rules::check(call, &events)
    });
    match played {
        Ok(kept) => kept.err(),
        Err(_) => Some("it panics".to_owned()),
    }
}

#[test]
fn every_random_call_keeps_the_rules() {
    let calls = match env::var("NEWVOICE_RANDOM_CALLS") {
        Ok(number) => number.parse().expect("NEWVOICE_RANDOM_CALLS is a number"),
        Err(_) => CALLS,
    };
    let workers = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let broken = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    (worker..calls)
                        .step_by(workers as usize)
                        .find(|number| broken_rule(&Call::draw(*number)).is_some())
                })
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().expect("a worker reports what breaks"))
            .min()
    });
    if let Some(number) = broken {
        let small = shrink::shrink(Call::draw(number), &|call| broken_rule(call).is_some());
        panic!(
            "call {number} breaks a rule: {}\n\n{}",
            broken_rule(&small).unwrap_or_default(),
            write::scenario(&small)
        );
    }
}
