//! The end of a turn is heard from how it was said.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use providers::smart_turn::{BANDS, FRAMES, Mel};

use crate::{
    listening::{hiss, offline},
    speech::spoken,
};

/// Features that another program computed from the published definition; see `fixtures/smart_turn_mel.py`.
const EXPECTED: &[u8] = include_bytes!("../fixtures/smart_turn_mel.f32");
/// The fixture has every 37th frame.
const STEP: usize = 37;

/// The signal of the fixture: whole numbers only, so that both programs hear the very same.
fn signal(samples: usize) -> Vec<i16> {
    let mut state = 1_u32;
    let sample = |at: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = i32::try_from((state >> 16) % 801).expect("it is small") - 400;
        let at = i32::try_from(at).expect("it is short");
        let period = 40 + (at / 400) % 97;
        let saw = (at % period) * 12_000 / period - 6_000;
        let loud = (at / 3_200) % 3;
        i16::try_from((saw * loud).div_euclid(2) + noise).expect("it is not too loud")
    };
    (0..samples).map(sample).collect()
}

#[test]
fn the_features_are_those_of_the_published_definition() {
    let mel = Mel::new();
    let mut expected = EXPECTED
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes));
    let mut worst = 0.0_f32;
    for seconds in [5, 10] {
        let features = mel.features(&signal(seconds * 16_000));
        for frame in (0..FRAMES).step_by(STEP) {
            for band in 0..BANDS {
                let expected = expected.next().expect("the fixture is complete");
                worst = worst.max((features[band * FRAMES + frame] - expected).abs());
            }
        }
    }
    assert_eq!(expected.next(), None, "the fixture is used up");
    println!("the largest difference is {worst:.1e}");
    assert!(worst < 1e-3, "a feature differs by {worst}");
}

#[tokio::test]
async fn a_finished_sentence_is_likelier_the_end_than_a_broken_one() {
    let model = offline().end_of_turn().unwrap_or_else(|error| panic!("{error}"));
    let silence = hiss(Duration::from_millis(200));
    let mut times = Vec::new();
    let mut likelier = 0;
    let pairs = [
        (
            "I would like to book an appointment.",
            "I would like to book an appointment for the",
        ),
        ("Do you have anything on Thursday?", "Do you have anything on"),
        ("My phone number is five five five one two.", "My phone number is"),
        ("No thank you, that is all.", "No thank you, that is all and"),
        ("How much does a filling cost?", "How much does a"),
    ];
    for (finished, broken) in pairs {
        let mut probabilities = Vec::new();
        for text in [finished, broken] {
            let audio: Arc<[i16]> = [spoken(text), silence.clone()].concat().into();
            let since = Instant::now();
            let probability = model
                .probability(audio)
                .await
                .unwrap_or_else(|error| panic!("{error}"));
            times.push(since.elapsed());
            println!("{probability:.3} {text}");
            probabilities.push(probability);
        }
        likelier += usize::from(probabilities[0] > probabilities[1]);
    }
    times.sort();
    println!("a question takes {:?} in the middle", times[times.len() / 2]);
    assert!(
        likelier >= 4,
        "the finished sentence was likelier the end in {likelier} of 5 pairs"
    );
}

#[tokio::test]
async fn silence_and_nothing_are_no_reason_to_fail() {
    let model = offline().end_of_turn().unwrap_or_else(|error| panic!("{error}"));
    for audio in [Vec::new(), vec![0; 1], vec![0; 200_000], vec![i16::MIN; 128_000]] {
        let probability = model
            .probability(audio.into())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert!((0.0..=1.0).contains(&probability), "{probability}");
    }
}
