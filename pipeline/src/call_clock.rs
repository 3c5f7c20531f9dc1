//! The one place in a call that asks the clock.

use std::time::Instant;

use turn::CallTime;

/// The call's clock: monotonic, from the call's start. Under tokio's paused clock it is virtual.
#[derive(Clone, Copy, Debug)]
pub struct CallClock {
    start: Instant,
}

impl CallClock {
    /// A clock that starts now.
    pub fn start_now() -> Self {
        Self {
            start: tokio::time::Instant::now().into_std(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> CallTime {
        self.at(tokio::time::Instant::now().into_std())
    }

    /// A moment of the process as a moment of the call; the start for what lies before it.
    pub fn at(&self, instant: Instant) -> CallTime {
        let since = instant.saturating_duration_since(self.start);
        CallTime::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// A moment of the call as a moment of the process.
    pub fn instant(&self, time: CallTime) -> tokio::time::Instant {
        (self.start + time.since(CallTime::START)).into()
    }
}
