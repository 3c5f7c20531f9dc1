//! How a call ended, in the words of the records.

use pipeline::{
    call::{CallError, CallOutcome, EndReason},
    ports::LeftReason,
};
use telemetry::{CallFacts, CallRecord, Ending, Lexicon, TurnRecord, Verdict, classify};
use tokio_util::sync::CancellationToken;
use turn::{CallEnd, CallTime};

/// What ended a call; `stopped`: the worker had asked for the end.
pub fn ending(end: EndReason, stopped: bool) -> Ending {
    match end {
        EndReason::Agent(_) if stopped => Ending::WorkerStopped,
        EndReason::Agent(CallEnd::Finished) => Ending::AgentEnded,
        EndReason::Agent(CallEnd::Idle) => Ending::Idle,
        EndReason::Agent(CallEnd::MaxDuration) => Ending::MaxDuration,
        EndReason::CallerLeft(LeftReason::ConnectionLost) => Ending::RoomLost,
        EndReason::CallerLeft(_) => Ending::CallerLeft,
        EndReason::RoomClosed(LeftReason::RoomEnded | LeftReason::Removed) => Ending::CallerLeft,
        EndReason::RoomClosed(_) => Ending::RoomLost,
        EndReason::NobodyCame => Ending::NotConnected,
        EndReason::Stopped => Ending::WorkerStopped,
        EndReason::Broken => Ending::ServiceFailed,
    }
}

/// Notes who called.
pub(super) fn describe_caller(record: &mut CallRecord, outcome: &CallOutcome) {
    let Some(caller) = &outcome.caller else { return };
    record.caller_number = caller.attributes.get("sip.phoneNumber").cloned();
    record.callee_number = caller.attributes.get("sip.trunkPhoneNumber").cloned();
    record.external_call_id = caller.attributes.get("sip.callID").cloned();
}

/// What ended the call, and what it came to.
pub(super) fn judge(
    held: &Result<CallOutcome, CallError>,
    goodbye: &CancellationToken,
    record: &CallRecord,
    turns: &[TurnRecord],
    ended: CallTime,
) -> (Ending, Verdict) {
    let end = match held {
        Ok(outcome) => ending(outcome.end, goodbye.is_cancelled()),
        Err(_) => Ending::ServiceFailed,
    };
    let said: Vec<&str> = turns.iter().map(|turn| turn.details.user_text.reveal()).collect();
    let said = said.join(" ");
    let lexicon = if record.language.starts_with("ru") {
        Lexicon::russian()
    } else {
        Lexicon::english()
    };
    let callers = turns.iter().filter(|turn| turn.is_callers()).count();
    let verdict = classify(&CallFacts {
        telephony: None,
        ending: end,
        declared: None,
        final_state: record.states_visited.last().map(String::as_str),
        user_turns: u32::try_from(callers).unwrap_or(u32::MAX),
        duration: ended.since(CallTime::START),
        words: (!said.trim().is_empty()).then_some((said.as_str(), &lexicon)),
    });
    (end, verdict)
}
