//! What a recogniser does with the hints that it is given.

use std::time::{Duration, Instant};

use pipeline::ports::{Recogniser, RecogniserEvent, RecogniserInput, RecogniserOptions, ServiceErrorKind};
use tokio::time::timeout;

use crate::{
    listening::{PATIENCE, Pace, between_silences, errors, heard, hiss, opened, recognition, words},
    speech::prompt,
};

const SAID: &str = "Please enter your password followed by the pound key.";

/// Gives sound in frames of 20 ms.
async fn give(recogniser: &Recogniser, position: u64, sound: &[i16]) {
    let mut position = position;
    for frame in sound.chunks(320) {
        hint(
            recogniser,
            RecogniserInput::Audio {
                position,
                pcm: frame.into(),
            },
        )
        .await;
        position += frame.len() as u64;
    }
}

async fn hint(recogniser: &Recogniser, hint: RecogniserInput) {
    recogniser.input.send(hint).await.expect("the recogniser listens");
}

/// The hint that speech began, while nobody else was speaking.
fn began(position: u64) -> RecogniserInput {
    RecogniserInput::SpeechStarted {
        position,
        over_agent: false,
    }
}

/// The next final text and the position at which it ends.
async fn next_final(recogniser: &mut Recogniser) -> (String, u64) {
    loop {
        match timeout(PATIENCE, recogniser.events.recv())
            .await
            .expect("a final text in time")
        {
            Some(RecogniserEvent::Final { text, end, .. }) => return (text.reveal().to_owned(), end),
            Some(RecogniserEvent::Failed(error)) => panic!("{error}"),
            Some(_) => {}
            None => panic!("the recogniser is closed"),
        }
    }
}

/// The text of sound whose speech is said to be between two positions.
pub(crate) async fn final_of(sound: &[i16], from: u64, to: u64) -> String {
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(from)).await;
    give(&recogniser, 0, sound).await;
    hint(&recogniser, RecogniserInput::SpeechPaused { position: to }).await;
    hint(&recogniser, RecogniserInput::SpeechStopped { position: to }).await;
    next_final(&mut recogniser).await.0
}

/// The text of sound that is one stretch of speech, with a hint wherever `pause` is found in it.
pub(crate) async fn final_with_pauses(sound: &[i16], pause: &[i16]) -> String {
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(0)).await;
    let mut position = 0;
    let mut last = 0;
    for frame in sound.chunks(320) {
        hint(
            &recogniser,
            RecogniserInput::Audio {
                position,
                pcm: frame.into(),
            },
        )
        .await;
        position += frame.len() as u64;
        let heard = &sound[..position as usize];
        if heard.len() >= last + 2 * pause.len() && heard.ends_with(pause) {
            last = heard.len();
            hint(
                &recogniser,
                RecogniserInput::SpeechPaused {
                    position: (last - pause.len()) as u64,
                },
            )
            .await;
            // Speech goes on when the pause has been decoded, as it has in a call.
            until_decoded(&mut recogniser).await;
        }
    }
    hint(
        &recogniser,
        RecogniserInput::SpeechStopped {
            position: position - pause.len() as u64,
        },
    )
    .await;
    next_final(&mut recogniser).await.0
}

/// Waits until the recogniser has shown something, if there is anything to show.
async fn until_decoded(recogniser: &mut Recogniser) {
    let _ = timeout(Duration::from_secs(2), recogniser.events.recv()).await;
}

#[tokio::test]
async fn interim_texts_grow_towards_the_final_one() {
    let sound = between_silences(&prompt("agent-pass"));
    let heard = heard(&recognition(), &sound, Pace::RealTime).await;
    println!("{:?} then {:?}", heard.interims, heard.finals);
    let whole = words(&heard.text());
    let growing: Vec<_> = heard.interims.iter().map(|text| words(text)).collect();
    assert!(
        growing.len() >= 2,
        "there were interim texts: {:?}",
        heard.interims
    );
    assert!(
        growing.is_sorted_by_key(Vec::len),
        "each is longer than the one before: {:?}",
        heard.interims
    );
    let prefixes = growing.iter().filter(|text| whole.starts_with(text)).count();
    assert!(
        prefixes + 1 >= growing.len(),
        "they are how the final text begins: {:?}",
        heard.interims
    );
}

#[tokio::test]
async fn the_text_waits_already_when_speech_is_known_to_have_ended() {
    let sound = prompt("agent-pass");
    let end = sound.len() as u64;
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(0)).await;
    give(&recogniser, 0, &sound).await;
    let paused = Instant::now();
    hint(&recogniser, RecogniserInput::SpeechPaused { position: end }).await;
    // A second is many times what the decode takes, and what a call waits is the best of several tries.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopped = Instant::now();
    hint(
        &recogniser,
        RecogniserInput::SpeechStopped { position: end + 400 },
    )
    .await;
    let (text, position) = next_final(&mut recogniser).await;
    println!(
        "{:?} after the stop, {:?} after the pause",
        stopped.elapsed(),
        paused.elapsed()
    );
    assert!(
        stopped.elapsed() < Duration::from_millis(15),
        "{:?}",
        stopped.elapsed()
    );
    assert_eq!((errors(SAID, &text), position), (0, end + 400));
}

