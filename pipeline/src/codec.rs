//! Opus, both ways: the agent's voice into packets, the caller's packets into sound.
//!
//! The encoder works at the voice's own rate, so nothing is resampled on the way out; the decoder gives the rate that
//! the listener wants, whatever the sender used. Neither knows time or networks: which packets are missing is the
//! business of [`crate::caller_sound`].

use std::time::Duration;

use bytes::Bytes;

use crate::audio::{OpusPacket, RTP_HZ, SampleRate};

/// How late the decoded sound is behind the samples that were encoded, in ticks of [`RTP_HZ`]: 6.5 ms, of which 2.5 ms
/// are the overlap of the transform and 4 ms align the two coding modes (RFC 6716, 2; RFC 7845 calls it pre-skip).
pub const LOOK_AHEAD_TICKS: u64 = 312;

/// How much sound is invented for one loss. The guess fades out over the second half and silence follows: after 100 ms
/// it would resemble a hum more than the speaker, and a detector could take it for speech.
pub const LONGEST_CONCEALMENT: Duration = Duration::from_millis(100);

/// Part of the packets that is expected to be lost, in percent. Together with in-band correction it makes the encoder
/// repeat each frame, coarsely, in the packet after it, as soon as the rate allows.
const EXPECTED_LOSS_PERCENT: u8 = 8;

/// Whether packets can be recovered from the ones after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Each packet carries a coarse copy of the frame before it. It takes a fifth more of the encoder's time, and bits from
    /// the frame itself.
    Copies,
    /// None; for ways that lose nothing.
    Off,
}

/// Effort of the encoder, 0–10. Above 5 speech at these rates gains little and costs up to twice the time.
const COMPLEXITY: u8 = 5;

/// The longest packet that 20 ms can become (RFC 6716, 3.2.1, plus its first byte).
const LARGEST_PACKET: usize = 1_276;

/// Why sound could not be coded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Opus has no such rate.
    #[error("code Opus at {0}: it takes 8, 12, 16, 24 or 48 kHz, so resample the sound first")]
    Rate(SampleRate),
    /// The encoder takes whole frames of 20 ms.
    #[error("encode a frame of {got} samples: 20 ms at this rate are {expected}")]
    FrameLength {
        /// Samples in 20 ms.
        expected: usize,
        /// Samples given.
        got: usize,
    },
    /// The bytes are not an Opus packet. Treat it as lost.
    #[error("decode a packet of {bytes} bytes: it is not Opus")]
    Malformed {
        /// Length of the packet.
        bytes: usize,
    },
    /// The codec refused sound that should be fine.
    #[error("encode sound: {0}")]
    Encoder(String),
}

/// Turns 20 ms frames of a voice into Opus packets.
pub struct Encoder {
    inner: ropus::Encoder,
    rate: SampleRate,
    correction: Correction,
}

impl Encoder {
    /// An encoder for sound at `rate`, with copies against loss.
    ///
    /// # Errors
    /// [`CodecError::Rate`] unless the rate is one of Opus's own.
    pub fn new(rate: SampleRate) -> Result<Self, CodecError> {
        if !rate.is_opus() {
            return Err(CodecError::Rate(rate));
        }
        let inner = ropus::Encoder::builder(rate.0, ropus::Channels::Mono, ropus::Application::Voip)
            .bitrate(ropus::Bitrate::Bits(bits_per_second(rate)))
            .complexity(COMPLEXITY)
            .signal(ropus::Signal::Voice)
            .inband_fec(ropus::InbandFec::Enabled)
            .packet_loss_perc(EXPECTED_LOSS_PERCENT)
            .build()
            .map_err(|error| CodecError::Encoder(error.to_string()))?;
        Ok(Self {
            inner,
            rate,
            correction: Correction::Copies,
        })
    }

    /// Changes the correction from the next packet on.
    ///
    /// # Errors
    /// [`CodecError::Encoder`], when the codec refuses; the correction stays as it was then.
    pub fn correct(&mut self, correction: Correction) -> Result<(), CodecError> {
        if correction == self.correction {
            return Ok(());
        }
        let (copies, loss) = match correction {
            Correction::Copies => (ropus::InbandFec::Enabled, EXPECTED_LOSS_PERCENT),
            Correction::Off => (ropus::InbandFec::Disabled, 0),
        };
        let set = self.inner.set_packet_loss_perc(loss);
        set.and_then(|()| self.inner.set_inband_fec(copies))
            .map_err(|error| CodecError::Encoder(error.to_string()))?;
        self.correction = correction;
        Ok(())
    }

    /// The rate of the frames that it takes.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Encodes one frame of 20 ms. `position` is the place of its first sample in the outgoing stream, in ticks of
    /// [`RTP_HZ`]; the caller keeps it, because only the caller knows how long it was silent between two frames.
    ///
    /// What the packet decodes to is [`LOOK_AHEAD_TICKS`] late: the frame's first sample is heard that much after the
    /// packet's first.
    ///
    /// # Errors
    /// [`CodecError::FrameLength`] unless the frame has exactly [`SampleRate::frame_len`] samples.
    pub fn encode(&mut self, position: u64, frame: &[i16]) -> Result<OpusPacket, CodecError> {
        let expected = self.rate.frame_len();
        if frame.len() != expected {
            return Err(CodecError::FrameLength {
                expected,
                got: frame.len(),
            });
        }
        let mut packet = [0; LARGEST_PACKET];
        let len = self
            .inner
            .encode(frame, &mut packet)
            .map_err(|error| CodecError::Encoder(error.to_string()))?;
        Ok(OpusPacket {
            position,
            payload: Bytes::copy_from_slice(&packet[..len]),
        })
    }
}

