//! One voice as an Ogg Opus file that keeps time.
//!
//! Players disagree about what a jump of the granule position means; some wait, most do not. So there are none: every
//! moment of the call is covered by a packet, as RFC 7845 (4.1) asks of those who record live streams, and all players
//! keep time. What stands in for packets that are not there:
//!
//! * for up to 100 ms, packets that consist of their first byte alone and ask the decoder to conceal the loss;
//! * for more, packets of coded silence, three bytes each.
//!
//! Both come in whole multiples of 2.5 ms, so a packet is at most 1.25 ms from its place, and errors do not add up.

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use turn::CallTime;

use super::Side;
use crate::{
    audio::{OpusPacket, RTP_HZ},
    codec::{LONGEST_CONCEALMENT, LOOK_AHEAD_TICKS, frame_ticks, packet_ticks},
};

/// Ticks in the shortest Opus frame.
const STEP: u64 = 120;

/// A page ends after this much sound at the latest.
const LONGEST_PAGE: u64 = RTP_HZ as u64;

/// Packets that follow each other by position may be this late by the clock: the speaker sends up to 60 ms ahead, and
/// a little more is a late timer. Beyond it time has passed unseen, and silence is put in.
const LATENESS: u64 = RTP_HZ as u64 * 60 / 1_000;

/// How far position and clock may disagree about a pause before the clock is believed.
const DISAGREEMENT: u64 = RTP_HZ as u64 / 5;

/// How far the recording may run ahead of the clock, as after a stall that was made up by a burst. The next pause brings
/// it back; a packet beyond it is left out.
const LARGEST_LEAD: u64 = RTP_HZ as u64;

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is in the file.
    Recorded,
    /// It is not Opus, came twice, or its time is over.
    Unfit,
}

/// One voice's file, made in memory page by page. Granule positions count from the call's start.
pub struct Track {
    pages: PacketWriter<'static, Vec<u8>>,
    serial: u32,
    /// The newest packet and the position after it, held back because only what follows says whether it ends a page.
    held: Option<(Vec<u8>, u64)>,
    page_start: u64,
    end: u64,
    last: Option<Last>,
}

/// The last packet of the voice itself.
struct Last {
    /// Where the next one begins if nothing is missing.
    next: u64,
    first_byte: u8,
}

impl Track {
    /// The file of one side of the call `call_id`, with its two headers.
    pub fn new(side: Side, call_id: &str) -> Self {
        let serial = match side {
            Side::Caller => 1,
            Side::Agent => 2,
        };
        let mut track = Self {
            pages: PacketWriter::new(Vec::new()),
            serial,
            held: None,
            page_start: 0,
            end: 0,
            last: None,
        };
        track.write(head(), PacketWriteEndInfo::EndPage, 0);
        track.write(tags(side, call_id), PacketWriteEndInfo::EndPage, 0);
        track
    }

    /// Appends a packet whose first sample belongs at the moment `at`, after whatever fills the time until then.
    pub fn place(&mut self, packet: &OpusPacket, at: CallTime) -> Placed {
        let Some(ticks) = packet_ticks(&packet.payload) else {
            return Placed::Unfit;
        };
        let at = ticks_of(at);
        if self.end > at + LARGEST_LEAD {
            return Placed::Unfit;
        }
        let Some(pause) = self.pause(packet.position, at) else {
            return Placed::Unfit;
        };
        self.fill(pause);
        self.last = packet.payload.first().map(|&first_byte| Last {
            next: packet.position.saturating_add(ticks),
            first_byte,
        });
        self.append(packet.payload.to_vec(), ticks);
        Placed::Recorded
    }

    /// Ends the page that is being filled, so that [`Track::whole_pages`] has everything.
    pub fn end_page(&mut self) {
        if let Some((packet, end)) = self.held.take() {
            self.write(packet, PacketWriteEndInfo::EndPage, end);
            self.page_start = self.end;
        }
    }

    /// Fills up to `end` and closes the file.
    pub fn finish(&mut self, end: CallTime) {
        self.fill(ticks_of(end).saturating_sub(self.end).max(STEP));
        if let Some((packet, end)) = self.held.take() {
            self.write(packet, PacketWriteEndInfo::EndStream, end);
        }
    }

