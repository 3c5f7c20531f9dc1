//! Sound as numbers: rates, mono frames, Opus packets and their positions.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

/// The rate of the RTP clock of Opus, in ticks per second, whatever rate the sound itself has (RFC 7587, 4.1).
pub const RTP_HZ: u32 = 48_000;

/// The rate at which the agent hears: recognisers, voice activity and end-of-turn models all take 16 kHz.
pub const HEARING: SampleRate = SampleRate(16_000);

/// Samples per second of one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleRate(pub u32);

impl SampleRate {
    /// How long `samples` last at this rate.
    pub fn duration_of(self, samples: u64) -> Duration {
        Duration::from_nanos((u128::from(samples) * 1_000_000_000 / u128::from(self.0)) as u64)
    }

    /// How many whole samples fit into `duration`.
    pub fn samples_in(self, duration: Duration) -> u64 {
        (duration.as_nanos() * u128::from(self.0) / 1_000_000_000) as u64
    }

    /// Samples in one 20 ms frame, the unit in which the agent speaks.
    pub fn frame_len(self) -> usize {
        (self.0 / 50) as usize
    }

    /// Whether Opus can encode and decode at this rate without resampling (RFC 6716, 2.1.3).
    pub fn is_opus(self) -> bool {
        matches!(self.0, 8_000 | 12_000 | 16_000 | 24_000 | 48_000)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

/// A stretch of mono sound, 16 bits a sample. Cloning shares the samples.
#[derive(Clone, PartialEq, Eq)]
pub struct Pcm {
    /// Samples per second.
    pub rate: SampleRate,
    /// The samples, in order.
    pub samples: Arc<[i16]>,
}

impl Pcm {
    /// Sound made of `samples` at `rate`.
    pub fn new(rate: SampleRate, samples: impl Into<Arc<[i16]>>) -> Self {
        Self {
            rate,
            samples: samples.into(),
        }
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        self.rate.duration_of(self.samples.len() as u64)
    }
}

impl fmt::Debug for Pcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pcm({} samples at {})", self.samples.len(), self.rate)
    }
}

/// One Opus packet with its place in its stream.
#[derive(Clone, PartialEq, Eq)]
pub struct OpusPacket {
    /// Position of the packet's first sample in ticks of [`RTP_HZ`] since the stream began; never wraps. A step that is
    /// larger than the packet before means loss or silence between the two.
    pub position: u64,
    /// The compressed sound, exactly as on the wire.
    pub payload: Bytes,
}

impl fmt::Debug for OpusPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "OpusPacket(at {}, {} bytes)",
            self.position,
            self.payload.len()
        )
    }
}
