//! A worker without a name answers every room that is made.

use std::fs;

use pipeline::{ports::LeftReason, recorder::Side};
use telemetry::{CallStatus, Ending};

use crate::support::{
    Stage, foreign,
    program::{newvoice, run},
};

#[tokio::test]
async fn a_room_that_is_made_is_answered_and_the_call_leaves_its_files() {
    let stage = Stage::new().await;
    let mut worker = stage.worker(&[]).await;
    foreign::make_room(&stage.server, "lobby").await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;
    caller.says("goodbye").await;
    caller.hears_the_agent().await;
    assert_eq!(caller.is_let_go().await, LeftReason::RoomEnded);
    worker.calls_ended(1).await;
    assert!(stage.rooms().await.is_empty(), "the room is ended with its call");

    let call = stage.only_call();
    let record = &call.record;
    assert_eq!(record.status, CallStatus::Completed);
    assert_eq!(record.ended_reason, Some(Ending::AgentEnded));
    assert_eq!(record.room.as_deref(), Some("lobby"));
    assert_eq!(record.skillbase.slug, "dental-clinic");
    assert!(
        record.prompt_hash.is_some() && record.errors.is_empty(),
        "{record:?}"
    );

    assert!(
        call.agent_said().contains("this is Emma"),
        "{}",
        call.agent_said()
    );
    // "Thank you" and "goodbye" may be one turn or two.
    let said = call.caller_said().join(" ");
    assert!(said.to_lowercase().contains("bye"), "{said:?}");
    let turns = call.turns();
    assert!(turns.last().is_some_and(|turn| turn.is_answered()));
    assert!(turns.iter().all(|turn| turn.inconsistencies().is_empty()));

    let lasted = record.duration_ms.expect("a call that is over") / 1e3;
    for side in [Side::Caller, Side::Agent] {
        let voice = call.voice(side);
        assert!(voice.is_audible(), "{side:?}");
        assert!(
            (voice.seconds() - lasted).abs() < 0.5,
            "{side:?}: {} of {lasted} s",
            voice.seconds()
        );
    }
    let inputs = fs::read_to_string(call.dir.join("inputs.jsonl")).expect("the input log");
    assert!(inputs.lines().count() > 10);
    let mut replay = newvoice(stage.folder());
    replay.arg("replay").arg(&call.dir);
    let replayed = run(replay).await;
    assert_eq!(
        replayed.status, 0,
        "its decisions are made again: {}",
        replayed.errors
    );
}
