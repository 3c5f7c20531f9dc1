//! The caller's sound has no gaps, whatever the network does.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pipeline::{
    audio::{HEARING, OpusPacket},
    caller_sound::{CallerSound, Stretch},
    codec::Encoder,
    ports::HeardPacket,
};
use proptest::prelude::*;
use turn::CallTime;

fn ms(ms: u64) -> CallTime {
    CallTime::from_millis(ms)
}

/// A sender of a steady tone and a listener who checks that each stretch follows the one before.
struct Caller {
    encoder: Encoder,
    sent: u64,
    sound: CallerSound,
    heard: Vec<i16>,
}

impl Caller {
    fn new() -> Self {
        let encoder = Encoder::new(HEARING).expect("a rate of Opus");
        Self {
            encoder,
            sent: 0,
            sound: CallerSound::new().expect("a rate of Opus"),
            heard: Vec::new(),
        }
    }

    /// The next packet of the tone.
    fn packet(&mut self) -> OpusPacket {
        let frame: Vec<i16> = (0..320)
            .map(|index| {
                let time = (self.sent * 320 + index) as f64 / 16_000.0;
                ((time * 300.0 * std::f64::consts::TAU).sin() * 8_000.0) as i16
            })
            .collect();
        self.sent += 1;
        self.encoder
            .encode((self.sent - 1) * 960, &frame)
            .expect("a whole frame")
    }

    fn hear(&mut self, packet: OpusPacket, track: u32, at: CallTime) -> Stretch {
        let stretch = self.sound.hear(
            &HeardPacket {
                packet,
                arrived: Instant::now(),
                track,
            },
            at,
        );
        self.take(&stretch);
        stretch
    }

    fn fill_until(&mut self, now: CallTime) -> Stretch {
        let stretch = self.sound.fill_until(now);
        self.take(&stretch);
        stretch
    }

    fn take(&mut self, stretch: &Stretch) {
        assert_eq!(
            stretch.position,
            self.heard.len() as u64,
            "each stretch follows the one before"
        );
        self.heard.extend(stretch.samples.iter());
        assert_eq!(self.sound.position(), self.heard.len() as u64);
    }

    /// Sends and hears `count` packets, each 20 ms after the other, the first to arrive at `at`.
    fn talk(&mut self, count: u64, at: u64) {
        for index in 0..count {
            let packet = self.packet();
            self.hear(packet, 1, ms(at + index * 20));
        }
    }
}

fn loudest(sound: &[i16]) -> u16 {
    sound
        .iter()
        .map(|sample| sample.unsigned_abs())
        .max()
        .unwrap_or(0)
}

#[test]
fn packets_in_order_become_sound_at_once() {
    let mut caller = Caller::new();
    assert!(
        caller.fill_until(ms(500)).samples.is_empty(),
        "before the first packet there is nothing"
    );
    caller.talk(50, 1_020);
    assert_eq!(caller.heard.len(), 16_000);
    assert_eq!(caller.sound.time_of(0), ms(1_000));
    assert_eq!(caller.sound.time_of(16_000), ms(2_000));
    assert_eq!(caller.sound.counts().packets, 50);
    assert_eq!(caller.sound.counts().made_up, 0);
}

#[test]
fn lost_packets_are_replaced_and_positions_stay_true() {
    let mut caller = Caller::new();
    caller.talk(20, 20);
    let _lost = (caller.packet(), caller.packet());
    let packet = caller.packet();
    let stretch = caller.hear(packet, 1, ms(460));
    assert_eq!(stretch.samples.len(), 960);
    assert_eq!(stretch.packet, Some(20 * 320 + 640));
    assert_eq!(caller.sound.time_of(stretch.end()), ms(460));
    assert!(
        loudest(&stretch.samples[..640]) > 3_000,
        "the tone goes on through the loss"
    );
    assert_eq!(
        (caller.sound.counts().holes, caller.sound.counts().made_up),
        (1, 640)
    );
}

#[test]
fn packets_that_come_twice_or_too_late_are_left_out() {
    let mut caller = Caller::new();
    let early = caller.packet();
    caller.hear(early.clone(), 1, ms(20));
    let late = caller.packet();
    caller.talk(3, 60);
    assert!(caller.hear(late, 1, ms(101)).samples.is_empty());
    let again = caller.hear(early, 1, ms(102));
    assert!(again.samples.is_empty() && again.packet.is_none());
    assert_eq!(caller.sound.counts().late, 2);
    assert_eq!(caller.heard.len(), 5 * 320);
}

#[test]
fn a_caller_who_is_cut_off_falls_silent() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    for now in (1_010..3_000).step_by(20) {
        caller.fill_until(ms(now));
    }
    let behind = ms(2_990).since(caller.sound.time_of(caller.sound.position()));
    assert!(
        (60..=70).contains(&behind.as_millis()),
        "the silence keeps up with time, it is {behind:?} behind"
    );
    assert!(
        loudest(&caller.heard[16_000..16_320]) > 1_000,
        "the first 20 ms are a guess"
    );
    assert_eq!(
        loudest(&caller.heard[17_600..]),
        0,
        "after 100 ms there is silence"
    );
}

