//! One WebRTC connection, without its sockets: `str0m` with the choices of this client made.
//!
//! Bytes and moments go in, [`Step`]s come out. A room has two of these: on one we publish and make the offers, on the
//! other we subscribe and the server makes them, so offers never cross.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig, RtcError,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelId, Reliability},
    media::{Direction, MediaKind, Mid},
    net::{Receive, Transmit},
    rtp::RtpWrite,
};

use super::{
    flow::{Flow, Turn},
    incoming::Arrival,
    outgoing::Stamp,
    sdp,
    sockets::Datagram,
};

/// The first check of a path that gets no answer is repeated after this, then after twice as long.
const FIRST_CHECK: Duration = Duration::from_millis(250);

/// Paths are checked at least this often.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// That many checks without an answer make a path lost.
const CHECKS: usize = 6;

/// How many of the server's addresses are remembered for the next description.
const CANDIDATES: usize = 16;

/// How often the other end's reports are summed up; it makes one every second or so.
const REPORTS: Duration = Duration::from_secs(5);

/// What comes out of the connection.
#[derive(Debug)]
pub(super) enum Step {
    /// To be sent.
    Send(Transmit),
    /// Something happened.
    Happened(Happened),
    /// Nothing more before that moment.
    Wait(Instant),
}

/// What happened on the connection.
#[derive(Debug)]
pub(super) enum Happened {
    /// Media flows (again).
    Up,
    /// Media does not flow any more.
    Down,
    /// Both sides look for a new path.
    Searching,
    /// A data channel of ours can be written to.
    LaneOpen,
    /// A packet of a track, by the server's name for the track and the stream's number.
    Sound {
        track: Arc<str>,
        stream: u32,
        arrival: Arrival,
    },
    /// A message on a data channel.
    Data(Vec<u8>),
    /// The share of our voice's packets, 0–1, that the other end missed lately.
    Missed(f32),
}

pub(super) struct Peer {
    rtc: Rtc,
    flow: Flow,
    /// What happened outside of the library.
    happened: VecDeque<Happened>,
    /// The audio that we publish.
    voice: Option<Mid>,
    reliable: Option<ChannelId>,
    lossy: Option<ChannelId>,
    pending: Option<SdpPendingOffer>,
    /// Whether an offer was ever answered.
    negotiated: bool,
    candidates: Vec<Candidate>,
    /// Streams that the server sends, and their tracks.
    tracks: Vec<(u32, Arc<str>)>,
}

