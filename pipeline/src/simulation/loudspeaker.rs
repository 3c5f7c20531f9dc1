//! The loudspeaker: plays one reply at a time, and knows how far it came.

use std::time::Duration;

use turn::{CallTime, ReplyId};

/// What is being played, if anything.
#[derive(Debug, Default)]
pub(super) struct Loudspeaker {
    playing: Option<Playing>,
    /// Grows with every start, pause and resume, so that an end that was planned before is known to be void.
    plan: u32,
}

#[derive(Debug)]
struct Playing {
    reply: ReplyId,
    total: Duration,
    /// Played before the last start or resume.
    before: Duration,
    /// Since when it sounds; `None` while it is paused.
    since: Option<CallTime>,
}

/// When the end of a reply is reached, if nothing happens before.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedEnd {
    pub(super) at: CallTime,
    pub(super) plan: u32,
}

impl Loudspeaker {
    /// Begins a reply of this length.
    pub(super) fn start(&mut self, reply: ReplyId, total: Duration, now: CallTime) -> PlannedEnd {
        self.playing = Some(Playing {
            reply,
            total,
            before: Duration::ZERO,
            since: None,
        });
        self.sound(total, now)
    }

    /// Falls silent and gives the position; `None` if this reply is not being played.
    pub(super) fn pause(&mut self, reply: ReplyId, now: CallTime) -> Option<Duration> {
        let playing = self.playing.as_mut().filter(|playing| playing.reply == reply)?;
        playing.before = playing.position(now);
        playing.since = None;
        self.plan += 1;
        Some(playing.before)
    }

    /// Goes on from the position given.
    pub(super) fn resume(&mut self, reply: ReplyId, now: CallTime) -> Option<(Duration, PlannedEnd)> {
        let playing = self.playing.as_ref().filter(|playing| playing.reply == reply)?;
        let position = playing.position(now);
        let rest = playing.total.saturating_sub(position);
        Some((position, self.sound(rest, now)))
    }

    /// Falls silent for good and gives the position and the length.
    pub(super) fn stop(&mut self, reply: ReplyId, now: CallTime) -> Option<(Duration, Duration)> {
        let playing = self.playing.take_if(|playing| playing.reply == reply)?;
        self.plan += 1;
        Some((playing.position(now), playing.total))
    }

    /// Whether an end that was planned has come; gives the length.
    pub(super) fn reach_end(&mut self, reply: ReplyId, plan: u32) -> Option<Duration> {
        if plan != self.plan {
            return None;
        }
        let playing = self.playing.take_if(|playing| playing.reply == reply)?;
        Some(playing.total)
    }

    fn sound(&mut self, rest: Duration, now: CallTime) -> PlannedEnd {
        self.plan += 1;
        if let Some(playing) = &mut self.playing {
            playing.since = Some(now);
        }
        PlannedEnd {
            at: now + rest,
            plan: self.plan,
        }
    }
}

impl Playing {
    fn position(&self, now: CallTime) -> Duration {
        let sounded = self.since.map_or(Duration::ZERO, |since| now.since(since));
        (self.before + sounded).min(self.total)
    }
}
