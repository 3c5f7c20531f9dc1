//! LiveKit's own client as the other side, in a process of its own.

use std::{path::PathBuf, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::PATIENCE;

pub(crate) fn python() -> PathBuf {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.dev/python/bin/python");
    assert!(
        python.exists(),
        "LiveKit's Python SDK is missing; `make setup` installs it"
    );
    python
}

pub(crate) struct ForeignCaller {
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl ForeignCaller {
    pub(crate) fn call(url: &str, token: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/livekit/foreign_caller.py");
        let mut process = Command::new(python())
            .args([script, url, token])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the caller starts");
        let output = process.stdout.take().expect("its output");
        Self {
            lines: BufReader::new(output).lines(),
            _process: process,
        }
    }

    /// Waits for a line that `pick` takes.
    pub(crate) async fn tells<T>(&mut self, mut pick: impl FnMut(&Value) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let picked = timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.expect("text") {
                let said: Value = serde_json::from_str(&line).expect("JSON");
                if let Some(picked) = pick(&said) {
                    return Some(picked);
                }
                seen.push(line);
            }
            None
        });
        match picked.await {
            Ok(Some(picked)) => picked,
            _ => panic!("the foreign caller did not say what was waited for, but: {seen:#?}"),
        }
    }

    /// Waits until it hears a tone of this pitch.
    pub(crate) async fn hears(&mut self, hz: f64) {
        self.tells(|said| {
            let close = (said["heard_hz"].as_f64()? - hz).abs() < 0.03 * hz;
            let loud = (4_000.0..7_000.0).contains(&said["heard_rms"].as_f64()?);
            (close && loud).then_some(())
        })
        .await;
    }
}
