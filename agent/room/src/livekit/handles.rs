//! What the pipeline holds of a room: its ends of the queues, behind the ports.

use std::{collections::BTreeMap, time::Instant};

use async_trait::async_trait;
use pipeline::{
    audio::OpusPacket,
    ports::{AudioOut, HeardPacket, JoinedRoom, Leave, RoomControl, RoomEvent, Transcription},
};
use tokio::sync::{mpsc, oneshot, watch};
use turn::Said;

use super::{JoinError, JoinOptions, session::Session, signalling::Signalling};
use crate::{backlog::Backlog, service::FrontDesk};

/// The agent's packets on their way to the room's task: more than a second. When full, the newest are lost.
const VOICE: usize = 64;

/// Acts on their way to the room's task. When full, the one who acts waits.
const COMMANDS: usize = 64;

/// The caller's packets that the listener has not taken: half a second in the channel, another behind it.
const HEARD: usize = 25;

/// Events that the pipeline has not taken, in the channel and behind it. When both are full, the room waits.
const EVENTS: usize = 64;

/// What the pipeline wants done.
#[derive(Debug)]
pub(super) enum Command {
    Transcription(Transcription),
    Text(Said),
    Attributes(BTreeMap<String, String>),
    /// Leave; the end of the room's task drops the sender.
    Leave(oneshot::Sender<()>),
}

/// The room's ends of the queues.
pub(super) struct Line {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) voice: mpsc::Receiver<OpusPacket>,
    pub(super) listener: Backlog<HeardPacket>,
    pub(super) pipeline: Backlog<RoomEvent>,
    pub(super) air: watch::Sender<Air>,
}

/// How the agent's voice gets through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Air {
    pub(super) is_up: bool,
    /// The share of its packets that the server missed lately.
    pub(super) loss: f32,
}

pub(super) async fn join(options: JoinOptions) -> Result<JoinedRoom, JoinError> {
    let (signalling, joined) = Signalling::join(&options.url, &options.token).await?;
    let room = joined
        .room
        .as_ref()
        .map(|room| room.name.clone())
        .unwrap_or_default();
    let (to_room, commands) = mpsc::channel(COMMANDS);
    let (to_wire, voice) = mpsc::channel(VOICE);
    let (listener, audio_in) = mpsc::channel(HEARD);
    let (pipeline, events) = mpsc::channel(EVENTS);
    let (air, on_air) = watch::channel(Air::default());
    let line = Line {
        commands,
        voice,
        listener: Backlog::new(listener, HEARD),
        pipeline: Backlog::new(pipeline, EVENTS),
        air,
    };
    let (ready, is_ready) = oneshot::channel();
    let ending = options.credentials.as_ref().map(|credentials| Ending {
        desk: FrontDesk::new(options.url.as_str(), credentials),
        room,
    });
    let session = Session::new(&options, signalling, line, joined, ready);
    // Nobody needs to wait for this task: it ends when the handles are gone, and its goodbye has a limit of its own.
    tokio::spawn(session.run());
    match is_ready.await {
        Ok(result) => result?,
        Err(_) => {
            return Err(JoinError::ServerFailed {
                message: "the room's task ended".to_owned(),
            });
        }
    }
    Ok(JoinedRoom {
        audio_in,
        events,
        audio_out: Box::new(Voice { to_wire, on_air }),
        control: Box::new(Control { to_room, ending }),
    })
}

struct Voice {
    to_wire: mpsc::Sender<OpusPacket>,
    on_air: watch::Receiver<Air>,
}

impl AudioOut for Voice {
    fn send(&mut self, packet: OpusPacket) -> Option<Instant> {
        if !self.on_air.borrow().is_up {
            return None;
        }
        self.to_wire.try_send(packet).ok()?;
        Some(Instant::now())
    }

    fn loss(&self) -> f32 {
        self.on_air.borrow().loss
    }
}

struct Control {
    to_room: mpsc::Sender<Command>,
    ending: Option<Ending>,
}

/// What it takes to end a room for all.
struct Ending {
    desk: FrontDesk,
    room: String,
}

impl Control {
    async fn command(&self, command: Command) {
        // A room that is gone takes no commands, and its `Closed` event has said so.
        let _ = self.to_room.send(command).await;
    }
}

#[async_trait]
impl RoomControl for Control {
    async fn transcription(&self, piece: Transcription) {
        self.command(Command::Transcription(piece)).await;
    }

    async fn set_attributes(&self, attributes: BTreeMap<String, String>) {
        self.command(Command::Attributes(attributes)).await;
    }

    async fn send_text(&self, text: Said) {
        self.command(Command::Text(text)).await;
    }

    async fn leave(&self, how: Leave) {
        match (how, &self.ending) {
            (Leave::Alone, _) => {}
            (Leave::EndForAll, Some(ending)) => ending.delete_room().await,
            (Leave::EndForAll, None) => {
                tracing::warn!(
                    "the room was joined without API credentials and cannot be ended for all; leaving alone"
                );
            }
        }
        let (ended, has_ended) = oneshot::channel();
        self.command(Command::Leave(ended)).await;
        // An error is the end: the room's task dropped its side.
        let _ = has_ended.await;
    }
}

impl Ending {
    async fn delete_room(&self) {
        if let Err(error) = self.desk.end_room(&self.room).await {
            tracing::warn!(%error, "the room could not be ended for all; leaving alone");
        }
    }
}
