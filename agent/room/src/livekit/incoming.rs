//! The caller's packets: put in order, and given positions that never wrap.
//!
//! The network reorders, repeats and loses. A packet that is ahead of a missing one waits for it, but no longer than
//! [`WAIT`] since its own arrival; after that the missing one counts as lost and is not delivered any more. Sequence
//! numbers (16 bits) and timestamps (32 bits) are extended here, by the shorter way round.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytes::Bytes;
use pipeline::audio::{OpusPacket, RTP_HZ};

/// How long a packet waits for an earlier one: three frames of 20 ms, the most that is not felt in a conversation.
const WAIT: Duration = Duration::from_millis(60);

/// How many packets wait at most, whatever the clock says.
const HELD: usize = 32;

/// A step of sequence numbers beyond this is not loss but a sender that began anew (RFC 3550, A.1).
const NEW_BEGINNING: i64 = 3_000;

/// How far the sender's clock may run ahead of arrivals before its timestamps are not believed: what a stalled network
/// can hold back, but not what would make hours of silence out of one bad packet.
const CLOCK_TRUST: Duration = Duration::from_secs(10);

/// A packet as it came from the network.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) payload: Bytes,
    pub(super) at: Instant,
}

/// The packets of one track on their way to the listener.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    held: BTreeMap<i64, Arrival>,
    highest: Option<i64>,
    next: Option<i64>,
    last: Option<Delivered>,
}

/// Where the stream stands: the packet that was delivered last.
#[derive(Clone, Copy, Debug)]
struct Delivered {
    position: u64,
    timestamp: u32,
    at: Instant,
}

impl Incoming {
    /// Takes a packet in.
    pub(super) fn push(&mut self, arrival: Arrival) {
        let sequence = self.extend(arrival.sequence);
        if self.next.is_some_and(|next| sequence < next) {
            return;
        }
        self.held.entry(sequence).or_insert(arrival);
        self.highest = self.highest.max(Some(sequence));
    }

    /// The next packet that is due, with the moment at which it arrived.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(OpusPacket, Instant)> {
        loop {
            let (&sequence, first) = self.held.first_key_value()?;
            let in_order = self.next.is_none_or(|next| sequence == next);
            if !in_order && self.held.len() <= HELD && now < first.at + WAIT {
                return None;
            }
            let (sequence, arrival) = self.held.pop_first()?;
            self.next = Some(sequence + 1);
            // A packet without sound is padding: it keeps its number, and that is all.
            if !arrival.payload.is_empty() {
                return Some(self.deliver(arrival));
            }
        }
    }

    /// When [`Incoming::poll`] has something to give although nothing more arrives.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.held.first_key_value().map(|(_, first)| first.at + WAIT)
    }

    fn extend(&mut self, sequence: u16) -> i64 {
        let Some(highest) = self.highest else {
            return i64::from(sequence);
        };
        let step = i64::from(sequence.wrapping_sub(highest as u16) as i16);
        if step.abs() < NEW_BEGINNING {
            return highest + step;
        }
        let restarted = highest + 1 + i64::from(sequence.wrapping_sub((highest + 1) as u16));
        if self.held.is_empty() {
            self.next = Some(restarted);
        }
        restarted
    }

    fn deliver(&mut self, arrival: Arrival) -> (OpusPacket, Instant) {
        let position = match self.last {
            None => 0,
            Some(last) => last.position + step(&last, &arrival),
        };
        // A packet that waited for an earlier one may have arrived before it.
        let at = self.last.map_or(arrival.at, |last| last.at.max(arrival.at));
        self.last = Some(Delivered {
            position,
            timestamp: arrival.timestamp,
            at,
        });
        (
            OpusPacket {
                position,
                payload: arrival.payload,
            },
            arrival.at,
        )
    }
}

/// How many ticks lie between the last packet and this one: by the sender's clock where it can be believed, else by the
/// time between arrivals, and never none.
fn step(last: &Delivered, arrival: &Arrival) -> u64 {
    let sent = i64::from(arrival.timestamp.wrapping_sub(last.timestamp) as i32);
    let arrived = arrival.at.saturating_duration_since(last.at);
    let believed = ticks(arrived + CLOCK_TRUST);
    match u64::try_from(sent) {
        Ok(sent) if sent > 0 && sent <= believed => sent,
        _ => ticks(arrived).max(1),
    }
}

