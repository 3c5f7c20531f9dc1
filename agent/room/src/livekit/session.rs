//! The task of a room.
//!
//! It waits in one place ([`Session::wait`]) for datagrams, orders, news and time, and acts in another. What it acts on
//! never makes it wait.

mod server;
mod sound;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use livekit_protocol::{JoinResponse, SessionDescription, TrackInfo};
use pipeline::{
    audio::OpusPacket,
    ports::{LeftReason, RoomEvent},
};
use tokio::{
    sync::oneshot,
    time::{sleep_until, timeout},
};

use self::sound::Ear;
use super::{
    JoinError, JoinOptions, MediaPath,
    handles::{Command, Line},
    leg::{Brought, Leg},
    link::Link,
    outgoing::Outgoing,
    reconnect::{Chance, Due, Recovery, Way},
    signalling::{News, Order, Signalling},
    sockets::DATAGRAM,
    text::Inbox,
};

/// How long the first media connection may take.
const MEDIA: Duration = Duration::from_secs(10);

/// How long joining waits for the channels on which text comes.
const READING: Duration = Duration::from_secs(2);

/// How long a caller who has just come is kept back until the agent's track reaches somebody: first words are lost on
/// who has not subscribed yet, and who never subscribes is not waited for longer.
const INTRODUCTION: Duration = Duration::from_millis(500);

/// Messages that wait for the data channel. When full, the newest are lost.
const OUTBOX: usize = 256;

/// Of sentences about bad input, one is logged in this time.
const GRUMBLE_EVERY: Duration = Duration::from_secs(10);

/// How long the last events may take to be taken.
const FAREWELL: Duration = Duration::from_secs(1);

/// A room, as its task owns it.
pub(super) struct Session {
    line: Line,
    signalling: Signalling,
    publisher: Leg,
    subscriber: Leg,
    path: MediaPath,
    us: Us,
    link: Link,
    inbox: Inbox,
    ear: Option<Ear>,
    tracks_heard: u32,
    outgoing: Outgoing,
    outbox: VecDeque<Vec<u8>>,
    recovery: Recovery,
    chance: Chance,
    /// The last description of the subscribing leg: the server's offer and our answer.
    described: Option<(SessionDescription, SessionDescription)>,
    /// Events kept back, and until when.
    introduction: Option<(Instant, Vec<RoomEvent>)>,
    joining: Option<Joining>,
    grumbled: Option<Instant>,
    ended: Option<LeftReason>,
}

/// We ourselves, as the server knows us.
struct Us {
    identity: String,
    /// Our name for our track.
    cid: String,
    /// The server's account of our track, once it is published.
    track: Option<TrackInfo>,
    /// Whether somebody has subscribed to it.
    heard: bool,
    attributes: BTreeMap<String, String>,
    offers: u32,
}

/// Somebody waits for the room to be joined.
struct Joining {
    ready: oneshot::Sender<Result<(), JoinError>>,
    deadline: Instant,
}

/// What a wait ended with.
enum Wake {
    Publisher,
    Subscriber,
    Voice(OpusPacket),
    Command(Option<Command>),
    News(Option<News>),
    Time,
}

impl Session {
    pub(super) fn new(
        options: &JoinOptions,
        signalling: Signalling,
        line: Line,
        joined: JoinResponse,
        ready: oneshot::Sender<Result<(), JoinError>>,
    ) -> Self {
        let now = Instant::now();
        let mut chance = Chance::new(options.seed);
        let identity = joined
            .participant
            .as_ref()
            .map(|us| us.identity.clone())
            .unwrap_or_default();
        let mut session = Self {
            line,
            signalling,
            publisher: Leg::new(options.media, now),
            subscriber: Leg::new(options.media, now),
            path: options.media,
            link: Link::new(options.link.clone(), options.after_caller, &identity),
            us: Us {
                identity,
                cid: format!("agent-{:016x}", chance.next()),
                track: None,
                heard: false,
                attributes: BTreeMap::new(),
                offers: 0,
            },
            inbox: Inbox::default(),
            ear: None,
            tracks_heard: 0,
            outgoing: Outgoing::new(now, &mut chance),
            outbox: VecDeque::new(),
            recovery: Recovery::new(Chance::new(chance.next())),
            chance,
            described: None,
            introduction: None,
            joining: Some(Joining {
                ready,
                deadline: now + MEDIA,
            }),
            grumbled: None,
            ended: None,
        };
        session.publish();
        let changes = session.link.update(joined.other_participants);
        session.follow(changes, now);
        session
    }

