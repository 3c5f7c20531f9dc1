//! What is to happen, in order.

use std::collections::BTreeMap;

use turn::{CallTime, Event, Mark, ReplyId};

/// The order of what happens within one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What the loudspeaker confirms on the spot.
    Confirmation,
    /// The recogniser's texts that are not final yet.
    Interim,
    /// The recogniser's final texts.
    Final,
    /// The detector's events.
    Detector,
    /// Turns that are over, among them typed ones, those that the application has seen, and the core's deadlines.
    Decision,
    /// What the model and the tools bring.
    Service,
    /// What the voice brings and the loudspeaker reaches.
    Sound,
}

/// Something that is due.
#[derive(Clone, Debug)]
pub(super) enum Due {
    /// A fact for the session.
    Event(Event),
    /// A stamp of a reply.
    Mark(ReplyId, Mark),
    /// The model has written its answer.
    Written(ReplyId),
    /// The model fails.
    ModelFails(ReplyId),
    /// The voice's first sound is there.
    Voiced(ReplyId),
    /// The voice fails.
    VoiceFails(ReplyId),
    /// The loudspeaker reaches the end of a reply, unless it was paused or stopped since (the number tells).
    Played(ReplyId, u32),
}

/// Everything that is to happen. Things of the same moment and rank happen in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: BTreeMap<(CallTime, Rank, u64), Due>,
    added: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: CallTime, rank: Rank, due: Due) {
        self.entries.insert((at, rank, self.added), due);
        self.added += 1;
    }

    /// When the next thing is due, and its rank.
    pub(super) fn next(&self) -> Option<(CallTime, Rank)> {
        self.entries.keys().next().map(|(at, rank, _)| (*at, *rank))
    }

    pub(super) fn take(&mut self) -> Option<Due> {
        self.entries.pop_first().map(|(_, due)| due)
    }
}
