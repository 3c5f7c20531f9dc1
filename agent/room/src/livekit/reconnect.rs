//! When the connection is lost: what is tried, when, and when it is given up. Pure: moments and chance are handed in.
//!
//! There are two ways back. To *resume* keeps the legs and gets only the signalling back; sound may never stop. To
//! *rejoin* begins anew in the same room. The first is tried while the server may still know us, the second as soon as
//! it says that it does not, or when a resumed session brings no media.

use std::time::{Duration, Instant};

/// How often is tried.
const TRIES: u32 = 10;

/// How long is tried in all. Whoever waits on a silent line longer than this has hung up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first wait is somewhere between nothing and this; each following limit is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(300);

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(7);

/// How long the media may take once the signalling is back.
const SETTLE: Duration = Duration::from_secs(7);

/// A way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Resume,
    Rejoin,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Try(Way),
    GiveUp,
}

/// The state of the connection, and of its restoration.
#[derive(Debug)]
pub(super) struct Recovery {
    state: State,
    tries: u32,
    give_up: Option<Instant>,
    chance: Chance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All is well.
    Steady,
    /// The next try is due at that moment.
    Waiting(Way, Instant),
    /// The signalling is at it.
    Trying(Way),
    /// The signalling is back; the media has until that moment.
    Settling(Instant),
}

impl Recovery {
    pub(super) fn new(chance: Chance) -> Self {
        Self {
            state: State::Steady,
            tries: 0,
            give_up: None,
            chance,
        }
    }

    /// The connection, or a part of it, is lost. Says whether that is news.
    pub(super) fn lost(&mut self, way: Way, now: Instant) -> bool {
        match self.state {
            State::Steady => {
                self.tries = 0;
                self.give_up = Some(now + PATIENCE);
                self.wait(way, now);
                true
            }
            State::Waiting(planned, at) => {
                self.state = State::Waiting(planned.max(way), at);
                false
            }
            // The signalling was lost again while the media settled.
            State::Settling(_) => {
                self.wait(way, now);
                false
            }
            // The try that is under way will tell.
            State::Trying(_) => false,
        }
    }

    /// What is due at `now`, if anything.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Due> {
        let out_of_patience = self.give_up.is_some_and(|give_up| give_up <= now);
        match self.state {
            State::Steady => None,
            _ if out_of_patience => Some(Due::GiveUp),
            State::Waiting(_, at) if at > now => None,
            State::Waiting(..) if self.tries >= TRIES => Some(Due::GiveUp),
            State::Waiting(way, _) => {
                self.tries += 1;
                self.state = State::Trying(way);
                Some(Due::Try(way))
            }
            State::Trying(_) => None,
            State::Settling(until) if until > now => None,
            State::Settling(_) => {
                self.wait(Way::Rejoin, now);
                self.poll(now)
            }
        }
    }

    /// When [`Recovery::poll`] must be asked again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let at = match self.state {
            State::Steady => return None,
            State::Waiting(_, at) | State::Settling(at) => Some(at),
            State::Trying(_) => None,
        };
        [at, self.give_up].into_iter().flatten().min()
    }

    /// The try under way failed; the next one goes this way.
    pub(super) fn failed(&mut self, next: Way, now: Instant) {
        if let State::Trying(way) = self.state {
            self.wait(way.max(next), now);
        }
    }

    /// The try under way brought the signalling back.
    pub(super) fn signalling_is_back(&mut self, now: Instant) {
        if let State::Trying(_) = self.state {
            self.state = State::Settling(now + SETTLE);
        }
    }

    /// The media flows. Says whether that ends a restoration.
    pub(super) fn media_flows(&mut self) -> bool {
        let ended = matches!(self.state, State::Settling(_));
        if ended {
            self.state = State::Steady;
            self.give_up = None;
        }
        ended
    }

    fn wait(&mut self, way: Way, now: Instant) {
        let limit = FIRST.saturating_mul(1 << self.tries.min(16)).min(LONGEST);
        let wait = Duration::from_millis(u64::from(self.chance.below(limit.as_millis() as u32 + 1)));
        self.state = State::Waiting(way, now + wait);
    }
}

