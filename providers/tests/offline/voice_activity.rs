//! Voice activity begins and ends where the voice does.

use std::time::Duration;

use pipeline::ports::{VoiceActivityFactory, VoiceVerdict};
use providers::vad::{Band, Gate, Silero, SileroOptions, Webrtc};

use crate::{
    listening::{hiss, models},
    speech::{prompt, spoken},
};

fn silero(band: Band, gate: Gate) -> Silero {
    let options = SileroOptions {
        band,
        gate,
        copies: 1,
    };
    Silero::open(&models(), options).unwrap_or_else(|error| panic!("{error}"))
}

fn verdicts(factory: &dyn VoiceActivityFactory, sound: &[i16], frame: usize) -> Vec<VoiceVerdict> {
    let mut detector = factory.detector();
    let mut verdicts = Vec::new();
    for frame in sound.chunks(frame) {
        detector.hear(frame, &mut verdicts);
    }
    verdicts
}

/// Speech that begins and ends sharply: what is fainter than a hundredth of full scale at its ends is cut off.
fn sharp(sound: &[i16]) -> &[i16] {
    let loud = |sample: &i16| sample.unsigned_abs() > 330;
    let first = sound.iter().position(loud).expect("it is loud");
    let last = sound.iter().rposition(loud).expect("it is loud");
    &sound[first..=last]
}

fn ms(samples: u64) -> u64 {
    samples / 16
}

#[test]
fn speech_begins_and_ends_within_the_delays_that_were_measured() {
    let quiet = hiss(Duration::from_millis(1_500));
    let clip = spoken("I would like to book an appointment.");
    let speech = sharp(&clip);
    let sound = [&quiet, speech, &quiet].concat();
    let (onset, end) = (quiet.len() as u64, (quiet.len() + speech.len()) as u64);
    let detectors: [(&str, Box<dyn VoiceActivityFactory>); 4] = [
        ("16 kHz", Box::new(silero(Band::Wide, Gate::None))),
        ("16 kHz, gated", Box::new(silero(Band::Wide, Gate::Webrtc))),
        ("8 kHz, gated", Box::new(silero(Band::Narrow, Gate::Webrtc))),
        ("webrtc", Box::new(Webrtc)),
    ];
    for (name, detector) in detectors {
        let voiced: Vec<_> = verdicts(&*detector, &sound, 320)
            .into_iter()
            .filter(|verdict| verdict.speech >= 0.5)
            .collect();
        let (first, last) = (
            voiced.first().expect("speech").end,
            voiced.last().expect("speech").end,
        );
        println!(
            "{name}: onset after {} ms, end after {} ms",
            ms(first - onset),
            ms(last.saturating_sub(end))
        );
        assert!(first > onset, "{name} heard speech before it began");
        assert!(
            ms(first - onset) <= 140,
            "{name}: {} ms to the onset",
            ms(first - onset)
        );
        assert!(
            last + 512 >= end,
            "{name}: it stopped {} ms early",
            ms(end - last)
        );
        assert!(
            ms(last.saturating_sub(end)) <= 250,
            "{name}: {} ms after the end",
            ms(last - end)
        );
    }
}

#[test]
fn the_gate_delays_no_onset() {
    let names = [
        "agent-pass",
        "conf-full",
        "auth-thankyou",
        "digits/5",
        "digits/8",
        "call-waiting",
    ];
    let quiet = hiss(Duration::from_millis(2_000));
    let sound = names.map(|name| [quiet.clone(), prompt(name)].concat()).concat();
    for band in [Band::Wide, Band::Narrow] {
        let plain = verdicts(&silero(band, Gate::None), &sound, 320);
        let gated = verdicts(&silero(band, Gate::Webrtc), &sound, 320);
        let spoken: Vec<_> = plain
            .iter()
            .zip(&gated)
            .filter(|(plain, _)| plain.speech >= 0.5)
            .collect();
        let lost = spoken.iter().filter(|(_, gated)| gated.speech < 0.5).count();
        println!("{band:?}: {lost} of {} windows of speech are lost", spoken.len());
        assert!(spoken.len() > 100, "there is speech");
        assert!(
            lost * 100 <= spoken.len(),
            "{lost} of {} windows of speech are lost",
            spoken.len()
        );
    }
}

#[test]
fn the_network_sleeps_in_silence() {
    let sound = hiss(Duration::from_secs(4));
    let gated = verdicts(&silero(Band::Wide, Gate::Webrtc), &sound, 320);
    // The gate's own verdict is exactly zero; the network's never is.
    let awake = gated.iter().filter(|verdict| verdict.speech != 0.0).count();
    assert!(
        awake <= 20,
        "{awake} of {} windows of silence were heard by the network",
        gated.len()
    );
}

#[test]
fn the_size_of_the_frames_does_not_matter() {
    let sound = [hiss(Duration::from_secs(1)), prompt("conf-full")].concat();
    let detector = silero(Band::Wide, Gate::Webrtc);
    let expected = verdicts(&detector, &sound, 512);
    assert_eq!(verdicts(&detector, &sound, 320), expected);
    assert_eq!(verdicts(&detector, &sound, 7), expected);
    assert_eq!(verdicts(&detector, &sound, sound.len()), expected);
    let ends: Vec<_> = expected.iter().map(|verdict| verdict.end).collect();
    assert_eq!(ends[..3], [512, 1_024, 1_536]);
}

#[test]
fn a_detector_that_was_reset_is_like_a_new_one() {
    let sound = prompt("conf-full");
    for factory in [
        &silero(Band::Wide, Gate::Webrtc) as &dyn VoiceActivityFactory,
        &Webrtc,
    ] {
        let mut detector = factory.detector();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        detector.hear(&sound, &mut first);
        detector.reset();
        detector.hear(&sound, &mut second);
        assert_eq!(first, second);
    }
}
