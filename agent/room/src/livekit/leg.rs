//! One leg of a room: a WebRTC connection together with its sockets.

use std::{
    future,
    time::{Duration, Instant},
};

use str0m::{Candidate, RtcError};

use super::{
    MediaPath,
    peer::{Happened, Peer, Step},
    sockets::{DATAGRAM, SocketNews, Sockets},
};

/// How many datagrams are read before others have their turn.
const BATCH: usize = 32;

/// A leg that wants nothing looks at the time this often.
const IDLE: Duration = Duration::from_secs(5);

pub(super) struct Leg {
    pub(super) peer: Peer,
    sockets: Sockets,
    wake: Instant,
}

/// What a leg brought: events, and new addresses of ours to tell the server.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) happened: Vec<Happened>,
    pub(super) addresses: Vec<String>,
    /// The connection is beyond repair.
    pub(super) broken: Option<RtcError>,
}

impl Leg {
    pub(super) fn new(path: MediaPath, now: Instant) -> Self {
        Self {
            peer: Peer::new(now),
            sockets: Sockets::new(path),
            wake: now,
        }
    }

    /// The server can be reached at this address.
    pub(super) fn add_server(&mut self, candidate: Candidate, now: Instant) {
        if self.sockets.reach(&candidate, now) {
            self.peer.add_server(candidate);
            self.wake = now;
        }
    }

    /// Waits until datagrams are there. Safe to drop.
    pub(super) async fn readable(&mut self) {
        future::poll_fn(|cx| self.sockets.poll_ready(cx)).await;
    }

    /// Reads what is there, up to a batch.
    pub(super) fn read(&mut self, buffer: &mut [u8; DATAGRAM], brought: &mut Brought) {
        for _ in 0..BATCH {
            let read = match self.sockets.next(buffer) {
                None => return,
                Some(SocketNews::Datagram(datagram)) => self.peer.input(datagram, &buffer[..datagram.length]),
                Some(SocketNews::Opened(candidate)) => {
                    brought.addresses.extend(self.peer.add_local(candidate));
                    Ok(())
                }
                Some(SocketNews::Gone(candidate)) => {
                    self.peer.forget_local(&candidate);
                    Ok(())
                }
            };
            if let Err(error) = read {
                brought.broken = Some(error);
                return;
            }
            self.drain(brought);
        }
    }

    /// Does what time asks for.
    pub(super) fn tick(&mut self, now: Instant, brought: &mut Brought) {
        if self.peer.flow().wants_path() {
            self.sockets.fall_back(now);
        }
        if self.wake <= now {
            self.push(now, brought);
        }
    }

    /// Sends what was just written.
    pub(super) fn push(&mut self, now: Instant, brought: &mut Brought) {
        if let Err(error) = self.peer.tick(now) {
            brought.broken = Some(error);
            return;
        }
        self.drain(brought);
    }

    /// When [`Leg::tick`] has something to do.
    pub(super) fn poll_timeout(&self, now: Instant) -> Instant {
        let tcp = self
            .sockets
            .poll_timeout()
            .filter(|_| self.peer.flow().wants_path());
        [Some(self.wake), tcp]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.wake)
            .min(now + IDLE)
    }

    fn drain(&mut self, brought: &mut Brought) {
        loop {
            match self.peer.step() {
                Ok(Step::Send(datagram)) => self.sockets.send(&datagram),
                Ok(Step::Wait(at)) => {
                    self.wake = at;
                    return;
                }
                Ok(Step::Happened(happened)) => {
                    match happened {
                        Happened::Down => self.sockets.allow_tcp(self.wake),
                        Happened::Searching => {
                            for gone in self.sockets.renew_tcp(self.wake, self.peer.flow().is_on_tcp()) {
                                self.peer.forget_local(&gone);
                            }
                        }
                        _ => {}
                    }
                    brought.happened.push(happened);
                }
                Err(error) => {
                    brought.broken = Some(error);
                    return;
                }
            }
        }
    }
}
