//! The caller: LiveKit's own client in a process of its own.

use std::{io::Write, path::Path, process::Stdio, time::Duration};

use room::{local::LocalServer, token::Pass};
use serde::Deserialize;
use tokio::{process::Command, time::timeout};

use crate::clips::Clip;

/// Longer than the call takes on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(400);

/// What the caller heard of one clip's answer; seconds on the machine's monotonic clock.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Heard {
    pub(crate) name: String,
    pub(crate) begin: f64,
    pub(crate) end: f64,
    pub(crate) heard: Option<f64>,
}

/// Says the clips in the room, one after the other, and gives what was heard of each answer.
pub(crate) async fn call(server: &LocalServer, room: &str, clips: &[Clip]) -> Vec<Heard> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = package.join("../.dev/python/bin/python");
    assert!(python.exists(), "`make setup` installs LiveKit's Python SDK");
    let mut list = tempfile::NamedTempFile::new().expect("a place for the list");
    serde_json::to_writer(&mut list, clips).expect("a list");
    list.flush().expect("a list");
    let pass = Pass::new(room, "second-ear");
    let token = server.credentials().join_token(pass).expect("a pass");
    let output = Command::new(python)
        .arg(package.join("tests/ear/caller.py"))
        .args([&server.url(), &token])
        .arg(list.path())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output)
        .await
        .expect("the caller ends in time")
        .expect("the caller runs");
    let lines = String::from_utf8(output.stdout).expect("text");
    let heard: Vec<Heard> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(heard.len(), clips.len(), "the caller did not say everything");
    heard
}
