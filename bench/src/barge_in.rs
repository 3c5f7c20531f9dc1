//! How fast an agent falls silent when it is talked over, and how often it does for nothing: the two belong together, for
//! an agent that never listens up stops for no cough, and one that stops at once stops for every one.
//!
//! A recorded caller talks over an agent that tells endless stories, in calls that the program itself holds (`newvoice talk`,
//! in real time, with the offline services, at default settings). Now and then the caller says something; more often
//! they only show attention ("yeah") or cough, a burst of noise. What became of each is read from the recording and the turns'
//! records: where the clip's first voiced sample lies in the caller's track, where the agent's last audible sample before
//! the silence lies in its own, how long that silence lasted.

mod caller;
mod judge;
mod report;

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{recorder::playback::PlaybackError, sound_file::SoundFileError};
use serde::Deserialize;
use telemetry::TurnRecord;
use tokio::process::Command;

use crate::{cli::BargeIn, machine::Machine};
pub use caller::Kind;
use caller::{Caller, Clips};
use judge::Judged;
pub use report::{KindReport, Report};

/// An agent that tells stories.
const AGENT: &str = include_str!("barge_in/agent.yaml");

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BargeInError {
    /// The system refused something.
    #[error("measure: {0}")]
    System(#[from] io::Error),
    /// The recorded caller cannot be had.
    #[error("{0}; `make setup` makes the recorded caller")]
    Speech(#[from] SoundFileError),
    /// The list of clips is not what set-up writes.
    #[error("{}: {fault}; `make setup` makes it anew", index.display())]
    Index {
        /// The list.
        index: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// The program cannot be started.
    #[error("start {}: {error}; build it with `cargo build --release -p newvoice`, or say with --program where it is", program.display())]
    Program {
        /// Which.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A call was not held.
    #[error("a call was not held: {0}")]
    Call(String),
    /// A call's recording cannot be used.
    #[error(transparent)]
    Recording(#[from] PlaybackError),
}

/// What `newvoice talk --json` prints, as far as it is used here.
#[derive(Deserialize)]
struct Talked {
    call: TalkedCall,
    turns: Vec<TurnRecord>,
}

#[derive(Deserialize)]
struct TalkedCall {
    id: String,
}

/// Measures as told.
///
/// # Errors
/// When the recorded caller is not there, or a call does not go its way.
pub async fn measure(options: &BargeIn) -> Result<Report, BargeInError> {
    let machine = Machine::now()?;
    let clips = Clips::read(&options.speech)?;
    let place = tempfile::Builder::new().prefix("barge-in-").tempdir()?;
    let agent = place.path().join("agent.yaml");
    std::fs::write(&agent, AGENT)?;
    let calls = (0..options.calls).map(|number| {
        let caller = Caller::new(&clips, number);
        hold(options, &agent, place.path(), caller, number)
    });
    let judged: Vec<Vec<Judged>> = stream::iter(calls)
        .buffer_unordered(options.at_once.max(1) as usize)
        .try_collect()
        .await?;
    Ok(Report::new(machine, options, judged.concat()))
}

async fn hold(
    options: &BargeIn,
    agent: &Path,
    place: &Path,
    caller: Caller,
    number: u32,
) -> Result<Vec<Judged>, BargeInError> {
    let sound = place.join(format!("caller-{number}.wav"));
    caller.write(&sound)?;
    let out = place.join("calls");
    let program = &options.program;
    let done = Command::new(program)
        .args(["talk", "--json", "--skillbase"])
        .arg(agent)
        .arg("--in")
        .arg(&sound)
        .arg("--out")
        .arg(&out)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| BargeInError::Program {
            program: program.clone(),
            error,
        })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(BargeInError::Call(said));
    }
    let talked: Talked =
        serde_json::from_slice(&done.stdout).map_err(|error| BargeInError::Call(error.to_string()))?;
    judge::judge(&caller, &out.join(&talked.call.id), &talked.turns)
}
