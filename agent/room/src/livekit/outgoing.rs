//! The agent's packets: given the numbers that RTP wants.
//!
//! Sequence numbers have no gap, timestamps follow the packets' positions. Before the agent has said anything, and only
//! until somebody listens, the track carries silence: a server shows a track to the others when its first packet is
//! there, and who is shown a track late misses its first word.

use std::time::{Duration, Instant};

use pipeline::audio::{OpusPacket, RTP_HZ};

use super::reconnect::Chance;

/// 20 ms of silence in Opus: one CELT frame, full band, with nothing in it.
pub(super) const SILENCE: [u8; 3] = [0xF8, 0xFF, 0xFE];

/// The length of [`SILENCE`].
const FRAME: Duration = Duration::from_millis(20);

/// How long a track carries silence for nobody. Longer than any client takes to subscribe.
const PRELUDE: Duration = Duration::from_secs(10);

/// The numbers of one RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    /// Whether sound begins here after silence.
    pub(super) marker: bool,
}

/// The agent's track on one connection.
#[derive(Debug)]
pub(super) struct Outgoing {
    sequence: u64,
    origin: Instant,
    base: u32,
    voice: Option<Voice>,
    prelude: Option<Instant>,
}

/// Where the agent's voice stands.
#[derive(Clone, Copy, Debug)]
struct Voice {
    /// The timestamp of position 0, modulo 2^32.
    zero: u32,
    last: u64,
    /// The position at which the sound so far ends.
    end: u64,
}

impl Outgoing {
    /// A track that begins at `now`. Numbers begin anywhere, as RFC 3550 wants; the sequence begins in the lower half,
    /// so that it does not wrap before the receiver knows it.
    pub(super) fn new(now: Instant, chance: &mut Chance) -> Self {
        Self {
            sequence: u64::from(chance.below(1 << 15)),
            origin: now,
            base: chance.below(u32::MAX),
            voice: None,
            prelude: Some(now),
        }
    }

    /// Numbers for the agent's next packet; `None` when its position does not come after the last one.
    pub(super) fn stamp(&mut self, packet: &OpusPacket, now: Instant) -> Option<Stamp> {
        self.prelude = None;
        let voice = match self.voice {
            Some(voice) if packet.position <= voice.last => return None,
            Some(voice) => voice,
            None => Voice {
                zero: self.clock(now).wrapping_sub(packet.position as u32),
                last: 0,
                end: 0,
            },
        };
        let marker = self.voice.is_none() || packet.position > voice.end;
        let end = packet.position + opus_ticks(&packet.payload);
        self.voice = Some(Voice {
            last: packet.position,
            end,
            ..voice
        });
        let timestamp = voice.zero.wrapping_add(packet.position as u32);
        Some(Stamp {
            sequence: self.number(),
            timestamp,
            marker,
        })
    }

    /// Numbers for a frame of [`SILENCE`], if one is due.
    pub(super) fn prelude(&mut self, now: Instant) -> Option<Stamp> {
        let due = self.prelude.filter(|&due| due <= now)?;
        self.prelude = Some(due + FRAME).filter(|&next| next < self.origin + PRELUDE);
        let timestamp = self.clock(due);
        let marker = due == self.origin;
        Some(Stamp {
            sequence: self.number(),
            timestamp,
            marker,
        })
    }

    /// When the next frame of silence is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.prelude
    }

    /// Somebody listens: no more silence is needed.
    pub(super) fn heard(&mut self) {
        self.prelude = None;
    }

    fn number(&mut self) -> u64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }

    fn clock(&self, at: Instant) -> u32 {
        let ticks = at.saturating_duration_since(self.origin).as_nanos() * u128::from(RTP_HZ) / 1_000_000_000;
        self.base.wrapping_add(ticks as u32)
    }
}

