//! How late the codec is.

use pipeline::{
    audio::{HEARING, RTP_HZ, SampleRate},
    codec::{CodecError, Decoder, Encoder, LOOK_AHEAD_TICKS},
};

/// Noise under 3 kHz that swells five times a second: like speech to the codec, and alike to itself at one shift only.
fn babble(rate: SampleRate, seconds: u32) -> Vec<i16> {
    let mut seed = 1_u32;
    let mut smooth = [0.0; 2];
    let part = (3_000.0 / f64::from(rate.0) * 2.0).min(1.0);
    (0..rate.0 * seconds)
        .map(|index| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed >> 16) / 32_768.0 - 1.0;
            smooth[0] += part * (noise - smooth[0]);
            smooth[1] += part * (smooth[0] - smooth[1]);
            let swell =
                0.55 - 0.45 * (f64::from(index) / f64::from(rate.0) * 5.0 * std::f64::consts::TAU).cos();
            (smooth[1] * swell * 20_000.0) as i16
        })
        .collect()
}

fn through_the_codec(sound: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    let mut encoder = Encoder::new(from).expect("a rate of Opus");
    let mut decoder = Decoder::new(to).expect("a rate of Opus");
    let mut decoded = Vec::new();
    for (index, frame) in sound.chunks_exact(from.frame_len()).enumerate() {
        let packet = encoder.encode(index as u64 * 960, frame).expect("a whole frame");
        decoder
            .decode(&packet.payload, &mut decoded)
            .expect("our own packet");
    }
    decoded
}

/// The shift of `late` against `sound` at which the two are most alike.
fn shift(sound: &[i16], late: &[i16], most: usize) -> usize {
    let alike = |shift: usize| -> f64 {
        let pairs = sound.iter().zip(&late[shift..]).skip(4_000);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    (0..most)
        .max_by(|&a, &b| alike(a).total_cmp(&alike(b)))
        .unwrap_or(0)
}

#[test]
fn sound_is_late_by_the_look_ahead_at_every_rate() {
    for hz in [8_000, 12_000, 16_000, 24_000, 48_000] {
        let rate = SampleRate(hz);
        let sound = babble(rate, 3);
        let decoded = through_the_codec(&sound, rate, rate);
        assert_eq!(decoded.len(), sound.len());
        let measured = shift(&sound, &decoded, rate.frame_len() * 2) as f64 / f64::from(hz) * 1e3;
        let expected = LOOK_AHEAD_TICKS as f64 / f64::from(RTP_HZ) * 1e3;
        assert!(
            (measured - expected).abs() <= 0.6,
            "at {rate} the sound is {measured:.2} ms late, not {expected:.2}"
        );
    }
}

#[test]
fn the_listener_hears_the_same_delay_whatever_the_sender_used() {
    for hz in [16_000, 24_000, 48_000] {
        let rate = SampleRate(hz);
        let sound = babble(rate, 3);
        let decoded = through_the_codec(&sound, rate, HEARING);
        let every = (hz / HEARING.0) as usize;
        let picked: Vec<i16> = if hz == 24_000 {
            (0..decoded.len())
                .map(|index| sound[(index * 3 / 2).min(sound.len() - 1)])
                .collect()
        } else {
            sound.iter().copied().step_by(every).collect()
        };
        let measured = shift(&picked, &decoded, 640) as f64 / 16.0;
        assert!(
            (measured - 6.5).abs() <= 0.6,
            "from {rate} the sound is {measured:.2} ms late, not 6.5"
        );
    }
}

#[test]
fn a_click_is_heard_no_earlier_than_it_was_made() {
    let rate = SampleRate(24_000);
    let mut sound = vec![0; rate.frame_len() * 50];
    let onset = rate.frame_len() * 20 + 100;
    for (index, sample) in sound[onset..].iter_mut().enumerate() {
        *sample = ((index as f64 / 24_000.0 * 440.0 * std::f64::consts::TAU).sin() * 12_000.0) as i16;
    }
    let decoded = through_the_codec(&sound, rate, rate);
    let heard = decoded
        .iter()
        .position(|sample| sample.unsigned_abs() > 2_000)
        .expect("the tone is heard");
    let late_ms = (heard as f64 - onset as f64) / 24.0;
    assert!(
        (5.0..9.0).contains(&late_ms),
        "the tone begins {late_ms:.2} ms after it was made"
    );
}

#[test]
fn rates_that_opus_does_not_have_are_refused_with_advice() {
    let refused = Encoder::new(SampleRate(22_050)).err();
    assert_eq!(refused, Some(CodecError::Rate(SampleRate(22_050))));
    assert_eq!(
        Decoder::new(SampleRate(44_100)).err(),
        Some(CodecError::Rate(SampleRate(44_100)))
    );
    assert!(
        CodecError::Rate(SampleRate(22_050))
            .to_string()
            .contains("resample")
    );
    let mut encoder = Encoder::new(HEARING).expect("a rate of Opus");
    let error = encoder.encode(0, &[0; 319]).err();
    assert_eq!(
        error,
        Some(CodecError::FrameLength {
            expected: 320,
            got: 319
        })
    );
}
