//! The files that a call leaves.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use pipeline::{
    audio::HEARING,
    recorder::{Side, playback::stereo_wav},
};
use telemetry::{
    CallRecord, TurnRecord,
    journal::{read_call, read_turns},
};

/// Bytes of a WAV file before its sound.
const HEADER: usize = 44;
/// Louder than this is a voice.
const VOICE: u16 = 1_000;

/// A call's folder.
pub(crate) struct Call {
    pub(crate) dir: PathBuf,
    pub(crate) record: CallRecord,
}

impl Call {
    /// All calls below a folder, in the order in which they began.
    pub(crate) fn all(recordings: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(recordings) else {
            return Vec::new();
        };
        let folders = entries.map(|entry| entry.expect("an entry").path());
        let mut calls: Vec<Self> = folders
            .filter(|dir| dir.join("call.json").exists())
            .map(|dir| Self {
                record: read_call(&dir).expect("the call's record"),
                dir,
            })
            .collect();
        calls.sort_by_key(|call| call.record.started_at);
        calls
    }

    pub(crate) fn turns(&self) -> Vec<TurnRecord> {
        read_turns(&self.dir).expect("the call's turns")
    }

    /// What the caller said in each turn that the caller began.
    pub(crate) fn caller_said(&self) -> Vec<String> {
        let turns = self.turns().into_iter().filter(TurnRecord::is_callers);
        turns
            .map(|turn| turn.details.user_text.reveal().to_owned())
            .collect()
    }

    /// Everything that was heard of the agent.
    pub(crate) fn agent_said(&self) -> String {
        let turns = self.turns();
        let said = turns.iter().map(|turn| turn.details.heard_text.reveal());
        said.collect::<Vec<_>>().join(" ")
    }

    /// The sound of one side's file, alone.
    pub(crate) fn voice(&self, side: Side) -> Voice {
        let alone = tempfile::tempdir().expect("a folder");
        let from = self.dir.join(side.file());
        fs::copy(&from, alone.path().join(side.file())).expect("the voice was recorded");
        let mut wav = Vec::new();
        stereo_wav(alone.path(), HEARING)
            .map(|mut sound| sound.read_to_end(&mut wav).expect("it can be played"))
            .expect("it can be played");
        let channel = match side {
            Side::Caller => 0,
            Side::Agent => 2,
        };
        let samples = wav[HEADER..].chunks_exact(4);
        Voice(
            samples
                .map(|both| i16::from_le_bytes([both[channel], both[channel + 1]]))
                .collect(),
        )
    }
}

/// A recorded voice.
pub(crate) struct Voice(Vec<i16>);

impl Voice {
    /// How long the recording is.
    pub(crate) fn seconds(&self) -> f64 {
        self.0.len() as f64 / f64::from(HEARING.0)
    }

    /// Whether somebody speaks in it.
    pub(crate) fn is_audible(&self) -> bool {
        self.0.iter().any(|sample| sample.unsigned_abs() > VOICE)
    }
}
