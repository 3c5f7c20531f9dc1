//! The tasks of a call: the listener, the speaker and the scribe.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;
use turn::Event;

use super::{CallError, CallSetup};
use crate::{
    caller_sound::SoundCounts,
    listener::{Listener, Recognition},
    ports::{AudioOut, HeardPacket, RecogniserOptions, RoomControl, VoiceOptions},
    reply::ReplyTools,
    scribe::Scribe,
    speaker::{Speaker, SpeakerReport},
    stage::LiveStage,
    toolbox::Toolbox,
};

/// Orders that may wait for the loudspeaker, which takes each at once.
const ORDERS: usize = 64;
/// Frames of the agent that the listener has not compared with the caller's sound yet: it takes them with every packet.
const OWN_SOUND: usize = 64;
/// How long the tasks of a call may take to end.
const WIND_DOWN: Duration = Duration::from_secs(2);

/// A task of a call; `None` once it has ended.
pub(super) type Part<T> = Option<AbortOnDropHandle<T>>;

/// The tasks of a call.
pub(super) struct Parts {
    pub(super) stage: LiveStage,
    pub(super) speaker: Part<SpeakerReport>,
    pub(super) listener: Part<SoundCounts>,
    scribe: AbortOnDropHandle<()>,
}

impl Parts {
    pub(super) async fn begin(
        setup: &CallSetup,
        audio_in: mpsc::Receiver<HeardPacket>,
        audio_out: Box<dyn AudioOut>,
        control: &Arc<dyn RoomControl>,
        inbox: mpsc::Sender<Event>,
    ) -> Result<Self, CallError> {
        let services = &setup.services;
        let options = RecogniserOptions {
            language: setup.language.clone(),
        };
        let recognition =
            Recognition::open(Arc::clone(&services.recogniser), options, setup.teller.clone()).await?;
        let (own, sent) = mpsc::channel(OWN_SOUND);
        let mut listener = Listener::new(
            setup.clock,
            inbox.clone(),
            setup.teller.clone(),
            services.voice_activity.detector(),
            recognition,
            sent,
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
            own,
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
    pub(super) async fn end(self) -> (SpeakerReport, SoundCounts) {
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
pub(super) async fn broken<T>(part: &mut Part<T>) -> bool {
    let Some(task) = part else {
        return std::future::pending().await;
    };
    let broken = task.await.is_err();
    *part = None;
    broken
}
