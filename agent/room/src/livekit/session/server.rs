//! What the server says, and what is said to it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use livekit_protocol::{
    AddTrackRequest, JoinResponse, LeaveRequest, ParticipantTracks, ReconnectReason, SessionDescription,
    SignalTarget, SyncState, TrackPublishedResponse, TrackSource, TrackType, TrickleRequest,
    UpdateParticipantMetadata, UpdateSubscription, leave_request::Action, signal_request::Message as Request,
    signal_response::Message as Response,
};
use pipeline::ports::{RoomEvent, Speaker, Transcription};
use str0m::Candidate;

use super::Session;
use crate::livekit::{
    handles::Command,
    leg::Leg,
    link::{Change, TrackRef},
    outgoing::Outgoing,
    reasons,
    reconnect::Way,
    signalling::{News, Order},
    text,
};

/// The track's name, by which other participants see it.
const TRACK: &str = "agent";

/// A leg on which nothing came for this long is doubted when something else is wrong: three checks without an answer.
const DOUBT: Duration = Duration::from_secs(3);

impl Session {
    /// Offers our track and channels, on a new leg.
    pub(super) fn publish(&mut self) {
        let request = AddTrackRequest {
            cid: self.us.cid.clone(),
            name: TRACK.to_owned(),
            r#type: TrackType::Audio as i32,
            source: TrackSource::Microphone as i32,
            disable_red: true,
            ..Default::default()
        };
        self.send(Request::AddTrack(request));
        let offer = self.publisher.peer.offer(&self.us.cid);
        self.send_offer(offer);
    }

    fn send_offer(&mut self, offer: Option<String>) {
        let Some(sdp) = offer else { return };
        self.us.offers += 1;
        let offer = SessionDescription {
            r#type: "offer".to_owned(),
            sdp,
            id: self.us.offers,
            ..Default::default()
        };
        self.send(Request::Offer(offer));
    }

    pub(super) fn send(&self, request: Request) {
        self.signalling.order(Order::Send(Box::new(request)));
    }

    pub(super) fn news(&mut self, news: News, now: Instant) {
        match news {
            News::Message(message) => self.message(*message, now),
            News::Lost => self.lost(Way::Resume, now),
            News::Resumed => self.resumed(now),
            News::Rejoined(joined) => self.rejoined(*joined, now),
            News::Failed(way) => self.recovery.failed(way, now),
        }
    }

    fn message(&mut self, message: Response, now: Instant) {
        match message {
            Response::Offer(offer) => self.offered(offer, now),
            Response::Answer(answer) => self.answered(&answer, now),
            Response::Trickle(trickle) => self.trickled(&trickle, now),
            Response::Update(update) => {
                let changes = self.link.update(update.participants);
                self.follow(changes, now);
            }
            Response::TrackPublished(published) if published.cid == self.us.cid => {
                self.us.track = published.track
            }
            Response::TrackSubscribed(_) => {
                self.us.heard = true;
                self.outgoing.heard();
                self.introduce();
            }
            Response::Leave(leave) => self.sent_away(&leave, now),
            // Speakers, quality, other rooms, video: nothing that a call needs.
            _ => {}
        }
    }

    fn offered(&mut self, offer: SessionDescription, now: Instant) {
        match self.subscriber.peer.accept_offer(&offer.sdp) {
            Ok(sdp) => {
                let answer = SessionDescription {
                    r#type: "answer".to_owned(),
                    sdp,
                    id: offer.id,
                    ..Default::default()
                };
                self.described = Some((offer, answer.clone()));
                self.send(Request::Answer(answer));
            }
            Err(error) => {
                tracing::warn!(%error, "the server's offer cannot be used; joining anew");
                self.lost(Way::Rejoin, now);
            }
        }
    }

    fn answered(&mut self, answer: &SessionDescription, now: Instant) {
        // Servers that do not number their answers say 0.
        if answer.id != 0 && answer.id != self.us.offers {
            return;
        }
        if let Err(error) = self.publisher.peer.accept_answer(&answer.sdp) {
            tracing::warn!(%error, "the server's answer cannot be used; joining anew");
            self.lost(Way::Rejoin, now);
        }
    }

    fn trickled(&mut self, trickle: &TrickleRequest, now: Instant) {
        let init: Option<serde_json::Value> = serde_json::from_str(&trickle.candidate_init).ok();
        let line = init
            .as_ref()
            .and_then(|init| init.get("candidate")?.as_str())
            .unwrap_or_default();
        // Candidates that `str0m` does not know (names instead of addresses) are no loss: others follow.
        let Ok(candidate) = Candidate::from_sdp_string(line) else {
            return;
        };
        match trickle.target() {
            SignalTarget::Publisher => self.publisher.add_server(candidate, now),
            SignalTarget::Subscriber => self.subscriber.add_server(candidate, now),
        }
    }