impl Peer {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            rtc: config().build(now),
            flow: Flow::new(now),
            happened: VecDeque::new(),
            voice: None,
            reliable: None,
            lossy: None,
            pending: None,
            negotiated: false,
            candidates: Vec::new(),
            tracks: Vec::new(),
        }
    }

    pub(super) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Whether messages that must arrive can come and go.
    pub(super) fn can_read(&self) -> bool {
        self.reliable.is_some()
    }

    /// Whether the two sides ever agreed on anything.
    pub(super) fn is_negotiated(&self) -> bool {
        self.negotiated
    }

    /// The offer of one audio track and the two data channels.
    pub(super) fn offer(&mut self, track: &str) -> Option<String> {
        let mut api = self.rtc.sdp_api();
        let voice = api.add_media(
            MediaKind::Audio,
            Direction::SendOnly,
            Some("agent".to_owned()),
            Some(track.to_owned()),
            None,
        );
        let reliable = ChannelConfig {
            label: "_reliable".to_owned(),
            ..Default::default()
        };
        let lossy = ChannelConfig {
            label: "_lossy".to_owned(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..Default::default()
        };
        api.add_channel_with_config(reliable);
        api.add_channel_with_config(lossy);
        let (offer, pending) = api.apply()?;
        self.voice = Some(voice);
        self.pending = Some(pending);
        Some(offer.to_sdp_string())
    }

    /// The offer to look for a new path with everything else as it is.
    pub(super) fn restart_offer(&mut self) -> Option<String> {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply()?;
        self.pending = Some(pending);
        Some(offer.to_sdp_string())
    }

    /// The answer to our last offer.
    pub(super) fn accept_answer(&mut self, answer: &str) -> Result<(), RtcError> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        let description = SdpAnswer::from_sdp_string(answer)?;
        self.rtc.sdp_api().accept_answer(pending, description)?;
        self.described(answer);
        Ok(())
    }

    /// Our answer to an offer of the server's.
    pub(super) fn accept_offer(&mut self, offer: &str) -> Result<String, RtcError> {
        let description = SdpOffer::from_sdp_string(offer)?;
        let answer = self.rtc.sdp_api().accept_offer(description)?;
        self.tracks = sdp::tracks(offer)
            .into_iter()
            .map(|(ssrc, track)| (ssrc, track.into()))
            .collect();
        self.described(offer);
        Ok(answer.to_sdp_string())
    }

    /// The server's addresses are good for every description: they often come before it, and a restart forgets them.
    fn described(&mut self, description: &str) {
        self.negotiated = true;
        if self.flow.agreed(sdp::search(description)) {
            self.happened.push_back(Happened::Searching);
        }
        for candidate in &self.candidates {
            self.rtc.add_remote_candidate(candidate.clone());
        }
    }

    /// The server can be reached at this address.
    pub(super) fn add_server(&mut self, candidate: Candidate) {
        if self.negotiated {
            self.rtc.add_remote_candidate(candidate.clone());
        }
        if !self.candidates.contains(&candidate) {
            if self.candidates.len() == CANDIDATES {
                self.candidates.remove(0);
            }
            self.candidates.push(candidate);
        }
    }

    /// We can be reached at this address. Gives it in the words of the signalling.
    pub(super) fn add_local(&mut self, candidate: Candidate) -> Option<String> {
        self.rtc
            .add_local_candidate(candidate)
            .map(Candidate::to_sdp_string)
    }

    /// We cannot be reached at this address any more.
    pub(super) fn forget_local(&mut self, candidate: &Candidate) {
        self.rtc.direct_api().invalidate_candidate(candidate);
    }

    /// Puts a packet of our voice on the wire; the next [`Peer::tick`] sends it.
    pub(super) fn speak(&mut self, stamp: Stamp, payload: &[u8], now: Instant) {
        let Some(voice) = self.voice else { return };
        let Some(&payload_type) = self.rtc.media(voice).and_then(|media| media.remote_pts().first()) else {
            return;
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(voice, None) else {
            return;
        };
        let packet = RtpWrite::new(payload_type, stamp.sequence.into(), stamp.timestamp, now, payload);
        stream.write_rtp(packet.marker(stamp.marker));
    }

    /// Sends a message that must arrive, and says whether the channel took it.
    pub(super) fn write(&mut self, message: &[u8]) -> bool {
        let Some(mut channel) = self.reliable.and_then(|id| self.rtc.channel(id)) else {
            return false;
        };
        channel.write(true, message).unwrap_or(false)
    }

    /// Takes a datagram. What does not come from the server is not looked at.
    pub(super) fn input(&mut self, datagram: Datagram, bytes: &[u8]) -> Result<(), RtcError> {
        let Datagram {
            protocol,
            source,
            destination,
            at,
            ..
        } = datagram;
        let Ok(received) = Receive::new(protocol, source, destination, bytes) else {
            return Ok(());
        };
        let input = Input::Receive(at, received);
        if !self.rtc.accepts(&input) {
            return Ok(());
        }
        self.rtc.handle_input(input)?;
        let turn = self
            .flow
            .heard((protocol, source), at, || self.rtc.is_connected());
        self.happened.extend(turn.map(Happened::from));
        Ok(())
    }

    /// Time passes.
    pub(super) fn tick(&mut self, now: Instant) -> Result<(), RtcError> {
        let turn = self.flow.tick(now);
        self.happened.extend(turn.map(Happened::from));
        self.rtc.handle_input(Input::Timeout(now))
    }

    /// Takes the connection for down if nothing has come for this long.
    pub(super) fn doubt(&mut self, now: Instant, silence: Duration) {
        let turn = self.flow.doubt(now, silence);
        self.happened.extend(turn.map(Happened::from));
    }

    /// Says goodbye; what it takes comes out of [`Peer::step`].
    pub(super) fn close(&mut self) {
        // A connection that cannot be closed is not there.
        let _ = self.rtc.close();
    }

    /// The next thing to do.
    pub(super) fn step(&mut self) -> Result<Step, RtcError> {
        if let Some(happened) = self.happened.pop_front() {
            return Ok(Step::Happened(happened));
        }
        loop {
            let event = match self.rtc.poll_output()? {
                Output::Transmit(transmit) => return Ok(Step::Send(transmit)),
                Output::Timeout(at) => return Ok(Step::Wait(at)),
                Output::Event(event) => event,
            };
            if let Some(happened) = self.happened(event) {
                return Ok(Step::Happened(happened));
            }
        }
    }

    fn happened(&mut self, event: Event) -> Option<Happened> {
        match event {
            Event::Connected => self.flow.connected().map(Happened::from),
            Event::IceConnectionStateChange(state) => match state {
                IceConnectionState::Connected | IceConnectionState::Completed => self.flow.path_found(),
                IceConnectionState::Disconnected => self.flow.path_lost(),
                IceConnectionState::New | IceConnectionState::Checking => None,
            }
            .map(Happened::from),
            Event::Closed => self.flow.path_lost().map(Happened::from),
            Event::ChannelOpen(id, label) => {
                match label.as_str() {
                    "_reliable" => self.reliable = Some(id),
                    "_lossy" => self.lossy = Some(id),
                    _ => return None,
                }
                Some(Happened::LaneOpen)
            }
            Event::ChannelData(message) => {
                let known = [self.reliable, self.lossy].contains(&Some(message.id));
                known.then_some(Happened::Data(message.data))
            }
            Event::RtpPacket(packet) => {
                let stream = *packet.header.ssrc;
                let (_, track) = self.tracks.iter().find(|(ssrc, _)| *ssrc == stream)?;
                let arrival = Arrival {
                    sequence: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    payload: Bytes::from_owner(packet.payload),
                    at: packet.timestamp,
                };
                Some(Happened::Sound {
                    track: track.clone(),
                    stream,
                    arrival,
                })
            }
            Event::MediaEgressStats(sent) => sent.loss.map(Happened::Missed),
            _ => None,
        }
    }
}

impl From<Turn> for Happened {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::Up => Self::Up,
            Turn::Down => Self::Down,
        }
    }
}

fn config() -> RtcConfig {
    // Packets are wanted as they arrive: putting them in order within 60 ms is done here, not there.
    let mut config = Rtc::builder()
        .clear_codecs()
        .enable_opus(true, false)
        .set_rtp_mode(true)
        .set_stats_interval(Some(REPORTS));
    config.set_initial_stun_rto(FIRST_CHECK);
    config.set_max_stun_rto(CHECK_EVERY);
    config.set_max_stun_retransmits(CHECKS);
    config
}

#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
