//! The ports of a local server.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// The ports that a local server listens on, all on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Signalling, worker protocol and HTTP.
    pub http: u16,
    /// Media over TCP.
    pub media_tcp: u16,
    /// Media over UDP.
    pub media_udp: u16,
}

impl Ports {
    /// Three ports that nobody listens on at the moment.
    ///
    /// They lie below the range from which the system numbers outgoing connections: while the server is down a client
    /// that keeps connecting to its port must not be able to get that very number as its own.
    ///
    /// # Errors
    /// When no free port can be found.
    pub fn free() -> io::Result<Self> {
        const FIRST: u64 = 12_000;
        const COUNT: u64 = 20_000;
        let start = RandomState::new().hash_one(0_u8) % COUNT;
        let mut free = (0..COUNT)
            .filter_map(|step| u16::try_from(FIRST + (start + step) % COUNT).ok())
            .filter(|port| tcp_is_free(*port) && udp_is_free(*port));
        match (free.next(), free.next(), free.next()) {
            (Some(http), Some(media_tcp), Some(media_udp)) => Ok(Self {
                http,
                media_tcp,
                media_udp,
            }),
            _ => Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "no free loopback port between 12000 and 32000",
            )),
        }
    }

    /// The first of them that somebody listens on.
    pub(super) fn taken(self) -> Option<u16> {
        [self.http, self.media_tcp]
            .into_iter()
            .find(|port| !tcp_is_free(*port))
            .or_else(|| (!udp_is_free(self.media_udp)).then_some(self.media_udp))
    }
}

fn tcp_is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn udp_is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
