//! What the system says of this process. Linux only: it reads `/proc`.

use std::{fs, io, time::Duration};

use crate::machine::malformed;

/// Ticks per second of the times in `/proc/self/stat`; Linux shows programs 100 on every machine that it runs on here.
const TICKS: u64 = 100;

/// What this process has used so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// User and system time of all threads. The kernel counts it to the nanosecond and shows it in steps of 10 ms.
    pub(super) cpu: Duration,
    /// Resident memory in kB of 1,000 bytes.
    pub(super) memory_kb: f64,
}

impl Usage {
    pub(super) fn now() -> io::Result<Self> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        let status = fs::read_to_string("/proc/self/status")?;
        let ticks = ticks(&stat).ok_or_else(|| malformed("/proc/self/stat"))?;
        let kib = field(&status, "VmRSS:").ok_or_else(|| malformed("/proc/self/status"))?;
        Ok(Self {
            cpu: Duration::from_millis(ticks * 1_000 / TICKS),
            memory_kb: kib as f64 * 1.024,
        })
    }
}

/// The fields 14 and 15 of the line, counted behind the process's name, which may have spaces in it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user + system)
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