    /// Runs until the room is left, by whoever's wish.
    pub(super) async fn run(mut self) {
        let mut buffer = Box::new([0; DATAGRAM]);
        let mut leaving = None;
        let reason = loop {
            let until = self.poll_timeout(Instant::now());
            let wake = self.wait(until).await;
            let now = Instant::now();
            let mut brought = Brought::default();
            match wake {
                Wake::Publisher => {
                    self.publisher.read(&mut buffer, &mut brought);
                    self.publisher_brought(brought, now);
                }
                Wake::Subscriber => {
                    self.subscriber.read(&mut buffer, &mut brought);
                    self.subscriber_brought(brought, now);
                }
                Wake::Voice(packet) => self.speak(packet, now),
                Wake::Command(Some(Command::Leave(done))) => {
                    leaving = Some(done);
                    self.ended = Some(LeftReason::Left);
                }
                Wake::Command(Some(command)) => self.obey(command),
                Wake::Command(None) => self.ended = Some(LeftReason::Left),
                Wake::News(Some(news)) => self.news(news, now),
                Wake::News(None) => self.ended = Some(LeftReason::ConnectionLost),
                Wake::Time => {}
            }
            self.pass_time(now);
            if let Some(reason) = self.ended {
                break reason;
            }
        };
        self.close(reason).await;
        // Whoever waits for the end sees the sender go.
        drop(leaving);
    }

    async fn wait(&mut self, until: Instant) -> Wake {
        let Self {
            publisher,
            subscriber,
            line,
            signalling,
            ..
        } = self;
        let Line {
            commands,
            voice,
            listener,
            pipeline,
            ..
        } = line;
        let room_for_events = !pipeline.is_full();
        tokio::select! {
            () = subscriber.readable() => Wake::Subscriber,
            () = publisher.readable() => Wake::Publisher,
            Some(packet) = voice.recv() => Wake::Voice(packet),
            command = commands.recv() => Wake::Command(command),
            news = signalling.news.recv(), if room_for_events => Wake::News(news),
            () = listener.flush() => Wake::Time,
            () = pipeline.flush() => Wake::Time,
            () = sleep_until(until.into()) => Wake::Time,
        }
    }

    /// When there is something to do although nothing comes in.
    fn poll_timeout(&self, now: Instant) -> Instant {
        let legs = self
            .publisher
            .poll_timeout(now)
            .min(self.subscriber.poll_timeout(now));
        [
            self.outgoing
                .poll_timeout()
                .filter(|_| self.publisher.peer.flow().is_up()),
            self.ear.as_ref().and_then(Ear::poll_timeout),
            self.recovery.poll_timeout(),
            self.link.poll_timeout(),
            self.introduction.as_ref().map(|(until, _)| *until),
            self.joining.as_ref().map(|joining| joining.deadline),
        ]
        .into_iter()
        .flatten()
        .fold(legs, Instant::min)
    }

    fn pass_time(&mut self, now: Instant) {
        let mut brought = Brought::default();
        self.publisher.tick(now, &mut brought);
        self.publisher_brought(brought, now);
        let mut brought = Brought::default();
        self.subscriber.tick(now, &mut brought);
        self.subscriber_brought(brought, now);
        self.lead_in(now);
        self.deliver(now);
        self.recover(now);
        let changes = self.link.expire(now);
        self.follow(changes, now);
        if self.introduction.as_ref().is_some_and(|(until, _)| *until <= now) {
            self.introduce();
        }
        self.line.air.send_if_modified(|air| {
            let is_up = self.publisher.peer.flow().is_up();
            std::mem::replace(&mut air.is_up, is_up) != is_up
        });
        self.conclude_joining(now);
    }

