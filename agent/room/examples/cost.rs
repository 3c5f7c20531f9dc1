//! What a room costs: CPU and memory of this process for a number of rooms with sound both ways, each against the real
//! server. The callers are in a process of their own, so that only the agents' side is measured.
//!
//! ```text
//! cargo run -p room --example cost -- 20 30     # rooms, seconds
//! ```

use std::{
    env, fs,
    process::{Child, Command, ExitCode},
    time::Duration,
};

use bytes::Bytes;
use pipeline::{
    audio::OpusPacket,
    ports::{AudioOut, JoinedRoom},
};
use room::{
    livekit::{JoinOptions, LinkTo},
    local::LocalServer,
    token::{Credentials, Pass, PassKind},
};
use tokio::task::JoinSet;

/// Speech of 24 kbit/s has 60 bytes in 20 ms. What is in them does not matter here: nobody decodes.
const PACKET: [u8; 60] = [0x48; 60];

/// Where the rooms are, and what opens them.
#[derive(Clone)]
struct Place {
    url: String,
    key: String,
    secret: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |at: usize, otherwise| {
        arguments
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    if arguments.first().is_some_and(|word| word == "callers") {
        let [_, url, key, secret, rooms] = arguments.as_slice() else {
            return ExitCode::FAILURE;
        };
        let place = Place {
            url: url.clone(),
            key: key.clone(),
            secret: secret.clone(),
        };
        talk(place, PassKind::Standard, rooms.parse().unwrap_or(0)).await;
        return ExitCode::SUCCESS;
    }
    measure(number(0, 20), Duration::from_secs(number(1, 20) as u64)).await
}

async fn measure(rooms: usize, time: Duration) -> ExitCode {
    let server = match LocalServer::start().await {
        Ok(server) => server,
        Err(error) => {
            report(&format!("no server to measure with: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let place = Place {
        url: server.url(),
        key: server.api_key().to_owned(),
        secret: server.api_secret().to_owned(),
    };
    // One room before the others: what is needed once, such as the pages of the program, is no room's cost.
    let _first = join(&place, PassKind::Agent, usize::MAX).await;
    let before = memory_kb();
    let mut talking = JoinSet::new();
    talking.spawn(talk(place.clone(), PassKind::Agent, rooms));
    let callers = callers(&place, rooms);
    // All are there and hear each other by then.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let start = cpu_seconds();
    tokio::time::sleep(time).await;
    let used = cpu_seconds() - start;
    let memory = memory_kb().saturating_sub(before);
    report(&format!(
        "{rooms} rooms, {} s: {:.2} % of a core and {:.0} kB a room",
        time.as_secs(),
        100.0 * used / time.as_secs_f64() / rooms as f64,
        memory as f64 / rooms as f64,
    ));
    stop(callers);
    ExitCode::SUCCESS
}

fn callers(place: &Place, rooms: usize) -> Option<Child> {
    let Place { url, key, secret } = place;
    let program = env::current_exe().ok()?;
    Command::new(program)
        .args(["callers", url, key, secret, &rooms.to_string()])
        .spawn()
        .ok()
}

fn stop(callers: Option<Child>) {
    if let Some(mut callers) = callers {
        let _ = callers.kill();
        let _ = callers.wait();
    }
}

/// Joins so many rooms on one side and talks without end.
async fn talk(place: Place, kind: PassKind, rooms: usize) {
    let mut talking = JoinSet::new();
    for n in 0..rooms {
        if let Some(room) = join(&place, kind, n).await {
            talking.spawn(converse(room));
        }
    }
    report(&format!("{} of {rooms} rooms joined as {kind:?}", talking.len()));
    while talking.join_next().await.is_some() {}
}

async fn join(place: &Place, kind: PassKind, n: usize) -> Option<JoinedRoom> {
    let credentials = Credentials::new(&place.key, &place.secret);
    let pass = Pass {
        kind,
        ..Pass::new(format!("room {n}"), format!("{kind:?}"))
    };
    let token = credentials.join_token(pass).ok()?;
    let link = if kind == PassKind::Agent {
        LinkTo::FirstCaller
    } else {
        LinkTo::FirstAgent
    };
    match room::livekit::join(JoinOptions {
        link,
        ..JoinOptions::new(&place.url, token, n as u64)
    })
    .await
    {
        Ok(room) => Some(room),
        Err(error) => {
            report(&error.to_string());
            None
        }
    }
}

async fn converse(room: JoinedRoom) {
    let JoinedRoom {
        mut audio_in,
        mut events,
        mut audio_out,
        control: _control,
    } = room;
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    let mut position = 0;
    loop {
        tokio::select! {
            _ = clock.tick() => {
                speak(audio_out.as_mut(), position);
                position += 960;
            }
            heard = audio_in.recv() => if heard.is_none() { return },
            event = events.recv() => if event.is_none() { return },
        }
    }
}

fn speak(out: &mut dyn AudioOut, position: u64) {
    out.send(OpusPacket {
        position,
        payload: Bytes::from_static(&PACKET),
    });
}

/// CPU time of this process, user and system.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// Resident memory of this process.
fn memory_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|kb| kb.parse().ok())
        .unwrap_or(0)
}

/// Writes a line for the one who runs this.
fn report(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}
