//! The recorded caller in a room: it listens for the agent and says its lines.

use std::{collections::VecDeque, time::Duration};

use pipeline::{
    audio::RTP_HZ,
    codec::Encoder,
    ports::{AudioOut, JoinedRoom, Leave, RoomEvent},
};
use room::livekit::{JoinOptions, LinkTo, join};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::script::{Cue, RATE, Script};
use crate::{
    ear::{Ear, TURN_GAP},
    failure::Failure,
};

const FRAME: Duration = Duration::from_millis(20);
/// A line over the agent begins when the agent has been heard for this long.
const OVER_AFTER: Duration = Duration::from_millis(1_200);
/// A caller who waits longer than this for the agent says the next line anyway.
const PATIENCE: Duration = Duration::from_secs(12);
/// When everything is said and the agent stays silent, the caller hangs up.
const LAST_WORD: Duration = Duration::from_secs(8);

/// How the caller was treated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Treated {
    /// Lines said while the agent was silent.
    pub(super) lines: usize,
    /// Those during which the agent began to speak.
    pub(super) cut_into: usize,
}

/// Joins the room and says the script's lines, until the agent ends the call or has nothing more to say.
pub(super) async fn call(url: &str, token: String, script: &Script) -> Result<Treated, Failure> {
    let mut options = JoinOptions::new(url, token, 7);
    options.link = LinkTo::FirstAgent;
    let JoinedRoom {
        mut audio_in,
        mut events,
        audio_out,
        control,
    } = join(options).await.map_err(Failure::work)?;
    let mut mouth = Mouth::new(audio_out)?;
    let mut ear = Ear::new().map_err(Failure::work)?;
    let mut lines: VecDeque<_> = script.lines.iter().collect();
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut finished = Instant::now();
    let mut treated = Treated::default();
    let mut listening_for_cut_in = false;
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(RoomEvent::Closed { .. } | RoomEvent::CallerLeft { .. }) | None => break,
                Some(_) => {}
            },
            packet = audio_in.recv() => match packet {
                Some(packet) => ear.hear(&packet.packet.payload),
                None => break,
            },
            _ = frames.tick() => {
                if mouth.is_silent() {
                    let cue = lines.front().map(|line| line.cue);
                    if cue.is_some_and(|cue| is_due(cue, &ear, finished)) {
                        listening_for_cut_in = cue == Some(Cue::Silence);
                        treated.lines += usize::from(listening_for_cut_in);
                        ear.forget();
                        mouth.say(lines.pop_front().map(|line| line.sound.samples.to_vec()).unwrap_or_default());
                    } else if cue.is_none() && ear.silent_for() > LAST_WORD && finished.elapsed() > LAST_WORD {
                        break;
                    }
                } else {
                    finished = Instant::now();
                    if listening_for_cut_in && ear.heard_last().is_some() {
                        treated.cut_into += 1;
                        listening_for_cut_in = false;
                    }
                    // What the agent said before is not the answer to this line.
                    ear.forget();
                }
                mouth.frame()?;
            }
        }
    }
    control.leave(Leave::Alone).await;
    Ok(treated)
}

/// Speaks frame by frame; silence is spoken too, as a microphone does.
struct Mouth {
    out: Box<dyn AudioOut>,
    encoder: Encoder,
    waiting: VecDeque<i16>,
    position: u64,
}

impl Mouth {
    fn new(out: Box<dyn AudioOut>) -> Result<Self, Failure> {
        let encoder = Encoder::new(RATE).map_err(Failure::work)?;
        Ok(Self {
            out,
            encoder,
            waiting: VecDeque::new(),
            position: 0,
        })
    }

    fn is_silent(&self) -> bool {
        self.waiting.is_empty()
    }

    fn say(&mut self, samples: Vec<i16>) {
        self.waiting.extend(samples);
    }

    fn frame(&mut self) -> Result<(), Failure> {
        let len = RATE.frame_len();
        let mut frame: Vec<i16> = self.waiting.drain(..len.min(self.waiting.len())).collect();
        frame.resize(len, 0);
        let packet = self
            .encoder
            .encode(self.position, &frame)
            .map_err(Failure::work)?;
        self.position += u64::from(RTP_HZ) / 50;
        self.out.send(packet);
        Ok(())
    }
}

/// Whether the moment for a line has come; `finished`: when the caller's own last line ended.
fn is_due(cue: Cue, ear: &Ear, finished: Instant) -> bool {
    let heard = ear.heard_last().is_some();
    match cue {
        Cue::Silence if heard => ear.silent_for() > TURN_GAP,
        Cue::Over if heard => ear
            .speaking_since()
            .is_some_and(|since| since.elapsed() > OVER_AFTER),
        Cue::Silence | Cue::Over => finished.elapsed() > PATIENCE,
    }
}
