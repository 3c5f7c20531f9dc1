//! Calls whose worker died.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Durability, JournalError, OUTBOX, TURNS_FILE, call_dir, disk, read_call, read_turns, write_call,
};
use crate::{CallFacts, Ending, Outcome, PriceTable, classify};

/// What [`recover`] found.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Ids of the calls that were marked lost.
    pub lost: Vec<String>,
    /// Calls whose files could not be read or written; they are left as they are.
    pub failed: Vec<JournalError>,
}

/// Marks the calls below `root` that no worker holds any more, and that did not finish, as lost: their `call.json` gets
/// outcome `lost`, the figures of the turns that were written, and as its end the last moment at which one of its files
/// grew. Calls of workers that live are left alone. Due once at the start.
///
/// # Errors
/// [`JournalError::Disk`] when the outbox itself cannot be read. No outbox is no error: there was no call yet.
pub fn recover(root: &Path, prices: &PriceTable) -> Result<Recovery, JournalError> {
    let outbox = root.join(OUTBOX);
    let entries = match fs::read_dir(&outbox) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recovery::default()),
        Err(error) => return Err(disk("read", &outbox)(error)),
    };
    let mut recovery = Recovery::default();
    for entry in entries {
        let name = entry.map_err(disk("read", &outbox))?.file_name();
        // Entries that storing has set aside carry a suffix and are no ids.
        let Some(dir) = name.to_str().and_then(|id| call_dir(root, id).ok()) else {
            continue;
        };
        match mark_lost(&dir, prices) {
            Ok(Some(id)) => recovery.lost.push(id),
            Ok(None) => {}
            Err(error) => recovery.failed.push(error),
        }
    }
    Ok(recovery)
}

/// Marks the call in `dir` as lost and gives its id; none when it runs, has finished, or has not begun.
fn mark_lost(dir: &Path, prices: &PriceTable) -> Result<Option<String>, JournalError> {
    let Some(_lock) = lock(dir)? else { return Ok(None) };
    let mut call = match read_call(dir) {
        Err(JournalError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        call => call?,
    };
    if call.outcome != Outcome::Running {
        return Ok(None);
    }
    let turns = read_turns(dir)?;
    let lasted = last_sign_of_life(dir).map_or(Duration::ZERO, |moment| {
        moment
            .duration_since(call.started_at)
            .try_into()
            .unwrap_or_default()
    });
    let verdict = classify(&CallFacts {
        telephony: None,
        ending: Ending::WorkerLost,
        declared: None,
        final_state: None,
        user_turns: 0,
        duration: lasted,
        words: None,
    });
    call.end(Ending::WorkerLost, verdict, lasted, &turns, prices);
    write_call(dir, &call, Durability::Disk)?;
    Ok(Some(call.id))
}

/// The lock on a call's turns; none when a worker holds it or the file is not there.
fn lock(dir: &Path) -> Result<Option<File>, JournalError> {
    let path = dir.join(TURNS_FILE);
    let file = match OpenOptions::new().append(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk("opened", &path)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(disk("locked", &path)(error)),
    }
}

/// When a file of the call was last written to.
fn last_sign_of_life(dir: &Path) -> Option<Timestamp> {
    fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok())
        .max()
        .and_then(|moment| Timestamp::try_from(moment).ok())
}