#[test]
fn a_pause_of_the_sender_is_as_long_as_its_time_stamps_say() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    for now in (1_010..3_000).step_by(20) {
        caller.fill_until(ms(now));
    }
    caller.sent += 100; // Two seconds in which nothing is sent, but the time stamps go on.
    caller.talk(50, 3_020);
    assert_eq!(caller.heard.len(), 16_000 + 32_000 + 16_000);
    assert_eq!(caller.sound.time_of(16_000), ms(1_000));
    assert_eq!(caller.sound.time_of(48_000), ms(3_000));
}

#[test]
fn a_pause_without_time_stamps_is_as_long_as_the_clock_says() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    for now in (1_010..3_000).step_by(20) {
        caller.fill_until(ms(now));
    }
    caller.talk(50, 3_020);
    assert_eq!(caller.sound.time_of(caller.sound.position()), ms(4_000));
    assert_eq!(caller.sound.time_of(8_000), ms(500));
}

#[test]
fn what_was_held_up_is_heard_after_all_and_dated_right() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    for now in (1_010..1_400).step_by(20) {
        caller.fill_until(ms(now));
    }
    let filled = caller.heard.len() as u64 - 16_000;
    assert!(filled >= 4_800);
    for _ in 0..20 {
        let packet = caller.packet();
        caller.hear(packet, 1, ms(1_400));
    }
    caller.talk(10, 1_420);
    let end = caller.sound.position();
    assert_eq!(end, 16_000 + filled + 30 * 320, "nothing that came was left out");
    assert_eq!(caller.sound.time_of(end), ms(1_600));
    assert_eq!(caller.sound.time_of(16_000 + filled), ms(1_000));
    assert_eq!(caller.sound.time_of(8_000), ms(500), "the past keeps its times");
}

#[test]
fn a_new_track_goes_on_where_the_old_one_stopped() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    caller.encoder = Encoder::new(HEARING).expect("a rate of Opus");
    caller.sent = 0;
    let packet = caller.packet();
    let stretch = caller.hear(packet, 2, ms(1_520));
    assert_eq!(
        stretch.packet,
        Some(16_000 + 8_000),
        "half a second of silence lies between them"
    );
    assert_eq!(loudest(&stretch.samples[..8_000]), 0);
    assert_eq!(caller.sound.time_of(24_000), ms(1_500));
    assert_eq!(caller.sound.counts().restarts, 1);
}

#[test]
fn a_leap_of_the_time_stamps_is_not_filled() {
    let mut caller = Caller::new();
    caller.talk(50, 20);
    caller.sent += 1_000_000;
    caller.talk(50, 1_020);
    assert_eq!(caller.heard.len(), 32_000);
    assert_eq!(caller.sound.time_of(32_000), ms(2_000));
    caller.sent = 0;
    caller.talk(50, 2_020);
    assert_eq!(caller.heard.len(), 48_000);
    assert_eq!(caller.sound.counts().restarts, 2);
}

#[test]
fn a_long_silence_comes_in_pieces() {
    let mut caller = Caller::new();
    caller.talk(5, 20);
    let stretch = caller.fill_until(ms(60_000));
    assert_eq!(stretch.samples.len(), 16_000);
    for _ in 0..70 {
        caller.fill_until(ms(60_000));
    }
    assert_eq!(caller.sound.time_of(caller.sound.position()), ms(60_000 - 60));
}

#[test]
fn packets_that_are_not_opus_are_counted_and_concealed() {
    let mut caller = Caller::new();
    caller.talk(10, 20);
    let packet = OpusPacket {
        position: 9_600,
        payload: Bytes::from_static(&[0xff, 0x00]),
    };
    let stretch = caller.hear(packet, 1, ms(220));
    assert_eq!(stretch.samples.len(), 320);
    assert_eq!(caller.sound.counts().malformed, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_stream_breaks_the_order_of_positions_or_runs_away(
        packets in prop::collection::vec(
            (prop_oneof![0_u64..200_000, any::<u64>()], 0_u32..3, 0_u64..200, prop::collection::vec(any::<u8>(), 0..60)),
            1..60,
        ),
    ) {
        let mut caller = Caller::new();
        let mut now = CallTime::START;
        for (position, track, wait_ms, bytes) in packets {
            now = now + Duration::from_millis(wait_ms);
            caller.fill_until(now);
            caller.hear(OpusPacket { position, payload: bytes.into() }, track, now);
        }
        // Each packet may bring 120 ms of its own and lead by a second.
        prop_assert!(caller.heard.len() < 60 * (16_000 + 1_920) + 16 * 200 * 60);
    }
}
