//! The files of a call: both voices as the very packets that were sent and received, and lines of JSON.
//!
//! One task owns the files. Media and session tasks hand it packets and lines through a bounded queue and never wait:
//! when the disk is so slow that the queue is full, what does not fit is left out and counted. Once a second the task
//! empties the queue and hands what has gathered to the disk, on a thread that may block; it is not woken for each packet,
//! which would cost more than the recording itself. A disk that is full or not writable ends the
//! recording of the file in question, with one line in the log; the call goes on.
//!
//! Each voice is an Ogg Opus file (RFC 7845) that begins with the call, so both lie on one clock. See [`track`] for how
//! pauses are kept. What was written survives the end of the process at any moment, because every write is of whole
//! pages or whole lines and nothing has to be put right afterwards; after a loss of power the last seconds may be
//! missing.
//!
//! [`playback`] makes one stereo sound of the two again.

mod disk;
pub mod playback;
pub mod track;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::Serialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};
use tokio_util::task::AbortOnDropHandle;
use turn::CallTime;

use crate::audio::OpusPacket;
use disk::{CallFiles, Portion};
use track::{Placed, Track};

/// Packets and lines that may wait for the disk: about 5 s of a lively call, 300 KB.
const QUEUE: usize = 1_024;

/// How often what has gathered goes to the disk; what a kill of the process can cost.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Whose voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The caller's, in `caller.opus.ogg`.
    Caller,
    /// The agent's, in `agent.opus.ogg`.
    Agent,
}

impl Side {
    /// The name of the side's file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Caller => "caller.opus.ogg",
            Self::Agent => "agent.opus.ogg",
        }
    }
}

/// A file of JSON lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// The turn core's input log, `inputs.jsonl`.
    Inputs,
    /// One record per turn, `turns.jsonl`.
    Turns,
}

impl Journal {
    /// The file's name.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Inputs => "inputs.jsonl",
            Self::Turns => "turns.jsonl",
        }
    }
}

/// How the recording of a call went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingReport {
    /// Packets of the caller in the file.
    pub caller_packets: u64,
    /// Packets of the agent in the file.
    pub agent_packets: u64,
    /// Lines in all journals.
    pub lines: u64,
    /// Packets left out because the queue was full.
    pub packets_dropped: u64,
    /// Lines left out because the queue was full, or because they could not be written as JSON.
    pub lines_dropped: u64,
    /// Packets left out because they were not Opus, came twice, or came when their time was over.
    pub packets_unfit: u64,
    /// What went wrong with the disk first, if anything: file and error. What came after it is missing from that file.
    pub disk_error: Option<String>,
}

impl RecordingReport {
    /// Whether everything that was handed in is in the files.
    pub fn is_complete(&self) -> bool {
        self.disk_error.is_none() && self.packets_dropped + self.lines_dropped + self.packets_unfit == 0
    }
}

/// Takes packets and lines for the recorder; never waits.
#[derive(Clone, Debug)]
pub struct RecorderHandle {
    queue: mpsc::Sender<Entry>,
    dropped: Arc<Dropped>,
}

/// What did not fit into the queue. Counted beside it, because a full queue cannot carry the news.
#[derive(Debug, Default)]
struct Dropped {
    packets: AtomicU64,
    lines: AtomicU64,
}

#[derive(Debug)]
enum Entry {
    Packet(Side, OpusPacket, CallTime),
    Line(Journal, Vec<u8>),
}

impl RecorderHandle {
    /// Records a packet of the caller, whose first sample was said at the moment `at`: the audio clock's time, so that
    /// jitter does not enter the recording.
    pub fn caller(&self, packet: OpusPacket, at: CallTime) {
        self.packet(Side::Caller, packet, at);
    }

    /// Records a packet of the agent that was handed to the wire at the moment `at`.
    pub fn agent(&self, packet: OpusPacket, at: CallTime) {
        self.packet(Side::Agent, packet, at);
    }

