//! A voice's file covers every moment of the call, whatever the packets' positions do.

use std::io::Cursor;

use bytes::Bytes;
use ogg::PacketReader;
use pipeline::{
    audio::OpusPacket,
    codec::packet_ticks,
    recorder::{
        Side,
        track::{Placed, Track},
    },
};
use turn::CallTime;

const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
/// First byte of a SILK packet of 20 ms, wide band.
const SPEECH: u8 = 0x48;

fn ms(ms: u64) -> CallTime {
    CallTime::from_millis(ms)
}

struct Recorded {
    track: Track,
    file: Vec<u8>,
}

impl Recorded {
    fn new() -> Self {
        Self {
            track: Track::new(Side::Agent, "c1"),
            file: Vec::new(),
        }
    }

    fn place(&mut self, frame: u64, at: u64) -> Placed {
        let payload = Bytes::copy_from_slice(&[SPEECH, frame as u8, (frame >> 8) as u8, 7]);
        let placed = self.track.place(
            &OpusPacket {
                position: frame * 960,
                payload,
            },
            ms(at),
        );
        self.file.extend(self.track.whole_pages());
        placed
    }

    /// The packets of the file, without its headers, after a check of every page.
    fn packets(mut self, end: u64) -> Vec<Vec<u8>> {
        self.track.finish(ms(end));
        self.file.extend(self.track.whole_pages());
        let mut reader = PacketReader::new(Cursor::new(self.file));
        let head = reader.read_packet().expect("a page").expect("a packet");
        assert_eq!(head.data, b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
        let tags = reader.read_packet().expect("a page").expect("a packet");
        assert!(
            tags.data
                .starts_with(b"OpusTags\x09\x00\x00\x00New Voice\x02\x00\x00\x00\x0a\x00\x00\x00CALL_ID=c1")
        );
        let (mut packets, mut end, mut page_start, mut last) = (Vec::new(), 0, 0, false);
        while let Some(packet) = reader.read_packet().expect("a whole page") {
            end += packet_ticks(&packet.data).expect("an Opus packet");
            if packet.last_in_page() {
                assert_eq!(
                    packet.absgp_page(),
                    end,
                    "positions grow by the samples of the packets alone"
                );
                assert!(end - page_start <= 48_000, "a page holds a second at most");
                page_start = end;
            }
            last = packet.last_in_stream();
            packets.push(packet.data);
        }
        assert!(last, "the file is closed");
        packets
    }
}

fn length_ms(packets: &[Vec<u8>]) -> f64 {
    packets
        .iter()
        .filter_map(|packet| packet_ticks(packet))
        .sum::<u64>() as f64
        / 48.0
}

/// When each speech packet begins, in milliseconds.
fn speech_at(packets: &[Vec<u8>]) -> Vec<f64> {
    let begins = packets.iter().scan(0.0, |at, packet| {
        let begin = *at;
        *at += length_ms(std::slice::from_ref(packet));
        Some((packet, begin))
    });
    begins
        .filter(|(packet, _)| packet.len() == 4)
        .map(|(_, begin)| begin)
        .collect()
}

#[test]
fn a_voice_that_begins_late_begins_late_in_the_file() {
    let mut recorded = Recorded::new();
    for frame in 0..10 {
        assert_eq!(recorded.place(frame, 3_001 + frame * 20), Placed::Recorded);
    }
    let packets = recorded.packets(5_000);
    assert_eq!(packets[0], SILENCE);
    assert_eq!(length_ms(&packets), 5_000.0);
    let begins = speech_at(&packets);
    assert!((begins[0] - 3_001.0).abs() <= 1.25, "it begins at {}", begins[0]);
    assert_eq!(begins[9] - begins[0], 180.0);
}

#[test]
fn frames_sent_ahead_of_time_stay_in_their_places() {
    let mut recorded = Recorded::new();
    for frame in 0..100_u64 {
        recorded.place(frame, 1_000 + frame.saturating_sub(3) * 20);
    }
    recorded.track.end_page();
    for frame in 150..200_u64 {
        recorded.place(frame, 1_000 + frame.saturating_sub(3) * 20);
    }
    let begins = speech_at(&recorded.packets(0));
    assert_eq!(begins[99], 1_000.0 + 99.0 * 20.0);
    assert_eq!(
        begins[100],
        1_000.0 + 150.0 * 20.0,
        "the pause is as long as the positions say"
    );
}

#[test]
fn short_losses_ask_for_concealment_and_pauses_are_silent() {
    let mut recorded = Recorded::new();
    recorded.place(0, 0);
    recorded.place(3, 60);
    recorded.place(60, 1_200);
    let packets = recorded.packets(0);
    assert_eq!(packets[1..3], [vec![SPEECH], vec![SPEECH]]);
    assert_eq!(packets[4..4 + 56], vec![SILENCE.to_vec(); 56]);
}

#[test]
fn time_that_passes_without_positions_becomes_silence() {
    let mut recorded = Recorded::new();
    recorded.place(0, 0);
    recorded.place(1, 2_000);
    assert_eq!(speech_at(&recorded.packets(0)), [0.0, 2_000.0]);
}

#[test]
fn a_burst_after_a_stall_is_kept_whole_and_the_next_pause_restores_the_time() {
    let mut recorded = Recorded::new();
    recorded.place(0, 0);
    for frame in 1..=25 {
        assert_eq!(recorded.place(frame, 500), Placed::Recorded);
    }
    recorded.place(100, 2_000);
    let begins = speech_at(&recorded.packets(0));
    assert_eq!(begins.len(), 27);
    assert_eq!(begins[26], 2_000.0);
}

#[test]
fn a_voice_that_begins_anew_is_placed_by_the_clock() {
    let mut recorded = Recorded::new();
    for frame in 1_000..1_010 {
        recorded.place(frame, (frame - 1_000) * 20);
    }
    recorded.place(0, 400);
    recorded.place(1, 420);
    recorded.place(5_000_000, 440);
    let begins = speech_at(&recorded.packets(0));
    assert_eq!(begins[10..], [400.0, 420.0, 440.0]);
}

#[test]
fn what_comes_twice_or_long_after_its_time_is_left_out() {
    let mut recorded = Recorded::new();
    for frame in 0..100 {
        recorded.place(frame, frame * 20);
    }
    assert_eq!(recorded.place(99, 1_980), Placed::Unfit);
    assert_eq!(recorded.place(90, 1_800), Placed::Unfit);
    assert_eq!(recorded.place(100, 500), Placed::Unfit);
    let not_opus = OpusPacket {
        position: 96_000,
        payload: Bytes::new(),
    };
    assert_eq!(recorded.track.place(&not_opus, ms(2_000)), Placed::Unfit);
    assert_eq!(recorded.place(100, 2_000), Placed::Recorded);
    assert_eq!(
        length_ms(&recorded.packets(2_020)),
        2_022.5,
        "closing takes one packet of 2.5 ms"
    );
}
