//! The loudspeaker: one task that paces frames of 20 ms onto the wire.
//!
//! It takes orders on a channel of its own, so a stop overtakes whatever sound waits. It knows how much was played by
//! counting the samples that it put on the wire, and it fades in and out over 10 ms, so that a cut does not click.

mod track;

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use turn::{CallTime, Event, Mark, ReplyId};

use crate::{
    audio::{RTP_HZ, SampleRate},
    call_clock::CallClock,
    codec::{CodecError, Encoder},
    ports::AudioOut,
    recorder::RecorderHandle,
};
use track::Track;
pub(crate) use track::{Sound, first_audible};

/// One frame.
const FRAME: Duration = Duration::from_millis(20);
/// Length of a fade: long enough not to click, short enough not to be heard.
const FADE: Duration = Duration::from_millis(10);
/// A frame that is later than this is skipped over in time rather than made up for: the call was stalled.
const STALL: Duration = Duration::from_millis(100);
/// What counts as late in the report; the listener's jitter buffer begins to notice.
const LATE: Duration = Duration::from_millis(30);

/// An order to the loudspeaker.
#[derive(Debug)]
pub(crate) enum Order {
    /// Sound of this reply comes through this channel; it waits until [`Order::Play`].
    Take(ReplyId, mpsc::Receiver<Sound>),
    Play(ReplyId),
    Pause(ReplyId),
    Resume(ReplyId),
    Stop(ReplyId),
    Drop(ReplyId),
}

/// How well the pacing went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeakerReport {
    /// Frames sent.
    pub frames: u64,
    /// Frames sent more than 30 ms after they were due.
    pub late: u64,
    /// The latest frame, in microseconds after it was due.
    pub worst_us: u64,
    /// Times that the voice did not keep up with speech.
    pub underruns: u64,
}

pub(crate) struct Speaker {
    pub(crate) out: Box<dyn AudioOut>,
    pub(crate) clock: CallClock,
    pub(crate) inbox: mpsc::Sender<Event>,
    pub(crate) recorder: Option<RecorderHandle>,
    encoder: Encoder,
    waiting: HashMap<ReplyId, Track>,
    playing: Option<Playing>,
    /// Position after the last frame sent, in ticks of the RTP clock.
    next_ticks: u64,
    report: SpeakerReport,
}

struct Playing {
    reply: ReplyId,
    track: Track,
    state: State,
    due: Instant,
    started: bool,
    /// Whether the first audible sample was sent.
    audible: bool,
    fade_in: bool,
    /// When the last audible sample was sent.
    silent_at: CallTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// Waits for the voice.
    Starved,
    /// The next frame fades out; then this.
    Fading {
        stop: bool,
    },
    Paused,
    /// Everything was sent; the last frame is still to be heard.
    Ending,
}

