//! Sound files of all kinds become the same sound, and bad ones a sentence.

use std::{path::Path, process::Command};

use pipeline::{
    audio::{HEARING, Pcm, SampleRate},
    sound_file::{SoundFault, decode, read, resample, wav, write_wav},
};
use proptest::prelude::*;

fn tone(rate: SampleRate, seconds: f64) -> Pcm {
    let samples: Vec<i16> = (0..(f64::from(rate.0) * seconds) as u32)
        .map(|at| {
            ((f64::from(at) / f64::from(rate.0) * 440.0 * std::f64::consts::TAU).sin() * 10_000.0) as i16
        })
        .collect();
    Pcm::new(rate, samples)
}

/// Makes a variant of a WAV file with sox, an independent program.
fn sox(from: &Path, options: &[&str], to: &Path) {
    let run = Command::new("sox")
        .arg("-D")
        .arg(from)
        .args(options)
        .arg(to)
        .status();
    assert!(
        run.is_ok_and(|status| status.success()),
        "these tests need sox with FLAC: run `make setup`"
    );
}

/// How far the sound is from the tone, away from both ends.
fn distance(sound: &Pcm) -> i32 {
    let expected = tone(sound.rate, sound.duration().as_secs_f64());
    let pairs = sound.samples.iter().zip(expected.samples.iter()).skip(1_000);
    let inner = pairs.take(expected.samples.len().saturating_sub(2_000));
    inner
        .map(|(&a, &b)| (i32::from(a) - i32::from(b)).abs())
        .max()
        .unwrap_or(i32::MAX)
}

#[test]
fn every_width_rate_and_number_of_channels_gives_the_same_sound() {
    let dir = tempfile::tempdir().expect("a folder");
    let original = dir.path().join("original.wav");
    write_wav(&original, &tone(SampleRate(48_000), 1.0)).expect("a file");
    let variants: &[(&str, &[&str], i32)] = &[
        ("u8.wav", &["-b", "8", "-e", "unsigned-integer"], 200),
        ("s16.wav", &["-b", "16"], 25),
        ("s24.wav", &["-b", "24"], 25),
        ("s32.wav", &["-b", "32", "-e", "signed-integer"], 25),
        ("f32.wav", &["-b", "32", "-e", "floating-point"], 25),
        ("stereo.wav", &["-c", "2"], 25),
        ("six.wav", &["-c", "6"], 25),
        ("8k.wav", &["-r", "8000"], 60),
        ("11k.wav", &["-r", "11025"], 60),
        ("44k.wav", &["-r", "44100"], 60),
        ("16k.flac", &["-r", "16000"], 60),
        ("stereo.flac", &["-c", "2", "-b", "24"], 25),
    ];
    for &(name, options, tolerance) in variants {
        let path = dir.path().join(name);
        sox(&original, options, &path);
        let sound = read(&path, HEARING).expect(name);
        assert_eq!(sound.rate, HEARING);
        assert!(
            sound.samples.len().abs_diff(16_000) <= 2,
            "{name} has {} samples",
            sound.samples.len()
        );
        let distance = distance(&sound);
        assert!(distance <= tolerance, "{name} is off by up to {distance}");
    }
}

#[test]
fn what_is_written_is_read_again_sample_by_sample() {
    let dir = tempfile::tempdir().expect("a folder");
    let sound = Pcm::new(SampleRate(22_050), [i16::MIN, -1, 0, 1, i16::MAX, 12_345]);
    write_wav(&dir.path().join("a.wav"), &sound).expect("a file");
    assert_eq!(
        read(&dir.path().join("a.wav"), sound.rate).expect("our own file"),
        sound
    );
}

#[test]
fn another_rate_moves_nothing() {
    let mut samples = vec![0; 22_050];
    samples[11_025] = 20_000;
    let sound = resample(&Pcm::new(SampleRate(22_050), samples), SampleRate(24_000)).expect("two good rates");
    assert_eq!(sound.samples.len(), 24_000);
    let peak = (0..24_000).max_by_key(|&at| sound.samples[at].unsigned_abs());
    assert_eq!(peak, Some(12_000));
}

