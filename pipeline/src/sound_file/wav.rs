//! WAV files: their header, and their samples in any of the plain formats.

use std::time::Duration;

use super::{PLAUSIBLE_HZ, SoundFault};
use crate::audio::SampleRate;

/// Bytes of a WAV file before its sound, as [`header`] writes it.
pub const HEADER_LEN: usize = 44;

/// Writers that do not know the length beforehand, as into a pipe, claim one near the largest. The file's end counts then.
const OPEN_LENGTH: usize = 0x7fff_0000;

/// Loudspeaker set-ups end far below; more is damage.
const MOST_CHANNELS: usize = 64;

/// How samples lie in a file.
#[derive(Clone, Copy)]
struct Format {
    rate: SampleRate,
    channels: usize,
    kind: Kind,
    bytes_per_sample: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Whole numbers: 8 bits unsigned, more bits signed.
    Whole,
    Floating,
}

/// The header of a 16-bit WAV file with `data_len` bytes of sound; `None` when the file would be larger than WAV allows.
pub fn header(rate: SampleRate, channels: u16, data_len: u32) -> Option<[u8; HEADER_LEN]> {
    let file_len = data_len.checked_add(HEADER_LEN as u32 - 8)?;
    let frame = channels.checked_mul(2)?;
    let mut header = [0; HEADER_LEN];
    header[0..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&file_len.to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes()); // Length of the format that follows.
    header[20..22].copy_from_slice(&1_u16.to_le_bytes()); // Whole numbers.
    header[22..24].copy_from_slice(&channels.to_le_bytes());
    header[24..28].copy_from_slice(&rate.0.to_le_bytes());
    header[28..32].copy_from_slice(&rate.0.checked_mul(u32::from(frame))?.to_le_bytes());
    header[32..34].copy_from_slice(&frame.to_le_bytes());
    header[34..36].copy_from_slice(&16_u16.to_le_bytes()); // Bits a sample.
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&data_len.to_le_bytes());
    Some(header)
}

/// All channels of a file, averaged, from −1 to 1.
pub(super) fn mono(file: &[u8]) -> Result<(SampleRate, Vec<f32>), SoundFault> {
    let mut format = None;
    let mut rest = file.get(12..).ok_or(SoundFault::Truncated(Duration::ZERO))?;
    loop {
        let Some((head, body)) = rest.split_at_checked(8) else {
            return Err(SoundFault::Truncated(Duration::ZERO));
        };
        let len = u32_at(head, 4).unwrap_or(0) as usize;
        match &head[..4] {
            b"fmt " => {
                format = Some(Format::read(
                    body.get(..len).ok_or(SoundFault::Truncated(Duration::ZERO))?,
                )?)
            }
            b"data" => {
                let format = format.ok_or_else(|| damaged("its sound comes before its format"))?;
                return Ok((format.rate, format.samples(body, len)?));
            }
            _ => {}
        }
        // Chunks begin at even places.
        rest = body
            .get(len.saturating_add(len % 2)..)
            .ok_or(SoundFault::Truncated(Duration::ZERO))?;
    }
}

impl Format {
    fn read(chunk: &[u8]) -> Result<Self, SoundFault> {
        let field = |at| u16_at(chunk, at).ok_or_else(|| damaged("its format is cut short"));
        let (channels, bits) = (usize::from(field(2)?), field(14)?);
        let rate = SampleRate(u32_at(chunk, 4).unwrap_or(0));
        let tag = match field(0)? {
            0xfffe => field(24)?, // The format proper stands further down.
            tag => tag,
        };
        let kind = match (tag, bits) {
            (1, 8 | 16 | 24 | 32) => Kind::Whole,
            (3, 32 | 64) => Kind::Floating,
            _ => return Err(SoundFault::Unsupported(format!("format {tag} with {bits} bits"))),
        };
        if channels == 0 || channels > MOST_CHANNELS {
            return Err(damaged(&format!("it claims {channels} channels")));
        }
        if !PLAUSIBLE_HZ.contains(&rate.0) {
            return Err(damaged(&format!("it claims a rate of {rate}")));
        }
        Ok(Self {
            rate,
            channels,
            kind,
            bytes_per_sample: usize::from(bits / 8),
        })
    }

    /// The sound in the first `promised` bytes of `data`.
    fn samples(self, data: &[u8], promised: usize) -> Result<Vec<f32>, SoundFault> {
        let frame_len = self.bytes_per_sample * self.channels;
        let data = match data.get(..promised) {
            Some(data) => data,
            None if promised >= OPEN_LENGTH => data,
            None => {
                return Err(SoundFault::Truncated(
                    self.rate.duration_of((data.len() / frame_len) as u64),
                ));
            }
        };
        let frames = data.chunks_exact(frame_len);
        Ok(frames.map(|frame| self.average(frame)).collect())
    }

    fn average(self, frame: &[u8]) -> f32 {
        let samples = frame.chunks_exact(self.bytes_per_sample);
        samples.map(|sample| self.sample(sample)).sum::<f32>() / self.channels as f32
    }

    fn sample(self, bytes: &[u8]) -> f32 {
        match (self.kind, bytes) {
            (Kind::Whole, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Kind::Whole, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Kind::Whole, &[a, b, c]) => i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0,
            (Kind::Whole, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
            (Kind::Floating, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Kind::Floating, &[a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32
            }
            _ => 0.0,
        }
    }
}

fn damaged(what: &str) -> SoundFault {
    SoundFault::Damaged(what.to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
