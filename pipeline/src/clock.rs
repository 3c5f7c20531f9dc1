//! The audio clock: when each sample of the caller's sound was said, on the call's clock.

use std::{collections::VecDeque, time::Duration};

use turn::CallTime;

use crate::audio::HEARING;

/// Arrivals this old no longer count. Long enough to contain an undelayed packet, short enough to follow drift.
const WINDOW: Duration = Duration::from_secs(4);

/// How fast the reckoning may move later, in parts per million: a little more than crystals differ, so that a spell of
/// late packets moves it by no more than 0.6 ms within a window.
const LARGEST_DRIFT_PPM: i64 = 150;

/// Stretches that are remembered. Detectors date back by seconds, restarts come minutes apart.
const REMEMBERED: usize = 8;

/// Relates positions of the caller's sound (samples at [`HEARING`] since it began) to [`CallTime`].
///
/// The network only ever delays. So the truth is the earliest that any recent packet came, compared with its position:
/// the least of *arrival − end of the packet*, over a sliding window. Jitter and spikes leave that minimum alone; drift
/// between the two machines' clocks moves it slowly, and the reckoning follows. What remains is the network's shortest
/// delay, which nobody can see from one side.
///
/// When nothing has arrived yet, the sound is taken to begin with the call.
#[derive(Clone, Debug)]
pub struct AudioClock {
    stretches: VecDeque<Stretch>,
    /// Arrivals that are the least of all after them: the first is the window's minimum.
    window: VecDeque<(CallTime, i64)>,
    heard: CallTime,
}

/// Positions from `from` on, and when position 0 would have been by their reckoning; `None` before an arrival.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: u64,
    origin_ns: Option<i64>,
}

impl AudioClock {
    /// A clock that has heard nothing.
    pub fn new() -> Self {
        let first = Stretch {
            from: 0,
            origin_ns: None,
        };
        Self {
            stretches: VecDeque::from([first]),
            window: VecDeque::new(),
            heard: CallTime::START,
        }
    }

    /// Takes note that the sound up to position `end` was there at the moment `at`. Moments do not go back.
    pub fn arrived(&mut self, end: u64, at: CallTime) {
        let origin = nanos(at).saturating_sub(span_ns(end));
        while self.window.back().is_some_and(|&(_, later)| later >= origin) {
            self.window.pop_back();
        }
        self.window.push_back((at, origin));
        while self
            .window
            .front()
            .is_some_and(|&(then, _)| at.since(then) > WINDOW)
        {
            self.window.pop_front();
        }
        let least = self.window.front().map_or(origin, |&(_, least)| least);
        let drifted = i64::try_from(at.since(self.heard).as_nanos()).unwrap_or(i64::MAX) / 1_000_000
            * LARGEST_DRIFT_PPM;
        self.heard = at;
        if let Some(stretch) = self.stretches.back_mut() {
            let before = stretch.origin_ns.unwrap_or(i64::MAX);
            stretch.origin_ns = Some(least.min(before.saturating_add(drifted)));
        }
    }

    /// Reckons anew from position `from` on: another track, or silence was put in that nobody sent. What lies before
    /// keeps its times.
    pub fn restart(&mut self, from: u64) {
        self.window.clear();
        self.stretches.push_back(Stretch {
            from,
            origin_ns: None,
        });
        if self.stretches.len() > REMEMBERED {
            self.stretches.pop_front();
        }
    }

    /// When the sample at `position` was said. Never before a moment that belongs to an earlier position, except that
    /// later arrivals may correct the reckoning.
    pub fn time_of(&self, position: u64) -> CallTime {
        let mut time = i64::MAX;
        for (stretch, origin) in self.reckoned().rev() {
            if stretch.from <= position {
                return call_time(time.min(origin.saturating_add(span_ns(position))));
            }
            // Silence that was put in ends no later than what came after it began.
            time = time.min(origin.saturating_add(span_ns(stretch.from)));
        }
        let origin = self.reckoned().next().map_or(0, |(_, origin)| origin);
        call_time(time.min(origin.saturating_add(span_ns(position))))
    }

    /// The position that was being said at `time`.
    pub fn position_at(&self, time: CallTime) -> u64 {
        let mut next = u64::MAX;
        for (stretch, origin) in self.reckoned().rev() {
            let since_ns = nanos(time).saturating_sub(origin).max(0);
            let position = HEARING.samples_in(Duration::from_nanos(since_ns.unsigned_abs()));
            if position >= stretch.from {
                return position.min(next);
            }
            next = stretch.from;
        }
        0
    }

    /// The stretches with their origins; one that has heard nothing yet goes on as the one before.
    fn reckoned(&self) -> impl DoubleEndedIterator<Item = (&Stretch, i64)> {
        self.stretches.iter().enumerate().map(|(index, stretch)| {
            let known = self
                .stretches
                .range(..=index)
                .rev()
                .find_map(|stretch| stretch.origin_ns);
            (stretch, known.unwrap_or(0))
        })
    }
}

impl Default for AudioClock {
    fn default() -> Self {
        Self::new()
    }
}

fn span_ns(position: u64) -> i64 {
    i64::try_from(HEARING.duration_of(position).as_nanos()).unwrap_or(i64::MAX)
}

fn nanos(at: CallTime) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

fn call_time(ns: i64) -> CallTime {
    CallTime::from_nanos(ns.max(0).unsigned_abs())
}