/// Chance from a seed (SplitMix64): enough for jitter and for the beginnings of RTP streams.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`; 0 when the limit is 0.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.next() as u32) * u64::from(limit)) >> 32) as u32
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery(seed: u64) -> Recovery {
        Recovery::new(Chance::new(seed))
    }

    /// Fails every try at once and returns when each began, in ms after the loss, and when it was given up.
    fn tries(seed: u64) -> (Vec<u128>, u128) {
        let start = Instant::now();
        let mut recovery = recovery(seed);
        recovery.lost(Way::Resume, start);
        let mut began = Vec::new();
        let mut now = start;
        loop {
            match recovery.poll(now) {
                Some(Due::Try(_)) => {
                    began.push((now - start).as_millis());
                    recovery.failed(Way::Resume, now);
                }
                Some(Due::GiveUp) => return (began, (now - start).as_millis()),
                None => {
                    now = recovery
                        .poll_timeout()
                        .expect("a restoration always has a next moment")
                }
            }
        }
    }

    #[test]
    fn waits_double_at_most_and_never_exceed_seven_seconds() {
        for seed in 0..200 {
            let (began, given_up) = tries(seed);
            assert!(began.len() <= 10);
            assert!(given_up <= 30_000, "given up after {given_up} ms");
            let mut before = 0;
            for (n, at) in began.iter().enumerate() {
                let limit = (300 << n).min(7_000);
                assert!(at - before <= limit, "try {n} waited {} ms", at - before);
                before = *at;
            }
        }
    }

    #[test]
    fn the_same_seed_waits_the_same_and_another_seed_differently() {
        assert_eq!(tries(1), tries(1));
        assert_ne!(tries(1), tries(2));
    }

    #[test]
    fn a_try_that_never_ends_is_given_up_after_thirty_seconds() {
        let start = Instant::now();
        let mut recovery = recovery(1);
        recovery.lost(Way::Resume, start);
        assert!(recovery.poll(start + FIRST).is_some());
        assert_eq!(recovery.poll_timeout(), Some(start + PATIENCE));
        assert_eq!(recovery.poll(start + PATIENCE), Some(Due::GiveUp));
    }

    #[test]
    fn a_server_that_does_not_know_us_is_joined_anew() {
        let start = Instant::now();
        let mut recovery = recovery(1);
        assert!(recovery.lost(Way::Resume, start));
        assert_eq!(recovery.poll(start + FIRST), Some(Due::Try(Way::Resume)));
        recovery.failed(Way::Rejoin, start + FIRST);
        let later = recovery.poll_timeout().unwrap();
        assert_eq!(recovery.poll(later), Some(Due::Try(Way::Rejoin)));
        recovery.failed(Way::Resume, later);
        let later = recovery.poll_timeout().unwrap();
        assert_eq!(
            recovery.poll(later),
            Some(Due::Try(Way::Rejoin)),
            "there is no way back to a lost session"
        );
    }

    #[test]
    fn a_resumed_session_without_media_is_joined_anew() {
        let start = Instant::now();
        let mut recovery = recovery(1);
        recovery.lost(Way::Resume, start);
        recovery.poll(start + FIRST);
        recovery.signalling_is_back(start + FIRST);
        assert_eq!(
            recovery.poll(start + FIRST + SETTLE - Duration::from_millis(1)),
            None
        );
        let mut now = start + FIRST + SETTLE;
        let due = loop {
            match recovery.poll(now) {
                Some(due) => break due,
                None => now = recovery.poll_timeout().unwrap(),
            }
        };
        assert_eq!(due, Due::Try(Way::Rejoin));
    }

    #[test]
    fn media_ends_a_restoration_once() {
        let start = Instant::now();
        let mut recovery = recovery(1);
        assert!(!recovery.media_flows());
        recovery.lost(Way::Resume, start);
        assert!(!recovery.lost(Way::Resume, start), "one loss is told once");
        recovery.poll(start + FIRST);
        assert!(!recovery.media_flows(), "not before the signalling is back");
        recovery.signalling_is_back(start + FIRST);
        assert!(recovery.media_flows());
        assert_eq!(recovery.poll_timeout(), None);
        assert!(recovery.lost(Way::Resume, start), "the next loss is news again");
    }
}