#[test]
fn bad_files_are_told_apart_in_one_sentence() {
    let dir = tempfile::tempdir().expect("a folder");
    let good = wav(&tone(HEARING, 1.0)).expect("a small file");
    let fault = |bytes: &[u8]| decode(bytes.to_vec(), HEARING).expect_err("a bad file");
    assert!(matches!(fault(&[]), SoundFault::Empty));
    assert!(matches!(fault(&good[..44]), SoundFault::Truncated(_)));
    assert!(matches!(
        fault(&wav(&Pcm::new(HEARING, [])).expect("a header")),
        SoundFault::Empty
    ));
    assert!(matches!(
        fault(b"ID3 and then something that is not sound at all"),
        SoundFault::Unsupported(_)
    ));
    let half = fault(&good[..good.len() / 2]);
    assert!(
        matches!(half, SoundFault::Truncated(heard) if heard.as_millis().abs_diff(500) < 80),
        "{half}"
    );
    let mut strange = good.clone();
    strange[24..28].fill(0xff);
    assert!(matches!(fault(&strange), SoundFault::Damaged(_)));
    strange[22..24].fill(0);
    assert!(matches!(fault(&strange), SoundFault::Damaged(_)));
    strange[20..22].copy_from_slice(&[7, 0]);
    assert!(fault(&strange).to_string().contains("format 7"));

    let missing = read(&dir.path().join("none.wav"), HEARING).expect_err("no such file");
    assert!(missing.to_string().contains("none.wav"), "{missing}");
    assert!(matches!(missing.fault, SoundFault::Unreadable(_)));
}

#[test]
fn a_file_whose_writer_did_not_know_its_length_is_read_to_its_end() {
    let mut file = wav(&tone(HEARING, 1.0)).expect("a small file");
    file[4..8].fill(0xff);
    file[40..44].fill(0xff);
    assert_eq!(decode(file, HEARING).expect("a whole file").samples.len(), 16_000);
}

#[test]
fn a_flac_file_that_breaks_off_is_an_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let (original, flac) = (dir.path().join("a.wav"), dir.path().join("a.flac"));
    write_wav(&original, &tone(SampleRate(48_000), 2.0)).expect("a file");
    sox(&original, &[], &flac);
    let bytes = std::fs::read(&flac).expect("the file of sox");
    let fault = decode(bytes[..bytes.len() * 2 / 3].to_vec(), HEARING).expect_err("a cut file");
    assert!(
        matches!(fault, SoundFault::Truncated(_) | SoundFault::Damaged(_)),
        "{fault}"
    );
}

/// A small FLAC file.
fn flac() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let (original, flac) = (dir.path().join("a.wav"), dir.path().join("a.flac"));
    write_wav(&original, &tone(HEARING, 0.3)).expect("a file");
    sox(&original, &[], &flac);
    std::fs::read(&flac).expect("the file of sox")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in 0..3) {
        let file = match kind {
            0 => bytes,
            1 => [b"RIFF\xff\xff\x00\x00WAVE", &bytes[..]].concat(),
            _ => [b"fLaC", &bytes[..]].concat(),
        };
        let _outcome = decode(file, HEARING);
    }

    #[test]
    fn damage_anywhere_in_a_wav_file_does_not_make_the_reader_panic(
        hits in prop::collection::vec((0_usize..60, any::<u8>()), 1..6), cut in 0_usize..4_000,
    ) {
        let mut file = wav(&tone(HEARING, 0.1)).expect("a small file");
        for (place, value) in hits {
            file[place] = value;
        }
        file.truncate(file.len().saturating_sub(cut));
        let _outcome = decode(file, HEARING);
    }
}

#[test]
fn damage_anywhere_in_a_flac_file_does_not_make_the_reader_panic() {
    let good = flac();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let hits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let outcome = runner.run(&hits, |hits| {
        let mut file = good.clone();
        for (place, value) in hits {
            let place = place.index(file.len());
            file[place] = value;
        }
        let _outcome = decode(file, HEARING);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
