//! Whether media flows on a connection. Pure.
//!
//! The WebRTC library knows, but it is patient: a path on which nothing comes any more it gives up after a quarter of a
//! minute. A caller is not as patient, so silence is noticed here.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use str0m::net::Protocol;

/// A connection on which nothing at all came for this long is down: six checks of the path without an answer, and
/// whatever else the server had to say.
const SILENCE: Duration = Duration::from_secs(6);

/// The way a datagram came.
pub(super) type Path = (Protocol, SocketAddr);

/// What became of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Up,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    NotYet,
    Up,
    Down,
}

#[derive(Debug)]
pub(super) struct Flow {
    state: State,
    /// When something came last, and how.
    heard: Instant,
    path: Option<Path>,
    /// Whether the connection is down because nothing comes. The library may still think well of the path, so what it
    /// says about it counts only after the next search has begun.
    silent: bool,
    /// The search for a path by its name, and whether it is under way.
    search: Option<String>,
    searching: bool,
}

impl Flow {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: State::NotYet,
            heard: now,
            path: None,
            silent: false,
            search: None,
            searching: false,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.state == State::Up
    }

    pub(super) fn is_down(&self) -> bool {
        self.state == State::Down
    }

    /// Whether another path would be welcome.
    pub(super) fn wants_path(&self) -> bool {
        self.state != State::Up || self.searching
    }

    /// Whether media goes over TCP, or did at last.
    pub(super) fn is_on_tcp(&self) -> bool {
        matches!(self.path, Some((Protocol::Tcp, _)))
    }

    /// The connection is there for the first time.
    pub(super) fn connected(&mut self) -> Option<Turn> {
        self.searching = false;
        self.turn(State::Up)
    }

    /// The library has found a path.
    pub(super) fn path_found(&mut self) -> Option<Turn> {
        // Before the first connection the keys are still missing; after it, a path is all it takes.
        if self.state == State::NotYet || self.silent {
            return None;
        }
        self.searching = false;
        self.turn(State::Up)
    }

    /// The library has no path any more, or the other side is gone.
    pub(super) fn path_lost(&mut self) -> Option<Turn> {
        if self.state == State::NotYet {
            None
        } else {
            self.turn(State::Down)
        }
    }

    /// Something came. `library` says whether the library believes to be connected.
    pub(super) fn heard(&mut self, path: Path, at: Instant, library: impl FnOnce() -> bool) -> Option<Turn> {
        self.heard = at;
        match self.state {
            State::NotYet | State::Up => {
                self.path = Some(path);
                None
            }
            // The old path works again. That another one does is no help before a search has chosen it.
            State::Down if self.path == Some(path) && library() => {
                self.silent = false;
                self.turn(State::Up)
            }
            State::Down => None,
        }
    }

    /// Time passes.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Turn> {
        self.doubt(now, SILENCE)
    }

    /// Takes the connection for down if nothing has come for this long.
    pub(super) fn doubt(&mut self, now: Instant, silence: Duration) -> Option<Turn> {
        if self.state != State::Up || now.saturating_duration_since(self.heard) < silence {
            return None;
        }
        self.silent = true;
        self.turn(State::Down)
    }

    /// Both sides have agreed on a search. Says whether it is a new one and not the first.
    pub(super) fn agreed(&mut self, search: Option<&str>) -> bool {
        let before = std::mem::replace(&mut self.search, search.map(str::to_owned));
        let again = before.is_some() && before != self.search;
        if again {
            self.silent = false;
            self.searching = true;
        }
        again
    }

    fn turn(&mut self, state: State) -> Option<Turn> {
        if std::mem::replace(&mut self.state, state) == state {
            return None;
        }
        match state {
            State::Up => Some(Turn::Up),
            State::Down => Some(Turn::Down),
            State::NotYet => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        (Protocol::Udp, ([10, 0, 0, 1], port).into())
    }

    fn up(now: Instant) -> Flow {
        let mut flow = Flow::new(now);
        flow.agreed(Some("first"));
        assert_eq!(flow.connected(), Some(Turn::Up));
        flow.heard(path(1), now, || true);
        flow
    }

    #[test]
    fn a_path_without_keys_is_not_enough() {
        let mut flow = Flow::new(Instant::now());
        assert_eq!(flow.path_found(), None);
        assert!(!flow.is_up() && flow.wants_path());
    }

    #[test]
    fn silence_is_noticed_after_six_seconds() {
        let now = Instant::now();
        let mut flow = up(now);
        assert_eq!(flow.tick(now + SILENCE - Duration::from_millis(1)), None);
        assert_eq!(flow.tick(now + SILENCE), Some(Turn::Down));
        assert_eq!(flow.tick(now + SILENCE), None, "once");
    }

    #[test]
    fn the_old_path_may_come_back_by_itself() {
        let now = Instant::now();
        let mut flow = up(now);
        flow.tick(now + SILENCE);
        assert_eq!(flow.heard(path(1), now + SILENCE, || true), Some(Turn::Up));
    }

    #[test]
    fn another_path_counts_only_after_a_search() {
        let now = Instant::now();
        let mut flow = up(now);
        flow.tick(now + SILENCE);
        assert_eq!(flow.heard(path(2), now + SILENCE, || true), None);
        assert_eq!(flow.path_found(), None, "the library still means the silent one");
        assert!(flow.agreed(Some("second")));
        assert_eq!(flow.path_found(), Some(Turn::Up));
        assert!(!flow.wants_path());
    }

    #[test]
    fn a_search_from_health_does_not_stop_the_flow() {
        let now = Instant::now();
        let mut flow = up(now);
        assert!(!flow.agreed(Some("first")), "the same search");
        assert!(flow.agreed(Some("second")));
        assert!(flow.is_up() && flow.wants_path());
        assert_eq!(flow.path_found(), None);
        assert!(!flow.wants_path());
    }
}
