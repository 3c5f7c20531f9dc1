//! The agents' side: what is measured.

use std::path::PathBuf;

use pipeline::{
    call::{CallOutcome, CallSetup, Services, converse},
    call_clock::CallClock,
    facts::{CallFact, Teller},
    recorder::{Recorder, RecordingReport},
};
use telemetry::{TurnDetails, TurnRecord};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turn::{CallTime, Notice, Policy};

use super::{
    LoadError, PATIENCE,
    place::{Place, Who},
    simulated::GREETING,
};

/// A turn that an agent has answered, or that was cut.
pub(super) struct Answered {
    pub(super) room: u32,
    pub(super) turn: TurnRecord,
}

/// A call that is over.
pub(super) struct Held {
    pub(super) room: u32,
    pub(super) outcome: CallOutcome,
    pub(super) recording: RecordingReport,
}

/// Holds the call in one room to its end, as a worker does: recorded, with a record of every turn.
pub(super) async fn hold(
    place: Place,
    room: u32,
    services: Services,
    folder: PathBuf,
    turns: mpsc::Sender<Answered>,
) -> Result<Held, LoadError> {
    let joined = place.enter(room, Who::Agent).await?;
    let clock = CallClock::start_now();
    let (recorder, recording) = Recorder::start(folder, &format!("load-{room}"));
    let (teller, facts) = Teller::new();
    let setup = CallSetup {
        services,
        policy: Policy::default(),
        greeting: GREETING.into(),
        greeting_talked_over: None,
        instructions: "You work at the front desk of a dental clinic. Be brief.".into(),
        tools: Vec::new(),
        tool_deadline: PATIENCE,
        language: "en".to_owned(),
        voice: String::new(),
        recorder: Some(recorder),
        teller,
        clock,
        patience: PATIENCE,
        goodbye: CancellationToken::new(),
    };
    let (outcome, ()) = tokio::join!(converse(setup, joined), watch(room, facts, turns));
    let ended = outcome.as_ref().map_or_else(|_| clock.now(), |call| call.ended);
    let recording = recording.finish(ended).await;
    if let Some(error) = recording.disk_error {
        return Err(LoadError::Recording(error));
    }
    Ok(Held {
        room,
        outcome: outcome?,
        recording,
    })
}

/// Makes the record of each turn until the call tells no more.
async fn watch(room: u32, mut facts: mpsc::Receiver<(CallTime, CallFact)>, turns: mpsc::Sender<Answered>) {
    while let Some((_, fact)) = facts.recv().await {
        let CallFact::Notice(Notice::TurnMeasured(measured)) = fact else {
            continue;
        };
        let details = TurnDetails {
            user_text: measured.user_text,
            agent_text: measured.agent_text,
            heard_text: measured.heard_text,
            ..TurnDetails::default()
        };
        let turn = TurnRecord::new(&measured.timings, details);
        if turns.send(Answered { room, turn }).await.is_err() {
            // The measurement was given up.
            return;
        }
    }
}
