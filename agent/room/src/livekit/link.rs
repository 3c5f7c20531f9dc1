//! Who the caller is. Pure: fed with what the server says about the participants, it decides whom this call is linked
//! to, which of that participant's tracks is heard, and what there is to tell.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use livekit_protocol::{
    ParticipantInfo, TrackInfo, TrackSource, TrackType,
    participant_info::{Kind, State},
};
use pipeline::ports::{Caller, LeftReason};

use super::{AfterCaller, LinkTo, reasons};

/// How many participants are remembered: more than any call has. Beyond it, newcomers are not seen.
const CROWD: usize = 256;

/// How long a caller may take to come back after we have had to join anew: whatever threw us out of the room threw them
/// out as well, and their client tries as patiently as ours.
const RETURN: Duration = Duration::from_secs(10);

/// What follows from a change among the participants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Joined(Caller),
    Changed(Caller),
    Left(LeftReason),
    /// The server is to send this track.
    Subscribe(TrackRef),
    /// The server need not send this track any more.
    Unsubscribe(TrackRef),
    /// The track that was heard is muted or gone.
    Quiet,
}

/// A track of a participant, as the server names both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackRef {
    pub(super) participant: String,
    pub(super) track: String,
}

/// The participants, and the one that counts.
pub(super) struct Link {
    to: LinkTo,
    after: AfterCaller,
    /// Ourselves, by identity; the server tells about us too.
    us: String,
    /// By identity.
    people: BTreeMap<String, Person>,
    linked: Option<String>,
    /// Who was linked before, by identity: the one who may come back.
    former: Option<String>,
    heard: Option<Heard>,
    /// Until when the linked caller, who is not there, is waited for.
    absent: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Person {
    sid: String,
    version: u32,
    joined_ms: i64,
    kind: Kind,
    attributes: BTreeMap<String, String>,
    voice: Option<Voice>,
}

/// The track with the participant's voice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Voice {
    track: String,
    muted: bool,
}

/// The track that is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Heard {
    track: TrackRef,
    muted: bool,
}

impl Link {
    pub(super) fn new(to: LinkTo, after: AfterCaller, us: &str) -> Self {
        Self {
            to,
            after,
            us: us.to_owned(),
            people: BTreeMap::new(),
            linked: None,
            former: None,
            heard: None,
            absent: None,
        }
    }

    /// The server tells about some participants; the others stay as they are.
    pub(super) fn update(&mut self, infos: Vec<ParticipantInfo>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut left = None;
        for info in infos {
            if info.identity == self.us {
                continue;
            }
            match info.state() {
                State::Disconnected => {
                    let gone = self
                        .people
                        .get(&info.identity)
                        .is_some_and(|known| known.sid == info.sid);
                    if gone {
                        self.people.remove(&info.identity);
                        if self.linked.as_deref() == Some(info.identity.as_str()) {
                            left = Some(reasons::left(info.disconnect_reason()));
                        }
                    }
                }
                State::Joining | State::Joined | State::Active => self.meet(info, &mut changes),
            }
        }
        self.settle(left, &mut changes);
        changes
    }

    /// The server tells about all participants, after we have joined anew. Tracks are to be subscribed to again; a
    /// caller who is not there is waited for.
    pub(super) fn begin_anew(&mut self, infos: Vec<ParticipantInfo>, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        self.people
            .retain(|identity, _| infos.iter().any(|info| info.identity == *identity));
        // A new session counts versions anew.
        self.people.values_mut().for_each(|person| person.version = 0);
        if self.heard.take().is_some() {
            changes.push(Change::Quiet);
        }
        let missing = self
            .linked
            .as_ref()
            .is_some_and(|linked| !self.people.contains_key(linked));
        self.absent = missing.then_some(now + RETURN);
        changes.extend(self.update(infos));
        changes
    }

