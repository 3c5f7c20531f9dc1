//! A caller in a room: speaks recorded lines, and silence in between, and listens to the agent.

use std::{path::Path, sync::Arc, time::Duration};

use pipeline::{
    audio::{HEARING, RTP_HZ, SampleRate},
    codec::{Decoder, Encoder},
    ports::{JoinedRoom, Leave, LeftReason, RoomEvent},
    sound_file,
};
use room::{
    livekit::{JoinOptions, LinkTo, join},
    local::LocalServer,
    token::Pass,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, interval, sleep_until, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{PATIENCE, workspace};

const RATE: SampleRate = SampleRate(48_000);
const FRAME: Duration = Duration::from_millis(20);
/// Louder than this is the agent's voice.
const VOICE: u16 = 300;
/// So many packets with voice in them are a word.
const A_WORD: u32 = 8;
/// The agent has finished when it has been silent for so long.
const FINISHED: Duration = Duration::from_millis(900);

/// A person who calls. Dropping it cuts the line.
pub(crate) struct Caller {
    orders: mpsc::Sender<Order>,
    seen: watch::Receiver<Seen>,
    /// Of the agent's voice, what is no answer to the last line.
    before: u32,
    _task: AbortOnDropHandle<()>,
}

enum Order {
    Say(Arc<[i16]>),
    Leave(oneshot::Sender<()>),
}

/// What the caller has seen and heard.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Packets with the agent's voice in them.
    voiced: u32,
    last_voiced: Option<Instant>,
    /// When the last packet of the agent came, and the longest time between two.
    last_packet: Option<Instant>,
    longest_gap: Duration,
    /// Lines said to their end.
    said: u32,
    events: Vec<String>,
    over: Option<LeftReason>,
}

impl Caller {
    pub(crate) async fn join(server: &LocalServer, room: &str, identity: &str) -> Self {
        let token = server
            .credentials()
            .join_token(Pass::new(room, identity))
            .expect("a pass");
        let mut options = JoinOptions::new(server.url(), token, 7);
        options.link = LinkTo::FirstAgent;
        let room = timeout(PATIENCE, join(options))
            .await
            .expect("joining ends")
            .expect("the room is joined");
        let (orders, taken) = mpsc::channel(8);
        let (seeing, seen) = watch::channel(Seen::default());
        Self {
            orders,
            seen,
            before: 0,
            _task: AbortOnDropHandle::new(tokio::spawn(attend(room, taken, seeing))),
        }
    }

    /// Waits until the agent speaks; what it said before the caller's last line does not count.
    pub(crate) async fn hears_the_agent(&mut self) {
        let enough = self.before + A_WORD;
        self.sees("the agent's voice", PATIENCE, |seen| seen.voiced >= enough)
            .await;
    }

    /// Waits until the agent has spoken and finished.
    pub(crate) async fn hears_an_answer(&mut self) {
        self.hears_an_answer_within(PATIENCE).await;
    }

    /// Waits until the agent speaks, which must be within `limit`, and has finished.
    pub(crate) async fn hears_an_answer_within(&mut self, limit: Duration) {
        let enough = self.before + A_WORD;
        self.sees("an answer", limit, |seen| seen.voiced >= enough).await;
        loop {
            let last = self.seen.borrow().last_voiced.expect("the agent has been heard");
            sleep_until(last + FINISHED).await;
            if self.seen.borrow().last_voiced == Some(last) {
                break;
            }
        }
        self.before = self.seen.borrow().voiced;
    }

    /// Says a line of the recorded caller to its end.
    pub(crate) async fn says(&mut self, line: &str) {
        let path = workspace().join(format!(".dev/speech/clinic/{line}.wav"));
        let lines = self.seen.borrow().said + 1;
        let order = Order::Say(sound(&path));
        assert!(self.orders.send(order).await.is_ok(), "the room is open");
        self.sees("the line's end", PATIENCE, |seen| seen.said >= lines)
            .await;
        self.before = self.seen.borrow().voiced;
    }

    /// Waits until an event has happened whose name begins so.
    pub(crate) async fn sees_event(&mut self, name: &str) {
        self.sees(name, PATIENCE, |seen| {
            seen.events.iter().any(|event| event.starts_with(name))
        })
        .await;
    }

