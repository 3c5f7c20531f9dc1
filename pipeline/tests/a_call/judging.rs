//! How the end of a turn is judged by its sound.

use std::sync::Arc;

use turn::{EndReason, EndpointingMode, Policy};

use crate::support::{Judge, Piece, Played, Stage, play};

/// A caller who asks, with a pause of `pause_ms` in the middle.
async fn asked(judge: &Arc<Judge>, pause_ms: u64) -> Played {
    let mut policy = Policy {
        user_away: None,
        ..Policy::default()
    };
    policy.endpointing.mode = EndpointingMode::Auto;
    let again = 1_500 + pause_ms;
    play(Stage {
        policy,
        speech: vec![
            (500, 1_500, "I would like"),
            (again, again + 1_000, "to know the hours."),
        ],
        answers: vec![vec![Piece::Text("From nine to five.")]],
        end_of_turn: Some(Arc::clone(judge)),
        leaves_ms: 8_000,
        ..Stage::default()
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn the_model_hears_200_ms_of_silence_after_each_stretch() {
    let judge = Judge::who_says(0.1);
    asked(&judge, 400).await;
    let silences = judge.silences_ms();
    assert_eq!(silences.len(), 2, "{silences:?}");
    assert!(silences.iter().all(|ms| (195..=230).contains(ms)), "{silences:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_ends_before_is_not_judged() {
    let judge = Judge::who_says(0.1);
    asked(&judge, 140).await;
    assert_eq!(judge.silences_ms().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_sounds_finished_is_answered_sooner() {
    let delay = async |probability| {
        let judge = Judge::who_says(probability);
        let played = asked(&judge, 140).await;
        let timings = &played.turns()[0].timings;
        assert!(matches!(
            timings.reason,
            Some(EndReason::Model | EndReason::Silence)
        ));
        timings
            .decided
            .expect("it was decided")
            .since(timings.speech_end.expect("it ended"))
    };
    let (sure, unsure) = (delay(0.95).await, delay(0.6).await);
    assert!(sure < unsure, "{sure:?} {unsure:?}");
}
