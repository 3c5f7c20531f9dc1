//! The program in a process of its own.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
};

use room::local::LocalServer;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{PATIENCE, workspace};

/// The program in the folder `folder`, with none of this process's settings.
pub(crate) fn newvoice(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newvoice"));
    settle(&mut command, folder);
    command
}

/// Gives a command, which may be a shell around the program, the program's place and settings.
pub(crate) fn settle(command: &mut Command, folder: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("NEWVOICE_MODELS", workspace().join(".dev/models"))
        .env("NEWVOICE_LISTEN", "127.0.0.1:0")
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
}

/// A worker that runs. Dropping it kills it.
pub(crate) struct Program {
    child: Child,
    log: watch::Receiver<String>,
    _reading: AbortOnDropHandle<()>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let (written, log) = watch::channel(String::new());
        let reading = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                written.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        Self {
            child,
            log,
            _reading: AbortOnDropHandle::new(reading),
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// How many lines of the log contain `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.log().matches(text).count()
    }

    /// Waits until the log has `times` lines that contain `text`.
    pub(crate) async fn logs(&mut self, text: &str, times: usize) {
        let there = self.log.wait_for(|log| log.matches(text).count() >= times);
        let there = matches!(timeout(PATIENCE, there).await, Ok(Ok(_)));
        assert!(
            there,
            "the log does not say `{text}` {times} times:\n{}",
            self.log()
        );
    }

    /// Waits until LiveKit has taken the worker for the time of this number.
    pub(crate) async fn registered(&mut self, times: usize) {
        self.logs("worker registered", times).await;
    }

    /// Waits until the server gives the worker jobs.
    pub(crate) async fn counted_in(&mut self, server: &LocalServer) {
        self.registered(1).await;
        let log = self.log();
        let (_, told) = log.split_once("worker_id=").expect("the worker's id");
        let id: String = told
            .chars()
            .take_while(|&sign| sign.is_ascii_alphanumeric() || sign == '_')
            .collect();
        timeout(PATIENCE, server.counts_in(&id))
            .await
            .expect("the server counts the worker in");
    }

    /// Waits until so many calls have ended, and their records are written.
    pub(crate) async fn calls_ended(&mut self, times: usize) {
        self.logs("a call ended", times).await;
    }

    pub(crate) fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        pid.and_then(Pid::from_raw).expect("it runs")
    }

    pub(crate) fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).expect("it runs");
    }

    /// Kills it as the system does when memory is short: without a word.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.expect("its status"),
            Err(_) => panic!("the program does not end; its log:\n{}", self.log()),
        }
    }
}

/// What a command that ended by itself said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    /// Standard error.
    pub(crate) errors: String,
}

/// Runs a command to its end.
pub(crate) async fn run(mut command: Command) -> Said {
    let output = timeout(PATIENCE, command.output())
        .await
        .expect("the program ends")
        .expect("the program starts");
    Said {
        status: output.status.code().expect("it was not killed"),
        errors: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Said {
    /// Asserts that the command failed with this status, and that its last word is one sentence that has all of `parts`.
    pub(crate) fn is_refusal(&self, status: i32, parts: &[&str]) {
        assert_eq!(self.status, status, "{}", self.errors);
        assert!(!self.errors.contains("panicked"), "{}", self.errors);
        let sentences = self.errors.matches("newvoice: ").count();
        assert_eq!(sentences, 1, "{}", self.errors);
        let last = self.errors.lines().last().unwrap_or_default();
        assert!(last.starts_with("newvoice: "), "{}", self.errors);
        for part in parts {
            assert!(last.contains(part), "`{part}` is missing: {last}");
        }
    }
}