    /// Appends `entry` as one line of JSON.
    pub fn line(&self, journal: Journal, entry: &impl Serialize) {
        let sent = serde_json::to_vec(entry).is_ok_and(|mut line| {
            line.push(b'\n');
            self.queue.try_send(Entry::Line(journal, line)).is_ok()
        });
        if !sent {
            self.dropped.lines.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn packet(&self, side: Side, packet: OpusPacket, at: CallTime) {
        if self.queue.try_send(Entry::Packet(side, packet, at)).is_err() {
            self.dropped.packets.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A recording under way. Dropping it ends it at the last flush.
pub struct Recorder {
    task: AbortOnDropHandle<RecordingReport>,
    end: oneshot::Sender<CallTime>,
}

impl Recorder {
    /// Begins to record the call `call_id` into the folder `dir`, which is made if it is missing. A folder that cannot
    /// be written shows in the report, not here: a call is more than its recording.
    pub fn start(dir: PathBuf, call_id: &str) -> (RecorderHandle, Self) {
        let (queue, entries) = mpsc::channel(QUEUE);
        let dropped = Arc::new(Dropped::default());
        let recording = Recording {
            portion: Portion::default(),
            files: CallFiles::new(dir, call_id),
            caller: Track::new(Side::Caller, call_id),
            agent: Track::new(Side::Agent, call_id),
            report: RecordingReport::default(),
        };
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(recording.run(entries, ended, Arc::clone(&dropped)));
        let task = AbortOnDropHandle::new(task);
        (RecorderHandle { queue, dropped }, Self { task, end })
    }

    /// Ends the recording: what waits is written, both voices are made equally long, up to `end`. Whatever is handed in
    /// afterwards is lost.
    pub async fn finish(self, end: CallTime) -> RecordingReport {
        // An error means that the task is gone already; why shows in its result.
        let _gone = self.end.send(end);
        self.task.await.unwrap_or_else(|error| RecordingReport {
            disk_error: Some(format!("the recorder stopped: {error}")),
            ..RecordingReport::default()
        })
    }
}

/// What the task owns.
struct Recording {
    caller: Track,
    agent: Track,
    portion: Portion,
    files: CallFiles,
    report: RecordingReport,
}

impl Recording {
    async fn run(
        mut self,
        mut entries: mpsc::Receiver<Entry>,
        mut ended: oneshot::Receiver<CallTime>,
        dropped: Arc<Dropped>,
    ) -> RecordingReport {
        let mut flush = interval(FLUSH_EVERY);
        flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            tokio::select! {
                // Whoever could say when is gone: so is this task in a moment.
                end = &mut ended => break end.unwrap_or(CallTime::START),
                _ = flush.tick() => {
                    self.take(&mut entries);
                    self.flush().await;
                }
            }
        };
        entries.close();
        self.take(&mut entries);
        self.finish(end);
        self.flush().await;
        self.report.packets_dropped = dropped.packets.load(Ordering::Relaxed);
        self.report.lines_dropped = dropped.lines.load(Ordering::Relaxed);
        self.report
    }

    /// Takes everything that waits.
    fn take(&mut self, entries: &mut mpsc::Receiver<Entry>) {
        while let Ok(entry) = entries.try_recv() {
            match entry {
                Entry::Packet(side, packet, at) => self.packet(side, &packet, at),
                Entry::Line(journal, line) => {
                    self.report.lines += 1;
                    self.portion.append(journal.file(), &line);
                }
            }
        }
    }

    fn packet(&mut self, side: Side, packet: &OpusPacket, at: CallTime) {
        let (track, count) = match side {
            Side::Caller => (&mut self.caller, &mut self.report.caller_packets),
            Side::Agent => (&mut self.agent, &mut self.report.agent_packets),
        };
        match track.place(packet, at) {
            Placed::Recorded => *count += 1,
            Placed::Unfit => self.report.packets_unfit += 1,
        }
        self.portion.append(side.file(), &track.whole_pages());
    }

    async fn flush(&mut self) {
        self.caller.end_page();
        self.agent.end_page();
        self.portion
            .append(Side::Caller.file(), &self.caller.whole_pages());
        self.portion.append(Side::Agent.file(), &self.agent.whole_pages());
        self.files.write(std::mem::take(&mut self.portion)).await;
        self.report.disk_error = self.files.error();
    }

    fn finish(&mut self, end: CallTime) {
        let end = end.max(self.caller.end()).max(self.agent.end());
        self.caller.finish(end);
        self.agent.finish(end);
    }
}
