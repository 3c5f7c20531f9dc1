//! What the recorded caller says, and when.

use std::path::Path;

use pipeline::{
    audio::{Pcm, SampleRate},
    sound_file,
};

use crate::failure::Failure;

/// The rate at which the caller is sent, as a browser does.
pub(super) const RATE: SampleRate = SampleRate(48_000);

/// The lines of a booking, in the order of the built-in agent's questions; one of them talks over the agent.
const BOOKING: [(&str, Cue); 7] = [
    ("book-cleaning", Cue::Silence),
    ("interrupt", Cue::Over),
    ("thursday", Cue::Silence),
    ("ten", Cue::Silence),
    ("name", Cue::Silence),
    ("phone", Cue::Silence),
    ("right", Cue::Silence),
];

/// When a line is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// When the agent has been silent for a while.
    Silence,
    /// While the agent speaks.
    Over,
}

/// A line of the caller.
pub(super) struct Line {
    pub(super) sound: Pcm,
    pub(super) cue: Cue,
}

/// What the caller says.
pub(super) struct Script {
    pub(super) lines: Vec<Line>,
}

impl Script {
    /// The booking, from the recordings in `speech`.
    pub(super) fn booking(speech: &Path) -> Result<Self, Failure> {
        let lines = BOOKING.into_iter().map(|(name, cue)| {
            let path = speech.join("clinic").join(format!("{name}.wav"));
            let sound = sound_file::read(&path, RATE)
                .map_err(|error| Failure::work(format!("{error}; `make setup` makes the recorded caller")))?;
            Ok(Line { sound, cue })
        });
        Ok(Self {
            lines: lines.collect::<Result<_, Failure>>()?,
        })
    }
}
