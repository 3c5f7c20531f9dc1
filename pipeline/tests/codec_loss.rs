//! Sound where packets are missing or wrong.

use std::{sync::LazyLock, time::Instant};

use pipeline::{
    audio::{HEARING, SampleRate},
    codec::{CodecError, Correction, Decoder, Encoder, packet_ticks},
};
use proptest::prelude::*;

/// A voice of a kind: a buzz of 120 Hz whose pitch and loudness wander.
fn voice(rate: SampleRate, frames: usize) -> Vec<i16> {
    let mut phase = 0.0;
    (0..frames * rate.frame_len())
        .map(|index| {
            let time = index as f64 / f64::from(rate.0);
            phase += (120.0 + 25.0 * (time * 9.0).sin()) / f64::from(rate.0);
            let buzz: f64 = (1..20)
                .map(|n| (phase * f64::from(n) * std::f64::consts::TAU).sin() / f64::from(n))
                .sum();
            (buzz * (0.6 + 0.4 * (time * 21.0).sin()) * 6_000.0) as i16
        })
        .collect()
}

fn packets(rate: SampleRate, sound: &[i16]) -> Vec<Vec<u8>> {
    encoded(Encoder::new(rate).expect("a rate of Opus"), sound)
}

fn encoded(mut encoder: Encoder, sound: &[i16]) -> Vec<Vec<u8>> {
    let rate = encoder.rate();
    let frames = sound.chunks_exact(rate.frame_len());
    frames
        .map(|frame| encoder.encode(0, frame).expect("a whole frame").payload.to_vec())
        .collect()
}

fn difference(a: &[i16], b: &[i16]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
        .sum::<f64>()
        .sqrt()
}

#[test]
fn a_lost_packet_is_recovered_from_the_next_one() {
    let sent = packets(HEARING, &voice(HEARING, 60));
    let (mut whole, mut recovered, mut guessed) = (Vec::new(), Vec::new(), Vec::new());
    let mut decoders = [(); 3].map(|()| Decoder::new(HEARING).expect("a rate of Opus"));
    for (index, packet) in sent.iter().enumerate() {
        decoders[0].decode(packet, &mut whole).expect("our own packet");
        if index % 7 == 5 {
            continue;
        }
        if index % 7 == 6 {
            decoders[1].recover(packet, 320, &mut recovered);
            decoders[2].conceal(320, &mut guessed);
        }
        decoders[1]
            .decode(packet, &mut recovered)
            .expect("our own packet");
        decoders[2].decode(packet, &mut guessed).expect("our own packet");
    }
    let len = recovered.len();
    assert_eq!(len, guessed.len());
    let (with_copy, without) = (
        difference(&recovered, &whole[..len]),
        difference(&guessed, &whole[..len]),
    );
    assert!(
        with_copy < without * 0.7,
        "with the copy the sound is off by {with_copy:.0}, without by {without:.0}"
    );
}

#[test]
fn concealment_fades_and_ends_in_silence_after_100_ms() {
    let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
    let mut sound = Vec::new();
    for packet in packets(HEARING, &voice(HEARING, 20)) {
        decoder.decode(&packet, &mut sound).expect("our own packet");
    }
    let mut hole = Vec::new();
    for _ in 0..30 {
        decoder.conceal(160, &mut hole);
    }
    assert_eq!(hole.len(), 4_800);
    assert!(
        hole[..320].iter().any(|sample| sample.unsigned_abs() > 500),
        "the first 20 ms go on as before"
    );
    assert!(
        hole[1_590..1_600]
            .iter()
            .all(|sample| sample.unsigned_abs() < 200),
        "the last of it is faint"
    );
    assert!(
        hole[1_600..].iter().all(|&sample| sample == 0),
        "what follows is silence"
    );
}

#[test]
fn a_stereo_packet_is_heard_as_one_channel() {
    let mut encoder = ropus::Encoder::builder(48_000, ropus::Channels::Stereo, ropus::Application::Audio)
        .build()
        .expect("a stereo encoder");
    let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
    let mut sound = Vec::new();
    for frame in voice(SampleRate(48_000), 10).chunks_exact(960) {
        let left_alone: Vec<i16> = frame.iter().flat_map(|&sample| [sample, 0]).collect();
        let mut packet = [0; 4_000];
        let len = encoder.encode(&left_alone, &mut packet).expect("a whole frame");
        decoder
            .decode(&packet[..len], &mut sound)
            .expect("a packet of libopus's kind");
    }
    assert_eq!(sound.len(), 3_200);
    assert!(sound[1_000..].iter().any(|sample| sample.unsigned_abs() > 1_000));
}

