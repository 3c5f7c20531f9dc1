//! What was measured, and what of it is too much.

use std::{fmt, time::Duration};

use pipeline::recorder::RecordingReport;
use serde::Serialize;
use telemetry::{Distribution, TurnRecord};

use super::{Heard, agents::Held, cost::Usage};
use crate::{
    cli::{Limits, Plan},
    machine::Machine,
};

/// What a measurement of load gave. How each number comes about stands at the head of the crate.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// The detector of voices.
    pub vad: String,
    /// Length of the window in seconds.
    pub seconds: f64,
    /// CPU for each room, in percent of one core.
    pub cpu_percent: f64,
    /// Memory for each room after the first, in kB; none where there was but one.
    pub memory_kb: Option<f64>,
    /// The process's memory with one room.
    pub one_room_kb: f64,
    /// The process's memory at its highest moment in the window.
    pub highest_kb: f64,
    /// How much of it came in the course of the window.
    pub growth_kb: f64,
    /// Frames that the agents sent, of all calls from beginning to end.
    pub frames: u64,
    /// The share of them that was speech, in percent; the others were silence, which is cheap.
    pub speech_percent: f64,
    /// Those that were more than 30 ms late.
    pub late: u64,
    /// The latest, in milliseconds after it was due.
    pub worst_ms: f64,
    /// What the callers heard of them.
    pub heard: Heard,
    /// Turns of the callers.
    pub turns: usize,
    /// Those whose answer the caller cut.
    pub interrupted: usize,
    /// From the end of a caller's turn to the audible answer, in milliseconds.
    pub eou_latency: Distribution,
    /// The worker's own part of it, in milliseconds.
    pub worker_added: Distribution,
    /// Room by room.
    pub rooms: Vec<RoomReport>,
}

/// How one call went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RoomReport {
    /// Which.
    pub room: u32,
    /// Frames that its agent sent.
    pub frames: u64,
    /// Those that were speech.
    pub spoken: u64,
    /// Those that were more than 30 ms late.
    pub late: u64,
    /// The latest, in milliseconds after it was due.
    pub worst_ms: f64,
    /// Times that the voice did not keep up with speech.
    pub underruns: u64,
    /// Packets of the caller that were used.
    pub packets: u64,
    /// Packets and lines in its recording.
    pub recorded: u64,
    /// Those that found no room in the recorder's queue.
    pub unrecorded: u64,
    /// Packets that the recorder refused: twice the same moment, as when a sender's stream begins.
    pub unfit: u64,
    /// `eou_latency` of each of the caller's turns, in milliseconds; none for one that was not answered.
    pub latencies: Vec<Option<f64>>,
    /// The worker's part of each.
    pub added: Vec<Option<f64>>,
    /// Turns whose answer the caller cut.
    pub interrupted: usize,
}

/// What was measured between two moments.
pub(super) struct Window {
    pub(super) length: Duration,
    pub(super) cpu: Duration,
    pub(super) highest_kb: f64,
    pub(super) growth_kb: f64,
}

impl RoomReport {
    pub(super) fn new(room: u32) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    pub(super) fn answered(&self) -> usize {
        self.latencies.iter().flatten().count()
    }

    pub(super) fn count(&mut self, turn: &TurnRecord) {
        if turn.is_callers() {
            self.latencies.push(turn.derived.eou_latency);
            self.added.push(turn.derived.worker_added);
            self.interrupted += usize::from(turn.is_interruption());
        }
    }

