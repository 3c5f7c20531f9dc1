//! Tools in a call.

use std::sync::atomic::Ordering;

use pipeline::{
    call::EndReason,
    ports::{AfterTool, LeftReason},
};
use turn::{AgentState, Notice, ToolMode};

use crate::support::{Booking, Piece, Stage, play};

#[tokio::test(start_paused = true)]
async fn a_tool_runs_once_and_its_result_is_answered() {
    let tool = Booking::new("book", AfterTool::Answer);
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![
            vec![
                Piece::Text("One moment. "),
                Piece::Call("book", r#"{"day": "Tuesday"}"#),
            ],
            vec![Piece::Text("It is booked.")],
        ],
        tools: vec![tool.clone()],
        leaves_ms: 8_000,
        ..Stage::default()
    })
    .await;
    assert_eq!(tool.runs.load(Ordering::Relaxed), 1);
    assert_eq!(
        played.history(),
        [
            "caller: Tuesday, please.",
            "tools: book=booked \"Tuesday\"",
            "agent: One moment.",
            "agent: It is booked."
        ]
    );
}

/// The caller leaves while the tool runs.
async fn leaves_during_a_tool(mode: ToolMode) -> Vec<String> {
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![vec![Piece::Call("book", r#"{"day": "Tuesday"}"#)]],
        tools: vec![Booking::new("book", AfterTool::Answer)],
        leaves_ms: 2_150,
        ..Stage::default()
    };
    stage.policy.tools.insert("book".to_owned(), mode);
    let played = play(stage).await;
    assert_eq!(played.outcome.end, EndReason::CallerLeft(LeftReason::Left));
    played.history()
}

#[tokio::test(start_paused = true)]
async fn a_booking_that_outlives_the_call_is_remembered() {
    assert_eq!(
        leaves_during_a_tool(ToolMode::Finish).await,
        ["caller: Tuesday, please.", "tools: book=booked \"Tuesday\""]
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_be_given_up_ends_with_the_call() {
    let interim = "running".into();
    for mode in [ToolMode::Cancel, ToolMode::Background { interim }] {
        let history = leaves_during_a_tool(mode).await;
        let last = history.last().expect("something was said");
        assert_eq!(
            last,
            "tools: book=error It was cancelled before it had ended, because the call ended."
        );
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_tools_and_bad_arguments_become_results_that_the_model_answers() {
    let tool = Booking::new("book", AfterTool::Answer);
    let played = play(Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![
            vec![Piece::Call("cancel", "{}"), Piece::Call("book", "{\"day\": ")],
            vec![Piece::Text("That did not work.")],
        ],
        tools: vec![tool.clone()],
        leaves_ms: 6_000,
        ..Stage::default()
    })
    .await;
    let history = played.history();
    assert!(
        history[1].contains("cancel=error There is no tool named cancel."),
        "{}",
        history[1]
    );
    assert!(
        history[1].contains("book=error The arguments are not valid JSON"),
        "{}",
        history[1]
    );
    assert_eq!(history[2], "agent: That did not work.");
    assert_eq!(tool.runs.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_result_from_the_background_may_be_met_with_silence() {
    let tool = Booking::new("book", AfterTool::Answer);
    let mut stage = Stage {
        speech: vec![(500, 1_500, "Tuesday, please.")],
        answers: vec![
            vec![
                Piece::Text("I am booking it."),
                Piece::Call("book", r#"{"day": "Tuesday"}"#),
            ],
            vec![],
        ],
        tools: vec![tool.clone()],
        leaves_ms: 8_000,
        ..Stage::default()
    };
    let interim = "running".into();
    let mode = ToolMode::Background { interim };
    stage.policy.tools.insert("book".to_owned(), mode);
    stage.policy.phrases.apology = "Sorry, something went wrong.".into();
    let played = play(stage).await;
    assert_eq!(
        played.history(),
        [
            "caller: Tuesday, please.",
            "tools: book=running",
            "tools: book=looking for an hour",
            "tools: book=booked \"Tuesday\"",
            "agent: I am booking it."
        ]
    );
    let thinking = played.notices(|notice| match notice {
        Notice::Agent(state) => Some(*state),
        _ => None,
    });
    assert_eq!(
        thinking.last().map(|(_, state)| *state),
        Some(AgentState::Listening)
    );
}
