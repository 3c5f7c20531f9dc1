//! A network for one test alone.

use std::process::Command;

use super::{turn, workspace};

/// Runs the test of this name again in a network of its own, and says whether this is that run already. The outer run
/// has nothing more to do.
pub(crate) async fn alone_on_a_network(test: &str) -> bool {
    if std::env::var_os("LOSSY_NETWORK").is_some() {
        return true;
    }
    let _turn = turn().await;
    let this = std::env::current_exe().expect("the program of the tests");
    let status = Command::new(workspace().join(".dev/lossy"))
        .arg("run")
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .status()
        .expect("`.dev/lossy` runs");
    assert!(status.success(), "{test} failed in a network of its own");
    false
}
