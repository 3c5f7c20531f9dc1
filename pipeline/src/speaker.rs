//! The loudspeaker: one task that paces frames of 20 ms onto the wire.
//!
//! It takes orders on a channel of its own, so a stop overtakes whatever sound waits. It knows how much was played by
//! counting the samples that it put on the wire, and it fades in and out over 10 ms, so that a cut does not click.

#[cfg(test)]
mod fades;
mod track;
mod wire;

use std::{collections::HashMap, time::Duration};

use tokio::{sync::mpsc, time::sleep_until};
use turn::{CallTime, Event, Mark, ReplyId};

use crate::{
    audio::SampleRate, call_clock::CallClock, codec::CodecError, echo::OwnSound, ports::AudioOut,
    recorder::RecorderHandle,
};
use track::Track;
pub(crate) use track::{Sound, first_audible};
use wire::{FRAME, Wire};

/// Length of a fade: long enough not to click, short enough not to be heard.
const FADE: Duration = Duration::from_millis(10);

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
    /// Frames sent, silent ones included.
    pub frames: u64,
    /// Frames sent more than 30 ms after they were due.
    pub late: u64,
    /// The latest frame, in microseconds after it was due.
    pub worst_us: u64,
    /// Times that the voice did not keep up with speech.
    pub underruns: u64,
}

pub(crate) struct Speaker {
    wire: Wire,
    clock: CallClock,
    inbox: mpsc::Sender<Event>,
    waiting: HashMap<ReplyId, Track>,
    playing: Option<Playing>,
}

struct Playing {
    reply: ReplyId,
    track: Track,
    state: State,
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
        own: mpsc::Sender<OwnSound>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            wire: Wire::new(out, rate, clock, recorder, own)?,
            clock,
            inbox,
            waiting: HashMap::new(),
            playing: None,
        })
    }

    /// Plays until nobody can give orders any more.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> SpeakerReport {
        loop {
            let due = self.wire.due();
            let starved = match &mut self.playing {
                Some(playing) if playing.state == State::Starved => Some(&mut playing.track),
                _ => None,
            };
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return *self.wire.report(),
                },
                Some(sound) = fed(starved) => self.fed(sound),
                () = sleep_until(due) => self.frame_due().await,
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Take(reply, sound) => {
                self.waiting.retain(|_, track| !track.is_abandoned());
                self.waiting.insert(reply, Track::new(sound, self.wire.rate()));
            }
            Order::Play(reply) => {
                let Some(track) = self.waiting.remove(&reply) else {
                    return;
                };
                self.playing = Some(Playing {
                    reply,
                    track,
                    state: State::Running,
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

    /// Sound came for a reply that waits for it, or its end.
    fn fed(&mut self, sound: Option<Sound>) {
        let Some(playing) = &mut self.playing else { return };
        playing.track.take(sound);
        if playing.track.has_frame() || playing.track.is_finished() {
            playing.state = State::Running;
        }
    }

    async fn frame_due(&mut self) {
        let sent = match &mut self.playing {
            Some(playing) => {
                playing.track.fill();
                match playing.state {
                    State::Running if playing.track.has_frame() => self.send_frame().await,
                    State::Running if playing.track.is_finished() => self.ended().await,
                    State::Running => {
                        playing.state = State::Starved;
                        self.wire.report().underruns += u64::from(playing.started);
                        false
                    }
                    State::Fading { stop } => self.send_fade(stop).await,
                    State::Ending => self.ended().await,
                    State::Starved | State::Paused => false,
                }
            }
            None => false,
        };
        if !sent {
            self.wire.send_silence();
        }
    }

    /// Whether a frame was sent.
    async fn send_frame(&mut self) -> bool {
        let Some(playing) = &mut self.playing else {
            return false;
        };
        let mut frame = playing.track.next_frame();
        if std::mem::take(&mut playing.fade_in) {
            let fade = self.wire.rate().samples_in(FADE) as usize;
            for (at, sample) in frame.iter_mut().take(fade).enumerate() {
                *sample = (i32::from(*sample) * at as i32 / fade as i32) as i16;
            }
        }
        if playing.track.is_finished() {
            playing.state = State::Ending;
        }
        self.send(&frame, FRAME).await
    }

    /// One frame that falls to silence in 10 ms. The track does not move on: after a pause the reply begins again with it.
    async fn send_fade(&mut self, stop: bool) -> bool {
        let Some(playing) = &mut self.playing else {
            return false;
        };
        let mut frame = playing.track.peek_frame();
        let fade = self.wire.rate().samples_in(FADE) as usize;
        for (at, sample) in frame.iter_mut().enumerate() {
            let left = fade.saturating_sub(at) as i32;
            *sample = (i32::from(*sample) * left / fade as i32) as i16;
        }
        playing.state = State::Paused;
        let sent = self.send(&frame, FADE).await;
        if stop {
            self.stopped().await;
        }
        sent
    }

    /// Sends a frame that is audible for `lasts`, and tells when the first audible sample went out.
    async fn send(&mut self, frame: &[i16], lasts: Duration) -> bool {
        let Some(playing) = &mut self.playing else {
            return false;
        };
        let due = self.clock.at(self.wire.due().into_std());
        playing.silent_at = due + lasts;
        let reply = playing.reply;
        let first = !std::mem::replace(&mut playing.started, true);
        let audible = (!playing.audible).then(|| first_audible(frame)).flatten();
        playing.audible |= audible.is_some();
        let Some(sent) = self.wire.send(frame) else {
            return true;
        };
        if first {
            self.tell(Event::AudioStarted { reply }).await;
        }
        if let Some(sample) = audible {
            let at = sent + self.wire.rate().duration_of(sample as u64);
            self.tell(Event::Marked {
                reply,
                mark: Mark::AudioOut,
                at,
            })
            .await;
        }
        true
    }

    /// Tells that a reply was heard to its end. No frame was sent.
    async fn ended(&mut self) -> bool {
        let Some(playing) = self.playing.take() else {
            return false;
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
        false
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

/// The next sound of a track that waits for it; never, if none does.
async fn fed(starved: Option<&mut Track>) -> Option<Option<Sound>> {
    match starved {
        Some(track) => Some(track.receive().await),
        None => std::future::pending().await,
    }
}
