//! Callers from whom no sound comes.

use telemetry::{CallStatus, Ending};

use crate::support::{CLINIC, Stage, foreign::SilentCaller};

#[tokio::test]
async fn who_sends_nothing_or_pictures_is_greeted_and_after_a_while_let_go() {
    let stage = Stage::new().await;
    let (clinic, _) = CLINIC
        .split_once("  idle:")
        .expect("the clinic's limits come last");
    let brief = format!(
        "{clinic}  idle:\n    - {{after_ms: 1500, say: Are you there?}}\n    - {{after_ms: 3000, hang_up: true}}\n"
    );
    let brief = stage.write("brief.yaml", &brief);
    let mut worker = stage.worker(&[("NEWVOICE_SKILLBASE", &brief)]).await;
    let mut still = SilentCaller::join(&stage.server, "nothing", "nothing");
    let mut shown = SilentCaller::join(&stage.server, "picture", "picture");
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;
    caller.says("hours").await;
    for silent in [&mut still, &mut shown] {
        silent.tells("heard").await;
        assert_eq!(silent.tells("let_go").await, "ROOM_DELETED");
    }
    worker.calls_ended(2).await;
    caller.leaves().await;
    worker.calls_ended(3).await;

    for call in stage.calls() {
        let room = call.record.room.as_deref().unwrap_or_default();
        assert!(
            call.agent_said().contains("Emma"),
            "{room}: {}",
            call.agent_said()
        );
        assert_eq!(call.record.status, CallStatus::Completed, "{room}");
        let (ending, turns) = match room {
            "lobby" => (Ending::CallerLeft, 1),
            _ => (Ending::Idle, 0),
        };
        assert_eq!(call.record.ended_reason, Some(ending), "{room}");
        assert_eq!(
            call.caller_said().len(),
            turns,
            "{room}: {:?}",
            call.caller_said()
        );
    }
}