/// How long an Opus packet sounds, in ticks, from its first bytes (RFC 6716, 3.1 and 3.2); 0 when it is not Opus.
pub(super) fn opus_ticks(payload: &[u8]) -> u64 {
    let Some(&toc) = payload.first() else { return 0 };
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config % 4)],
        config @ 12..=15 => [480, 960][usize::from(config % 2)],
        config => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => payload.get(1).map_or(0, |&count| u64::from(count & 0x3F)),
    };
    // No packet may last longer than 120 ms.
    (frame * frames).min(5_760)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn packet(position: u64) -> OpusPacket {
        OpusPacket {
            position,
            payload: Bytes::from_static(&SILENCE),
        }
    }

    fn track(now: Instant) -> Outgoing {
        Outgoing::new(now, &mut Chance::new(7))
    }

    #[test]
    fn timestamps_follow_positions_and_numbers_have_no_gap() {
        let now = Instant::now();
        let mut track = track(now);
        let first = track.stamp(&packet(4_800), now).unwrap();
        let second = track.stamp(&packet(5_760), now).unwrap();
        let after_silence = track.stamp(&packet(96_000), now).unwrap();
        assert_eq!(second.timestamp.wrapping_sub(first.timestamp), 960);
        assert_eq!(after_silence.timestamp.wrapping_sub(first.timestamp), 91_200);
        assert_eq!(
            [second.sequence, after_silence.sequence],
            [first.sequence + 1, first.sequence + 2]
        );
        assert_eq!(
            [first.marker, second.marker, after_silence.marker],
            [true, false, true]
        );
    }

    #[test]
    fn a_packet_that_is_not_later_than_the_last_is_not_sent() {
        let now = Instant::now();
        let mut track = track(now);
        assert!(track.stamp(&packet(960), now).is_some());
        assert_eq!(track.stamp(&packet(960), now), None);
        assert_eq!(track.stamp(&packet(0), now), None);
    }

    #[test]
    fn silence_leads_in_and_the_voice_goes_on_from_it() {
        let start = Instant::now();
        let mut track = track(start);
        let first = track.prelude(start).unwrap();
        assert_eq!(track.prelude(start), None);
        assert_eq!(track.poll_timeout(), Some(start + FRAME));
        let second = track.prelude(start + FRAME).unwrap();
        assert_eq!(second.timestamp.wrapping_sub(first.timestamp), 960);
        let voice = track.stamp(&packet(0), start + FRAME * 2).unwrap();
        assert_eq!(voice.timestamp.wrapping_sub(second.timestamp), 960);
        assert_eq!(voice.sequence, second.sequence + 1);
        assert_eq!(track.poll_timeout(), None, "the voice ends the silence");
    }

    #[test]
    fn silence_ends_when_somebody_listens_and_in_any_case_after_ten_seconds() {
        let start = Instant::now();
        let mut heard = track(start);
        heard.heard();
        assert_eq!(heard.prelude(start), None);
        let mut unheard = track(start);
        let frames = (0..2_000).filter(|n| unheard.prelude(start + Duration::from_millis(10 * n)).is_some());
        assert_eq!(frames.count(), 500);
    }

    #[test]
    fn timestamps_wrap() {
        let now = Instant::now();
        let mut track = track(now);
        track.base = u32::MAX - 100;
        let first = track.stamp(&packet(0), now).unwrap();
        let second = track.stamp(&packet(960), now).unwrap();
        assert_eq!([first.timestamp, second.timestamp], [u32::MAX - 100, 859]);
    }

    #[test]
    fn an_opus_packet_tells_how_long_it_sounds() {
        assert_eq!(opus_ticks(&SILENCE), 960);
        assert_eq!(opus_ticks(&[0x08 << 3]), 480, "SILK, 10 ms");
        assert_eq!(opus_ticks(&[(0x0B << 3) | 1]), 5_760, "SILK, two times 60 ms");
        assert_eq!(
            opus_ticks(&[(0x1F << 3) | 3, 3]),
            2_880,
            "CELT, three times 20 ms"
        );
        assert_eq!(
            opus_ticks(&[(0x1F << 3) | 3, 0x3F]),
            5_760,
            "more than Opus allows"
        );
        assert_eq!(opus_ticks(&[]), 0);
    }
}
