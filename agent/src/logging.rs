//! Log lines, on standard error, so that standard output is for results.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// What is logged when `RUST_LOG` says nothing: our own lines, and the warnings of others.
const USUAL: &str = "info,livekit_signaling=warn,str0m=warn,sqlx=warn,hyper=warn,ort=warn";

/// Starts logging.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A file or a log collector has no use for colours.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start, as in tests, changes nothing.
    let _already = lines.try_init();
    // Several of our libraries bring a TLS provider; without a choice, the first connection would panic.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
}
