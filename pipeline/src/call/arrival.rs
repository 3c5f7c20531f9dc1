//! Waiting for the caller.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    call_clock::CallClock,
    ports::{Caller, LeftReason, RoomEvent},
};

/// Somebody who is here but sends no sound, because they only listen or type, is spoken to after this long. A telephone is
/// not: its sound comes when it is answered.
const SOUNDLESS: Duration = Duration::from_secs(5);

pub(super) enum Arrival {
    Here(Caller),
    Never,
    /// The caller was here, but left before anything was said.
    Gone(Caller, LeftReason),
    Closed(LeftReason),
    /// The worker stops.
    Stopped,
}

/// Waits until the caller can hear and be heard: joined, answered if it is a telephone, sound published.
pub(super) async fn wait_for_caller(
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
