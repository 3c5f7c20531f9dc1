//! SIGTERM: no more calls are taken, and those that run are finished.

use std::time::Duration;

use pipeline::ports::LeftReason;
use telemetry::{CallStatus, Ending};

use crate::support::{Stage, program::Program};

#[tokio::test]
async fn a_worker_that_is_told_to_stop_finishes_its_call_and_takes_no_other() {
    let stage = Stage::new().await;
    let mut leaving = stage.worker(&[]).await;
    let mut caller = stage.caller("first").await;
    caller.hears_the_agent().await;
    let mut staying = stage.worker(&[("RECORDINGS_PATH", "staying")]).await;
    leaving.terminate();
    leaving.logs("no more calls are taken", 1).await;

    stage.make_room("second").await;
    staying.logs("a call began", 1).await;
    caller.hears_an_answer().await;
    caller.says("hours").await;
    caller.hears_an_answer_within(Duration::from_secs(8)).await;
    assert!(leaving.runs(), "the call is not over");
    caller.leaves().await;
    let status = leaving.ended().await;
    assert!(status.success(), "{status}: {}", leaving.log());

    let call = stage.only_call();
    assert_eq!(call.record.room.as_deref(), Some("first"));
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::CallerLeft));
    assert_eq!(call.caller_said().len(), 1);
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_hears_a_goodbye() {
    let stage = Stage::new().await;
    let mut worker = stage.worker(&[("NEWVOICE_DRAIN_TIMEOUT", "1")]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;
    worker.terminate();
    caller.hears_the_agent().await;
    assert_eq!(caller.is_let_go().await, LeftReason::RoomEnded);
    let status = worker.ended().await;
    assert!(status.success(), "{status}: {}", worker.log());

    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::WorkerStopped));
    assert!(call.agent_said().ends_with("Goodbye!"), "{}", call.agent_said());
}

#[tokio::test]
async fn a_job_that_was_accepted_when_the_order_to_stop_came_is_held_or_refused_and_never_forgotten() {
    let stage = Stage::new().await;
    let mut command = stage.command();
    // The offer itself is logged, and the order comes while it is being answered.
    command
        .env("RUST_LOG", "debug,hyper=warn,str0m=warn")
        .env("NEWVOICE_DRAIN_TIMEOUT", "1");
    let mut worker = Program::start(command);
    worker.counted_in(&stage.server).await;
    let (caller, ()) = tokio::join!(stage.caller("lobby"), async {
        worker.logs("job offered", 1).await;
        worker.terminate();
    });
    let status = worker.ended().await;
    assert!(status.success(), "{status}: {}", worker.log());
    let log = worker.log();
    if log.contains("job assigned") {
        assert!(log.contains("a call ended"), "{log}");
        assert_eq!(stage.only_call().record.ended_reason, Some(Ending::WorkerStopped));
        drop(caller);
    } else {
        assert!(log.contains("job refused"), "{log}");
    }
}