    fn recover(&mut self, now: Instant) {
        let subscriber = &self.subscriber.peer;
        let flows =
            self.publisher.peer.flow().is_up() && (subscriber.flow().is_up() || !subscriber.is_negotiated());
        if flows && self.recovery.media_flows() {
            self.signalling.order(Order::Recovered);
            self.tell(RoomEvent::Reconnected, now);
        }
        match self.recovery.poll(now) {
            None => {}
            Some(Due::Try(Way::Resume)) => {
                let reason = self.reconnect_reason();
                self.signalling.order(Order::Resume(reason));
            }
            Some(Due::Try(Way::Rejoin)) => self.signalling.order(Order::Rejoin),
            Some(Due::GiveUp) => self.ended = Some(LeftReason::ConnectionLost),
        }
    }

    /// The connection, or a part of it, is lost.
    fn lost(&mut self, way: Way, now: Instant) {
        if self.joining.is_some() {
            // Nothing to come back to yet: the one who joins decides whether to try again.
            self.ended = Some(LeftReason::ConnectionLost);
            return;
        }
        if self.recovery.lost(way, now) {
            self.tell(RoomEvent::Reconnecting, now);
        }
    }

    fn conclude_joining(&mut self, now: Instant) {
        let Some(Joining { deadline, .. }) = self.joining else {
            return;
        };
        let result = if let Some(reason) = self.ended {
            Err(JoinError::SentAway { reason })
        } else if self.publisher.peer.flow().is_up() && self.us.track.is_some() && self.can_read(now) {
            Ok(())
        } else if now >= deadline {
            self.ended = Some(LeftReason::ConnectionLost);
            Err(JoinError::MediaBlocked {
                seconds: MEDIA.as_secs(),
            })
        } else {
            return;
        };
        if let Some(joining) = self.joining.take()
            && joining.ready.send(result).is_err()
        {
            // Whoever wanted to join does not any more.
            self.ended = Some(LeftReason::Left);
        }
    }

    /// Whether text would reach us: a server does not keep it for who is not ready. A server that is slow with the
    /// subscribing leg is not waited for: it may have nothing to send.
    fn can_read(&self, now: Instant) -> bool {
        let patience_ends = self
            .joining
            .as_ref()
            .map(|joining| joining.deadline - MEDIA + READING);
        self.subscriber.peer.can_read() || patience_ends.is_some_and(|end| end <= now)
    }

    /// Tells the pipeline. Behind a newcomer who has not been introduced yet, everything waits its turn.
    fn tell(&mut self, event: RoomEvent, now: Instant) {
        if let Some((_, kept)) = &mut self.introduction {
            kept.push(event);
            return;
        }
        let newcomer = matches!(event, RoomEvent::CallerJoined(_));
        if newcomer && !self.us.heard {
            self.introduction = Some((now + INTRODUCTION, vec![event]));
            return;
        }
        self.line.pipeline.push(event);
    }

    fn introduce(&mut self) {
        for event in self.introduction.take().into_iter().flat_map(|(_, kept)| kept) {
            self.line.pipeline.push(event);
        }
    }

    /// One sentence about bad input, but not again and again: whoever sends it may send a lot of it.
    fn grumble(&mut self, about: &str, now: Instant) {
        if self
            .grumbled
            .is_none_or(|last| now.saturating_duration_since(last) >= GRUMBLE_EVERY)
        {
            self.grumbled = Some(now);
            tracing::warn!(about, "bad input from the room is ignored");
        }
    }

    async fn close(mut self, reason: LeftReason) {
        self.introduce();
        self.line.air.send_modify(|air| air.is_up = false);
        self.line.pipeline.push(RoomEvent::Closed { reason });
        let now = Instant::now();
        for leg in [&mut self.publisher, &mut self.subscriber] {
            leg.peer.close();
            leg.push(now, &mut Brought::default());
        }
        self.signalling.leave().await;
        let mut pipeline = self.line.pipeline;
        let flush = async {
            while !pipeline.is_empty() {
                pipeline.flush().await;
            }
        };
        let _ = timeout(FAREWELL, flush).await;
    }
}
