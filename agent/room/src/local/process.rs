//! The process of a local server.

use std::path::Path;
use std::process::Stdio;
use std::{fs, io};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, ChildStdin, Command};

use super::LocalServerError;

/// The server's process, its watcher in the same group, and the pipe that keeps both alive.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    /// The group to be killed; none once it has been.
    group: Option<Pid>,
    _alive: Option<ChildStdin>,
}

impl Running {
    pub(super) fn spawn(program: &Path, config: &Path, log: &Path) -> Result<Self, LocalServerError> {
        // The subshell waits for the end of standard input; the server takes the outer shell's place and process id.
        const WATCHED: &str = r#"exec 3<&0
(while read -r _; do :; done; kill -KILL 0) <&3 3<&- >/dev/null 2>&1 &
exec "$0" "$@" </dev/null 3<&-"#;
        let log = fs::File::options().create(true).append(true).open(log)?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", WATCHED])
            .arg(program)
            .arg("--config")
            .arg(config)
            // The server reads settings from its environment too; it must see none that are meant for us.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the process ended before it had a number"))?;
        // Taken out of the child: waiting for the child would otherwise close it, and so kill the server.
        let _alive = child.stdin.take();
        Ok(Self {
            child,
            group: Some(group),
            _alive,
        })
    }

    /// Asks the server itself, not the watcher, to go.
    pub(super) fn terminate(&self) {
        if let Some(leader) = self.group {
            // It may have gone by itself already.
            let _ = kill_process(leader, Signal::TERM);
        }
    }

    pub(super) fn kill_group(&mut self) {
        // Once only: the group's number is ours while the watcher is in it, and anybody's afterwards.
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}
