//! The machine that was measured on. Linux only: it reads `/proc`.

use std::{fmt, fs, io, thread};

use serde::Serialize;

/// The machine that was measured on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Its cores, as far as this process may use them.
    pub cores: usize,
    /// Processes that wanted to run before the measurement began, averaged over a minute: it should be near 0.
    pub load_before: f64,
}

impl Machine {
    pub(crate) fn now() -> io::Result<Self> {
        let processors = fs::read_to_string("/proc/cpuinfo")?;
        let load = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            processor: processors
                .lines()
                .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
                .map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: thread::available_parallelism()?.get(),
            load_before: load
                .split_whitespace()
                .next()
                .and_then(|load| load.parse().ok())
                .ok_or_else(|| malformed("/proc/loadavg"))?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            load_before,
        } = self;
        write!(f, "{processor}, {cores} cores, load {load_before:.2} before")
    }
}

pub(crate) fn malformed(file: &str) -> io::Error {
    io::Error::other(format!("{file} does not look as Linux writes it"))
}