    pub(super) fn ended(&mut self, held: &Held) {
        let spoken = held.outcome.speaker;
        self.frames = spoken.frames;
        self.late = spoken.late;
        self.worst_ms = spoken.worst_us as f64 / 1e3;
        self.underruns = spoken.underruns;
        self.packets = held.outcome.sound.packets;
        let RecordingReport {
            caller_packets,
            agent_packets,
            lines,
            packets_dropped,
            lines_dropped,
            packets_unfit,
            ..
        } = held.recording;
        // Silence of the agent is not recorded.
        self.spoken = agent_packets;
        self.recorded = caller_packets + agent_packets + lines;
        self.unrecorded = packets_dropped + lines_dropped;
        self.unfit = packets_unfit;
    }
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        plan: &Plan,
        one_room: Usage,
        window: Window,
        rooms: Vec<RoomReport>,
        heard: Heard,
    ) -> Self {
        let further = rooms.len().saturating_sub(1);
        let frames: u64 = rooms.iter().map(|room| room.frames).sum();
        let spoken: u64 = rooms.iter().map(|room| room.spoken).sum();
        Self {
            machine,
            vad: format!("{:?}", plan.vad).to_lowercase(),
            seconds: window.length.as_secs_f64(),
            cpu_percent: 100.0 * window.cpu.as_secs_f64() / window.length.as_secs_f64() / rooms.len() as f64,
            memory_kb: (further > 0).then(|| (window.highest_kb - one_room.memory_kb) / further as f64),
            one_room_kb: one_room.memory_kb,
            highest_kb: window.highest_kb,
            growth_kb: window.growth_kb,
            frames,
            speech_percent: 100.0 * spoken as f64 / frames.max(1) as f64,
            late: rooms.iter().map(|room| room.late).sum(),
            worst_ms: rooms.iter().map(|room| room.worst_ms).fold(0.0, f64::max),
            heard,
            turns: rooms.iter().map(|room| room.latencies.len()).sum(),
            interrupted: rooms.iter().map(|room| room.interrupted).sum(),
            eou_latency: Distribution::of(rooms.iter().flat_map(|room| room.latencies.iter().copied())),
            worker_added: Distribution::of(rooms.iter().flat_map(|room| room.added.iter().copied())),
            rooms,
        }
    }

    /// One sentence for each limit that was not kept.
    pub fn exceeded(&self, limits: &Limits) -> Vec<String> {
        let mut exceeded = Vec::new();
        if let Some(most) = limits.max_cpu.filter(|most| self.cpu_percent > *most) {
            exceeded.push(format!(
                "a room took {:.2} % of a core, more than {most} %",
                self.cpu_percent
            ));
        }
        match (limits.max_memory_mb, self.memory_kb) {
            (Some(_), None) => exceeded.push(
                "memory for each room cannot be told from one room: measure with --rooms 2 or more"
                    .to_owned(),
            ),
            (Some(most), Some(kb)) if kb > most * 1e3 => {
                exceeded.push(format!("a room took {:.2} MB, more than {most} MB", kb / 1e3));
            }
            _ => {}
        }
        if let Some(most) = limits.max_late.filter(|most| self.late > *most) {
            exceeded.push(format!(
                "{} frames were more than 30 ms late, more than {most}",
                self.late
            ));
        }
        exceeded
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms = self.rooms.len();
        writeln!(f, "machine       {}", self.machine)?;
        writeln!(
            f,
            "load          {rooms} rooms for {:.0} s, voice activity {}",
            self.seconds, self.vad
        )?;
        writeln!(
            f,
            "cpu           {:.2} % of a core for each room, {:.1} % for all",
            self.cpu_percent,
            self.cpu_percent * rooms as f64
        )?;
        if let Some(kb) = self.memory_kb {
            write!(f, "memory        {kb:.0} kB for each further room; ")?;
        } else {
            write!(f, "memory        ")?;
        }
        writeln!(
            f,
            "{:.0} kB with one, {:.0} kB at most, {:+.0} kB in the window",
            self.one_room_kb, self.highest_kb, self.growth_kb
        )?;
        let sum = |of: fn(&RoomReport) -> u64| -> u64 { self.rooms.iter().map(of).sum() };
        let underruns = sum(|room| room.underruns);
        writeln!(
            f,
            "frames        {} sent, {:.0} % of them speech, {} more than 30 ms late, the latest {:.1} ms; the voice was late \
             {underruns} times",
            self.frames, self.speech_percent, self.late, self.worst_ms
        )?;
        writeln!(
            f,
            "callers       {} packets heard, {} more than 30 ms late, the latest {:.1} ms",
            self.heard.packets, self.heard.late, self.heard.worst_ms
        )?;
        writeln!(
            f,
            "turns         {} of the callers, {} answered, {} of those cut by the caller",
            self.turns, self.eou_latency.count, self.interrupted
        )?;
        spread(f, "eou_latency ", &self.eou_latency)?;
        spread(f, "worker_added", &self.worker_added)?;
        write!(
            f,
            "recordings    {} packets and lines, {} more found no room, {} unfit",
            sum(|room| room.recorded),
            sum(|room| room.unrecorded),
            sum(|room| room.unfit),
        )
    }
}

fn spread(f: &mut fmt::Formatter<'_>, name: &str, of: &Distribution) -> fmt::Result {
    if let (Some(p50), Some(p95), Some(max)) = (of.p50, of.p95, of.max) {
        writeln!(f, "{name}  p50 {p50:.1} ms, p95 {p95:.1} ms, largest {max:.1} ms")?;
    }
    Ok(())
}
