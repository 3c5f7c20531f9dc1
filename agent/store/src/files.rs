//! A call's files as rows.
//!
//! `call.json` is the report of a call and `turns.jsonl` has a line for each turn; both are read by the names that they
//! promise, whoever wrote them. What is written beside those names is kept in `extra_data`, so nothing gets lost.

mod call_file;
mod turn_file;

use std::{fs, io, path::Path};

use serde_json::Value;

use crate::FinishedCall;

/// Why the files of a call gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is nothing to store yet: the call runs, or has written nothing.
    #[error("the call has not ended")]
    NotEnded,
    /// A file cannot be read now.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// Its name.
        file: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it promises to be.
    #[error("{file} is damaged: {source}")]
    Damaged {
        /// Its name.
        file: &'static str,
        /// Where.
        source: serde_json::Error,
    },
}

const CALL_FILE: &str = "call.json";
const TURNS_FILE: &str = "turns.jsonl";

/// The rows of the call in `dir`, a directory below the recordings' root that is named by the call's id. Blocks on the disk.
///
/// # Errors
/// See [`FilesError`].
pub fn read(dir: &Path) -> Result<FinishedCall, FilesError> {
    let call = match fs::read(dir.join(CALL_FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FilesError::NotEnded),
        Err(source) => {
            return Err(FilesError::Unreadable {
                file: CALL_FILE,
                source,
            });
        }
    };
    let mut call: Value = serde_json::from_slice(&call).map_err(damaged(CALL_FILE))?;
    if call.get("outcome").and_then(Value::as_str) == Some("running") {
        return Err(FilesError::NotEnded);
    }
    storable(&mut call);
    let call: call_file::CallFile = serde_json::from_value(call).map_err(damaged(CALL_FILE))?;
    let turns = match fs::read(dir.join(TURNS_FILE)) {
        Ok(bytes) => turns(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => {
            return Err(FilesError::Unreadable {
                file: TURNS_FILE,
                source,
            });
        }
    };
    let path = dir.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(call.into_rows(path, &turns))
}

/// The turns in the whole lines of `bytes`. A rest without a line end is what a crash left of a turn.
fn turns(bytes: &[u8]) -> Result<Vec<turn_file::TurnFile>, FilesError> {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(&[][..], |end| &bytes[..end]);
    whole
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut turn: Value = serde_json::from_slice(line).map_err(damaged(TURNS_FILE))?;
            storable(&mut turn);
            serde_json::from_value(turn).map_err(damaged(TURNS_FILE))
        })
        .collect()
}

/// PostgreSQL has no text with a zero character in it; the mark for an unreadable one takes its place.
fn storable(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{FFFD}"),
        Value::Array(items) => items.iter_mut().for_each(storable),
        Value::Object(fields) => fields.values_mut().for_each(storable),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn damaged(file: &'static str) -> impl Fn(serde_json::Error) -> FilesError {
    move |source| FilesError::Damaged { file, source }
}
