//! SIGKILL of the worker in mid-call.

use pipeline::recorder::Side;
use telemetry::{CallStatus, Ending, Outcome};

use crate::support::Stage;

#[tokio::test]
async fn a_call_whose_worker_is_killed_can_be_played_and_its_record_says_so() {
    let stage = Stage::new().await;
    let worker = stage.worker(&[]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;
    caller.says("book").await;
    caller.hears_the_agent().await;
    worker.kill().await;
    let killed = jiff::Timestamp::now();

    let call = stage.only_call();
    assert_eq!(call.record.outcome, Outcome::Running, "nobody could say more");
    let lasted = killed.duration_since(call.record.started_at).as_secs_f64();
    let (heard, spoken) = (call.voice(Side::Caller), call.voice(Side::Agent));
    assert!(heard.is_audible() && spoken.is_audible());
    let seconds = heard.seconds();
    assert!(
        seconds > lasted - 2.0 && seconds < lasted + 0.5,
        "the caller's voice lasts {seconds} of {lasted} s"
    );
    // The agent's ends with its last words.
    assert!(spoken.seconds() > 3.0, "the greeting is there");

    let mut next = stage.worker(&[]).await;
    next.logs("a call was lost with its worker", 1).await;
    let call = stage.only_call();
    let record = &call.record;
    assert_eq!(record.outcome, Outcome::Lost);
    assert_eq!(record.status, CallStatus::Failed);
    assert_eq!(record.ended_reason, Some(Ending::WorkerLost));
    let recorded = record.duration_ms.expect("a call that is over") / 1e3;
    assert!((recorded - lasted).abs() < 2.0, "{recorded} of {lasted} s");
    assert!(call.agent_said().contains("Emma"), "{}", call.agent_said());
}