    /// Takes the bytes of the pages that are complete.
    pub fn whole_pages(&mut self) -> Vec<u8> {
        std::mem::take(self.pages.inner_mut())
    }

    /// Up to which moment the file covers the call.
    pub fn end(&self) -> CallTime {
        CallTime::from_nanos(self.end * 1_000_000 / (u64::from(RTP_HZ) / 1_000))
    }

    /// Ticks to fill before a packet; `None` when it came twice or after its time. A step back of more than a second is
    /// a voice that began anew, so the clock alone places it.
    fn pause(&self, position: u64, at: u64) -> Option<u64> {
        let by_clock = at.saturating_sub(self.end);
        let Some(last) = &self.last else {
            return Some(by_clock);
        };
        match position.checked_sub(last.next) {
            Some(0) if by_clock <= LATENESS => Some(0),
            Some(step @ 1..) if self.end.saturating_add(step).abs_diff(at) <= DISAGREEMENT => Some(step),
            None if last.next - position <= u64::from(RTP_HZ) => None,
            _ => Some(by_clock),
        }
    }

    fn fill(&mut self, ticks: u64) {
        let mut left = (ticks + STEP / 2) / STEP * STEP;
        let request = self.loss_request(left);
        while left > 0 {
            let (packet, ticks) = match request {
                Some((first_byte, ticks)) if ticks <= left => (vec![first_byte], ticks),
                _ => silence(left),
            };
            self.append(packet, ticks);
            left -= ticks;
        }
    }

    /// The packet that asks for concealment in the manner of the last one, if the loss is short enough for it.
    fn loss_request(&self, ticks: u64) -> Option<(u8, u64)> {
        let longest = u64::from(RTP_HZ) * LONGEST_CONCEALMENT.as_millis() as u64 / 1_000;
        let last = self.last.as_ref().filter(|_| ticks <= longest)?;
        let first_byte = last.first_byte & !0b11;
        Some((first_byte, frame_ticks(&[first_byte])?))
    }

    fn append(&mut self, packet: Vec<u8>, ticks: u64) {
        if self.end + ticks > self.page_start + LONGEST_PAGE {
            self.end_page();
        } else if let Some((held, end)) = self.held.take() {
            self.write(held, PacketWriteEndInfo::NormalPacket, end);
        }
        self.end += ticks;
        self.held = Some((packet, self.end));
    }

    fn write(&mut self, packet: Vec<u8>, info: PacketWriteEndInfo, end: u64) {
        let written = self.pages.write_packet(packet, self.serial, info, end);
        debug_assert!(written.is_ok(), "writing into memory does not fail");
    }
}

/// A packet of coded silence: full band, mono, the longest frame that fits, and the codec's flag for silence.
fn silence(left: u64) -> (Vec<u8>, u64) {
    let (first_byte, ticks) = match left {
        960.. => (0xf8, 960),
        480.. => (0xf0, 480),
        240.. => (0xe8, 240),
        _ => (0xe0, STEP),
    };
    (vec![first_byte, 0xff, 0xfe], ticks)
}

/// The identification header: version 1, one channel, no gain, family 0 (RFC 7845, 5.1).
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend((LOOK_AHEAD_TICKS as u16).to_le_bytes());
    head.extend(RTP_HZ.to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// The comment header (RFC 7845, 5.2).
fn tags(side: Side, call_id: &str) -> Vec<u8> {
    let voice = match side {
        Side::Caller => "VOICE=caller",
        Side::Agent => "VOICE=agent",
    };
    let comments = [format!("CALL_ID={call_id}"), voice.to_owned()];
    let mut tags = b"OpusTags".to_vec();
    push_text(&mut tags, "New Voice");
    tags.extend((comments.len() as u32).to_le_bytes());
    for comment in &comments {
        push_text(&mut tags, comment);
    }
    tags
}

fn push_text(tags: &mut Vec<u8>, text: &str) {
    tags.extend((text.len() as u32).to_le_bytes());
    tags.extend(text.as_bytes());
}

fn ticks_of(at: CallTime) -> u64 {
    (u128::from(at.as_nanos()) * u128::from(RTP_HZ) / 1_000_000_000) as u64
}
