//! The outgoing stream: a frame every 20 ms, silence when nothing is said.

use std::time::{Duration, Instant as Moment};

use bytes::Bytes;
use tokio::{sync::mpsc, time::Instant};
use turn::CallTime;

use super::SpeakerReport;
use crate::{
    audio::{OpusPacket, RTP_HZ, SampleRate},
    call_clock::CallClock,
    codec::{CodecError, Correction, Encoder},
    echo::OwnSound,
    ports::AudioOut,
    recorder::RecorderHandle,
};

/// One frame.
pub(super) const FRAME: Duration = Duration::from_millis(20);
/// A frame that is later than this is skipped over in time rather than made up for: the call was stalled.
const STALL: Duration = Duration::from_millis(100);
/// What counts as late in the report; the listener's jitter buffer begins to notice.
const LATE: Duration = Duration::from_millis(30);
/// Loss from which it is worth its cost to send copies: less is hardly heard.
const LOSSY: f32 = 0.01;
/// A way that has lost packets is taken to go on losing them for this long: losses come in clusters.
const LOSS_REMEMBERED: Duration = Duration::from_secs(60);
/// Frames after which the encoder has said everything that was in it, and an encoder of silence says the same each time.
const SETTLED: u32 = 4;

/// Where frames go.
///
/// Silence is sent too. A listener's jitter buffer that hears nothing between two answers reckons its delay anew each
/// time: with LiveKit's client the way to the ear then varies by 50 ms and grows, against 3 ms with a steady stream. The
/// cost of it is that an answer waits for the next frame, 10 ms on average.
///
/// Copies against loss are sent only while the way loses packets: they take a fifth of what a room costs, and where
/// nothing is lost the same bits make the voice better.
pub(super) struct Wire {
    out: Box<dyn AudioOut>,
    clock: CallClock,
    recorder: Option<RecorderHandle>,
    /// Who compares what is sent with what is heard.
    own: mpsc::Sender<OwnSound>,
    encoder: Encoder,
    /// What a frame of silence is, once the encoder has settled; it costs no encoding.
    silence: Bytes,
    silent: u32,
    /// When the next frame is due.
    due: Instant,
    /// Position after the last frame sent, in ticks of the RTP clock.
    next_ticks: u64,
    /// Until when packets carry copies of those before them.
    copies_until: Instant,
    report: SpeakerReport,
}

impl Wire {
    pub(super) fn new(
        out: Box<dyn AudioOut>,
        rate: SampleRate,
        clock: CallClock,
        recorder: Option<RecorderHandle>,
        own: mpsc::Sender<OwnSound>,
    ) -> Result<Self, CodecError> {
        let mut encoder = Encoder::new(rate)?;
        encoder.correct(Correction::Off)?;
        let mut silence = Bytes::new();
        for _ in 0..=SETTLED {
            silence = encoder.encode(0, &vec![0; rate.frame_len()])?.payload;
        }
        Ok(Self {
            out,
            clock,
            recorder,
            own,
            encoder,
            silence,
            silent: SETTLED,
            due: Instant::now(),
            next_ticks: 0,
            copies_until: Instant::now(),
            report: SpeakerReport::default(),
        })
    }

    pub(super) fn rate(&self) -> SampleRate {
        self.encoder.rate()
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    pub(super) fn report(&mut self) -> &mut SpeakerReport {
        &mut self.report
    }

    /// Sends the frame that is due, and gives when it went out.
    pub(super) fn send(&mut self, frame: &[i16]) -> Option<CallTime> {
        let (ticks, due) = self.next_place();
        self.silent = 0;
        // When the listener lags, an echo is taken for a voice once more; the call goes on.
        let _lags = self.own.try_send(OwnSound::of(due, frame));
        let packet = self.encode(ticks, frame)?;
        if let Some(recorder) = &self.recorder {
            recorder.agent(packet.clone(), due);
        }
        let sent: Option<Moment> = self.out.send(packet);
        Some(sent.map_or_else(|| self.clock.now(), |sent| self.clock.at(sent)))
    }

    /// Sends silence for the frame that is due. It is not recorded: a recording has silence where it has no packets.
    pub(super) fn send_silence(&mut self) {
        let (position, _due) = self.next_place();
        let packet = if self.silent < SETTLED {
            self.silent += 1;
            self.encode(position, &vec![0; self.rate().frame_len()])
        } else {
            Some(OpusPacket {
                position,
                payload: self.silence.clone(),
            })
        };
        if let Some(packet) = packet {
            self.out.send(packet);
        }
    }

    /// Takes the next place in the stream: its position, and when it is due.
    fn next_place(&mut self) -> (u64, CallTime) {
        let late = Instant::now().saturating_duration_since(self.due);
        self.report.frames += 1;
        self.report.late += u64::from(late > LATE);
        self.report.worst_us = self.report.worst_us.max(late.as_micros() as u64);
        if late > STALL {
            self.due = Instant::now();
        }
        let due = self.clock.at(self.due.into_std());
        let ticks = if self.report.frames > 1 && late <= STALL {
            self.next_ticks
        } else {
            let by_time = due.as_nanos() * u64::from(RTP_HZ) / 1_000_000_000;
            by_time.max(self.next_ticks)
        };
        self.next_ticks = ticks + u64::from(RTP_HZ) / 50;
        self.due += FRAME;
        (ticks, due)
    }

    fn encode(&mut self, ticks: u64, frame: &[i16]) -> Option<OpusPacket> {
        let now = Instant::now();
        if self.out.loss() >= LOSSY {
            self.copies_until = now + LOSS_REMEMBERED;
        }
        let correction = if now < self.copies_until {
            Correction::Copies
        } else {
            Correction::Off
        };
        self.encoder
            .correct(correction)
            .and_then(|()| self.encoder.encode(ticks, frame))
            .inspect_err(|error| tracing::error!(%error, "a frame of the agent was lost"))
            .ok()
    }
}
