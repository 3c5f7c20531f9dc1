//! One call, top to bottom: wait for the caller, converse, leave.

mod dtmf;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use turn::{CallEnd, CallTime, Event, Policy, Said};

use crate::{
    call_clock::CallClock,
    caller_sound::SoundCounts,
    codec::CodecError,
    facts::Teller,
    listener::{Listener, Recognition},
    ports::{
        Caller, EndOfTurn, JoinedRoom, LanguageModel, Leave, LeftReason, RecogniserOptions, RoomControl,
        RoomEvent, ServiceError, SpeechToText, TextToSpeech, Tool, VoiceActivityFactory, VoiceOptions,
    },
    recorder::RecorderHandle,
    reply::ReplyTools,
    scribe::Scribe,
    session::Session,
    speaker::{Speaker, SpeakerReport},
    stage::LiveStage,
    toolbox::Toolbox,
};
use dtmf::Keys;

/// Events that may wait for the session, which takes each at once. When full, their source waits a moment.
const INBOX: usize = 512;
/// Orders that may wait for the loudspeaker, which takes each at once.
const ORDERS: usize = 64;
/// A caller who lost the connection is waited for this long.
const RETURN_WAIT: Duration = Duration::from_secs(15);
/// Somebody who is here but sends no sound, because they only listen or type, is spoken to after this long. A telephone is
/// not: its sound comes when it is answered.
const SOUNDLESS: Duration = Duration::from_secs(5);
/// The last packets of the agent are on their way this long before the room may go.
const TAIL: Duration = Duration::from_millis(200);
/// How long the tasks of a call may take to end.
const WIND_DOWN: Duration = Duration::from_secs(2);

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
                    interruptible: true,
                },
                setup.clock.now(),
                call.stage,
            );
            let end = call.run(&mut facts, &mut events, &setup.goodbye).await;
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

/// The policy of the setup, with what the services can do.
fn policy(setup: &CallSetup) -> Policy {
    let mut policy = setup.policy.clone();
    policy.endpointing.model = setup.services.end_of_turn.is_some();
    policy
}

/// A task of a call; `None` once it has ended.
type Part<T> = Option<AbortOnDropHandle<T>>;

/// The tasks of a call.
struct Parts {
    stage: LiveStage,
    speaker: Part<SpeakerReport>,
    listener: Part<SoundCounts>,
    scribe: AbortOnDropHandle<()>,
}

impl Parts {
    async fn begin(
        setup: &CallSetup,
        audio_in: mpsc::Receiver<crate::ports::HeardPacket>,
        audio_out: Box<dyn crate::ports::AudioOut>,
        control: &Arc<dyn RoomControl>,
        inbox: mpsc::Sender<Event>,
    ) -> Result<Self, CallError> {
        let services = &setup.services;
        let options = RecogniserOptions {
            language: setup.language.clone(),
        };
        let recognition =
            Recognition::open(Arc::clone(&services.recogniser), options, setup.teller.clone()).await?;
        let mut listener = Listener::new(
            setup.clock,
            inbox.clone(),
            setup.teller.clone(),
            services.voice_activity.detector(),
            recognition,
        )?;
        let flush = Arc::new(Notify::new());
        listener.recorder = setup.recorder.clone();
        listener.end_of_turn = services.end_of_turn.clone();
        listener.flush = Arc::clone(&flush);
        let speaker = Speaker::new(
            audio_out,
            services.voice.rate(),
            setup.clock,
            inbox.clone(),
            setup.recorder.clone(),
        )?;
        let (orders, waiting) = mpsc::channel(ORDERS);
        let (scribe, writing) = Scribe::new(Arc::clone(control));
        let reply_tools = ReplyTools {
            voice: Arc::clone(&services.voice),
            voice_options: VoiceOptions {
                voice: setup.voice.clone(),
                language: setup.language.clone(),
            },
            clock: setup.clock,
            inbox,
            teller: setup.teller.clone(),
            scribe,
        };
        let toolbox = Toolbox::new(setup.tools.clone(), setup.tool_deadline);
        let (model, instructions) = (Arc::clone(&services.model), Arc::clone(&setup.instructions));
        Ok(Self {
            stage: LiveStage::new(model, instructions, toolbox, reply_tools, orders, flush),
            speaker: Some(AbortOnDropHandle::new(tokio::spawn(speaker.run(waiting)))),
            listener: Some(AbortOnDropHandle::new(tokio::spawn(listener.run(audio_in)))),
            scribe: AbortOnDropHandle::new(tokio::spawn(writing)),
        })
    }

