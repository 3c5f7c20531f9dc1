//! No space for the recording.

use std::{path::Path, time::Duration};

use telemetry::{CallStatus, Ending};
use tokio::process::Command;

use crate::support::{
    Stage,
    program::{Program, settle},
    records::Call,
};

/// How large the disk is: a few seconds of a call.
const DISK: &str = "96k";

/// Mounts a small disk that only the worker sees, and starts the worker.
const ON_A_SMALL_DISK: &str =
    r#"mkdir -p recordings && mount -t tmpfs -o "size=$1" none recordings && exec "$2" worker"#;

#[tokio::test]
async fn a_call_goes_on_when_the_disk_is_full_and_its_record_says_what_is_missing() {
    let stage = Stage::new().await;
    let mut command = Command::new("unshare");
    settle(&mut command, stage.folder());
    let path = std::env::var("PATH").unwrap_or_default();
    command
        // Where who asks is not root, it may be root of a world of its own.
        .args([
            "--mount",
            "--map-root-user",
            "sh",
            "-c",
            ON_A_SMALL_DISK,
            "sh",
            DISK,
        ])
        .arg(env!("CARGO_BIN_EXE_newvoice"))
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .env("LIVEKIT_URL", stage.server.url())
        .env("LIVEKIT_API_KEY", stage.server.api_key())
        .env("LIVEKIT_API_SECRET", stage.server.api_secret());
    let mut worker = Program::start(command);
    worker.counted_in(&stage.server).await;

    let mut caller = stage.caller("lobby").await;
    caller.hears_an_answer().await;
    let mut answers = 0;
    while answers < 2 || worker.count("recording is incomplete, the call goes on") == 0 {
        caller.says("hours").await;
        caller.hears_an_answer_within(Duration::from_secs(8)).await;
        answers += 1;
        assert!(answers < 9, "the disk is not full: {}", worker.log());
    }
    caller.says("price").await;
    caller.hears_an_answer_within(Duration::from_secs(8)).await;
    caller.leaves().await;
    worker.calls_ended(1).await;
    assert_eq!(worker.count("panicked"), 0, "{}", worker.log());

    // The disk is seen through the eyes of the worker.
    let process = worker.pid().as_raw_nonzero();
    let recordings = stage.recordings();
    let seen = Path::new("/proc")
        .join(process.to_string())
        .join("root")
        .join(recordings.strip_prefix("/").expect("a whole path"));
    let calls = Call::all(&seen);
    assert_eq!(calls.len(), 1, "one call was held");
    let record = &calls[0].record;
    assert_eq!(record.status, CallStatus::Completed);
    assert_eq!(record.ended_reason, Some(Ending::CallerLeft));
    let said = record.errors.join("; ");
    assert!(
        said.contains("the recording is incomplete") && said.contains("No space left"),
        "{said}"
    );
}
