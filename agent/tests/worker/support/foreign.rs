//! LiveKit's own software on the other side: its API for applications, its client for callers.

use std::{path::PathBuf, process::Stdio};

use room::{local::LocalServer, token::Pass};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::{PATIENCE, workspace};

/// Makes a room with LiveKit's API.
pub(crate) async fn make_room(server: &LocalServer, room: &str) {
    let call = "await lk.room.create_room(api.CreateRoomRequest(name=args[0]))";
    ask(server, call, &[room]).await;
}

/// Calls an agent by name into a room with LiveKit's API.
pub(crate) async fn dispatch(server: &LocalServer, room: &str, agent_name: &str, metadata: &str) {
    let call = "await lk.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(room=args[0], agent_name=args[1], metadata=args[2]))";
    ask(server, call, &[room, agent_name, metadata]).await;
}

async fn ask(server: &LocalServer, call: &str, args: &[&str]) {
    let script = format!(
        "
import asyncio, sys
from livekit import api
async def main(url, key, secret, *args):
    async with api.LiveKitAPI(url, key, secret) as lk:
        {call}
asyncio.run(main(*sys.argv[1:]))
"
    );
    let (key, secret) = (server.api_key(), server.api_secret());
    let output = Command::new(python())
        .args(["-c", &script, &server.http_url(), key, secret])
        .args(args)
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output)
        .await
        .expect("LiveKit's API answers")
        .expect("Python starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A caller with LiveKit's client, from whom no sound comes.
pub(crate) struct SilentCaller {
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl SilentCaller {
    /// Joins a room and publishes `what`: `nothing`, or a `picture`.
    pub(crate) fn join(server: &LocalServer, room: &str, what: &str) -> Self {
        let token = server
            .credentials()
            .join_token(Pass::new(room, "silent"))
            .expect("a pass");
        let mut process = Command::new(python())
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/worker/support/silent_caller.py"
            ))
            .args([&server.url(), &token, what])
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

    /// Waits for a line that has `key`, and gives its value.
    pub(crate) async fn tells(&mut self, key: &str) -> Value {
        let told = async {
            while let Some(line) = self.lines.next_line().await.expect("text") {
                let mut said: Value = serde_json::from_str(&line).expect("JSON");
                if !said[key].is_null() {
                    return Some(said[key].take());
                }
            }
            None
        };
        match timeout(PATIENCE, told).await {
            Ok(Some(value)) => value,
            Ok(None) => panic!("the silent caller went without telling `{key}`"),
            Err(_) => panic!("the silent caller does not tell `{key}`"),
        }
    }
}

fn python() -> PathBuf {
    let python = workspace().join(".dev/python/bin/python");
    assert!(
        python.is_file(),
        "LiveKit's Python SDKs are not installed: run `make setup`"
    );
    python
}
