//! Others in the room, and callers who go early.

use telemetry::{CallStatus, Ending};

use crate::support::{Stage, caller::Caller};

#[tokio::test]
async fn who_joins_second_is_neither_answered_nor_a_reason_to_end() {
    let stage = Stage::new().await;
    let mut worker = stage.worker(&[]).await;
    let mut first = stage.caller("lobby").await;
    first.hears_an_answer().await;
    let mut second = Caller::join(&stage.server, "lobby", "second").await;
    second.says("goodbye").await;
    second.leaves().await;
    first.says("hours").await;
    first.hears_an_answer().await;
    first.leaves().await;
    worker.calls_ended(1).await;
    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::CallerLeft));
    let said = call.caller_said();
    assert!(said.len() == 1 && said[0].contains("hours"), "{said:?}");
}

#[tokio::test]
async fn who_leaves_while_the_agent_speaks_leaves_a_clean_record() {
    let stage = Stage::new().await;
    let mut worker = stage.worker(&[]).await;
    let mut staying = Caller::join(&stage.server, "other", "staying").await;
    staying.hears_an_answer().await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_the_agent().await;
    caller.leaves().await;
    worker.calls_ended(1).await;
    let calls = stage.calls();
    assert_eq!(calls[1].record.room.as_deref(), Some("lobby"));
    assert_eq!(calls[1].record.status, CallStatus::Completed);
    assert_eq!(calls[1].record.ended_reason, Some(Ending::CallerLeft));
    assert!(
        !calls[1].agent_said().contains("How can I help you?"),
        "not all was heard: {}",
        calls[1].agent_said()
    );
    assert!(calls[1].record.errors.is_empty(), "{:?}", calls[1].record.errors);

    // The other call goes on.
    staying.says("hours").await;
    staying.hears_an_answer().await;
    assert_eq!(stage.rooms().await, ["other"]);
    staying.leaves().await;
    worker.calls_ended(2).await;
}
