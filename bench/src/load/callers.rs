//! The callers' side, in a process of its own.
//!
//! The measurement writes to the process's standard input the number of each room that is to be called, one a line. At its
//! end all callers hang up, so they go with the measurement however that ends. Then the process says on its standard output,
//! as one line of JSON, what the callers [`Heard`].

use std::{path::Path, sync::Arc, time::Instant};

use bytes::Bytes;
use pipeline::{
    audio::{OpusPacket, RTP_HZ, SampleRate},
    codec::Encoder,
    ports::{HeardPacket, JoinedRoom, Leave, RoomEvent},
    sound_file,
};
use room::token::Credentials;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    LoadError,
    place::{FRAME, Place, Who},
};
use crate::cli::Callers;

/// The rate at which callers are sent, as a browser does.
const RATE: SampleRate = SampleRate(48_000);
/// A packet of the agent is late when it comes this much after the moment that its place in the stream gives, in
/// microseconds: what is late for the agent's own count too.
const LATE_US: i64 = 30_000;
/// What the callers say, and the seconds of silence after it: long enough for the answer, or for the half of it, so that
/// the next line cuts it.
const SCRIPT: [(&str, usize); 9] = [
    ("book", 8),
    ("cleaning", 7),
    ("tuesday", 3),
    ("wait", 8),
    ("ten", 7),
    ("name", 7),
    ("hours", 3),
    ("phone", 8),
    ("right", 7),
];

/// How the agents sounded to the callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Packets of the agents that came.
    pub packets: u64,
    /// Those that came more than 30 ms after their place in the stream, counted from the quickest of their call. The way
    /// through the server and the callers' own delays are in it.
    pub late: u64,
    /// The latest, in milliseconds after its place.
    pub worst_ms: f64,
}

/// Calls the rooms that standard input names, until it ends.
///
/// # Errors
/// When a line cannot be read from disk or a room cannot be entered.
pub async fn call_as_told(options: &Callers) -> Result<(), LoadError> {
    let place = Place {
        url: options.url.clone(),
        credentials: Credentials::new(&options.key, &options.secret),
    };
    let script = script(&options.speech)?;
    let hang_up = CancellationToken::new();
    let mut calls = JoinSet::new();
    let mut told = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = told.next_line().await? {
        let room = line
            .parse()
            .map_err(|_| LoadError::Callers(format!("`{line}` is not the number of a room")))?;
        calls.spawn(talk(place.clone(), room, Arc::clone(&script), hang_up.clone()));
        while let Some(ended) = calls.try_join_next() {
            let _early = ended??;
        }
    }
    hang_up.cancel();
    let mut heard = Heard::default();
    while let Some(ended) = calls.join_next().await {
        heard.add(ended??);
    }
    let mut line = serde_json::to_vec(&heard).map_err(std::io::Error::from)?;
    line.push(b'\n');
    let mut out = tokio::io::stdout();
    out.write_all(&line).await?;
    Ok(out.flush().await?)
}

/// The packets of all lines and pauses, in a row that is said over and over.
fn script(speech: &Path) -> Result<Arc<[Bytes]>, LoadError> {
    let mut samples = Vec::new();
    for (name, pause) in SCRIPT {
        let path = speech.join("clinic").join(format!("{name}.wav"));
        samples.extend_from_slice(&sound_file::read(&path, RATE)?.samples);
        samples.resize(samples.len() + pause * RATE.0 as usize, 0);
    }
    let mut encoder = Encoder::new(RATE)?;
    let packets = samples
        .chunks_exact(RATE.frame_len())
        .map(|frame| Ok(encoder.encode(0, frame)?.payload));
    packets.collect()
}

/// Calls one room and talks until told to hang up, or until the room is gone.
async fn talk(
    place: Place,
    room: u32,
    script: Arc<[Bytes]>,
    hang_up: CancellationToken,
) -> Result<Heard, LoadError> {
    let JoinedRoom {
        mut audio_in,
        mut events,
        mut audio_out,
        control,
    } = place.enter(room, Who::Caller).await?;
    let mut ear = Ear::new(Instant::now());
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
    // The golden ratio spreads any number of callers evenly over the script.
    let start = (f64::from(room) * 0.618_034).fract() * script.len() as f64;
    for index in 0.. {
        loop {
            tokio::select! {
                biased;
                () = hang_up.cancelled() => {
                    control.leave(Leave::Alone).await;
                    return Ok(ear.heard);
                }
                event = events.recv() => if matches!(event, Some(RoomEvent::Closed { .. }) | None) {
                    return Ok(ear.heard);
                },
                Some(packet) = audio_in.recv() => ear.hear(&packet),
                _ = frames.tick() => break,
            }
        }
        audio_out.send(OpusPacket {
            position: index as u64 * u64::from(RTP_HZ) / 50,
            payload: script[(start as usize + index) % script.len()].clone(),
        });
    }
    Ok(ear.heard)
}

/// Notes when packets come.
struct Ear {
    start: Instant,
    heard: Heard,
    track: u32,
    /// The way of the quickest packet so far, on a scale that begins anywhere, in microseconds.
    quickest: i64,
}

impl Ear {
    fn new(start: Instant) -> Self {
        Self {
            start,
            heard: Heard::default(),
            track: 0,
            quickest: i64::MAX,
        }
    }

    fn hear(&mut self, packet: &HeardPacket) {
        if self.track != packet.track {
            self.track = packet.track;
            self.quickest = i64::MAX;
        }
        let came = packet.arrived.saturating_duration_since(self.start).as_micros() as i64;
        let way = came - (packet.packet.position * 1_000_000 / u64::from(RTP_HZ)) as i64;
        self.quickest = self.quickest.min(way);
        let late = way - self.quickest;
        self.heard.add(Heard {
            packets: 1,
            late: u64::from(late > LATE_US),
            worst_ms: late as f64 / 1e3,
        });
    }
}

impl Heard {
    fn add(&mut self, other: Self) {
        self.packets += other.packets;
        self.late += other.late;
        self.worst_ms = self.worst_ms.max(other.worst_ms);
    }
}
