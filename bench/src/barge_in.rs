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
};

use futures_util::{StreamExt, TryStreamExt, stream};
use pipeline::{recorder::playback::PlaybackError, sound_file::SoundFileError};

use crate::{
    cli::BargeIn,
    machine::Machine,
    talk::{Talk, TalkError},
};
pub use caller::Kind;
use caller::{Caller, Clips};
pub use judge::{Fate, Judged};
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
    /// A call was not held.
    #[error(transparent)]
    Talk(#[from] TalkError),
    /// A call's recording cannot be used.
    #[error(transparent)]
    Recording(#[from] PlaybackError),
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
    let talk = Talk {
        program: &options.program,
        agent,
        caller: &sound,
        calls: &place.join("calls"),
    };
    let talked = talk.hold().await?;
    judge::judge(&caller, &talked.folder, &talked.turns)
}
