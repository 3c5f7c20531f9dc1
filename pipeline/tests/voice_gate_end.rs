//! When a voice ended, by the sound itself.

use pipeline::{
    ports::VoiceVerdict,
    voice_gate::{Found, VoiceGate},
};

/// A window of the detector, and what a packet brings.
const WINDOW: usize = 512;
const PACKET: usize = 320;

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

#[test]
fn a_pause_is_told_when_the_sound_has_fallen_though_the_detector_goes_on() {
    let mut sound = voice(16_000, 8_000.0);
    sound.extend(voice(16_000, 8.0));
    let found = all_found(&sound);
    let pauses: Vec<_> = found
        .iter()
        .filter_map(|(end, found)| match found {
            Found::Paused { voiced_until } => Some((*end, *voiced_until)),
            _ => None,
        })
        .collect();
    let [(told, voiced_until)] = pauses[..] else {
        panic!("one pause: {pauses:?}");
    };
    close(voiced_until, 16_000);
    assert!(told - 16_000 <= 1_280 + PACKET as u64 + 160, "told after {told}");
    let voiced = |found: &(u64, Found)| matches!(found.1, Found::Continues { .. }) && found.0 > told;
    assert!(!found.iter().any(voiced), "and no voice after it");
}

#[test]
fn a_voice_that_comes_again_after_a_pause_goes_on() {
    let mut sound = voice(8_000, 8_000.0);
    sound.extend(voice(2_560, 8.0));
    sound.extend(voice(5_440, 8_000.0));
    let found = all_found(&sound);
    let paused = found
        .iter()
        .position(|(_, found)| matches!(found, Found::Paused { .. }));
    let after = &found[paused.expect("a pause") + 1..];
    assert!(
        matches!(after.first(), Some((_, Found::Continues { .. }))),
        "{after:?}"
    );
}

#[test]
fn a_voice_that_only_grows_softer_does_not_pause() {
    let mut sound = voice(4_000, 8.0);
    sound.extend(voice(6_000, 8_000.0));
    sound.extend(voice(6_000, 800.0));
    let paused = |found: &(u64, Found)| matches!(found.1, Found::Paused { .. });
    assert!(!all_found(&sound).iter().any(paused));
}

/// The end that the gate finds, when its detector goes on for a while.
fn end(sound: &[i16]) -> u64 {
    let stopped = all_found(sound).into_iter().find_map(|(_, found)| match found {
        Found::Stopped { voiced_until } => Some(voiced_until),
        _ => None,
    });
    stopped.expect("the voice ended")
}

/// What the gate finds, and at which sample, when its detector goes on for 300 ms after the first second.
fn all_found(sound: &[i16]) -> Vec<(u64, Found)> {
    let mut gate = VoiceGate::default();
    let mut found = Vec::new();
    let mut judged = 0;
    for (number, packet) in sound.chunks_exact(PACKET).enumerate() {
        let heard = ((number + 1) * PACKET) as u64;
        found.extend(gate.hear(packet).map(|found| (heard, found)));
        while judged + WINDOW as u64 <= heard {
            judged += WINDOW as u64;
            let verdict = gate.judge(VoiceVerdict {
                end: judged,
                len: WINDOW as u32,
                speech: if judged < 16_000 + 4_800 { 0.9 } else { 0.1 },
            });
            found.extend(verdict.map(|found| (heard, found)));
        }
    }
    found
}

fn voice(samples: usize, height: f64) -> Vec<i16> {
    (0..samples)
        .map(|at| (height * (at as f64 * 0.3).sin()).round() as i16)
        .collect()
}

fn close(end: u64, expected: u64) {
    assert!(end.abs_diff(expected) <= 160, "{end} is not {expected} ± 10 ms");
}