    /// Ends the tasks: each ends when what feeds it has ended.
    async fn end(self) -> (SpeakerReport, SoundCounts) {
        let Self {
            stage,
            speaker,
            listener,
            scribe,
        } = self;
        drop(stage);
        let speaker = report(speaker).await;
        let listener = report(listener).await;
        // The scribe may still wait for a room that is gone; its handle ends it.
        let _unfinished = timeout(WIND_DOWN, scribe).await;
        (speaker, listener)
    }
}

/// What a task has to report, if it ends in time.
async fn report<T: Default>(part: Part<T>) -> T {
    match part {
        Some(task) => timeout(WIND_DOWN, task)
            .await
            .ok()
            .and_then(Result::ok)
            .unwrap_or_default(),
        None => T::default(),
    }
}

/// Waits until a task has ended; whether it broke down.
async fn broken<T>(part: &mut Part<T>) -> bool {
    let Some(task) = part else {
        return std::future::pending().await;
    };
    let broken = task.await.is_err();
    *part = None;
    broken
}

enum Arrival {
    Here(Caller),
    Never,
    /// The caller was here, but left before anything was said.
    Gone(Caller, LeftReason),
    Closed(LeftReason),
    /// The worker stops.
    Stopped,
}

/// Waits until the caller can hear and be heard: joined, answered if it is a telephone, sound published.
async fn wait_for_caller(
    events: &mut mpsc::Receiver<RoomEvent>,
    clock: CallClock,
    patience: Duration,
) -> Arrival {
    let until = clock.instant(clock.now() + patience);
    let mut caller: Option<Caller> = None;
    let mut here_since = None;
    let mut audio = false;
    loop {
        let answered = |caller: &Caller| {
            !caller.sip
                || caller
                    .attributes
                    .get("sip.callStatus")
                    .is_none_or(|status| status == "active")
        };
        if let Some(here) = caller.take_if(|caller| audio && answered(caller)) {
            return Arrival::Here(here);
        }
        let soundless = caller
            .as_ref()
            .filter(|caller| !caller.sip)
            .and(here_since)
            .map_or(until, |since: Instant| until.min(since + SOUNDLESS));
        let event = tokio::select! {
            event = events.recv() => event,
            () = sleep_until(soundless) => return caller.map_or(Arrival::Never, Arrival::Here),
        };
        match event {
            Some(RoomEvent::CallerJoined(here) | RoomEvent::CallerChanged(here)) => {
                here_since.get_or_insert_with(Instant::now);
                caller = Some(here);
            }
            Some(RoomEvent::CallerAudioStarted { .. }) => audio = true,
            Some(RoomEvent::CallerAudioStopped) => audio = false,
            Some(RoomEvent::CallerLeft { reason }) => match caller.take() {
                Some(caller) if reason != LeftReason::ConnectionLost => {
                    return Arrival::Gone(caller, reason);
                }
                _ => (here_since, audio) = (None, false),
            },
            Some(RoomEvent::Closed { reason }) => return Arrival::Closed(reason),
            Some(
                RoomEvent::Text(_) | RoomEvent::Dtmf(_) | RoomEvent::Reconnecting | RoomEvent::Reconnected,
            ) => {}
            None => return Arrival::Closed(LeftReason::Other),
        }
    }
}

/// The conversation of a call: receives, decides, posts, and never waits for anything else.
struct Call<'a> {
    clock: CallClock,
    session: Session,
    stage: &'a mut LiveStage,
    speaker: &'a mut Part<SpeakerReport>,
    listener: &'a mut Part<SoundCounts>,
    keys: Keys,
    /// The caller lost the connection; the call ends then, unless they are back.
    gone: Option<(Instant, LeftReason)>,
}

