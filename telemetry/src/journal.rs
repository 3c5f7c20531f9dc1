//! A call's records as files, written while it runs.
//!
//! Below one directory each call has its own, named by its id, with `call.json` and `turns.jsonl` (and, from others, the
//! recordings). `call.json` says `"outcome":"running"` from the first moment and is replaced in one step at the end, so it
//! is whole at any time; the space for the end is taken at the beginning, so that a disk which fills up with recordings
//! in mid-call still holds the record that says so. `turns.jsonl` grows by a line a turn. While the worker lives it holds
//! a lock on that file; so a later start, or another worker beside it, can tell a call that runs from one whose worker
//! died, and marks the latter `"lost"` ([`recover`]).
//!
//! `.outbox/<call id>` is an empty file that exists from before the call's first record until everything is safe in the
//! database. Whoever looks for calls to store or to recover looks there, and not through years of recordings.
//!
//! All functions here block on the disk, briefly. They belong to the task that keeps a call's records, never to one that
//! moves audio. A disk that is full or gone gives a [`JournalError`]; the call goes on without its record.

mod recovery;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

pub use self::recovery::{Recovery, recover};
use crate::{CallRecord, Outcome, TurnRecord};

/// Name of the directory with the calls that are not in the database yet.
pub const OUTBOX: &str = ".outbox";
const CALL_FILE: &str = "call.json";
const TURNS_FILE: &str = "turns.jsonl";

/// Blanks after the record of a call that runs, in bytes: what its end may add. That of a lively call is 5 KB long in all.
const RESERVED: usize = 16 * 1_024;

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused: it is full, read-only, or gone.
    #[error("{} could not be {action}: {source}", path.display())]
    Disk {
        /// What was tried: `written`, `read`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        source: serde_json::Error,
    },
    /// The id cannot be a directory's name.
    #[error("`{0}` cannot name a call's directory: use letters, digits, `-` and `_`")]
    BadId(String),
    /// Another process, or another call of this one, writes there.
    #[error("{} belongs to a call that is running", .0.display())]
    InUse(PathBuf),
}

/// The open journal of one call.
#[derive(Debug)]
pub struct CallJournal {
    dir: PathBuf,
    turns: File,
    /// Length of `turns` up to the end of its last whole line.
    whole: u64,
}

impl CallJournal {
    /// Begins the records of a call below `root`, with `call` as it is known now.
    ///
    /// # Errors
    /// See [`JournalError`].
    pub fn begin(root: &Path, call: &CallRecord) -> Result<Self, JournalError> {
        let dir = call_dir(root, &call.id)?;
        let outbox = root.join(OUTBOX);
        let entry = outbox.join(&call.id);
        fs::create_dir_all(&outbox).map_err(disk("created", &outbox))?;
        File::create(&entry).map_err(disk("created", &entry))?;
        fs::create_dir_all(&dir).map_err(disk("created", &dir))?;
        let path = dir.join(TURNS_FILE);
        let turns = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(disk("opened", &path))?;
        turns.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse(dir.clone()),
            TryLockError::Error(source) => disk("locked", &path)(source),
        })?;
        let whole = turns.metadata().map_err(disk("read", &path))?.len();
        write_call(&dir, call, Durability::Process)?;
        Ok(Self { dir, turns, whole })
    }

    /// The call's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds a turn.
    ///
    /// # Errors
    /// [`JournalError::Disk`]; the file then ends with the last whole line, and a later turn may be tried.
    pub fn turn(&mut self, turn: &TurnRecord) -> Result<(), JournalError> {
        let path = self.dir.join(TURNS_FILE);
        let mut line = serde_json::to_vec(turn).map_err(damaged(&path))?;
        line.push(b'\n');
        if let Err(error) = self.turns.write_all(&line) {
            // Half a line is worse than none. If even this fails, readers drop the half.
            let _ = self.turns.set_len(self.whole);
            return Err(disk("written", &path)(error));
        }
        self.whole += line.len() as u64;
        Ok(())
    }

    /// Ends the records: the turns and then `call` are on the disk itself when this returns.
    ///
    /// # Errors
    /// [`JournalError::Disk`]; `call.json` then still says `running`, and the next start will call it lost.
    pub fn finish(self, call: &CallRecord) -> Result<(), JournalError> {
        let path = self.dir.join(TURNS_FILE);
        self.turns.sync_all().map_err(disk("written", &path))?;
        write_call(&self.dir, call, Durability::Disk)
    }
}

/// The record of the call in `dir`.
///
/// # Errors
/// [`JournalError::Disk`] or [`JournalError::Damaged`].
pub fn read_call(dir: &Path) -> Result<CallRecord, JournalError> {
    let path = dir.join(CALL_FILE);
    let bytes = fs::read(&path).map_err(disk("read", &path))?;
    serde_json::from_slice(&bytes).map_err(damaged(&path))
}

/// The turns of the call in `dir`. A last line without an end, which a crash leaves, is dropped.
///
/// # Errors
/// [`JournalError::Disk`], or [`JournalError::Damaged`] when a whole line is no turn.
pub fn read_turns(dir: &Path) -> Result<Vec<TurnRecord>, JournalError> {
    let path = dir.join(TURNS_FILE);
    let mut reader = BufReader::new(File::open(&path).map_err(disk("read", &path))?);
    let mut turns = Vec::new();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(disk("read", &path))? > 0 {
        if line.last() == Some(&b'\n') {
            turns.push(serde_json::from_slice(&line).map_err(damaged(&path))?);
        }
        line.clear();
    }
    Ok(turns)
}

/// What a file must survive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The end of the process.
    Process,
    /// The end of the machine.
    Disk,
}

/// Replaces `call.json` in one step.
fn write_call(dir: &Path, call: &CallRecord, durability: Durability) -> Result<(), JournalError> {
    let path = dir.join(CALL_FILE);
    let fresh = dir.join("call.json.new");
    let mut text = serde_json::to_vec_pretty(call).map_err(damaged(&path))?;
    if call.outcome == Outcome::Running {
        text.resize(text.len() + RESERVED, b' ');
    }
    text.push(b'\n');
    let written = (|| {
        let mut file = File::create(&fresh)?;
        file.write_all(&text)?;
        if durability == Durability::Disk {
            file.sync_all()?;
        }
        fs::rename(&fresh, &path)?;
        if durability == Durability::Disk {
            File::open(dir)?.sync_all()?;
        }
        Ok(())
    })();
    let full = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    };
    match written {
        Err(error) if full(&error) => {
            // Nothing but this name was made of it.
            let _ = fs::remove_file(&fresh);
            overwrite(&path, &text)
        }
        written => written,
    }
    .map_err(disk("written", &path))
}

/// Writes into the space that `call.json` has, when there is none beside it. Not in one step, but the alternative is a
/// call that seems to run for ever.
fn overwrite(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}

/// The directory of call `id`. An id comes from outside at times, so it must not lead elsewhere.
fn call_dir(root: &Path, id: &str) -> Result<PathBuf, JournalError> {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > 128 || !id.bytes().all(harmless) {
        return Err(JournalError::BadId(id.to_owned()));
    }
    Ok(root.join(id))
}

fn disk(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Disk { action, path, source }
}

fn damaged(path: &Path) -> impl FnOnce(serde_json::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Damaged { path, source }
}
