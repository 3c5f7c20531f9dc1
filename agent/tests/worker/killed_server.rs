//! SIGKILL of the LiveKit server in mid-call.

use std::time::{Duration, Instant};

use telemetry::{CallStatus, Ending};

use crate::support::{Stage, caller::Caller};

#[tokio::test]
async fn a_server_that_comes_back_finds_the_call_again_and_brings_new_ones() {
    let mut stage = Stage::new().await;
    let mut worker = stage.worker(&[]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;

    stage.server.kill().await;
    stage.server.restart().await.expect("its ports are free again");
    worker.registered(2).await;
    worker
        .logs("the room's connection changed connected=true", 1)
        .await;
    caller.sees_event("Reconnected").await;
    caller.says("hours").await;
    caller.hears_an_answer_within(Duration::from_secs(8)).await;
    caller.leaves().await;
    worker.calls_ended(1).await;
    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::CallerLeft));
    assert_eq!(call.caller_said().len(), 1, "{:?}", call.caller_said());

    let mut next = Caller::join(&stage.server, "second", "next").await;
    next.hears_the_agent().await;
    next.leaves().await;
    worker.calls_ended(2).await;
    assert!(worker.runs());
}

#[tokio::test]
async fn a_server_that_stays_away_ends_the_call_with_a_clean_record() {
    let mut stage = Stage::new().await;
    let mut worker = stage.worker(&[]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_the_agent().await;
    let killed = Instant::now();
    stage.server.kill().await;
    worker.calls_ended(1).await;
    assert!(
        killed.elapsed() < Duration::from_secs(40),
        "{:?}",
        killed.elapsed()
    );
    assert!(worker.runs());
    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Failed);
    assert_eq!(call.record.ended_reason, Some(Ending::RoomLost));
    stage.server.restart().await.expect("its ports are free again");
    worker.registered(2).await;
}
