//! A call whose answers come from a language model server, over the wire: the double of it speaks the vendor's protocol.

mod caller;

use std::time::Duration;

use caller::{Call, hold};
use doubles::{
    booking::BookingDouble,
    chat::{Answer, ChatDouble, ToolCall, script},
};
use providers::http_tool::{HttpMethod, HttpTool, HttpToolConfig, Reach};
use serde_json::json;
use turn::HistoryItem;

const APOLOGY: &str = "Sorry, something went wrong here. Could you say that again?";

#[tokio::test]
async fn the_first_sound_leaves_before_the_model_has_finished() {
    let slow = Answer::new()
        .tokens([
            "Of ", "course, ", "I ", "can ", "help ", "you ", "with ", "that ", "today.",
        ])
        .first_token_after(Duration::from_millis(150))
        .each_token_after(Duration::from_millis(150));
    let call = held_with([slow]).await;
    let turn = call.answered(0);
    let (first, done) = (turn.timings.audio_out.unwrap(), turn.timings.llm_done.unwrap());
    assert!(first < done, "first sound at {first:?}, model done at {done:?}");
    assert_eq!(
        turn.heard_text.reveal(),
        "Of course, I can help you with that today."
    );
}

#[tokio::test]
async fn a_booking_is_made_through_a_tool_and_confirmed() {
    let booking = BookingDouble::start().await.unwrap();
    let arguments = r#"{"date": "2026-12-01", "time": "10:00", "name": "Ada"}"#;
    let double = ChatDouble::start(script([
        Answer::text("One moment, please.").tool_call(ToolCall::new("book", arguments)),
        Answer::text("You are booked for ten o'clock."),
    ]))
    .await
    .unwrap();
    let tool = HttpTool::new(HttpToolConfig {
        name: "book".to_owned(),
        description: "Books an appointment.".to_owned(),
        parameters: json!({"type": "object", "additionalProperties": true}),
        method: HttpMethod::Post,
        url: format!("{}/appointments", booking.url()),
        headers: Default::default(),
        body: None,
        timeout: Duration::from_secs(5),
        reach: Reach::Private,
    })
    .unwrap();
    let call = hold(&double, vec![std::sync::Arc::new(tool)], Duration::from_secs(12)).await;
    assert_eq!(booking.appointments().len(), 1, "{:?}", call.history);
    let tools: Vec<_> = call
        .history
        .iter()
        .filter_map(|item| match item {
            HistoryItem::Tools(runs) => Some(runs[0].result.is_ok()),
            _ => None,
        })
        .collect();
    assert_eq!(tools, [true]);
    assert!(
        call.agent_said().contains("You are booked for ten o'clock."),
        "{}",
        call.agent_said()
    );
    let turn = call.answered(0);
    assert_eq!(turn.timings.tools.len(), 1);
    assert!(turn.timings.tools[0].end > Some(turn.timings.tools[0].start));
}

#[tokio::test]
async fn every_fault_of_the_server_ends_in_an_apology_or_a_recovered_turn() {
    let well = || Answer::text("Yes, of course.");
    let faults = [
        (
            "401",
            vec![Answer::refused(401), Answer::refused(401), Answer::refused(401)],
            APOLOGY,
        ),
        (
            "429 once",
            vec![Answer::refused(429).retry_after("30"), well(), well()],
            "Yes, of course.",
        ),
        (
            "500 once",
            vec![Answer::refused(500), well(), well()],
            "Yes, of course.",
        ),
        (
            "500 always",
            vec![Answer::refused(500), Answer::refused(500), Answer::refused(500)],
            APOLOGY,
        ),
        (
            "stall",
            vec![Answer::silence(), well(), well()],
            "Yes, of course.",
        ),
        (
            "cut at once",
            vec![Answer::text("x").cut_after(0), well(), well()],
            "Yes, of course.",
        ),
        ("empty", vec![Answer::new(), well(), well()], "Yes, of course."),
        // Asked for early, so nothing of it was heard yet: it is asked for again.
        (
            "cut in the middle",
            vec![
                Answer::new()
                    .tokens(["No. ", "Of ", "cou", "rse ", "not "])
                    .cut_after(4),
                well(),
                well(),
            ],
            "Yes, of course.",
        ),
    ];
    let calls = faults.into_iter().map(|(name, answers, expected)| async move {
        let call = held_with(answers).await;
        (name, call.agent_said(), expected)
    });
    for (name, said, expected) in futures_util::future::join_all(calls).await {
        assert!(said.contains(expected), "{name}: the caller heard {said:?}");
    }
}

async fn held_with(answers: impl IntoIterator<Item = Answer>) -> Call {
    let double = ChatDouble::start(script(answers)).await.expect("a port is free");
    hold(&double, Vec::new(), Duration::from_secs(12)).await
}
