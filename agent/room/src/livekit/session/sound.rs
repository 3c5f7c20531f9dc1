//! What the legs bring and what goes out on them.

use std::{sync::Arc, time::Instant};

use livekit_protocol::SignalTarget;
use pipeline::{
    audio::OpusPacket,
    ports::{HeardPacket, RoomEvent},
};

use super::Session;
use crate::livekit::{
    incoming::{Arrival, Incoming},
    leg::Brought,
    outgoing::{SILENCE, Stamp},
    peer::Happened,
    reconnect::Way,
    text::Unusable,
};

/// The stream that is listened to.
pub(super) struct Ear {
    /// The server's name of the track.
    track: Arc<str>,
    /// The stream of packets; another one begins when the server sends the track anew.
    stream: u32,
    /// Our number of the track.
    number: u32,
    incoming: Incoming,
    /// Whether the pipeline knows that there is sound.
    sounding: bool,
}

impl Ear {
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.incoming.poll_timeout()
    }
}

impl Session {
    pub(super) fn publisher_brought(&mut self, brought: Brought, now: Instant) {
        self.trickle(SignalTarget::Publisher, brought.addresses);
        for happened in brought.happened {
            match happened {
                Happened::Up | Happened::Searching | Happened::LaneOpen => {}
                Happened::Down => self.lost(Way::Resume, now),
                // The server sends on the other leg.
                Happened::Sound { .. } | Happened::Data(_) => {}
                Happened::Missed(share) => self.line.air.send_modify(|air| air.loss = share),
            }
        }
        if let Some(error) = brought.broken {
            tracing::warn!(%error, "the publishing connection broke; joining anew");
            self.lost(Way::Rejoin, now);
        }
        self.drain_outbox(now);
    }

    pub(super) fn subscriber_brought(&mut self, brought: Brought, now: Instant) {
        self.trickle(SignalTarget::Subscriber, brought.addresses);
        for happened in brought.happened {
            match happened {
                Happened::Up | Happened::Searching | Happened::LaneOpen | Happened::Missed(_) => {}
                Happened::Down => self.lost(Way::Resume, now),
                Happened::Sound {
                    track,
                    stream,
                    arrival,
                } => self.hear(track, stream, arrival),
                Happened::Data(message) => self.read(&message, now),
            }
        }
        if let Some(error) = brought.broken {
            tracing::warn!(%error, "the subscribing connection broke; joining anew");
            self.lost(Way::Rejoin, now);
        }
    }

    fn hear(&mut self, track: Arc<str>, stream: u32, arrival: Arrival) {
        if !self.link.listens_to(&track) {
            return;
        }
        let ear = match &mut self.ear {
            Some(ear) if ear.stream == stream && ear.track == track => ear,
            other => {
                self.tracks_heard += 1;
                other.insert(Ear {
                    track,
                    stream,
                    number: self.tracks_heard,
                    incoming: Incoming::default(),
                    sounding: false,
                })
            }
        };
        ear.incoming.push(arrival);
    }

    /// Hands on the packets that are due.
    pub(super) fn deliver(&mut self, now: Instant) {
        let Some(ear) = &mut self.ear else { return };
        let track = ear.number;
        let mut began = false;
        while let Some((packet, arrived)) = ear.incoming.poll(now) {
            began |= !std::mem::replace(&mut ear.sounding, true);
            // A listener that is late by more than the queue loses the oldest and conceals the gap.
            self.line.listener.push(HeardPacket {
                packet,
                arrived,
                track,
            });
        }
        if began {
            self.tell(RoomEvent::CallerAudioStarted { track }, now);
        }
    }

    /// The caller's sound has ended, for now.
    pub(super) fn quiet(&mut self, now: Instant) {
        let was_sounding = self
            .ear
            .as_mut()
            .is_some_and(|ear| std::mem::replace(&mut ear.sounding, false));
        if was_sounding {
            self.tell(RoomEvent::CallerAudioStopped, now);
        }
    }

    fn read(&mut self, message: &[u8], now: Instant) {
        match self.inbox.packet(message, now) {
            Ok(None) => {}
            Ok(Some(_)) if self.line.pipeline.is_full() => {
                self.grumble("more text than the call can take", now)
            }
            Ok(Some(event)) => self.tell(event, now),
            Err(Unusable(about)) => self.grumble(about, now),
        }
    }

    /// Sends the agent's voice.
    pub(super) fn speak(&mut self, packet: OpusPacket, now: Instant) {
        if let Some(stamp) = self.outgoing.stamp(&packet, now) {
            self.send_packet(stamp, &packet.payload, now);
        }
    }

    /// Sends silence as long as nobody listens.
    pub(super) fn lead_in(&mut self, now: Instant) {
        if !self.publisher.peer.flow().is_up() {
            return;
        }
        while let Some(stamp) = self.outgoing.prelude(now) {
            self.send_packet(stamp, &SILENCE, now);
        }
    }

    fn send_packet(&mut self, stamp: Stamp, payload: &[u8], now: Instant) {
        self.publisher.peer.speak(stamp, payload, now);
        let mut brought = Brought::default();
        self.publisher.push(now, &mut brought);
        self.publisher_brought(brought, now);
    }

    /// Sends messages as far as the channel takes them.
    fn drain_outbox(&mut self, now: Instant) {
        let mut sent = false;
        while let Some(message) = self.outbox.front() {
            if !self.publisher.peer.write(message) {
                break;
            }
            self.outbox.pop_front();
            sent = true;
        }
        if sent {
            let mut brought = Brought::default();
            self.publisher.push(now, &mut brought);
            self.publisher_brought(brought, now);
        }
    }
}
