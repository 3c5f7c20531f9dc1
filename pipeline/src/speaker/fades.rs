//! What is heard when the loudspeaker pauses, goes on and stops: no click.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{sync::mpsc, time::sleep};
use turn::ReplyId;

use super::{Order, Sound, Speaker};
use crate::{
    audio::{OpusPacket, SampleRate},
    call_clock::CallClock,
    codec::Decoder,
    ports::AudioOut,
};

const RATE: SampleRate = SampleRate(16_000);
const HEIGHT: f64 = 10_000.0;
const TONE_HZ: f64 = 400.0;
const REPLY: ReplyId = ReplyId(1);

struct Tape(Arc<Mutex<Vec<Bytes>>>);

impl AudioOut for Tape {
    fn send(&mut self, packet: OpusPacket) -> Option<Instant> {
        self.0
            .lock()
            .expect("nobody panics with it locked")
            .push(packet.payload);
        Some(tokio::time::Instant::now().into_std())
    }
}

/// A tone that is at its height where a frame begins, so that a cut there is the worst of clicks.
fn tone() -> Vec<i16> {
    let step = std::f64::consts::TAU * TONE_HZ / f64::from(RATE.0);
    (0..RATE.0)
        .map(|at| (HEIGHT * (step * f64::from(at)).cos()) as i16)
        .collect()
}

/// What is heard of a tone while these orders are given, each so long after the one before.
async fn heard(orders: &[(u64, Order)]) -> Vec<i16> {
    let packets = Arc::new(Mutex::new(Vec::new()));
    let (inbox, _events) = mpsc::channel(64);
    let (own, _sent) = mpsc::channel(1);
    let tape = Box::new(Tape(Arc::clone(&packets)));
    let speaker = Speaker::new(tape, RATE, CallClock::start_now(), inbox, None, own).expect("a rate of Opus");
    let (give, taken) = mpsc::channel(8);
    let speaking = tokio::spawn(speaker.run(taken));
    let (sound, source) = mpsc::channel(4);
    sound
        .send(Sound::Samples(tone().into()))
        .await
        .expect("it waits for sound");
    give.send(Order::Take(REPLY, source))
        .await
        .expect("it takes orders");
    for (after, order) in orders {
        sleep(Duration::from_millis(*after)).await;
        let order = match order {
            Order::Play(reply) => Order::Play(*reply),
            Order::Pause(reply) => Order::Pause(*reply),
            Order::Resume(reply) => Order::Resume(*reply),
            Order::Stop(reply) | Order::Drop(reply) | Order::Take(reply, _) => Order::Stop(*reply),
        };
        give.send(order).await.expect("it takes orders");
    }
    sleep(Duration::from_millis(200)).await;
    drop(give);
    speaking.await.expect("it does not panic");
    let mut decoder = Decoder::new(RATE).expect("a rate of Opus");
    let mut samples = Vec::new();
    for packet in packets.lock().expect("nobody panics with it locked").iter() {
        decoder
            .decode(packet, &mut samples)
            .expect("it encodes what can be decoded");
    }
    samples
}

/// The largest step from one sample to the next, in those of the tone itself.
fn largest_step(samples: &[i16]) -> f64 {
    let own = HEIGHT * std::f64::consts::TAU * TONE_HZ / f64::from(RATE.0);
    let steps = samples
        .windows(2)
        .map(|pair| f64::from(pair[1]) - f64::from(pair[0]));
    steps.map(f64::abs).fold(0.0, f64::max) / own
}

/// How loud each frame of 20 ms is at most.
fn heights(samples: &[i16]) -> Vec<u16> {
    let frames = samples.chunks(RATE.frame_len());
    frames
        .map(|frame| {
            frame
                .iter()
                .map(|sample| sample.unsigned_abs())
                .max()
                .unwrap_or(0)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_pause_and_what_follows_it_do_not_click() {
    let samples = heard(&[
        (0, Order::Play(REPLY)),
        (205, Order::Pause(REPLY)),
        (200, Order::Resume(REPLY)),
        (200, Order::Pause(REPLY)),
    ])
    .await;
    let began = samples.iter().position(|sample| sample.unsigned_abs() > 8_000);
    let began = began.expect("the tone was heard");
    // The tone itself begins with a step.
    let step = largest_step(&samples[began + 2 * RATE.frame_len()..]);
    assert!(step < 1.4, "a step of {step:.2} times the tone's own");
    let silent = heights(&samples).iter().filter(|height| **height < 100).count();
    assert!(silent > 15, "it was silent in between for {silent} frames");
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_click_and_is_silence_within_20_ms() {
    let samples = heard(&[(0, Order::Play(REPLY)), (205, Order::Stop(REPLY))]).await;
    let began = samples.iter().position(|sample| sample.unsigned_abs() > 8_000);
    let began = began.expect("the tone was heard");
    // The tone itself begins with a step.
    let step = largest_step(&samples[began + 2 * RATE.frame_len()..]);
    assert!(step < 1.4, "a step of {step:.2} times the tone's own");
    // Loud until the order at 205 ms; the frame that is due next fades, and the codec is 6.5 ms behind.
    let heights = heights(&samples[began..]);
    assert!(heights[9] > 8_000, "{heights:?}");
    assert!(heights[13..].iter().all(|height| *height < 100), "{heights:?}");
}
