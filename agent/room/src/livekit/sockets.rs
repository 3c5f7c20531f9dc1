//! The sockets of one leg: UDP, and TCP where UDP does not get through.
//!
//! Sockets are opened towards the server's own addresses as they become known: each on the local address from which the
//! system would route to that one. So a server on loopback is met on loopback and one elsewhere on the right interface,
//! and no other address of this machine is told to anybody. Each leg has sockets of its own: a server that takes all
//! its media on one port tells the legs apart by where they come from.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use str0m::{
    Candidate,
    net::{Protocol, TcpType, Transmit},
};
use tokio::net::{TcpStream, UdpSocket};

use super::{MediaPath, tcp::Framed};

/// How many sockets of a kind a leg opens: a server has an address or two, of both families.
const SOCKETS: usize = 4;

/// How long UDP may take before TCP is tried as well: several times what a check takes on a slow path.
const UDP_FIRST: Duration = Duration::from_millis(500);

/// How long a TCP connection may take.
const DIAL: Duration = Duration::from_secs(5);

/// No datagram of WebRTC is longer.
pub(super) const DATAGRAM: usize = 2_048;

/// What came out of the sockets.
#[derive(Debug)]
pub(super) enum SocketNews {
    /// A datagram; its bytes are in the buffer.
    Datagram(Datagram),
    /// A way out that was opened.
    Opened(Candidate),
    /// A way out that is closed.
    Gone(Candidate),
}

/// Where a datagram came from, where it arrived and when it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram {
    pub(super) protocol: Protocol,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) length: usize,
    pub(super) at: Instant,
}

type Dialling = Pin<Box<dyn Future<Output = Option<TcpStream>> + Send>>;

pub(super) struct Sockets {
    path: MediaPath,
    udp: Vec<(UdpSocket, SocketAddr)>,
    tcp: Vec<Framed>,
    dialling: Vec<Dialling>,
    /// Where the server takes TCP.
    tcp_servers: Vec<SocketAddr>,
    /// When TCP is tried, unless media flows by then.
    tcp_at: Option<Instant>,
    news: VecDeque<SocketNews>,
}

impl Sockets {
    pub(super) fn new(path: MediaPath) -> Self {
        Self {
            path,
            udp: Vec::new(),
            tcp: Vec::new(),
            dialling: Vec::new(),
            tcp_servers: Vec::new(),
            tcp_at: None,
            news: VecDeque::new(),
        }
    }

    /// Opens what it takes to reach an address of the server. Says whether the address is to be tried at all.
    pub(super) fn reach(&mut self, server: &Candidate, now: Instant) -> bool {
        match (server.proto(), self.path) {
            (Protocol::Udp, MediaPath::Any) => self.open_udp(server.addr()).is_ok(),
            (Protocol::Tcp, _) if server.tcptype() != Some(TcpType::Active) => {
                if !self.tcp_servers.contains(&server.addr()) && self.tcp_servers.len() < SOCKETS {
                    self.tcp_servers.push(server.addr());
                }
                self.allow_tcp(now);
                true
            }
            _ => false,
        }
    }

    /// Media does not flow (any more): TCP may be needed.
    pub(super) fn allow_tcp(&mut self, now: Instant) {
        let wait = match self.path {
            MediaPath::Any => UDP_FIRST,
            MediaPath::TcpOnly => Duration::ZERO,
        };
        self.tcp_at.get_or_insert(now + wait);
    }

    /// A search for a new path begins. A server takes a TCP connection for the search on which it began, so new ones
    /// are needed; the old ones are given back, to be forgotten.
    pub(super) fn renew_tcp(&mut self, now: Instant, at_once: bool) -> Vec<Candidate> {
        self.tcp_at = None;
        self.allow_tcp(now);
        if at_once {
            self.tcp_at = Some(now);
        }
        self.tcp
            .drain(..)
            .filter_map(|connection| tcp_candidate(connection.local))
            .collect()
    }

    /// Tries TCP if it is time; media does not flow.
    pub(super) fn fall_back(&mut self, now: Instant) {
        if self.tcp_at.is_none_or(|at| at > now) {
            return;
        }
        self.tcp_at = None;
        for &server in &self.tcp_servers {
            let connected = self.tcp.iter().any(|connection| connection.remote == server);
            if !connected && self.dialling.len() < SOCKETS {
                self.dialling.push(Box::pin(dial(server)));
            }
        }
    }

