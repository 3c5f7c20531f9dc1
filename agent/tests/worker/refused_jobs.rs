//! Jobs that nobody can hold.

use pipeline::ports::LeftReason;

use crate::support::{Stage, foreign};

#[tokio::test]
async fn a_call_that_nobody_can_hold_is_ended_with_a_reason_instead_of_silence() {
    let stage = Stage::new().await;
    let mut worker = stage.worker(&[("NEWVOICE_AGENT_NAME", "front-desk")]).await;
    let broken = stage.write("broken.yaml", "context: {rolle: A typist}\n");
    let refusals = [
        (
            "unknown",
            r#"{"skillbase": "nobody-we-know"}"#.to_owned(),
            "no skillbase nobody-we-know",
        ),
        (
            "misspelt",
            r#"{"skilbase": "dental-clinic"}"#.to_owned(),
            "metadata is not",
        ),
        ("no-json", "dental-clinic".to_owned(), "metadata is not"),
        (
            "damaged",
            serde_json::json!({ "skillbase": broken }).to_string(),
            "context.rolle",
        ),
    ];
    for (room, metadata, reason) in refusals {
        let mut caller = stage.caller(room).await;
        foreign::dispatch(&stage.server, room, "front-desk", &metadata).await;
        assert_eq!(caller.is_let_go().await, LeftReason::RoomEnded, "{room}");
        worker.logs(reason, 1).await;
    }
    worker.logs("job refused", 4).await;
    assert!(stage.calls().is_empty(), "no call was held");

    // Nobody else takes harm.
    let mut caller = stage.caller("lobby").await;
    foreign::dispatch(&stage.server, "lobby", "front-desk", "").await;
    caller.hears_the_agent().await;
    caller.leaves().await;
    worker.calls_ended(1).await;
}
