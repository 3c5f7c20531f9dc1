//! The conversation of a call: one loop that takes what comes, in the order of its urgency.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use turn::{CallTime, Event};

use super::{
    EndReason,
    dtmf::Keys,
    parts::{Part, broken},
};
use crate::{
    call_clock::CallClock,
    caller_sound::SoundCounts,
    ports::{LeftReason, RoomEvent},
    session::Session,
    speaker::SpeakerReport,
    stage::LiveStage,
};

/// A caller who lost the connection is waited for this long.
const RETURN_WAIT: Duration = Duration::from_secs(15);

/// The conversation of a call: receives, decides, posts, and never waits for anything else.
pub(super) struct Call<'a> {
    pub(super) clock: CallClock,
    pub(super) session: Session,
    pub(super) stage: &'a mut LiveStage,
    pub(super) speaker: &'a mut Part<SpeakerReport>,
    pub(super) listener: &'a mut Part<SoundCounts>,
    pub(super) keys: Keys,
    /// The caller lost the connection; the call ends then, unless they are back.
    pub(super) gone: Option<(Instant, LeftReason)>,
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
    pub(super) async fn run(
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
