//! A room in memory: the port of `pipeline` without a network, and the other end of it in the caller's hands.
//!
//! Nothing in here takes time. What one end sends, the other can receive at once, in order, without loss while the
//! queues hold; moments are those of tokio's clock, so that paused time works.

use std::{collections::BTreeMap, time::Instant};

use async_trait::async_trait;
use pipeline::{
    audio::OpusPacket,
    ports::{AudioOut, HeardPacket, JoinedRoom, Leave, LeftReason, RoomControl, RoomEvent, Transcription},
};
use tokio::sync::{mpsc, watch};
use turn::Said;

/// Packets either side may be behind: five seconds of 20 ms each.
const AUDIO_QUEUE: usize = 250;

/// Events and acts either side may be behind.
const EVENT_QUEUE: usize = 256;

/// A new room, with the agent's end and the caller's.
pub fn room() -> (JoinedRoom, CallerEnd) {
    let (say, audio_in) = mpsc::channel(AUDIO_QUEUE);
    let (tell, events) = mpsc::channel(EVENT_QUEUE);
    let (speak, heard) = mpsc::channel(AUDIO_QUEUE);
    let (act, acts) = mpsc::channel(EVENT_QUEUE);
    let (air, on_air) = watch::channel(Air::Connected);
    let agent = JoinedRoom {
        audio_in,
        events,
        audio_out: Box::new(Voice {
            speak,
            on_air: on_air.clone(),
        }),
        control: Box::new(Control {
            act,
            tell: tell.clone(),
            air: air.clone(),
        }),
    };
    (
        agent,
        CallerEnd {
            heard,
            acts,
            say,
            tell,
            air,
        },
    )
}

/// The caller's end of a room in memory. Dropping it ends the agent's streams.
pub struct CallerEnd {
    /// What the agent speaks. When full, the newest packets are lost, as sound is.
    pub heard: mpsc::Receiver<SpokenPacket>,
    /// What else the agent does. When full, the newest acts are lost.
    pub acts: mpsc::Receiver<AgentAct>,
    say: mpsc::Sender<HeardPacket>,
    tell: mpsc::Sender<RoomEvent>,
    air: watch::Sender<Air>,
}

/// A packet of the agent's voice and when it was handed over.
#[derive(Clone, Debug)]
pub struct SpokenPacket {
    /// The packet.
    pub packet: OpusPacket,
    /// When the agent handed it to the room.
    pub sent: Instant,
}

/// What the agent did in the room besides speaking.
#[derive(Clone, Debug)]
pub enum AgentAct {
    /// It published a piece of transcription.
    Transcribed(Transcription),
    /// It set attributes of its participant.
    AttributesSet(BTreeMap<String, String>),
    /// It sent a text message.
    Typed(Said),
    /// It left; nothing follows.
    Left(Leave),
}

/// Whether the agent's voice reaches anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Air {
    Connected,
    Broken,
    Left,
}

impl CallerEnd {
    /// Lets the agent hear a packet, and says whether its queue had a place; without one the packet is lost.
    pub fn say(&mut self, packet: HeardPacket) -> bool {
        self.say.try_send(packet).is_ok()
    }

    /// Lets something happen in the room: somebody joins, types, presses a key. Waits while the agent is behind by the
    /// whole queue.
    pub async fn tell(&self, event: RoomEvent) {
        // An agent that is gone does not care.
        let _ = self.tell.send(event).await;
    }

    /// Breaks the connection: what the agent speaks is lost until [`CallerEnd::restore`].
    pub async fn disconnect(&self) {
        self.air.send_replace(Air::Broken);
        self.tell(RoomEvent::Reconnecting).await;
    }

    /// Mends what [`CallerEnd::disconnect`] broke.
    pub async fn restore(&self) {
        self.air.send_replace(Air::Connected);
        self.tell(RoomEvent::Reconnected).await;
    }
}

struct Voice {
    speak: mpsc::Sender<SpokenPacket>,
    on_air: watch::Receiver<Air>,
}

impl AudioOut for Voice {
    fn send(&mut self, packet: OpusPacket) -> Option<Instant> {
        if *self.on_air.borrow() != Air::Connected {
            return None;
        }
        let sent = tokio::time::Instant::now().into_std();
        // A full queue loses the packet, but it did leave the agent.
        let _ = self.speak.try_send(SpokenPacket { packet, sent });
        Some(sent)
    }
}

struct Control {
    act: mpsc::Sender<AgentAct>,
    tell: mpsc::Sender<RoomEvent>,
    air: watch::Sender<Air>,
}

impl Control {
    fn act(&self, act: AgentAct) {
        // See `CallerEnd::acts`: the newest are lost, and nobody may be listening at all.
        let _ = self.act.try_send(act);
    }
}

#[async_trait]
impl RoomControl for Control {
    async fn transcription(&self, piece: Transcription) {
        self.act(AgentAct::Transcribed(piece));
    }

    async fn set_attributes(&self, attributes: BTreeMap<String, String>) {
        self.act(AgentAct::AttributesSet(attributes));
    }

    async fn send_text(&self, text: Said) {
        self.act(AgentAct::Typed(text));
    }

    async fn leave(&self, how: Leave) {
        if self.air.send_replace(Air::Left) == Air::Left {
            return;
        }
        self.act(AgentAct::Left(how));
        let _ = self.tell.try_send(RoomEvent::Closed {
            reason: LeftReason::Left,
        });
    }
}
