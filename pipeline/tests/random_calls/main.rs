//! Random calls on virtual time: whatever the caller does and whenever the services answer, the rules hold.
//!
//! Each call has a number, and the number decides everything about it. `NEWVOICE_RANDOM_CALLS` says how many are played;
//! a million take some minutes. A call that breaks a rule is made as small as possible and shown as a scenario file, ready
//! for `newvoice simulate`. Faults that are put between the core and its world show that the search would find them.

mod draw;
mod faults;
mod rules;
mod shrink;
mod witness;
mod write;

use std::{env, fmt::Write, fs, panic, path::Path, thread};

use draw::Call;
use faults::Fault;
use witness::Witness;

/// So many calls are played unless somebody asks for more.
const CALLS: u64 = 20_000;
/// A fault shows in one of so many calls.
const CALLS_FOR_A_FAULT: u64 = 2_000;
/// So many acts of the caller are enough to show any fault.
const FEW_ACTS: usize = 6;

/// The rule that a call breaks, if any, with this fault between the core and the world.
fn broken_rule(call: &Call, fault: Option<Fault>) -> Option<String> {
    let played = panic::catch_unwind(|| {
        let mut witness = Witness::new(&call.policy, fault);
        let events = pipeline::simulation::run_through(call.policy.clone(), &call.script, &mut witness)
            .map_err(|error| format!("the script is wrong: {error}"))?;
        witness.finish(call.script.until)?;
        rules::check(&events)
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
                        .find(|number| broken_rule(&Call::draw(*number), None).is_some())
                })
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().expect("a worker reports what breaks"))
            .min()
    });
    if let Some(number) = broken {
        let small = shrink::shrink(Call::draw(number), &|call| broken_rule(call, None).is_some());
        let rule = broken_rule(&small, None).unwrap_or_default();
        panic!(
            "call {number} breaks a rule: {rule}\n\n{}",
            write::scenario(&rule, &small)
        );
    }
}

#[test]
fn each_fault_is_found_and_made_small() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
    fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
    let mut list = String::new();
    for fault in Fault::ALL {
        // Without its speech, interim text is no call that could be.
        let breaks =
            |call: &Call| broken_rule(call, Some(fault)).is_some() && broken_rule(call, None).is_none();
        let number = (0..CALLS_FOR_A_FAULT)
            .find(|number| breaks(&Call::draw(*number)))
            .unwrap_or_else(|| panic!("no call shows {fault:?}"));
        let small = shrink::shrink(Call::draw(number), &breaks);
        let acts = small.script.caller.len();
        assert!(acts <= FEW_ACTS, "{fault:?} is shown by {acts} acts");
        assert_eq!(
            broken_rule(&small, None),
            None,
            "{fault:?} is not what breaks the rule"
        );
        let rule = broken_rule(&small, Some(fault)).unwrap_or_default();
        let file = folder.join(fault.name()).with_extension("yaml");
        fs::write(file, write::scenario(&rule, &small)).expect("cargo's folder for tests can be written");
        writeln!(list, "{}: call {number}, {acts} acts: {rule}", fault.name()).expect("a string takes text");
    }
    println!("{list}\nEach as a scenario in {}", folder.display());
}
