//! What the tests of rooms have in common: a server, passes, tones to say and ears to hear them.

pub(crate) mod foreign;
pub(crate) mod lossy;
pub(crate) mod proxy;

use std::{
    collections::BTreeMap,
    f32::consts::TAU,
    time::{Duration, Instant},
};

use pipeline::{
    audio::OpusPacket,
    ports::{AudioOut, HeardPacket, JoinedRoom, RoomEvent},
};
use room::{
    livekit::{JoinOptions, LinkTo},
    local::LocalServer,
    token::{Pass, PassKind},
};
use ropus::{Application, Channels, DecodeMode, Decoder, Encoder};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

/// Longer than anything here takes, even on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

const FRAME: usize = 960;

pub(crate) async fn server() -> LocalServer {
    // With RUST_LOG set, a failing test tells what happened.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_test_writer()
        .try_init();
    LocalServer::start()
        .await
        .expect("a LiveKit server; `make setup` installs it")
}

/// The options of an agent in the room `call`.
pub(crate) fn agent(server: &LocalServer) -> JoinOptions {
    JoinOptions::new(server.url(), pass(server, "agent", PassKind::Agent), 1)
}

/// The options of a person in the same room who listens to the agent.
pub(crate) fn person(server: &LocalServer, identity: &str) -> JoinOptions {
    let token = pass(server, identity, PassKind::Standard);
    JoinOptions {
        link: LinkTo::FirstAgent,
        ..JoinOptions::new(server.url(), token, 2)
    }
}

pub(crate) fn pass(server: &LocalServer, identity: &str, kind: PassKind) -> String {
    let pass = Pass {
        kind,
        ..Pass::new("call", identity)
    };
    server
        .credentials()
        .join_token(pass)
        .expect("the server's credentials sign")
}

/// Waits for the first event that `pick` takes; those before it are passed over.
pub(crate) async fn event<T>(
    events: &mut mpsc::Receiver<RoomEvent>,
    mut pick: impl FnMut(RoomEvent) -> Option<T>,
) -> T {
    let mut seen = Vec::new();
    let picked = timeout(PATIENCE, async {
        while let Some(event) = events.recv().await {
            seen.push(format!("{event:?}"));
            if let Some(picked) = pick(event) {
                return Some(picked);
            }
        }
        None
    });
    match picked.await {
        Ok(Some(picked)) => picked,
        Ok(None) => panic!("the room closed; events: {seen:#?}"),
        Err(_) => panic!("the event did not come; events: {seen:#?}"),
    }
}

/// Waits for an event that prints as something beginning with `begin`.
pub(crate) async fn event_named(events: &mut mpsc::Receiver<RoomEvent>, begin: &str) {
    event(events, |event| {
        format!("{event:?}").starts_with(begin).then_some(())
    })
    .await;
}

/// Speaks a tone by the clock until it is dropped.
pub(crate) struct Tone {
    task: JoinHandle<()>,
}

impl Tone {
    pub(crate) fn speak(mut out: Box<dyn AudioOut>, hz: f32) -> Self {
        let task = tokio::spawn(async move {
            let mut packets = ToneMaker::new(hz);
            let mut clock = tokio::time::interval(Duration::from_millis(20));
            loop {
                clock.tick().await;
                out.send(packets.next_packet());
            }
        });
        Self { task }
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Makes 20 ms packets of a tone.
pub(crate) struct ToneMaker {
    encoder: Encoder,
    hz: f32,
    sample: u64,
}

impl ToneMaker {
    pub(crate) fn new(hz: f32) -> Self {
        let encoder = Encoder::builder(48_000, Channels::Mono, Application::Voip)
            .build()
            .expect("an encoder");
        Self {
            encoder,
            hz,
            sample: 0,
        }
    }

    pub(crate) fn next_packet(&mut self) -> OpusPacket {
        let position = self.sample;
        let sound: Vec<i16> = (position..position + FRAME as u64)
            .map(|n| ((n as f32 / 48_000.0 * self.hz).fract() * TAU).sin())
            .map(|sine| (sine * 8_000.0) as i16)
            .collect();
        self.sample += FRAME as u64;
        let mut packet = [0; 1_500];
        let length = self.encoder.encode(&sound, &mut packet).expect("a packet");
        OpusPacket {
            position,
            payload: packet[..length].to_vec().into(),
        }
    }
}

/// What an ear heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) hz: f32,
    pub(crate) rms: f32,
    /// Packets that were expected by position and did not come.
    pub(crate) missing: u64,
    pub(crate) track: u32,
}

/// Listens for as long as `count` packets with sound take.
pub(crate) async fn listen(audio: &mut mpsc::Receiver<HeardPacket>, count: usize) -> Heard {
    let mut decoder = Decoder::new(48_000, Channels::Mono).expect("a decoder");
    let mut sound = Vec::new();
    let mut last: Option<HeardPacket> = None;
    let (mut packets, mut missing) = (0, 0);
    while packets < count {
        let heard = timeout(PATIENCE, audio.recv())
            .await
            .expect("sound goes on")
            .expect("the room is open");
        let mut pcm = [0; 5_760];
        let length = decoder
            .decode(&heard.packet.payload, &mut pcm, DecodeMode::Normal)
            .expect("Opus");
        // The silence that leads a track in is not what is listened for.
        if packets == 0 && pcm[..length].iter().all(|sample| sample.abs() < 100) {
            continue;
        }
        if let Some(last) = last.filter(|last| last.track == heard.track) {
            assert!(heard.packet.position > last.packet.position, "positions grow");
            missing += (heard.packet.position - last.packet.position) / FRAME as u64 - 1;
        }
        // The codec's first packets swing in.
        if packets >= 5 {
            sound.extend_from_slice(&pcm[..length]);
        }
        packets += 1;
        last = Some(heard);
    }
    let track = last.map_or(0, |last| last.track);
    Heard {
        hz: pitch(&sound),
        rms: rms(&sound),
        missing,
        track,
    }
}

/// The frequency of a tone, by its zero crossings.
pub(crate) fn pitch(sound: &[i16]) -> f32 {
    let crossings = sound
        .windows(2)
        .filter(|pair| pair[0] < 0 && pair[1] >= 0)
        .count();
    crossings as f32 * 48_000.0 / sound.len().max(1) as f32
}

pub(crate) fn rms(sound: &[i16]) -> f32 {
    let energy: f32 = sound.iter().map(|&sample| f32::from(sample).powi(2)).sum();
    (energy / sound.len().max(1) as f32).sqrt()
}

/// Asserts that a tone of 8000 at the given pitch was heard.
pub(crate) fn assert_tone(heard: &Heard, hz: f32) {
    assert!((heard.hz - hz).abs() < 0.03 * hz, "{heard:?}");
    assert!((4_000.0..7_000.0).contains(&heard.rms), "{heard:?}");
}

/// Joins a room.
pub(crate) async fn join(options: JoinOptions) -> JoinedRoom {
    timeout(PATIENCE, room::livekit::join(options))
        .await
        .expect("joining ends")
        .expect("the room is joined")
}

/// Attributes from pairs.
pub(crate) fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// How long something took, for the eye.
pub(crate) fn since(start: Instant) -> String {
    format!("{:.1} s", start.elapsed().as_secs_f32())
}