#[tokio::test]
async fn speech_that_goes_on_after_a_pause_is_one_utterance() {
    let sound = prompt("agent-pass");
    let middle = sound.len() / 2;
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(0)).await;
    give(&recogniser, 0, &sound[..middle]).await;
    hint(
        &recogniser,
        RecogniserInput::SpeechPaused {
            position: middle as u64,
        },
    )
    .await;
    give(&recogniser, middle as u64, &sound[middle..]).await;
    let end = sound.len() as u64;
    hint(&recogniser, RecogniserInput::SpeechPaused { position: end }).await;
    hint(&recogniser, RecogniserInput::SpeechStopped { position: end }).await;
    let (text, position) = next_final(&mut recogniser).await;
    assert_eq!((errors(SAID, &text), position), (0, end), "{text}");
}

#[tokio::test]
async fn a_hint_that_comes_late_loses_no_word() {
    let lead = hiss(Duration::from_secs(3));
    let sound = prompt("agent-pass");
    let late = 16_000 * 4 / 10;
    let (onset, end) = (lead.len() as u64, (lead.len() + sound.len()) as u64);
    let mut recogniser = opened(&recognition()).await;
    give(&recogniser, 0, &lead).await;
    give(&recogniser, onset, &sound[..late]).await;
    hint(&recogniser, began(onset)).await;
    give(&recogniser, onset + late as u64, &sound[late..]).await;
    hint(&recogniser, RecogniserInput::SpeechStopped { position: end }).await;
    let (text, _) = next_final(&mut recogniser).await;
    assert_eq!(errors(SAID, &text), 0, "{text}");
}

#[tokio::test]
async fn a_flush_makes_what_was_heard_final_and_it_does_not_come_twice() {
    let sound = prompt("agent-pass");
    let end = sound.len() as u64;
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(0)).await;
    give(&recogniser, 0, &sound).await;
    hint(&recogniser, RecogniserInput::SpeechPaused { position: end }).await;
    hint(&recogniser, RecogniserInput::Flush).await;
    let (text, position) = next_final(&mut recogniser).await;
    assert_eq!((errors(SAID, &text), position), (0, end), "{text}");
    hint(&recogniser, RecogniserInput::SpeechStopped { position: end }).await;

    let again = prompt("conf-full");
    let start = end + 16_000;
    give(&recogniser, end, &hiss(Duration::from_secs(1))).await;
    hint(&recogniser, began(start)).await;
    give(&recogniser, start, &again).await;
    hint(
        &recogniser,
        RecogniserInput::SpeechStopped {
            position: start + again.len() as u64,
        },
    )
    .await;
    let (text, _) = next_final(&mut recogniser).await;
    assert_eq!(
        errors("That conference is full.", &text),
        0,
        "the next utterance comes next: {text}"
    );
}

#[tokio::test]
async fn sound_that_was_left_out_is_taken_as_silence() {
    let sound = prompt("agent-pass");
    let mut recogniser = opened(&recognition()).await;
    give(&recogniser, 0, &hiss(Duration::from_secs(1))).await;
    // Two seconds are missing, and a frame comes twice.
    give(&recogniser, 48_000, &sound[..3_200]).await;
    hint(&recogniser, began(48_000)).await;
    give(&recogniser, 48_000 + 2_880, &sound[2_880..]).await;
    let end = 48_000 + sound.len() as u64;
    hint(&recogniser, RecogniserInput::SpeechStopped { position: end }).await;
    let (text, position) = next_final(&mut recogniser).await;
    assert!(errors(SAID, &text) <= 1, "{text}");
    assert_eq!(position, end);
}

#[tokio::test]
async fn a_dropped_recogniser_stops() {
    let recogniser = opened(&recognition()).await;
    drop(recogniser.events);
    timeout(PATIENCE, recogniser.input.closed())
        .await
        .expect("it stops");
}

#[tokio::test]
async fn a_language_that_it_does_not_know_is_refused() {
    let refused = recognition()
        .open(RecogniserOptions {
            language: "ru-RU".into(),
        })
        .await;
    let error = refused.err().expect("Russian is refused");
    assert_eq!(error.kind, ServiceErrorKind::Rejected);
    assert!(error.message.contains("ru-RU"), "{error}");
}

#[tokio::test]
async fn the_text_of_a_pause_is_shown_before_the_speech_is_known_to_be_over() {
    let sound = between_silences(&prompt("hello"));
    let end = sound.len() as u64 - 16_000;
    let mut recogniser = opened(&recognition()).await;
    hint(&recogniser, began(9_600)).await;
    give(&recogniser, 0, &sound[..end as usize]).await;
    hint(&recogniser, RecogniserInput::SpeechPaused { position: end }).await;
    let shown = timeout(PATIENCE, recogniser.events.recv()).await;
    let Ok(Some(RecogniserEvent::Interim { text, .. })) = shown else {
        panic!("no interim text: {shown:?}");
    };
    assert_eq!(errors("hello", text.reveal()), 0);
}
