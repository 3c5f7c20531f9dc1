//! A call that the program itself holds: `newvoice talk`, in real time, with the offline services.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use telemetry::TurnRecord;
use tokio::process::Command;

/// A call to be held.
pub(crate) struct Talk<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// The agent's skillbase.
    pub(crate) agent: &'a Path,
    /// The caller: a recording.
    pub(crate) caller: &'a Path,
    /// The folder in which each call gets one of its own.
    pub(crate) calls: &'a Path,
}

/// A call that was held.
pub(crate) struct Talked {
    /// Its recording and records.
    pub(crate) folder: PathBuf,
    /// Its turns.
    pub(crate) turns: Vec<TurnRecord>,
}

/// Why a call was not held.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// The program cannot be started.
    #[error("start {}: {error}; build it with `cargo build --release -p newvoice`, or say with --program where it is", program.display())]
    Program {
        /// Which.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The program held no call.
    #[error("{} was no caller: {said}", caller.display())]
    Call {
        /// The caller's recording.
        caller: PathBuf,
        /// What the program said about it.
        said: String,
    },
}

/// What the program prints, as far as it is used here.
#[derive(Deserialize)]
struct Printed {
    call: PrintedCall,
    turns: Vec<TurnRecord>,
}

#[derive(Deserialize)]
struct PrintedCall {
    id: String,
}

impl Talk<'_> {
    /// Holds the call to its end.
    pub(crate) async fn hold(self) -> Result<Talked, TalkError> {
        let done = Command::new(self.program)
            .args(["talk", "--json", "--skillbase"])
            .arg(self.agent)
            .arg("--in")
            .arg(self.caller)
            .arg("--out")
            .arg(self.calls)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| TalkError::Program {
                program: self.program.to_owned(),
                error,
            })?;
        let failed = |said: String| TalkError::Call {
            caller: self.caller.to_owned(),
            said,
        };
        if !done.status.success() {
            return Err(failed(String::from_utf8_lossy(&done.stderr).trim().to_owned()));
        }
        let printed: Printed =
            serde_json::from_slice(&done.stdout).map_err(|error| failed(error.to_string()))?;
        Ok(Talked {
            folder: self.calls.join(&printed.call.id),
            turns: printed.turns,
        })
    }
}