impl Speaker {
    pub(crate) fn new(
        out: Box<dyn AudioOut>,
        rate: SampleRate,
        clock: CallClock,
        inbox: mpsc::Sender<Event>,
        recorder: Option<RecorderHandle>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            out,
            clock,
            inbox,
            recorder,
            encoder: Encoder::new(rate)?,
            waiting: HashMap::new(),
            playing: None,
            next_ticks: 0,
            report: SpeakerReport::default(),
        })
    }

    /// Plays until nobody can give orders any more.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> SpeakerReport {
        enum Next {
            Order(Option<Order>),
            Due,
            Sound(Option<Sound>),
        }
        loop {
            let next = match &mut self.playing {
                Some(playing) if playing.state == State::Starved => tokio::select! {
                    biased;
                    order = orders.recv() => Next::Order(order),
                    sound = playing.track.receive() => Next::Sound(sound),
                },
                Some(playing) if playing.state != State::Paused => {
                    let due = playing.due;
                    tokio::select! {
                        biased;
                        order = orders.recv() => Next::Order(order),
                        () = sleep_until(due) => Next::Due,
                    }
                }
                Some(_) | None => Next::Order(orders.recv().await),
            };
            match next {
                Next::Order(None) => return self.report,
                Next::Order(Some(order)) => self.obey(order).await,
                Next::Due => self.frame_due().await,
                Next::Sound(sound) => self.fed(sound),
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Take(reply, sound) => {
                self.waiting.retain(|_, track| !track.is_abandoned());
                self.waiting.insert(reply, Track::new(sound, self.encoder.rate()));
            }
            Order::Play(reply) => {
                let Some(track) = self.waiting.remove(&reply) else {
                    return;
                };
                self.playing = Some(Playing {
                    reply,
                    track,
                    state: State::Running,
                    due: Instant::now(),
                    started: false,
                    audible: false,
                    fade_in: false,
                    silent_at: self.clock.now(),
                });
            }
            Order::Pause(reply) => {
                if let Some(playing) = self.playing.as_mut().filter(|playing| playing.reply == reply) {
                    playing.state = match playing.state {
                        State::Running if playing.started => State::Fading { stop: false },
                        State::Fading { stop } => State::Fading { stop },
                        State::Running | State::Starved | State::Paused | State::Ending => State::Paused,
                    };
                }
            }
            Order::Resume(reply) => {
                if let Some(playing) = self.playing.as_mut().filter(|playing| playing.reply == reply) {
                    match playing.state {
                        State::Paused => {
                            playing.state = State::Running;
                            playing.due = Instant::now();
                            playing.fade_in = playing.started;
                        }
                        State::Fading { stop: false } => playing.state = State::Running,
                        State::Fading { stop: true } | State::Running | State::Starved | State::Ending => {}
                    }
                }
            }
            Order::Stop(reply) => {
                let Some(playing) = self.playing.as_mut().filter(|playing| playing.reply == reply) else {
                    return;
                };
                if playing.started && matches!(playing.state, State::Running | State::Fading { .. }) {
                    playing.state = State::Fading { stop: true };
                } else {
                    self.stopped().await;
                }
            }
            Order::Drop(reply) => {
                self.waiting.remove(&reply);
                if self
                    .playing
                    .as_ref()
                    .is_some_and(|playing| playing.reply == reply)
                {
                    self.playing = None;
                }
            }
        }
    }

    /// Sound came for a reply that waits for it.
    fn fed(&mut self, sound: Option<Sound>) {
        let Some(playing) = &mut self.playing else { return };
        playing.track.take(sound);
        if playing.track.has_frame() {
            playing.state = State::Running;
            playing.due = playing.due.max(Instant::now());
        }
    }

    async fn frame_due(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        playing.track.fill();
        match playing.state {
            State::Running if playing.track.has_frame() => self.send_frame().await,
            State::Running if playing.track.is_finished() => self.ended().await,
            State::Running => {
                playing.state = State::Starved;
                self.report.underruns += u64::from(playing.started);
            }
            State::Fading { stop } => {
                self.send_fade().await;
                if stop {
                    self.stopped().await;
                } else if let Some(playing) = &mut self.playing {
                    playing.state = State::Paused;
                }
            }
            State::Ending => self.ended().await,
            State::Starved | State::Paused => {}
        }
    }

    async fn send_frame(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let mut frame = playing.track.next_frame();
        if std::mem::take(&mut playing.fade_in) {
            let fade = self.encoder.rate().samples_in(FADE) as usize;
            for (at, sample) in frame.iter_mut().take(fade).enumerate() {
                *sample = (i32::from(*sample) * at as i32 / fade as i32) as i16;
            }
        }
        let last = playing.track.is_finished();
        self.send(&frame).await;
        if let (true, Some(playing)) = (last, &mut self.playing) {
            playing.state = State::Ending;
        }
    }

    /// One frame that falls to silence in 10 ms. The track does not move on: after a pause the reply begins again with it.
    async fn send_fade(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let mut frame = playing.track.peek_frame();
        let fade = self.encoder.rate().samples_in(FADE) as usize;
        for (at, sample) in frame.iter_mut().enumerate() {
            let left = fade.saturating_sub(at) as i32;
            *sample = (i32::from(*sample) * left / fade as i32) as i16;
        }
        let due = playing.due;
        self.send(&frame).await;
        if let Some(playing) = &mut self.playing {
            playing.silent_at = self.clock.at((due + FADE).into_std());
        }
    }

    /// Encodes a frame, hands it to the wire and to the recorder, and tells when the first audible sample went out.
    async fn send(&mut self, frame: &[i16]) {
        let Some(playing) = &mut self.playing else { return };
        let late = Instant::now().saturating_duration_since(playing.due);
        if late > STALL {
            playing.due = Instant::now();
        }
        self.report.frames += 1;
        self.report.late += u64::from(late > LATE);
        self.report.worst_us = self.report.worst_us.max(late.as_micros() as u64);
        let due = self.clock.at(playing.due.into_std());
        let by_time = due.as_nanos() * u64::from(RTP_HZ) / 1_000_000_000;
        let ticks = if playing.started && late <= STALL {
            self.next_ticks
        } else {
            by_time.max(self.next_ticks)
        };
        self.next_ticks = ticks + u64::from(RTP_HZ) / 50;
        playing.due += FRAME;
        playing.silent_at = due + FRAME;
        let reply = playing.reply;
        let first = !std::mem::replace(&mut playing.started, true);
        let audible = (!playing.audible).then(|| first_audible(frame)).flatten();
        playing.audible |= audible.is_some();
        match self.encoder.encode(ticks, frame) {
            Ok(packet) => {
                if let Some(recorder) = &self.recorder {
                    recorder.agent(packet.clone(), due);
                }
                let sent = self
                    .out
                    .send(packet)
                    .map_or_else(|| self.clock.now(), |sent| self.clock.at(sent));
                if first {
                    self.tell(Event::AudioStarted { reply }).await;
                }
                if let Some(sample) = audible {
                    let at = sent + self.encoder.rate().duration_of(sample as u64);
                    self.tell(Event::Marked {
                        reply,
                        mark: Mark::AudioOut,
                        at,
                    })
                    .await;
                }
            }
            Err(error) => tracing::error!(%error, "a frame of the agent was lost"),
        }
    }

    async fn ended(&mut self) {
        let Some(playing) = self.playing.take() else {
            return;
        };
        if !playing.started {
            self.tell(Event::AudioStarted { reply: playing.reply }).await;
        }
        let reply = playing.reply;
        let position = playing.track.played();
        let heard = playing.track.text();
        self.tell(Event::AudioEnded {
            reply,
            position,
            heard,
        })
        .await;
    }

    async fn stopped(&mut self) {
        let Some(playing) = self.playing.take() else {
            return;
        };
        self.tell(Event::AudioStopped {
            reply: playing.reply,
            position: playing.track.played(),
            heard: playing.track.heard(),
            at: playing.silent_at,
        })
        .await;
    }

    /// The session only receives, decides and posts, so its inbox has room again at once.
    async fn tell(&mut self, event: Event) {
        // The session is gone when the call is over; then nobody needs to know.
        let _over = self.inbox.send(event).await;
    }
}