    pub(super) fn trickle(&self, target: SignalTarget, addresses: Vec<String>) {
        for candidate in addresses {
            let init = serde_json::json!({ "candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0 });
            let trickle = TrickleRequest {
                candidate_init: init.to_string(),
                target: target as i32,
                ..Default::default()
            };
            self.send(Request::Trickle(trickle));
        }
    }

    fn sent_away(&mut self, leave: &LeaveRequest, now: Instant) {
        match leave.action() {
            Action::Disconnect => self.ended = Some(reasons::left(leave.reason())),
            Action::Resume => self.lost(Way::Resume, now),
            Action::Reconnect => self.lost(Way::Rejoin, now),
        }
    }

    /// Draws the consequences of changes among the participants.
    pub(super) fn follow(&mut self, changes: Vec<Change>, now: Instant) {
        for change in changes {
            match change {
                Change::Joined(caller) => self.tell(RoomEvent::CallerJoined(caller), now),
                Change::Changed(caller) => self.tell(RoomEvent::CallerChanged(caller), now),
                Change::Left(reason) => self.tell(RoomEvent::CallerLeft { reason }, now),
                Change::Subscribe(track) => self.send(Request::Subscription(subscription(&track, true))),
                Change::Unsubscribe(track) => self.send(Request::Subscription(subscription(&track, false))),
                Change::Quiet => self.quiet(now),
            }
        }
    }

    pub(super) fn reconnect_reason(&self) -> ReconnectReason {
        if self.publisher.peer.flow().is_down() {
            ReconnectReason::RrPublisherFailed
        } else if self.subscriber.peer.flow().is_down() {
            ReconnectReason::RrSubscriberFailed
        } else {
            ReconnectReason::RrSignalDisconnected
        }
    }

    /// The signalling is back, the server still knows us.
    fn resumed(&mut self, now: Instant) {
        self.recovery.signalling_is_back(now);
        // What took the signalling or one leg may have taken the other leg too, only not as noticeably.
        self.publisher.peer.doubt(now, DOUBT);
        self.subscriber.peer.doubt(now, DOUBT);
        let (offer, answer) = self.described.clone().unzip();
        let published = self.us.track.clone();
        let state = SyncState {
            offer,
            answer,
            subscription: self.link.heard().map(|track| subscription(track, true)),
            publish_tracks: published
                .map(|track| TrackPublishedResponse {
                    cid: self.us.cid.clone(),
                    track: Some(track),
                })
                .into_iter()
                .collect(),
            ..Default::default()
        };
        self.send(Request::SyncState(state));
        if !self.publisher.peer.is_negotiated() {
            self.lost(Way::Rejoin, now);
        } else if !self.publisher.peer.flow().is_up() {
            let offer = self.publisher.peer.restart_offer();
            self.send_offer(offer);
        }
    }

    /// We are in the room again, as a newcomer: both legs, the track and the subscription begin anew.
    fn rejoined(&mut self, joined: JoinResponse, now: Instant) {
        self.recovery.signalling_is_back(now);
        self.publisher = Leg::new(self.path, now);
        self.subscriber = Leg::new(self.path, now);
        self.described = None;
        self.us.track = None;
        self.us.heard = false;
        self.outgoing = Outgoing::new(now, &mut self.chance);
        self.publish();
        let changes = self.link.begin_anew(joined.other_participants, now);
        self.follow(changes, now);
        if !self.us.attributes.is_empty() {
            self.send_attributes();
        }
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Transcription(piece) => self.transcribe(&piece),
            Command::Text(text) => {
                let messages = text::chat(&self.stream_id(), unix_ms(), &text);
                self.post(messages);
            }
            Command::Attributes(attributes) => {
                self.us.attributes.extend(attributes);
                self.send_attributes();
            }
            Command::Leave(_) => {}
        }
    }

    fn transcribe(&mut self, piece: &Transcription) {
        let source = match piece.speaker {
            Speaker::Agent => text::Source {
                identity: self.us.identity.clone(),
                track: self
                    .us
                    .track
                    .as_ref()
                    .map(|track| track.sid.clone())
                    .unwrap_or_default(),
            },
            Speaker::Caller => text::Source {
                identity: self
                    .link
                    .caller()
                    .map(|caller| caller.identity)
                    .unwrap_or_default(),
                track: self
                    .link
                    .heard()
                    .map(|heard| heard.track.clone())
                    .unwrap_or_default(),
            },
        };
        let messages = text::transcription(&self.stream_id(), unix_ms(), piece, source);
        self.post(messages);
    }

    fn post(&mut self, messages: Vec<Vec<u8>>) {
        if self.outbox.len() + messages.len() > super::OUTBOX {
            return;
        }
        self.outbox.extend(messages);
    }

    fn send_attributes(&self) {
        let attributes = self.us.attributes.clone().into_iter().collect();
        self.send(Request::UpdateMetadata(UpdateParticipantMetadata {
            attributes,
            ..Default::default()
        }));
    }

    fn stream_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.chance.next(), self.chance.next())
    }
}

fn subscription(track: &TrackRef, subscribe: bool) -> UpdateSubscription {
    UpdateSubscription {
        track_sids: vec![track.track.clone()],
        subscribe,
        participant_tracks: vec![ParticipantTracks {
            participant_sid: track.participant.clone(),
            track_sids: vec![track.track.clone()],
        }],
    }
}

/// Civil time, which text streams carry for people to see.
fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
