//! When a voice ended, by the sound itself.

use pipeline::{
    ports::VoiceVerdict,
    voice_gate::{Found, VoiceGate},
};

/// A window of the detector.
const WINDOW: usize = 512;

#[test]
fn a_voice_ends_with_its_last_voiced_sample_not_when_the_detector_says_so() {
    let mut sound = voice(16_000, 8_000.0);
    sound.extend(voice(16_000, 8.0));
    close(end(&sound), 16_000);
}

#[test]
fn a_click_after_the_voice_is_no_voice() {
    let mut sound = voice(16_000, 8_000.0);
    sound.extend(voice(640, 8.0));
    sound.extend(voice(160, 2_000.0));
    sound.extend(voice(16_000, 8.0));
    close(end(&sound), 16_000);
}

#[test]
fn a_voice_that_dies_away_ends_where_it_is_35_db_down() {
    let mut sound = voice(16_000, 8_000.0);
    // 60 dB in 200 ms: 35 dB after 117 ms.
    for piece in 0..40 {
        sound.extend(voice(80, 8_000.0 * 10_f64.powf(-3.0 * f64::from(piece) / 40.0)));
    }
    sound.extend(voice(16_000, 8.0));
    close(end(&sound), 16_000 + 1_870);
}

#[test]
fn the_ringing_of_a_codec_after_a_cut_is_no_voice() {
    let mut sound = voice(16_000, 8_000.0);
    for height in [1_600.0, 180.0, 140.0, 40.0, 12.0, 4.0, 1.0] {
        sound.extend(voice(80, height));
    }
    sound.extend(vec![0; 16_000]);
    close(end(&sound), 16_000);
}

/// The end that the gate finds, when its detector goes on for 100 ms.
fn end(sound: &[i16]) -> u64 {
    let mut gate = VoiceGate::default();
    let mut found = None;
    for (number, window) in sound.chunks_exact(WINDOW).enumerate() {
        let end = (number + 1) * WINDOW;
        gate.hear(window);
        let judged = gate.judge(VoiceVerdict {
            end: end as u64,
            len: WINDOW as u32,
            speech: if end < 16_000 + 4_800 { 0.9 } else { 0.1 },
        });
        if let Some(Found::Stopped { voiced_until }) = judged {
            found.get_or_insert(voiced_until);
        }
    }
    found.expect("the voice ended")
}

fn voice(samples: usize, height: f64) -> Vec<i16> {
    (0..samples)
        .map(|at| (height * (at as f64 * 0.3).sin()).round() as i16)
        .collect()
}

fn close(end: u64, expected: u64) {
    assert!(end.abs_diff(expected) <= 160, "{end} is not {expected} ± 10 ms");
}
