//! A service that fails costs the caller an apology at most.

use std::sync::atomic::AtomicU32;

use pipeline::ports::ServiceErrorKind;

use crate::support::{Piece, Stage, Tone, play};

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_for_good_ends_in_an_apology() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![Piece::Fail(ServiceErrorKind::Rejected)]],
        leaves_ms: 6_000,
        ..Stage::default()
    };
    stage.policy.preemptive.llm = false;
    stage.policy.phrases.apology = "Sorry, something went wrong.".into();
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        ["caller: Hello?", "agent: Sorry, something went wrong."]
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_once_is_asked_again() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![
            vec![Piece::Fail(ServiceErrorKind::Unavailable)],
            vec![Piece::Text("Hello.")],
        ],
        leaves_ms: 6_000,
        ..Stage::default()
    };
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(played.history(), ["caller: Hello?", "agent: Hello."]);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_breaks_off_is_heard_as_far_as_it_came_and_then_apologises() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![
            Piece::Text("Good morning. How ca"),
            Piece::After(100),
            Piece::Fail(ServiceErrorKind::Unavailable),
        ]],
        leaves_ms: 9_000,
        ..Stage::default()
    };
    stage.policy.phrases.apology = "Sorry, where was I?".into();
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Good morning.",
            "agent: Sorry, where was I?"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_breaks_down_ends_in_an_apology_and_the_call_goes_on() {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Hello?"), (5_000, 6_000, "Are you there?")],
        answers: vec![vec![Piece::Panic], vec![Piece::Text("Yes.")]],
        leaves_ms: 9_000,
        ..Stage::default()
    };
    stage.policy.phrases.apology = "Sorry, say that again.".into();
    stage.policy.preemptive.llm = false;
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Sorry, say that again.",
            "caller: Are you there?",
            "agent: Yes."
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_before_its_first_sound_is_asked_again() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Hello?")],
        answers: vec![vec![Piece::Text("Hello.")]],
        voice: Tone {
            failures: AtomicU32::new(1),
            ..Tone::default()
        },
        leaves_ms: 5_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.history(), ["caller: Hello?", "agent: Hello."]);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_breaks_is_opened_again() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Hello?"), (5_000, 6_000, "Are you there?")],
        answers: vec![vec![Piece::Text("Hello.")], vec![Piece::Text("Yes.")]],
        breaks_after: Some(1),
        leaves_ms: 9_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.openings, 2);
    assert_eq!(
        played.history(),
        [
            "caller: Hello?",
            "agent: Hello.",
            "caller: Are you there?",
            "agent: Yes."
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn words_that_begin_while_the_recogniser_is_opened_again_are_heard() {
    // It breaks with its first final text, shortly before 1,800 ms, and is there again 300 ms later.
    let played = play(Stage {
        speech: vec![(500, 1_500, "Hello?"), (1_800, 2_600, "Are you there?")],
        // The first is asked for early, for the first words alone, and dropped.
        answers: vec![vec![Piece::Text("Hello.")], vec![Piece::Text("Yes.")]],
        breaks_after: Some(1),
        leaves_ms: 6_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.openings, 2);
    assert_eq!(played.history(), ["caller: Hello? Are you there?", "agent: Yes."]);
}