fn ticks(span: Duration) -> u64 {
    (span.as_nanos() * u128::from(RTP_HZ) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u32 = 960;
    const NOTHING: [u64; 0] = [];

    struct Track {
        incoming: Incoming,
        start: Instant,
        first_sequence: u16,
        first_timestamp: u32,
    }

    impl Track {
        fn beginning_at(sequence: u16, timestamp: u32) -> Self {
            Self {
                incoming: Incoming::default(),
                start: Instant::now(),
                first_sequence: sequence,
                first_timestamp: timestamp,
            }
        }

        fn at(&self, ms: u64) -> Instant {
            self.start + Duration::from_millis(ms)
        }

        /// Frame `n` arrives at `ms`; everything that is due is returned as frame numbers, by position.
        fn frame(&mut self, n: u16, ms: u64) -> Vec<u64> {
            let at = self.at(ms);
            self.incoming.push(Arrival {
                sequence: self.first_sequence.wrapping_add(n),
                timestamp: self.first_timestamp.wrapping_add(u32::from(n) * FRAME),
                payload: Bytes::from_static(b"sound"),
                at,
            });
            self.due(ms)
        }

        fn due(&mut self, ms: u64) -> Vec<u64> {
            let now = self.at(ms);
            std::iter::from_fn(|| self.incoming.poll(now))
                .map(|(packet, _)| packet.position / u64::from(FRAME))
                .collect()
        }
    }

    #[test]
    fn packets_in_order_pass_at_once() {
        let mut track = Track::beginning_at(7, 1_000);
        for n in 0..5 {
            assert_eq!(track.frame(n, u64::from(n) * 20), [u64::from(n)]);
        }
    }

    #[test]
    fn a_late_packet_is_put_in_its_place() {
        let mut track = Track::beginning_at(7, 1_000);
        assert_eq!(track.frame(0, 0), [0]);
        assert_eq!(track.frame(2, 40), NOTHING);
        assert_eq!(track.frame(1, 70), [1, 2]);
    }

    #[test]
    fn a_lost_packet_is_waited_for_sixty_milliseconds() {
        let mut track = Track::beginning_at(7, 1_000);
        track.frame(0, 0);
        assert_eq!(track.frame(2, 40), NOTHING);
        assert_eq!(track.incoming.poll_timeout(), Some(track.at(100)));
        assert_eq!(track.due(99), NOTHING);
        assert_eq!(track.due(100), [2]);
        assert_eq!(track.frame(1, 101), NOTHING, "what counts as lost comes no more");
        assert_eq!(track.frame(3, 102), [3]);
    }

    #[test]
    fn a_packet_that_comes_twice_is_delivered_once() {
        let mut track = Track::beginning_at(7, 1_000);
        assert_eq!(track.frame(0, 0), [0]);
        assert_eq!(track.frame(0, 1), NOTHING);
        assert_eq!(track.frame(2, 40), NOTHING);
        assert_eq!(track.frame(2, 41), NOTHING);
        assert_eq!(track.frame(1, 42), [1, 2]);
    }

    #[test]
    fn numbers_and_timestamps_wrap_without_a_seam() {
        let mut track = Track::beginning_at(65_534, u32::MAX - 1_500);
        assert_eq!(track.frame(0, 0), [0]);
        assert_eq!(track.frame(1, 20), [1]);
        assert_eq!(track.frame(3, 60), NOTHING);
        assert_eq!(track.frame(2, 61), [2, 3]);
        assert_eq!(track.frame(4, 80), [4]);
    }

    #[test]
    fn silence_is_a_step_of_the_position_and_not_a_loss() {
        let mut track = Track::beginning_at(7, 1_000);
        track.frame(0, 0);
        let at = track.at(2_020);
        track.incoming.push(Arrival {
            sequence: 8,
            timestamp: 1_000 + 101 * FRAME,
            payload: Bytes::from_static(b"sound"),
            at,
        });
        assert_eq!(track.due(2_020), [101]);
    }

    #[test]
    fn padding_is_not_delivered_and_not_missed() {
        let mut track = Track::beginning_at(7, 1_000);
        track.frame(0, 0);
        let at = track.at(20);
        track.incoming.push(Arrival {
            sequence: 8,
            timestamp: 1_000,
            payload: Bytes::new(),
            at,
        });
        assert_eq!(track.due(20), NOTHING);
        assert_eq!(track.frame(2, 40), [2]);
    }

    #[test]
    fn a_sender_that_begins_anew_is_followed() {
        let mut track = Track::beginning_at(7, 1_000);
        track.frame(0, 0);
        let at = track.at(20);
        track.incoming.push(Arrival {
            sequence: 40_000,
            timestamp: 2_000_000_000,
            payload: Bytes::from_static(b"sound"),
            at,
        });
        assert_eq!(
            track.due(20),
            [1],
            "its clock is not believed: the time between arrivals counts"
        );
        track.first_sequence = 40_000;
        track.first_timestamp = 2_000_000_000;
        assert_eq!(track.frame(1, 40), [2]);
    }

    #[test]
    fn one_wild_timestamp_makes_no_hours_of_silence() {
        let mut track = Track::beginning_at(7, 0);
        track.frame(0, 0);
        let wild = |sequence, timestamp, at| Arrival {
            sequence,
            timestamp,
            payload: Bytes::from_static(b"sound"),
            at,
        };
        track.incoming.push(wild(8, i32::MAX as u32, track.at(20)));
        assert_eq!(track.due(20), [1]);
        assert_eq!(track.frame(2, 40), [2]);
    }

    #[test]
    fn never_more_than_a_handful_waits() {
        let mut track = Track::beginning_at(7, 0);
        track.frame(0, 0);
        let delivered: usize = (2..100).map(|n| track.frame(n, 1).len()).sum();
        assert_eq!(delivered, 98);
    }

    #[test]
    fn whatever_comes_positions_only_grow() {
        let mut track = Track::beginning_at(0, 0);
        let mut chance = 0x9E37_79B9_7F4A_7C15_u64;
        let mut last = None;
        for n in 0..20_000_u64 {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            let at = track.at(n);
            track.incoming.push(Arrival {
                sequence: chance as u16,
                timestamp: (chance >> 16) as u32,
                payload: Bytes::from_static(b"garbage"),
                at,
            });
            while let Some((packet, _)) = track.incoming.poll(at) {
                assert!(last.is_none_or(|last| packet.position > last), "at packet {n}");
                last = Some(packet.position);
            }
            assert!(track.incoming.held.len() <= HELD + 1);
        }
    }
}
