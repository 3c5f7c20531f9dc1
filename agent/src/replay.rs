//! `newvoice replay`: a call's decisions made again from its input log.

use std::path::Path;

use pipeline::{recorder::Journal, replay::Replay, session::LogLine};

use crate::{
    cli,
    commands::{print, read},
    failure::Failure,
};

/// Replays the call in a folder and says whether every decision is the same.
///
/// # Errors
/// With status 1 when a decision differs, with status 2 when the folder has no input log that can be read.
pub fn run(options: &cli::Replay) -> Result<(), Failure> {
    let file = options.call.join(Journal::Inputs.file());
    let counted = replay(&file, &read(&file)?)?;
    print(format!(
        "{} facts and deadlines led to the same {} orders\n",
        counted.inputs, counted.orders
    ))
}

fn replay(file: &Path, log: &str) -> Result<pipeline::replay::Counted, Failure> {
    let place = |number: usize| format!("{}, line {}", file.display(), number + 1);
    // A call whose worker was killed ends in the middle of a line.
    let whole = log.is_empty() || log.ends_with('\n');
    let mut replay = Replay::default();
    let count = log.lines().count();
    for (number, line) in log.lines().enumerate() {
        let parsed: LogLine = match serde_json::from_str(line) {
            Ok(parsed) => parsed,
            Err(_) if !whole && number + 1 == count => break,
            Err(error) => {
                let place = place(number);
                return Err(Failure::usage(format!(
                    "{place} is no line of an input log: {error}"
                )));
            }
        };
        replay
            .line(parsed)
            .map_err(|difference| Failure::work(format!("{}: {difference}", place(number))))?;
    }
    replay
        .finish(whole)
        .map_err(|difference| Failure::work(format!("{}: {difference}", file.display())))
}
