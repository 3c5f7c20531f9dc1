//! A network that loses packets, for one test alone.

use std::{path::PathBuf, process::Command};

/// Runs the test of this name again in a network of its own, and says whether this is that run already. The outer run
/// has nothing more to do.
pub(crate) fn inside(test: &str) -> bool {
    if std::env::var_os("LOSSY_NETWORK").is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("the program of the tests");
    let status = Command::new(script())
        .arg("run")
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .status()
        .expect("a network of its own");
    assert!(status.success(), "{test} failed in a network of its own");
    false
}

/// From now on this share of the UDP packets of a port is lost.
pub(crate) fn lose(percent: u8, port: u16) {
    lossy(&["drop", &percent.to_string(), &port.to_string()]);
}

/// From now on no UDP packet of a port gets through.
pub(crate) fn block(port: u16) {
    let rules = format!(
        "add table inet blocked; \
         add chain inet blocked input {{ type filter hook input priority 0; }}; \
         add rule inet blocked input udp dport {port} drop; \
         add rule inet blocked input udp sport {port} drop"
    );
    let status = Command::new("sh")
        .args(["-c", "PATH=$PATH:/usr/sbin:/sbin exec nft \"$1\"", "nft", &rules])
        .status()
        .expect("a shell");
    assert!(
        status.success(),
        "nft does not block the port; `make setup` installs it"
    );
}

/// Nothing is lost any more.
pub(crate) fn heal() {
    lossy(&["heal"]);
}

fn lossy(arguments: &[&str]) {
    let status = Command::new(script())
        .args(arguments)
        .status()
        .expect("`.dev/lossy` runs");
    assert!(status.success(), "lossy {arguments:?} failed");
}

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.dev/lossy")
}
