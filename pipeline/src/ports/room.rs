//! The room: where the caller is. Opus packets in and out, text, and what happens to the people in it.

use std::{collections::BTreeMap, time::Instant};

use async_trait::async_trait;
use tokio::sync::mpsc;
use turn::Said;

use crate::audio::OpusPacket;

/// A room that the agent has joined, in parts, so that each part goes to the task that owns it.
pub struct JoinedRoom {
    /// The linked caller's sound, in order. When the listener is late by more than the queue holds, the oldest packets
    /// are dropped and the listener conceals the gap.
    pub audio_in: mpsc::Receiver<HeardPacket>,
    /// What happens in the room. When full, the room waits; audio does not.
    pub events: mpsc::Receiver<RoomEvent>,
    /// The agent's voice.
    pub audio_out: Box<dyn AudioOut>,
    /// Everything else that the agent does in the room.
    pub control: Box<dyn RoomControl>,
}

/// A packet of the caller's sound and when it reached this process.
#[derive(Clone, Debug)]
pub struct HeardPacket {
    /// The packet; positions count from the first packet of the track.
    pub packet: OpusPacket,
    /// When the datagram was read from the socket.
    pub arrived: Instant,
    /// Which track of the caller it belongs to; it grows by one when the caller publishes anew, and positions restart.
    pub track: u32,
}

/// Takes the agent's Opus packets. Never waits: what cannot be sent is lost, as sound is.
pub trait AudioOut: Send {
    /// Hands one packet to the wire and says when that was, or `None` while the room has no connection.
    fn send(&mut self, packet: OpusPacket) -> Option<Instant>;

    /// The share of the packets, 0–1, that the other end of the connection missed in the last seconds, as far as it says.
    fn loss(&self) -> f32 {
        0.0
    }
}

/// What the agent does in a room besides speaking.
#[async_trait]
pub trait RoomControl: Send + Sync {
    /// Publishes a piece of transcription (text stream on topic `lk.transcription`). Pieces of one segment carry the same
    /// id; each piece replaces the text of the one before.
    async fn transcription(&self, piece: Transcription);
    /// Sets attributes of the agent's participant, such as `lk.agent.state`.
    async fn set_attributes(&self, attributes: BTreeMap<String, String>);
    /// Sends a text message to everybody (topic `lk.chat`).
    async fn send_text(&self, text: Said);
    /// Leaves the room; with [`Leave::EndForAll`] the room is deleted, which hangs up a telephone.
    async fn leave(&self, how: Leave);
}

/// How the agent leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The agent goes, the others may stay.
    Alone,
    /// The conversation is over for all: the room is deleted.
    EndForAll,
}

/// One piece of what was said, for those who read along.
#[derive(Clone, Debug)]
pub struct Transcription {
    /// The segment's id, unique in the room.
    pub segment: String,
    /// Who said it.
    pub speaker: Speaker,
    /// The segment's text so far.
    pub text: Said,
    /// Whether this is the segment's last piece.
    pub finished: bool,
}

/// The two sides of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The person.
    Caller,
    /// The agent.
    Agent,
}

/// What happens in the room.
#[derive(Clone, Debug)]
pub enum RoomEvent {
    /// The caller whom this call is linked to is here: the first standard or SIP participant.
    CallerJoined(Caller),
    /// The caller's attributes changed; SIP reports its call state this way.
    CallerChanged(Caller),
    /// The caller's sound began to arrive, on this track (see [`HeardPacket::track`]).
    CallerAudioStarted {
        /// The track.
        track: u32,
    },
    /// The caller unpublished the track, or muted it.
    CallerAudioStopped,
    /// The caller went away.
    CallerLeft {
        /// The room's reason.
        reason: LeftReason,
    },
    /// Somebody typed (text stream on topic `lk.chat`).
    Text(Said),
    /// A key of the telephone: `0`–`9`, `*`, `#`, `A`–`D`.
    Dtmf(char),
    /// The connection is being restored; sound may be lost.
    Reconnecting,
    /// The connection is back.
    Reconnected,
    /// The room is gone for the agent; no event follows.
    Closed {
        /// Why.
        reason: LeftReason,
    },
}

/// The person at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The participant's identity in the room.
    pub identity: String,
    /// Whether it is a telephone call through the SIP service.
    pub sip: bool,
    /// The participant's attributes, such as `sip.phoneNumber` and `sip.callStatus`.
    pub attributes: BTreeMap<String, String>,
}

/// Why somebody is no longer in a room; LiveKit's `DisconnectReason`, by what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeftReason {
    /// The participant left by itself.
    Left,
    /// The same identity joined again elsewhere.
    DuplicateIdentity,
    /// The server shut down.
    ServerShutdown,
    /// Somebody removed the participant.
    Removed,
    /// The room was deleted or closed.
    RoomEnded,
    /// The callee was busy, absent or refused.
    CalleeUnavailable,
    /// The connection was lost and could not be restored.
    ConnectionLost,
    /// Anything else.
    Other,
}
