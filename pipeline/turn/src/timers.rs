//! Deadlines as data: one slot for each name.

use crate::CallTime;

/// What a deadline is about. At the same moment they run in this order: a decision comes before a resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The caller's turn is over.
    EndOfTurn,
    /// The caller's turn is over by order, and its last words have not come.
    Commit,
    /// The caller's turn is too long.
    TurnLimit,
    /// The loudspeaker did not confirm a stop.
    Stopped,
    /// Words were set aside, and the agent still speaks: they only showed attention.
    BackChannel,
    /// Nothing was said after all: the paused reply goes on (early pause).
    EarlyResume,
    /// Nothing was said after all: the paused or held reply goes on.
    Resume,
    /// Speech brought no text.
    Transcription,
    /// A tool in the background has ended, and nobody speaks.
    News,
    /// The answer takes long: a phrase is due.
    Filler,
    /// The caller is away.
    Away,
    /// The next step of the idle ladder.
    Idle,
    /// The call has lasted long enough.
    MaxCall,
}

const ALL: [Timer; 13] = [
    Timer::EndOfTurn,
    Timer::Commit,
    Timer::TurnLimit,
    Timer::Stopped,
    Timer::BackChannel,
    Timer::EarlyResume,
    Timer::Resume,
    Timer::Transcription,
    Timer::News,
    Timer::Filler,
    Timer::Away,
    Timer::Idle,
    Timer::MaxCall,
];

/// One slot for each [`Timer`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Option<CallTime>; ALL.len()]);

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, at: CallTime) {
        self.0[timer as usize] = Some(at);
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<CallTime> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes out the earliest timer that is due at `now`; of two at one moment the one listed first.
    pub(crate) fn expire(&mut self, now: CallTime) -> Option<Timer> {
        let due = ALL
            .into_iter()
            .filter_map(|timer| Some((self.0[timer as usize]?, timer)))
            .filter(|(at, _)| *at <= now)
            .min_by_key(|(at, timer)| (*at, *timer as usize))?;
        self.clear(due.1);
        Some(due.1)
    }
}
