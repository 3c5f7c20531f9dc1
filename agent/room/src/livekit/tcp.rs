//! One TCP connection that carries datagrams, each behind its length (RFC 4571).

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use tokio::net::TcpStream;

/// What may wait for the network: about three seconds of speech. Beyond it, datagrams are lost, as they are on UDP.
const OUTBOX: usize = 64 * 1024;

/// Read at a time.
const READ: usize = 4 * 1024;

pub(super) struct Framed {
    stream: TcpStream,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    inbox: VecDeque<u8>,
    outbox: VecDeque<u8>,
}

impl Framed {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Self {
            stream,
            local,
            remote,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
        })
    }

    /// Sends a datagram, now or as soon as the network takes it.
    pub(super) fn send(&mut self, datagram: &[u8]) {
        let Ok(length) = u16::try_from(datagram.len()) else {
            return;
        };
        if self.outbox.len() + datagram.len() > OUTBOX {
            return;
        }
        self.outbox.extend(length.to_be_bytes());
        self.outbox.extend(datagram);
        self.flush();
    }

    /// The next datagram, written to `buffer`; `Ok(None)` when none is there, an error when the connection is of no
    /// use any more.
    pub(super) fn next(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        self.flush();
        loop {
            if let Some(length) = self.take(buffer)? {
                return Ok(Some(length));
            }
            let mut read = [0; READ];
            match self.stream.try_read(&mut read) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.inbox.extend(&read[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Ready when [`Framed::next`] has something to do.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        let writable = !self.outbox.is_empty() && self.stream.poll_write_ready(cx).is_ready();
        let readable = self.stream.poll_read_ready(cx).is_ready();
        if writable || readable {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn take(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let (Some(&high), Some(&low)) = (self.inbox.front(), self.inbox.get(1)) else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(space) = buffer.get_mut(..length) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if self.inbox.len() < 2 + length {
            return Ok(None);
        }
        self.inbox.drain(..2);
        for (to, from) in space.iter_mut().zip(self.inbox.drain(..length)) {
            *to = from;
        }
        Ok(Some(length))
    }

    fn flush(&mut self) {
        while !self.outbox.is_empty() {
            let (front, _) = self.outbox.as_slices();
            match self.stream.try_write(front) {
                Ok(written) => drop(self.outbox.drain(..written)),
                // Not now, or never again; in the second case reading says so as well.
                Err(_) => return,
            }
        }
    }
}