#[test]
fn durations_are_read_from_the_first_bytes() {
    let packet = packets(HEARING, &voice(HEARING, 1)).remove(0);
    assert_eq!(packet_ticks(&packet), Some(960));
    assert_eq!(packet_ticks(&[0xf8]), Some(960), "one frame, 20 ms, full band");
    assert_eq!(packet_ticks(&[0x1b, 2]), Some(5_760), "two frames of 60 ms");
    assert_eq!(packet_ticks(&[0x1b, 3]), None, "more than 120 ms");
    assert_eq!(packet_ticks(&[0x1b]), None, "the number of frames is missing");
    assert_eq!(packet_ticks(&[]), None);
}

#[test]
fn what_is_not_opus_is_an_error_and_leaves_the_sound_alone() {
    let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
    let mut sound = vec![7; 5];
    assert_eq!(
        decoder.decode(&[], &mut sound),
        Err(CodecError::Malformed { bytes: 0 })
    );
    assert_eq!(
        decoder.decode(&[0xff, 0x00], &mut sound),
        Err(CodecError::Malformed { bytes: 2 })
    );
    assert_eq!(sound, [7; 5]);
}

#[test]
fn coding_takes_a_small_part_of_the_20_ms() {
    for rate in [
        SampleRate(8_000),
        SampleRate(16_000),
        SampleRate(24_000),
        SampleRate(48_000),
    ] {
        let sound = voice(rate, 500);
        let began = Instant::now();
        let sent = packets(rate, &sound);
        let encoding = began.elapsed() / 500;
        let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
        let mut decoded = Vec::new();
        let began = Instant::now();
        for packet in &sent {
            decoded.clear();
            decoder.decode(packet, &mut decoded).expect("our own packet");
        }
        let decoding = began.elapsed() / 500;
        let bytes = sent.iter().map(Vec::len).sum::<usize>();
        let report = format!(
            "{rate}: {encoding:?} to encode, {decoding:?} to decode, {} bit/s",
            bytes * 8 / 10
        );
        assert!(encoding.as_millis() < 5 && decoding.as_millis() < 2, "{report}");
        eprintln!("{report}");
    }
}

/// Good packets to damage.
static SENT: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| packets(SampleRate(48_000), &voice(SampleRate(48_000), 40)));

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_decoder_panic(garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..12)) {
        let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
        let mut sound = Vec::new();
        for packet in &garbage {
            sound.clear();
            decoder.recover(packet, 480, &mut sound);
            prop_assert_eq!(sound.len(), 480);
            if decoder.decode(packet, &mut sound).is_err() {
                decoder.conceal_packet(packet, &mut sound);
            }
            prop_assert!(sound.len() <= 480 + 1_920);
        }
    }

    #[test]
    fn damaged_packets_do_not_make_the_decoder_panic(
        hits in prop::collection::vec((0_usize..40, any::<prop::sample::Index>(), any::<u8>()), 1..60),
    ) {
        let mut sent = SENT.clone();
        for (packet, place, value) in hits {
            let place = place.index(sent[packet].len());
            sent[packet][place] = value;
        }
        let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
        for packet in &sent {
            let mut sound = Vec::new();
            if decoder.decode(packet, &mut sound).is_err() {
                decoder.conceal_packet(packet, &mut sound);
            }
            prop_assert!(!sound.is_empty());
        }
    }
}

#[test]
fn copies_are_sent_until_they_are_switched_off_and_again_when_they_are_switched_on() {
    // RFC 6716, 4.2.3: behind the first byte comes a bit for activity, then one for a copy of the frame before.
    let copies = |packets: Vec<Vec<u8>>| packets.iter().filter(|packet| packet[1] & 0x40 != 0).count();
    let sound = voice(HEARING, 60);
    let with = |switches: &[Correction]| {
        let mut encoder = Encoder::new(HEARING).expect("a rate of Opus");
        for &correction in switches {
            encoder.correct(correction).expect("the codec takes it");
        }
        copies(encoded(encoder, &sound))
    };
    assert!(with(&[]) > 40);
    assert_eq!(with(&[Correction::Off]), 0);
    assert!(with(&[Correction::Off, Correction::Copies]) > 40);
}
