//! A network that loses packets.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use telemetry::{CallStatus, Ending};

use crate::support::{CLINIC, Stage, namespace, workspace};

const LOSSY_FOR: Duration = Duration::from_secs(20);
/// The clinic's agent asks after somebody who has been silent for ten seconds; an answer comes sooner.
const ANSWER: Duration = Duration::from_secs(8);

#[tokio::test]
async fn ten_percent_of_loss_for_twenty_seconds_leave_no_turn_unanswered() {
    let this = "lossy_network::ten_percent_of_loss_for_twenty_seconds_leave_no_turn_unanswered";
    if !namespace::alone_on_a_network(this).await {
        return;
    }
    let stage = Stage::new().await;
    // Who is misheard is asked again, as often as it takes.
    let patient: Vec<&str> = CLINIC
        .lines()
        .filter(|line| !line.contains("not_understood"))
        .collect();
    let patient = stage.write("patient.yaml", &patient.join("\n"));
    let mut worker = stage.worker(&[("NEWVOICE_SKILLBASE", &patient)]).await;
    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;

    lossy(&["drop", "10", &stage.server.ports().media_udp.to_string()]);
    let began = Instant::now();
    let mut said = 0;
    // A booking, of which the agent's part is short, and questions should there be time left.
    let booking = ["book", "cleaning", "tuesday", "ten", "name", "phone"];
    for line in booking.into_iter().chain(["hours", "price"].into_iter().cycle()) {
        if began.elapsed() > LOSSY_FOR {
            break;
        }
        caller.says(line).await;
        caller.hears_an_answer_within(ANSWER).await;
        said += 1;
    }
    lossy(&["heal"]);
    caller.leaves().await;
    worker.calls_ended(1).await;

    let call = stage.only_call();
    assert_eq!(call.record.status, CallStatus::Completed);
    assert_eq!(call.record.ended_reason, Some(Ending::CallerLeft));
    let turns: Vec<_> = call
        .turns()
        .into_iter()
        .filter(|turn| turn.is_callers())
        .collect();
    println!("{said} lines were said, {} turns understood", turns.len());
    assert!(said >= 3 && turns.len() >= said, "{:?}", call.caller_said());
    // Where a loss tears a line apart, the caller goes on before the first part's answer; the second part has one.
    assert!(
        turns.iter().all(|turn| turn.is_answered() || turn.interrupted),
        "{turns:?}"
    );
}

fn lossy(arguments: &[&str]) {
    let status = Command::new(workspace().join(".dev/lossy"))
        .args(arguments)
        .status()
        .expect("`.dev/lossy` runs");
    assert!(status.success(), "lossy {arguments:?} failed");
}