    /// When [`Sockets::fall_back`] has something to do.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.tcp_at
    }

    /// Sends a datagram on its way, or loses it.
    pub(super) fn send(&mut self, datagram: &Transmit) {
        match datagram.proto {
            Protocol::Udp => {
                let socket = self.udp.iter().find(|(_, local)| *local == datagram.source);
                if let Some((socket, _)) = socket {
                    // Straight to the system: when its buffer is full the datagram is lost, as it would be on the wire.
                    let _ = socket2::SockRef::from(socket)
                        .send_to(&datagram.contents, &datagram.destination.into());
                }
            }
            Protocol::Tcp => {
                let route = |connection: &&mut Framed| {
                    connection.local == datagram.source && connection.remote == datagram.destination
                };
                if let Some(connection) = self.tcp.iter_mut().find(route) {
                    connection.send(&datagram.contents);
                }
            }
            Protocol::SslTcp | Protocol::Tls => {}
        }
    }

    /// The next thing that is there already, without waiting. A datagram's bytes go to `buffer`.
    pub(super) fn next(&mut self, buffer: &mut [u8; DATAGRAM]) -> Option<SocketNews> {
        if let Some(news) = self.news.pop_front() {
            return Some(news);
        }
        for at in 0..self.udp.len() {
            let (socket, local) = &self.udp[at];
            match socket.try_recv_from(buffer) {
                Ok((length, source)) => return Some(received(Protocol::Udp, source, *local, length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    let (_, local) = self.udp.remove(at);
                    return Candidate::host(local, Protocol::Udp).ok().map(SocketNews::Gone);
                }
            }
        }
        for at in 0..self.tcp.len() {
            let connection = &mut self.tcp[at];
            match connection.next(buffer) {
                Ok(Some(length)) => {
                    return Some(received(
                        Protocol::Tcp,
                        connection.remote,
                        connection.local,
                        length,
                    ));
                }
                Ok(None) => {}
                Err(_) => {
                    let connection = self.tcp.remove(at);
                    return tcp_candidate(connection.local).map(SocketNews::Gone);
                }
            }
        }
        None
    }

    /// Ready when [`Sockets::next`] may have something.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut ready = !self.news.is_empty();
        self.dialling
            .retain_mut(|dialling| match dialling.as_mut().poll(cx) {
                Poll::Pending => true,
                Poll::Ready(stream) => {
                    if let Some(connection) = stream.and_then(|stream| Framed::new(stream).ok()) {
                        self.news
                            .extend(tcp_candidate(connection.local).map(SocketNews::Opened));
                        self.tcp.push(connection);
                        ready = true;
                    }
                    false
                }
            });
        for (socket, _) in &self.udp {
            ready |= socket.poll_recv_ready(cx).is_ready();
        }
        for connection in &self.tcp {
            ready |= connection.poll_ready(cx).is_ready();
        }
        if ready { Poll::Ready(()) } else { Poll::Pending }
    }

    fn open_udp(&mut self, server: SocketAddr) -> io::Result<()> {
        let from = route_to(server)?;
        if self.udp.iter().any(|(_, local)| local.ip() == from.ip()) {
            return Ok(());
        }
        if self.udp.len() >= SOCKETS {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let socket = std::net::UdpSocket::bind(from)?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        self.udp.push((UdpSocket::from_std(socket)?, local));
        self.news
            .extend(Candidate::host(local, Protocol::Udp).ok().map(SocketNews::Opened));
        Ok(())
    }
}

fn received(protocol: Protocol, source: SocketAddr, destination: SocketAddr, length: usize) -> SocketNews {
    SocketNews::Datagram(Datagram {
        protocol,
        source,
        destination,
        length,
        at: Instant::now(),
    })
}

/// The local address, port 0, from which the system would send to `server`. Nothing is sent.
fn route_to(server: SocketAddr) -> io::Result<SocketAddr> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let probe = std::net::UdpSocket::bind(any)?;
    probe.connect(server)?;
    let mut from = probe.local_addr()?;
    from.set_port(0);
    Ok(from)
}

async fn dial(server: SocketAddr) -> Option<TcpStream> {
    tokio::time::timeout(DIAL, TcpStream::connect(server))
        .await
        .ok()?
        .ok()
}

fn tcp_candidate(local: SocketAddr) -> Option<Candidate> {
    Candidate::builder()
        .tcp()
        .host(local)
        .tcptype(TcpType::Active)
        .build()
        .ok()
}
