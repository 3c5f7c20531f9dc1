//! The way to the server is cut for a while: the worker's own connection and the room's signalling. Sound goes another way.

use std::time::Duration;

use telemetry::{CallStatus, Ending};

use crate::support::{Stage, cable::Cable};

#[tokio::test]
async fn three_seconds_without_signalling_cost_no_call_and_no_sound() {
    let stage = Stage::new().await;
    let cable = Cable::to(&stage.server).await;
    let mut worker = stage.worker(&[("LIVEKIT_URL", &cable.url())]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_the_agent().await;

    // The greeting goes on meanwhile, and silence after it.
    cable.cut_for(Duration::from_secs(3)).await;
    worker.registered(2).await;
    worker
        .logs("the room's connection changed connected=true", 1)
        .await;
    caller.hears_an_answer().await;
    caller.says("hours").await;
    caller.hears_an_answer_within(Duration::from_secs(8)).await;
    let gap = caller.longest_gap();
    assert!(gap < Duration::from_millis(500), "the agent was away for {gap:?}");
    caller.leaves().await;
    worker.calls_ended(1).await;

    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::CallerLeft));
    assert!(
        call.agent_said().contains("How can I help you?"),
        "{}",
        call.agent_said()
    );
    assert_eq!(call.caller_said().len(), 1);
}