    /// When [`Link::expire`] has something to say.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.absent
    }

    /// Gives up waiting for a caller who does not come back.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.absent.is_some_and(|until| until <= now) {
            self.absent = None;
            self.settle(Some(LeftReason::ConnectionLost), &mut changes);
        }
        changes
    }

    /// The caller, if there is one.
    pub(super) fn caller(&self) -> Option<Caller> {
        let identity = self.linked.as_ref()?;
        self.people.get(identity).map(|person| person.as_caller(identity))
    }

    /// The track that is subscribed to, by the server's name.
    pub(super) fn heard(&self) -> Option<&TrackRef> {
        self.heard.as_ref().map(|heard| &heard.track)
    }

    /// Whether packets of the track are wanted now.
    pub(super) fn listens_to(&self, track: &str) -> bool {
        self.heard
            .as_ref()
            .is_some_and(|heard| !heard.muted && heard.track.track == track)
    }

    fn meet(&mut self, info: ParticipantInfo, changes: &mut Vec<Change>) {
        let known = self.people.get(&info.identity);
        let outdated = known.is_some_and(|known| known.sid == info.sid && info.version < known.version);
        if outdated || (known.is_none() && self.people.len() >= CROWD) {
            return;
        }
        let attributes_before = known.map(|known| known.attributes.clone());
        let identity = info.identity.clone();
        let person = Person::from(info);
        let is_linked = self.linked.as_deref() == Some(identity.as_str());
        let returned = is_linked && self.absent.take().is_some();
        let changed = attributes_before.is_some_and(|before| before != person.attributes);
        if is_linked && (changed || returned) {
            changes.push(Change::Changed(person.as_caller(&identity)));
        }
        self.people.insert(identity, person);
    }

    /// Draws the consequences: who is linked now, and what is heard.
    fn settle(&mut self, left: Option<LeftReason>, changes: &mut Vec<Change>) {
        if let Some(reason) = left {
            self.former = self.linked.take();
            self.hear(None, changes);
            changes.push(Change::Left(reason));
        }
        if self.linked.is_none() {
            self.linked = self.candidate();
            if let Some(caller) = self.caller() {
                changes.push(Change::Joined(caller));
            }
        }
        let wanted = self.linked.as_ref().and_then(|identity| {
            let person = self.people.get(identity)?;
            let voice = person.voice.as_ref()?;
            let track = TrackRef {
                participant: person.sid.clone(),
                track: voice.track.clone(),
            };
            Some(Heard {
                track,
                muted: voice.muted,
            })
        });
        self.hear(wanted, changes);
    }

    fn hear(&mut self, wanted: Option<Heard>, changes: &mut Vec<Change>) {
        if self.heard == wanted {
            return;
        }
        let before = std::mem::replace(&mut self.heard, wanted.clone());
        let same_track = match (&before, &wanted) {
            (Some(before), Some(wanted)) => before.track == wanted.track,
            _ => false,
        };
        if before.as_ref().is_some_and(|before| !before.muted)
            && !(same_track && wanted.as_ref().is_some_and(|wanted| !wanted.muted))
        {
            changes.push(Change::Quiet);
        }
        if same_track {
            return;
        }
        if let Some(before) = before {
            changes.push(Change::Unsubscribe(before.track));
        }
        if let Some(wanted) = wanted {
            changes.push(Change::Subscribe(wanted.track));
        }
    }

    /// Of those who may be linked, the one who joined first.
    fn candidate(&self) -> Option<String> {
        self.people
            .iter()
            .filter(|(identity, person)| self.may_be_linked(identity, person.kind))
            .min_by_key(|(identity, person)| (person.joined_ms, identity.as_str()))
            .map(|(identity, _)| identity.clone())
    }

    fn may_be_linked(&self, identity: &str, kind: Kind) -> bool {
        let fits = match &self.to {
            LinkTo::FirstCaller => is_caller(kind),
            LinkTo::Identity(wanted) => is_caller(kind) && wanted == identity,
            LinkTo::FirstAgent => kind == Kind::Agent,
        };
        let turn = match (&self.former, self.after) {
            (Some(former), AfterCaller::WaitForSame) => former == identity,
            (None, _) | (_, AfterCaller::LinkNext) => true,
        };
        fits && turn
    }
}

fn is_caller(kind: Kind) -> bool {
    match kind {
        Kind::Standard | Kind::Sip => true,
        Kind::Ingress | Kind::Egress | Kind::Agent | Kind::Connector | Kind::Bridge => false,
    }
}

impl Person {
    fn from(info: ParticipantInfo) -> Self {
        let joined_ms = if info.joined_at_ms == 0 {
            info.joined_at.saturating_mul(1_000)
        } else {
            info.joined_at_ms
        };
        Self {
            joined_ms,
            kind: info.kind(),
            voice: voice_among(&info.tracks),
            sid: info.sid,
            version: info.version,
            attributes: info.attributes.into_iter().collect(),
        }
    }

    fn as_caller(&self, identity: &str) -> Caller {
        Caller {
            identity: identity.to_owned(),
            sip: self.kind == Kind::Sip,
            attributes: self.attributes.clone(),
        }
    }
}

/// The track that carries a voice: a microphone, else any sound that is not a shared screen's.
fn voice_among(tracks: &[TrackInfo]) -> Option<Voice> {
    let audible = |track: &&TrackInfo| track.r#type() == TrackType::Audio;
    let microphone = tracks
        .iter()
        .filter(audible)
        .find(|track| track.source() == TrackSource::Microphone);
    let other = || {
        tracks
            .iter()
            .filter(audible)
            .find(|track| track.source() != TrackSource::ScreenShareAudio)
    };
    let track = microphone.or_else(other)?;
    Some(Voice {
        track: track.sid.clone(),
        muted: track.muted,
    })
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