/// Rates at which speech of the given bandwidth is clean with the correction for losses included.
fn bits_per_second(rate: SampleRate) -> u32 {
    match rate.0 {
        ..=16_000 => 24_000,
        24_000 => 28_000,
        _ => 32_000,
    }
}

/// Turns Opus packets, mono or stereo, of any rate, into mono sound at one rate.
pub struct Decoder {
    inner: ropus::Decoder,
    rate: SampleRate,
    /// Samples invented since the last packet.
    concealed: usize,
}

impl Decoder {
    /// A decoder that gives sound at `rate`.
    ///
    /// # Errors
    /// [`CodecError::Rate`] unless the rate is one of Opus's own.
    pub fn new(rate: SampleRate) -> Result<Self, CodecError> {
        let inner = ropus::Decoder::new(rate.0, ropus::Channels::Mono).map_err(|_| CodecError::Rate(rate))?;
        Ok(Self {
            inner,
            rate,
            concealed: 0,
        })
    }

    /// Decodes one packet and appends its sound.
    ///
    /// # Errors
    /// [`CodecError::Malformed`]; nothing was appended then.
    pub fn decode(&mut self, packet: &[u8], sound: &mut Vec<i16>) -> Result<(), CodecError> {
        let malformed = CodecError::Malformed { bytes: packet.len() };
        let Some(ticks) = packet_ticks(packet) else {
            return Err(malformed);
        };
        let start = sound.len();
        sound.resize(start + self.samples(ticks), 0);
        let decoded = self
            .inner
            .decode(packet, &mut sound[start..], ropus::DecodeMode::Normal);
        sound.truncate(start + decoded.unwrap_or(0));
        match decoded {
            Ok(_) => {
                self.concealed = 0;
                Ok(())
            }
            Err(_) => Err(malformed),
        }
    }

    /// Appends `len` samples for what was lost just before `following`: the last frame from the copy that the packet
    /// carries, if it does, and what came before it by [`Decoder::conceal`]. Decode `following` next.
    pub fn recover(&mut self, following: &[u8], len: usize, sound: &mut Vec<i16>) {
        let copy = frame_ticks(following).map_or(0, |ticks| self.samples(ticks));
        if copy == 0 || copy > len {
            return self.conceal(len, sound);
        }
        self.conceal(len - copy, sound);
        let start = sound.len();
        sound.resize(start + copy, 0);
        let recovered = self
            .inner
            .decode(following, &mut sound[start..], ropus::DecodeMode::Fec);
        if recovered != Ok(copy) {
            sound.truncate(start);
            self.conceal(copy, sound);
        }
    }

    /// Appends `len` samples in the place of lost ones: at most [`LONGEST_CONCEALMENT`] of a fading guess since the last
    /// packet, then silence.
    pub fn conceal(&mut self, len: usize, sound: &mut Vec<i16>) {
        let end = sound.len() + len;
        let longest = self.rate.samples_in(LONGEST_CONCEALMENT) as usize;
        let step = (self.rate.0 / 400) as usize; // The codec invents whole multiples of 2.5 ms.
        let mut wanted = len.min(longest.saturating_sub(self.concealed)) / step * step;
        while wanted > 0 {
            let start = sound.len();
            let piece = wanted.min(self.rate.frame_len());
            sound.resize(start + piece, 0);
            let Ok(made @ 1..) = self
                .inner
                .decode(&[], &mut sound[start..], ropus::DecodeMode::Normal)
            else {
                sound.truncate(start);
                break;
            };
            sound.truncate(start + made);
            self.fade(&mut sound[start..], longest);
            wanted = wanted.saturating_sub(made);
        }
        sound.resize(end, 0);
    }

    /// Appends what stands in for a packet that could not be decoded: as much as its first bytes promise, else 20 ms.
    pub fn conceal_packet(&mut self, packet: &[u8], sound: &mut Vec<i16>) {
        let ticks = packet_ticks(packet).unwrap_or(u64::from(RTP_HZ) / 50);
        self.conceal(self.samples(ticks), sound);
    }

    fn fade(&mut self, invented: &mut [i16], longest: usize) {
        for sample in invented {
            let left = longest.saturating_sub(self.concealed) * 2;
            if left < longest {
                *sample = (i64::from(*sample) * left as i64 / longest as i64) as i16;
            }
            self.concealed += 1;
        }
    }

    fn samples(&self, ticks: u64) -> usize {
        (ticks * u64::from(self.rate.0) / u64::from(RTP_HZ)) as usize
    }
}

/// How long a packet's sound is, in ticks of [`RTP_HZ`], read from its first bytes (RFC 6716, 3.1 and 3.2.5); `None`
/// when it cannot be an Opus packet.
pub fn packet_ticks(packet: &[u8]) -> Option<u64> {
    let frames = match packet.first()? & 0b11 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0b11_1111),
    };
    let ticks = frames * frame_ticks(packet)?;
    (1..=5_760).contains(&ticks).then_some(ticks)
}

/// How long each of a packet's frames is, in ticks of [`RTP_HZ`].
pub(crate) fn frame_ticks(packet: &[u8]) -> Option<u64> {
    let configuration = packet.first()? >> 3;
    Some(match configuration {
        0..=11 => [480, 960, 1_920, 2_880][usize::from(configuration % 4)],
        12..=15 => [480, 960][usize::from(configuration % 2)],
        _ => [120, 240, 480, 960][usize::from(configuration % 4)],
    })
}
