//! A room with a caller who hums by schedule, and an ear on what the agent sends.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pipeline::{
    audio::OpusPacket,
    codec::{Decoder, Encoder},
    ports::*,
};
use tokio::{sync::mpsc, time::sleep_until};
use turn::Said;

use super::{RATE, Sent, Speech, voice::tone};

const FRAME: Duration = Duration::from_millis(20);

type Wire = Arc<Mutex<Vec<Sent>>>;
/// What the caller's packets sound like.
type Voice = Arc<Mutex<Vec<i16>>>;

/// The way out of a call that began at a moment.
struct Mouth {
    wire: Wire,
    start: Instant,
    decoder: Decoder,
    lossy_ms: Range<u64>,
}

impl AudioOut for Mouth {
    fn send(&mut self, packet: OpusPacket) -> Option<Instant> {
        let now = tokio::time::Instant::now().into_std();
        let mut sound = Vec::new();
        self.decoder
            .decode(&packet.payload, &mut sound)
            .expect("the agent sends Opus");
        self.wire
            .lock()
            .expect("nobody panics with it locked")
            .push(Sent {
                at_ms: now.duration_since(self.start).as_secs_f64() * 1e3,
                position: packet.position,
                audible: sound.iter().any(|sample| sample.unsigned_abs() > 164),
                copy: packet.payload[1] & 0x40 != 0,
            });
        Some(now)
    }

    fn loss(&self) -> f32 {
        let now = tokio::time::Instant::now().into_std();
        let ms = now.duration_since(self.start).as_millis() as u64;
        if self.lossy_ms.contains(&ms) { 0.1 } else { 0.0 }
    }
}

struct Nobody;

#[async_trait]
impl RoomControl for Nobody {
    async fn transcription(&self, _piece: Transcription) {}
    async fn set_attributes(&self, _attributes: std::collections::BTreeMap<String, String>) {}
    async fn send_text(&self, _text: Said) {}
    async fn leave(&self, _how: Leave) {}
}

/// A room whose caller hums by schedule and then leaves.
pub(super) fn room(
    start: tokio::time::Instant,
    speech: Vec<Speech>,
    leaves_ms: u64,
    lossy_ms: Range<u64>,
) -> (JoinedRoom, Wire, Voice) {
    let (say, audio_in) = mpsc::channel(64);
    let (tell, events) = mpsc::channel(64);
    let sent = Wire::default();
    let voice = Voice::default();
    let said = Arc::clone(&voice);
    tokio::spawn(async move {
        let caller = Caller {
            identity: "caller".into(),
            sip: false,
            attributes: Default::default(),
        };
        let _gone = tell.send(RoomEvent::CallerJoined(caller)).await;
        let _gone = tell.send(RoomEvent::CallerAudioStarted { track: 1 }).await;
        let mut encoder = Encoder::new(RATE).expect("16 kHz is a rate of Opus");
        let mut decoder = Decoder::new(RATE).expect("16 kHz is a rate of Opus");
        for index in 0_u64.. {
            // A frame is sent when its last sample has been said.
            let due = start + FRAME * (index as u32 + 1);
            sleep_until(due).await;
            let at = index * 20;
            if at >= leaves_ms {
                break;
            }
            let speaks = speech.iter().any(|(from, to, _)| (*from..*to).contains(&at));
            let frame = if speaks {
                tone(RATE.frame_len())
            } else {
                vec![0; RATE.frame_len()]
            };
            let packet = encoder
                .encode(index * 960, &frame)
                .expect("16 kHz is a rate of Opus");
            decoder
                .decode(
                    &packet.payload,
                    &mut said.lock().expect("nobody panics with it locked"),
                )
                .expect("it was encoded just now");
            if say
                .send(HeardPacket {
                    packet,
                    arrived: due.into_std(),
                    track: 1,
                })
                .await
                .is_err()
            {
                return;
            }
        }
        let _gone = tell
            .send(RoomEvent::CallerLeft {
                reason: LeftReason::Left,
            })
            .await;
    });
    let room = JoinedRoom {
        audio_in,
        events,
        audio_out: Box::new(Mouth {
            wire: sent.clone(),
            start: start.into_std(),
            decoder: Decoder::new(RATE).expect("a rate of Opus"),
            lossy_ms,
        }),
        control: Box::new(Nobody),
    };
    (room, sent, voice)
}
