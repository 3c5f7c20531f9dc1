//! What a sound of the caller does to an answer.

use turn::{Notice, TalkedOver};

use crate::support::{Piece, STORY, Stage, play};

#[tokio::test(start_paused = true)]
async fn words_over_the_answer_stop_it_and_only_what_was_heard_is_remembered() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story."), (3_500, 4_500, "Stop!")],
        answers: vec![vec![Piece::Text(STORY)], vec![Piece::Text("All right.")]],
        leaves_ms: 8_000,
        ..Stage::default()
    })
    .await;
    let history = played.history();
    assert_eq!(history[0], "caller: Tell me a story.");
    let heard = history[1]
        .strip_prefix("agent (cut): ")
        .expect("the answer was cut");
    assert!(STORY.starts_with(heard) && heard.len() < STORY.len(), "{heard}");
    assert_eq!(history[2..], ["caller: Stop!", "agent: All right."]);
    // Silent on the wire from the pause until the next answer.
    let silent = played.longest_silence_ms();
    assert!(silent > 1_000.0, "{silent}");
    let turn = &played.turns()[0];
    assert!(turn.timings.interrupted);
}

#[tokio::test(start_paused = true)]
async fn words_over_an_answer_that_defers_them_are_answered_after_it() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story."), (3_500, 4_500, "Stop!")],
        answers: vec![
            vec![Piece::TalkedOver(TalkedOver::Defer), Piece::Text(STORY)],
            vec![Piece::Text("All right.")],
        ],
        leaves_ms: 12_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(
        played.history()[1..],
        [
            format!("agent: {STORY}").as_str(),
            "caller: Stop!",
            "agent: All right."
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_cough_makes_the_agent_pause_and_go_on_where_it_was() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story."), (3_500, 3_740, "")],
        answers: vec![vec![Piece::Text(STORY)]],
        leaves_ms: 12_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.history()[1], format!("agent: {STORY}"));
    let resumed =
        played.notices(|notice| matches!(notice, Notice::FalseInterruption { resumed: true }).then_some(()));
    assert_eq!(resumed.len(), 1);
    let longest = played.longest_silence_ms();
    assert!(
        (100.0..=450.0).contains(&longest),
        "a cough costs at most 450 ms: {longest}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_to_the_callers_sound_before_it_is_recognised() {
    let played = play(Stage {
        greeting: STORY,
        speech: vec![(1_000, 2_000, "Wait.")],
        leaves_ms: 6_000,
        ..Stage::default()
    })
    .await;
    // Every sample of it, in silence and in speech, while the agent speaks and while it does not.
    let recognised = &played.recognised[..played.said.len()];
    assert!(recognised == played.said, "{} samples", played.said.len());
}