enum Input {
    Event(Event),
    Room(Option<RoomEvent>),
    Deadline,
    Keys,
    Gone(LeftReason),
    Goodbye,
    /// A task of the call has ended; whether it broke down.
    PartEnded(bool),
}

impl Call<'_> {
    async fn run(
        &mut self,
        facts: &mut mpsc::Receiver<Event>,
        events: &mut mpsc::Receiver<RoomEvent>,
        goodbye: &CancellationToken,
    ) -> EndReason {
        let mut leaving = false;
        loop {
            let input = self.next_input(facts, events, goodbye, leaving).await;
            let now = self.clock.now();
            match input {
                Input::Event(event) => self.session.handle(event, now, self.stage),
                Input::Deadline => self.session.handle_timeout(now, self.stage),
                Input::Room(None) => return EndReason::RoomClosed(LeftReason::Other),
                Input::Room(Some(event)) => {
                    if let Some(end) = self.room_event(event, now) {
                        self.session.handle(Event::HungUp, now, self.stage);
                        return end;
                    }
                }
                Input::Keys => {
                    if let Some(text) = self.keys.take() {
                        self.session.handle(Event::Typed { text }, now, self.stage);
                    }
                }
                Input::Gone(reason) => {
                    self.session.handle(Event::HungUp, now, self.stage);
                    return EndReason::CallerLeft(reason);
                }
                Input::PartEnded(false) => {}
                Input::PartEnded(true) => {
                    tracing::error!("a part of the call broke down; the call ends");
                    return EndReason::Broken;
                }
                Input::Goodbye => {
                    leaving = true;
                    self.session.handle(Event::Close, now, self.stage);
                }
            }
            if let Some(end) = self.stage.ending {
                return EndReason::Agent(end);
            }
            if self.stage.speaker_lost {
                tracing::error!("the loudspeaker broke down; the call ends");
                return EndReason::Broken;
            }
        }
    }

    async fn next_input(
        &mut self,
        facts: &mut mpsc::Receiver<Event>,
        events: &mut mpsc::Receiver<RoomEvent>,
        goodbye: &CancellationToken,
        leaving: bool,
    ) -> Input {
        let deadline = self
            .session
            .deadline()
            .map(|deadline| self.clock.instant(deadline));
        let gone = self.gone;
        tokio::select! {
            biased;
            Some(event) = facts.recv() => Input::Event(event),
            event = events.recv() => Input::Room(event),
            event = self.stage.next_event() => Input::Event(event),
            () = until(deadline) => Input::Deadline,
            () = until(self.keys.deadline()) => Input::Keys,
            () = until(gone.map(|(at, _)| at)) => Input::Gone(gone.map_or(LeftReason::Other, |(_, reason)| reason)),
            () = goodbye.cancelled(), if !leaving => Input::Goodbye,
            broken = broken(self.speaker) => Input::PartEnded(broken),
            broken = broken(self.listener) => Input::PartEnded(broken),
        }
    }

    /// What follows from an event of the room; the end of the call, if that is it.
    fn room_event(&mut self, event: RoomEvent, now: CallTime) -> Option<EndReason> {
        match event {
            RoomEvent::CallerLeft {
                reason: LeftReason::ConnectionLost,
            } => {
                self.gone = Some((Instant::now() + RETURN_WAIT, LeftReason::ConnectionLost));
                None
            }
            RoomEvent::CallerLeft { reason } => Some(EndReason::CallerLeft(reason)),
            RoomEvent::CallerJoined(_) => {
                self.gone = None;
                None
            }
            RoomEvent::Text(text) => {
                self.session.handle(Event::Typed { text }, now, self.stage);
                None
            }
            RoomEvent::Dtmf(key) => {
                self.keys.press(key);
                None
            }
            RoomEvent::Closed { reason } => Some(EndReason::RoomClosed(reason)),
            RoomEvent::Reconnecting | RoomEvent::Reconnected => {
                tracing::info!(
                    connected = matches!(event, RoomEvent::Reconnected),
                    "the room's connection changed"
                );
                None
            }
            RoomEvent::CallerChanged(_)
            | RoomEvent::CallerAudioStarted { .. }
            | RoomEvent::CallerAudioStopped => None,
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
