//! A second ear in the room: LiveKit's own client is the caller, and what it hears is compared with what we measured.
//!
//! From the end of the caller's voice to the answer's first sound, the caller hears our `eou_latency` plus the way to and
//! fro. The way is measured in the same run, with an agent that answers at once and knows how long it took itself. What
//! is left over is the error of our measurement.

mod agents;
mod caller;
mod clips;
mod table;

use room::local::LocalServer;

use agents::Answered;
use caller::{Heard, call};
use clips::Clip;
use table::Table;

/// Turns that must have been compared.
const FEWEST: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn the_latency_of_each_turn_is_what_a_second_ear_hears() {
    let server = LocalServer::start().await.expect("`make setup` installs LiveKit");
    let mut missed = Vec::new();
    // Other work on the machine makes the way longer for a while, and each client has a beat of 10 ms of its own, so that
    // two of them may be apart by as much. Nothing tells that from a wrong stamp but doing it again: a stamp stays wrong.
    for run in ["first", "second", "third"] {
        missed = self::missed(&server, run).await;
        if missed.is_empty() {
            break;
        }
        table::write("not within the limits\n");
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// What was not as it should be in one measurement.
async fn missed(server: &LocalServer, run: &str) -> Vec<String> {
    let room = |call: &str| format!("{run}-{call}");
    let (path_room, sharp_room) = (room("path"), room("sharp"));
    let sharp = clips::voices("sharp");
    // The way is the same for all that go through this machine at this time.
    let (path, sharp_turns) = tokio::join!(way(server, &path_room), turns(server, &sharp_room, &sharp));
    let whole = clips::voices("clinic");
    let whole_turns = program(server, &room("program"), &whole).await;
    let limits = [
        (Table::new("speech that ends sharply", path, sharp_turns), 10.0),
        (Table::new("speech, the whole program", path, whole_turns), 25.0),
    ];
    let mut missed = Vec::new();
    for (table, limit_ms) in limits {
        table.print();
        if table.compared() < FEWEST {
            missed.push(format!("{}: only {} answers", table.title, table.compared()));
        } else if table.p95_ms() > limit_ms {
            missed.push(format!("{}: 95 % within {:.1} ms", table.title, table.p95_ms()));
        }
    }
    missed
}

/// The way from mouth to ear and back, in milliseconds: the median of some sharp sounds.
async fn way(server: &LocalServer, room: &str) -> f64 {
    let clips = clips::bursts();
    let (echo, heard) = tokio::join!(
        agents::echo(server, room, clips.len()),
        call(server, room, &clips)
    );
    let mut ways: Vec<f64> = heard
        .iter()
        .zip(&echo)
        .filter_map(|(heard, own_ms)| Some((heard.heard? - heard.begin) * 1e3 - own_ms))
        .collect();
    assert!(
        ways.len() * 10 >= clips.len() * 9,
        "the echo was heard {} times",
        ways.len()
    );
    ways.sort_by(f64::total_cmp);
    table::print_way(&ways);
    ways[ways.len() / 2]
}

/// An agent with the real detector of voices, and services that take no time of the machine.
async fn turns(server: &LocalServer, room: &str, clips: &[Clip]) -> Vec<(Heard, Answered)> {
    let (answered, heard) = tokio::join!(agents::converse(server, room), call(server, room, clips));
    table::pair(heard, answered)
}

/// The program as it is deployed, with the offline services.
async fn program(server: &LocalServer, room: &str, clips: &[Clip]) -> Vec<(Heard, Answered)> {
    let worker = agents::Program::start(server).await;
    let heard = call(server, room, clips).await;
    table::pair(heard, worker.answered().await)
}
