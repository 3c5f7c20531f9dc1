//! `newvoice simulate`: scenarios on virtual time.
//!
//! A scenario file says what the caller does, how the services answer, and what is expected to happen. The conversation
//! between them is the real one; only time and the world are simulated, so a minute of talk takes a millisecond and gives
//! the same events every time.

mod describe;
mod expect;
mod file;
mod read;

use std::{fmt::Write, path::Path};

use pipeline::simulation;

pub use self::{describe::Described, expect::Unmet, file::Scenario, read::scenario};
use crate::{
    cli::Simulate,
    commands::{print, read as text_of},
    failure::Failure,
};

/// A scenario that was played.
#[derive(Debug)]
pub struct Played {
    /// Everything that happened.
    pub events: Vec<Described>,
    /// What was expected and did not happen.
    pub unmet: Vec<Unmet>,
}

/// Plays each file and prints what happened. A file that is wrong does not keep the others from being played.
///
/// # Errors
/// With status 1 when something expected did not happen, else with status 2 when a file is wrong.
pub fn run(options: &Simulate) -> Result<(), Failure> {
    let several = options.files.len() > 1;
    let mut failed = String::new();
    let mut not_played = Vec::new();
    let mut met = 0;
    let mut unmet = 0;
    for file in &options.files {
        let loaded = load(file).and_then(|scenario| {
            let played = play(&scenario).map_err(|error| wrong(file, &error))?;
            Ok((scenario, played))
        });
        let (scenario, played) = match loaded {
            Ok(both) => both,
            Err(failure) => {
                not_played.push(failure.message);
                continue;
            }
        };
        print(match (options.json, several) {
            (true, false) => lines(&played.events, Described::json),
            (true, true) => {
                let of = serde_json::json!({ "scenario": file.display().to_string() });
                format!("{of}\n") + &lines(&played.events, Described::json)
            }
            (false, _) => {
                let title = format!("{}: {}\n", file.display(), scenario.name);
                title + &lines(&played.events, Described::human) + "\n"
            }
        })?;
        met += scenario.expect.len() - played.unmet.len();
        unmet += played.unmet.len();
        for difference in &played.unmet {
            // Writing to a string cannot fail.
            let _ = write!(failed, "\n{}: {difference}", file.display());
        }
    }
    let not_played = not_played.join("\n");
    if unmet > 0 {
        let all = met + unmet;
        let failed = format!("{unmet} of {all} expectations were not met:{failed}\n{not_played}");
        return Err(Failure::work(failed.trim_end()));
    }
    if not_played.is_empty() {
        Ok(())
    } else {
        Err(Failure::usage(not_played))
    }
}

/// Reads a scenario file.
///
/// # Errors
/// When it cannot be read or is not a scenario; the message names the file and the place in it.
pub fn load(file: &Path) -> Result<Scenario, Failure> {
    scenario(&text_of(file)?).map_err(|error| wrong(file, &error))
}

/// Plays a scenario.
///
/// # Errors
/// When the caller's stretches of speech overlap.
pub fn play(scenario: &Scenario) -> Result<Played, String> {
    let events = simulation::run(scenario.policy.clone(), &scenario.script)
        .map_err(|error| format!("caller[{}]: {error}", error.act))?;
    let events: Vec<Described> = events.iter().flat_map(Described::all).collect();
    let unmet = expect::unmet(&scenario.expect, &events);
    Ok(Played { events, unmet })
}

fn lines(events: &[Described], line: impl Fn(&Described) -> String) -> String {
    let mut text = String::new();
    for event in events {
        text.push_str(&line(event));
        text.push('\n');
    }
    text
}

fn wrong(file: &Path, error: &str) -> Failure {
    Failure::usage(format!("{} is not a scenario: {error}", file.display()))
}
