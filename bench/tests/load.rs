//! The load measurement holds real calls, and its numbers fit each other.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn measure(options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_newvoice-bench"))
        .arg("load")
        .args(options)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("the program starts")
}

fn sum(rooms: &[Value], of: &str) -> u64 {
    rooms.iter().map(|room| room[of].as_u64().expect(of)).sum()
}

#[test]
fn every_room_converses_and_the_numbers_add_up() {
    let output = measure(&["--rooms", "2", "--seconds", "8", "--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let rooms = report["rooms"].as_array().expect("the rooms");
    assert_eq!(rooms.len(), 2);
    let mut turns = 0;
    for room in rooms {
        let latencies = room["latencies"].as_array().expect("the turns");
        assert!(
            latencies
                .iter()
                .any(|latency| latency.as_f64().is_some_and(|ms| ms > 0.0)),
            "a room had no answer: {room}"
        );
        assert!(
            room["packets"].as_u64().is_some_and(|packets| packets > 8 * 40),
            "{room}"
        );
        assert!(room["recorded"].as_u64() > room["packets"].as_u64(), "{room}");
        assert_eq!(room["unrecorded"], 0, "{room}");
        turns += latencies.len() as u64;
    }
    assert_eq!(report["turns"], turns);
    let missing = report["eou_latency"]["missing"].as_u64().expect("missing");
    assert_eq!(
        report["eou_latency"]["count"].as_u64().expect("count") + missing,
        turns
    );
    for of in ["frames", "late", "interrupted"] {
        assert_eq!(report[of], sum(rooms, of), "{of}");
    }
    // The callers heard what the agents sent, but for what was sent before they listened.
    let heard = report["heard"]["packets"].as_u64().expect("packets");
    assert!(
        heard > 0 && heard <= report["frames"].as_u64().expect("frames") + 2 * 500,
        "{report}"
    );
    assert!(
        report["cpu_percent"]
            .as_f64()
            .is_some_and(|percent| percent > 0.0 && percent < 100.0)
    );
    let seconds = report["seconds"].as_f64().expect("seconds");
    assert!((8.0..10.0).contains(&seconds), "{seconds}");
    assert!(report["memory_kb"].is_number());
}

#[test]
fn a_measurement_without_recorded_callers_says_what_to_do() {
    let output = measure(&["--rooms", "1", "--seconds", "1", "--speech", "/nowhere"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("make setup"), "{said}");
}