    /// Waits until somebody else has ended the call, and gives the reason.
    pub(crate) async fn is_let_go(&mut self) -> LeftReason {
        self.sees("the end of the call", PATIENCE, |seen| seen.over.is_some())
            .await;
        self.seen.borrow().over.expect("it has just been seen")
    }

    /// The longest time without a packet of the agent so far, who sends silence too.
    pub(crate) fn longest_gap(&self) -> Duration {
        self.seen.borrow().longest_gap
    }

    /// Hangs up.
    pub(crate) async fn leaves(self) {
        let (left, has_left) = oneshot::channel();
        assert!(
            self.orders.send(Order::Leave(left)).await.is_ok(),
            "the room is open"
        );
        timeout(PATIENCE, has_left)
            .await
            .expect("leaving ends")
            .expect("the caller leaves");
    }

    async fn sees(&mut self, what: &str, limit: Duration, is: impl FnMut(&Seen) -> bool) {
        let seen = matches!(timeout(limit, self.seen.wait_for(is)).await, Ok(Ok(_)));
        assert!(
            seen,
            "the caller waited in vain for {what}: {:#?}",
            *self.seen.borrow()
        );
    }
}

/// A recorded line.
fn sound(path: &Path) -> Arc<[i16]> {
    sound_file::read(path, RATE)
        .expect("`make setup` makes the recorded caller")
        .samples
}

async fn attend(room: JoinedRoom, mut orders: mpsc::Receiver<Order>, seeing: watch::Sender<Seen>) {
    let JoinedRoom {
        mut audio_in,
        mut events,
        mut audio_out,
        control,
    } = room;
    let mut encoder = Encoder::new(RATE).expect("a rate of Opus");
    let mut decoder = Decoder::new(HEARING).expect("a rate of Opus");
    let mut frames = interval(FRAME);
    let mut line: Option<(Arc<[i16]>, usize)> = None;
    let mut position = 0;
    loop {
        tokio::select! {
            biased;
            event = events.recv() => {
                let over = match &event {
                    Some(RoomEvent::Closed { reason } | RoomEvent::CallerLeft { reason }) => Some(*reason),
                    Some(_) => None,
                    None => Some(LeftReason::Other),
                };
                seeing.send_modify(|seen| {
                    seen.events.extend(event.map(|event| format!("{event:?}")));
                    seen.over = over;
                });
                if over.is_some() {
                    return;
                }
            }
            Some(order) = orders.recv() => match order {
                Order::Say(samples) => line = Some((samples, 0)),
                Order::Leave(left) => {
                    control.leave(Leave::Alone).await;
                    // Whoever gave the order waits for this.
                    let _ = left.send(());
                    return;
                }
            },
            Some(heard) = audio_in.recv() => {
                let mut sound = Vec::new();
                decoder.decode(&heard.packet.payload, &mut sound).expect("Opus");
                let loud = sound.iter().any(|sample| sample.unsigned_abs() > VOICE);
                let arrived = Instant::from_std(heard.arrived);
                seeing.send_modify(|seen| seen.hear(loud, arrived));
            }
            _ = frames.tick() => {
                let frame = next_frame(&mut line);
                if line.as_ref().is_some_and(|(samples, at)| *at >= samples.len()) {
                    line = None;
                    seeing.send_modify(|seen| seen.said += 1);
                }
                audio_out.send(encoder.encode(position, &frame).expect("a frame"));
                position += u64::from(RTP_HZ) / 50;
            }
        }
    }
}

/// The next 20 ms of the line, or of silence.
fn next_frame(line: &mut Option<(Arc<[i16]>, usize)>) -> Vec<i16> {
    let mut frame = Vec::new();
    if let Some((samples, at)) = line {
        let end = samples.len().min(*at + RATE.frame_len());
        frame.extend_from_slice(&samples[*at..end]);
        *at = end;
    }
    frame.resize(RATE.frame_len(), 0);
    frame
}

impl Seen {
    fn hear(&mut self, loud: bool, arrived: Instant) {
        if let Some(last) = self.last_packet.replace(arrived) {
            self.longest_gap = self.longest_gap.max(arrived.saturating_duration_since(last));
        }
        if loud {
            self.voiced += 1;
            self.last_voiced = Some(arrived);
        }
    }
}
