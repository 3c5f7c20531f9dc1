//! A bounded queue towards a reader that may be slow, kept by a writer that must never wait.

use std::{collections::VecDeque, future};

use tokio::sync::mpsc;

/// Items on their way into a channel. Those that the channel has no place for are held here, in order; beyond the limit
/// the oldest of the held ones is lost.
pub(crate) struct Backlog<T> {
    to: mpsc::Sender<T>,
    held: VecDeque<T>,
    limit: usize,
}

impl<T> Backlog<T> {
    pub(crate) fn new(to: mpsc::Sender<T>, limit: usize) -> Self {
        Self {
            to,
            held: VecDeque::new(),
            limit,
        }
    }

    /// Hands `item` on, and says whether an older one was lost for it.
    pub(crate) fn push(&mut self, item: T) -> Kept {
        if self.held.is_empty() {
            match self.to.try_send(item) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return Kept::All,
                Err(mpsc::error::TrySendError::Full(item)) => self.held.push_back(item),
            }
            return Kept::All;
        }
        self.held.push_back(item);
        if self.held.len() <= self.limit {
            return Kept::All;
        }
        self.held.pop_front();
        Kept::OldestLost
    }

    /// Whether as much is held as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.held.len() >= self.limit
    }

    /// Whether nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Waits until the reader takes one of the held items; never returns while nothing is held. Safe to drop.
    pub(crate) async fn flush(&mut self) {
        if self.held.is_empty() {
            future::pending::<()>().await;
        }
        match self.to.reserve().await {
            Ok(place) => {
                if let Some(item) = self.held.pop_front() {
                    place.send(item);
                }
            }
            Err(_) => self.held.clear(),
        }
    }
}

/// What became of the older items when a new one came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    All,
    OldestLost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_held_items_are_lost_and_the_order_stays() {
        let (to, mut from) = mpsc::channel(1);
        let mut backlog = Backlog::new(to, 2);
        assert_eq!([1, 2, 3].map(|item| backlog.push(item)), [Kept::All; 3]);
        assert!(backlog.is_full());
        assert_eq!(backlog.push(4), Kept::OldestLost);
        assert_eq!(from.recv().await, Some(1));
        backlog.flush().await;
        assert_eq!(from.recv().await, Some(3));
        backlog.flush().await;
        assert_eq!(from.recv().await, Some(4));
    }

    #[tokio::test]
    async fn nothing_is_held_for_a_reader_that_is_gone() {
        let (to, from) = mpsc::channel(1);
        let mut backlog = Backlog::new(to, 2);
        backlog.push(1);
        backlog.push(2);
        drop(from);
        backlog.flush().await;
        assert!(!backlog.is_full() && backlog.push(3) == Kept::All);
    }
}
