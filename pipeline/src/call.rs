//! One call, top to bottom: wait for the caller, converse, leave.

mod arrival;
mod conversation;
mod dtmf;
mod parts;

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turn::{CallEnd, CallTime, Event, Policy, Said, TalkedOver};

use crate::{
    call_clock::CallClock,
    caller_sound::SoundCounts,
    codec::CodecError,
    facts::Teller,
    ports::{
        Caller, EndOfTurn, JoinedRoom, LanguageModel, Leave, LeftReason, RoomControl, ServiceError,
        SpeechToText, TextToSpeech, Tool, VoiceActivityFactory,
    },
    recorder::RecorderHandle,
    session::Session,
    speaker::SpeakerReport,
    stage::LiveStage,
};
use arrival::{Arrival, wait_for_caller};
use conversation::Call;
use dtmf::Keys;
use parts::Parts;

/// Events that may wait for the session, which takes each at once. When full, their source waits a moment.
const INBOX: usize = 512;
/// The last packets of the agent are on their way this long before the room may go.
const TAIL: Duration = Duration::from_millis(200);

/// The services of a call.
#[derive(Clone)]
pub struct Services {
    /// Voice activity.
    pub voice_activity: Arc<dyn VoiceActivityFactory>,
    /// Recognition.
    pub recogniser: Arc<dyn SpeechToText>,
    /// End of turn; without it, silence decides.
    pub end_of_turn: Option<Arc<dyn EndOfTurn>>,
    /// Answers.
    pub model: Arc<dyn LanguageModel>,
    /// Speech.
    pub voice: Arc<dyn TextToSpeech>,
}

/// A call to be held.
pub struct CallSetup {
    /// The services.
    pub services: Services,
    /// How the agent takes turns.
    pub policy: Policy,
    /// What the agent says first; blank: it waits.
    pub greeting: Said,
    /// How the greeting takes being talked over; `None`: as the policy says.
    pub greeting_talked_over: Option<TalkedOver>,
    /// The system prompt.
    pub instructions: Arc<str>,
    /// The tools that the model may call.
    pub tools: Vec<Arc<dyn Tool>>,
    /// How long a tool may run.
    pub tool_deadline: Duration,
    /// Language of the call as BCP 47.
    pub language: String,
    /// The vendor's id of the voice; empty: the service's default.
    pub voice: String,
    /// Where the call is recorded.
    pub recorder: Option<RecorderHandle>,
    /// Who is told what happens.
    pub teller: Teller,
    /// The call's clock; the recorder and the records share it.
    pub clock: CallClock,
    /// How long to wait for the caller's sound.
    pub patience: Duration,
    /// Cancelled when the call should end politely.
    pub goodbye: CancellationToken,
}

/// How a call went.
#[derive(Clone, Debug)]
pub struct CallOutcome {
    /// Why it ended.
    pub end: EndReason,
    /// When, on the call's clock.
    pub ended: CallTime,
    /// Who called, if anybody came.
    pub caller: Option<Caller>,
    /// How well the agent's frames were paced.
    pub speaker: SpeakerReport,
    /// What was heard and what was lost of the caller's sound.
    pub sound: SoundCounts,
    /// Facts that the watcher was too slow for.
    pub facts_lost: u64,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The agent ended it.
    Agent(CallEnd),
    /// The caller left.
    CallerLeft(LeftReason),
    /// The room is gone.
    RoomClosed(LeftReason),
    /// Nobody came, or nobody was heard.
    NobodyCame,
    /// The worker must stop at once.
    Stopped,
    /// A part of the call broke down.
    Broken,
}

/// A call that could not begin.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// A service refused.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The voice's rate cannot be sent.
    #[error("the voice cannot be sent: {0}")]
    Codec(#[from] CodecError),
}

/// Holds a call in a room that was joined, to its end, and leaves the room.
///
/// # Errors
/// When the recogniser cannot be opened or the voice's rate is not one of Opus's; the room is left then too. What fails
/// later does not end the call: it is told to `teller`, and the conversation goes on without it or apologises.
pub async fn converse(setup: CallSetup, room: JoinedRoom) -> Result<CallOutcome, CallError> {
    let JoinedRoom {
        audio_in,
        mut events,
        audio_out,
        control,
    } = room;
    let control: Arc<dyn RoomControl> = control.into();
    let (inbox, mut facts) = mpsc::channel(INBOX);
    let parts = Parts::begin(&setup, audio_in, audio_out, &control, inbox).await;
    let mut parts = match parts {
        Ok(parts) => parts,
        Err(error) => {
            control.leave(Leave::EndForAll).await;
            return Err(error);
        }
    };
    let arrived = tokio::select! {
        arrived = wait_for_caller(&mut events, setup.clock, setup.patience) => arrived,
        () = setup.goodbye.cancelled() => Arrival::Stopped,
    };
    let mut held = None;
    let (end, caller) = match arrived {
        Arrival::Here(caller) => {
            let mut call = Call {
                clock: setup.clock,
                session: Session::new(policy(&setup), setup.recorder.clone()),
                stage: &mut parts.stage,
                speaker: &mut parts.speaker,
                listener: &mut parts.listener,
                keys: Keys::default(),
                gone: None,
            };
            call.session.handle(
                Event::Started {
                    greeting: setup.greeting.clone(),
                    talked_over: setup.greeting_talked_over,
                },
                setup.clock.now(),
                call.stage,
            );
            let end = call.run(&mut facts, &mut events, &setup.goodbye).await;
            held = Some(call.session);
            (end, Some(caller))
        }
        Arrival::Never => (EndReason::NobodyCame, None),
        Arrival::Gone(caller, reason) => (EndReason::CallerLeft(reason), Some(caller)),
        Arrival::Closed(reason) => (EndReason::RoomClosed(reason), None),
        Arrival::Stopped => (EndReason::Stopped, None),
    };
    if matches!(end, EndReason::Agent(_)) {
        tokio::time::sleep(TAIL).await;
    }
    let ended = setup.clock.now();
    control.leave(Leave::EndForAll).await;
    if let Some(mut session) = held {
        finish_tools(&mut session, &mut parts.stage, setup.clock).await;
    }
    facts.close();
    let (speaker, sound) = parts.end().await;
    Ok(CallOutcome {
        end,
        ended,
        caller,
        speaker,
        sound,
        facts_lost: setup.teller.lost(),
    })
}

/// Lets the tools that must not be broken off run to their end, within their deadline: what they did is remembered.
async fn finish_tools(session: &mut Session, stage: &mut LiveStage, clock: CallClock) {
    session.handle(Event::HungUp, clock.now(), stage);
    while let Some(event) = stage.next_tool().await {
        session.handle(event, clock.now(), stage);
    }
}

/// The policy of the setup, with what the services can do.
fn policy(setup: &CallSetup) -> Policy {
    let mut policy = setup.policy.clone();
    policy.endpointing.model = setup.services.end_of_turn.is_some();
    policy
}
