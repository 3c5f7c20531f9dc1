//! How a call ends.

use pipeline::{
    call::EndReason,
    ports::{AfterTool, LeftReason},
};
use turn::CallEnd;

use crate::support::{Booking, Piece, STORY, Stage, play};

#[tokio::test(start_paused = true)]
async fn the_agent_says_goodbye_before_it_ends_the_call() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Goodbye.")],
        answers: vec![vec![
            Piece::Text("Goodbye, and thank you."),
            Piece::Call("end_call", "{}"),
        ]],
        tools: vec![Booking::new("end_call", AfterTool::EndCall)],
        leaves_ms: 20_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.outcome.end, EndReason::Agent(CallEnd::Finished));
    assert_eq!(played.history().last().unwrap(), "agent: Goodbye, and thank you.");
    let last = played.audible_ms().pop().unwrap();
    assert!(
        played.outcome.ended.as_millis_f64() >= last + 20.0,
        "the last frame was heard"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_while_the_agent_speaks_ends_the_call() {
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tell me a story.")],
        answers: vec![vec![Piece::Text(STORY)]],
        leaves_ms: 3_500,
        ..Stage::default()
    })
    .await;
    assert_eq!(played.outcome.end, EndReason::CallerLeft(LeftReason::Left));
}
