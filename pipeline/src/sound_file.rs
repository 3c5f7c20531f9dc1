//! Recorded sound from files and into files.
//!
//! Reads WAV (8 to 32 bits, whole or floating) and FLAC of any rate and number of channels into mono sound at the rate that
//! is asked for; writes 16-bit WAV. Files come from outside: whatever is wrong with one is an error in one sentence.

mod flac;
mod wav;

use std::{
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use rubato::{Fft, FixedSync, Resampler, WindowFunction, audioadapter_buffers::owned::InterleavedOwned};

use crate::audio::{Pcm, SampleRate};
pub use wav::{HEADER_LEN as WAV_HEADER_LEN, header as wav_header};

/// Rates beyond what any recorder makes are a sign of damage.
const PLAUSIBLE_HZ: RangeInclusive<u32> = 1_000..=768_000;

/// Samples that are resampled at a time, at least. The longer, the sharper the filter: 23 ms at 22 kHz pass 10 kHz whole.
const RESAMPLING_BLOCK: usize = 512;

/// A file of sound that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("read the sound file {}: {fault}", path.display())]
pub struct SoundFileError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: SoundFault,
}

/// What is wrong with recorded sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundFault {
    /// The system does not give the file.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// There is no sound in it.
    #[error("it contains no sound")]
    Empty,
    /// It is something else, or a kind of sound that is not read.
    #[error("it is not a WAV or FLAC file that can be read ({0}); convert it to 16-bit WAV")]
    Unsupported(String),
    /// It contradicts itself.
    #[error("it is damaged ({0}); make it anew")]
    Damaged(String),
    /// It ends before its sound does.
    #[error("it breaks off after {:.3} s; copy it again", .0.as_secs_f64())]
    Truncated(Duration),
    /// Sound cannot be brought to the rate asked for.
    #[error("it cannot be brought from {from} to {to}")]
    Rate {
        /// The sound's rate.
        from: SampleRate,
        /// The rate asked for.
        to: SampleRate,
    },
}

/// Reads a file as mono sound at `rate`. Channels are averaged.
///
/// # Errors
/// See [`SoundFault`].
pub fn read(path: &Path, rate: SampleRate) -> Result<Pcm, SoundFileError> {
    let pcm = fs::read(path)
        .map_err(SoundFault::from)
        .and_then(|bytes| decode(bytes, rate));
    pcm.map_err(|fault| SoundFileError {
        path: path.to_owned(),
        fault,
    })
}

/// The sound in the bytes of a file, as [`read`] gives it.
///
/// # Errors
/// See [`SoundFault`].
pub fn decode(file: Vec<u8>, rate: SampleRate) -> Result<Pcm, SoundFault> {
    let (from, samples) = match file.first_chunk() {
        Some(b"RIFF") if file.get(8..12).is_none_or(|form| form == b"WAVE") => wav::mono(&file)?,
        Some(b"fLaC") => flac::mono(file)?,
        _ if file.is_empty() => return Err(SoundFault::Empty),
        _ => return Err(SoundFault::Unsupported("it begins like neither".to_owned())),
    };
    if samples.is_empty() {
        return Err(SoundFault::Empty);
    }
    Ok(whole_samples(resampled(samples, from, rate)?, rate))
}

/// The same sound at another rate, without shift: linear phase, so every sample keeps its moment.
///
/// # Errors
/// [`SoundFault::Rate`] when a rate is zero.
pub fn resample(pcm: &Pcm, rate: SampleRate) -> Result<Pcm, SoundFault> {
    if pcm.rate == rate {
        return Ok(pcm.clone());
    }
    let samples = pcm
        .samples
        .iter()
        .map(|&sample| f32::from(sample) / 32_768.0)
        .collect();
    Ok(whole_samples(resampled(samples, pcm.rate, rate)?, rate))
}

/// Writes sound as a 16-bit mono WAV file.
///
/// # Errors
/// When the file cannot be written or the sound is larger than WAV allows (4 GiB).
pub fn write_wav(path: &Path, pcm: &Pcm) -> io::Result<()> {
    let bytes = wav(pcm).ok_or(io::ErrorKind::FileTooLarge)?;
    fs::write(path, bytes)
}

/// The bytes of a 16-bit mono WAV file; `None` beyond 4 GiB.
pub fn wav(pcm: &Pcm) -> Option<Vec<u8>> {
    let data_len = u32::try_from(pcm.samples.len() * 2).ok()?;
    let mut bytes = wav_header(pcm.rate, 1, data_len)?.to_vec();
    bytes.extend(pcm.samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Some(bytes)
}

fn resampled(samples: Vec<f32>, from: SampleRate, to: SampleRate) -> Result<Vec<f32>, SoundFault> {
    if from == to {
        return Ok(samples);
    }
    let refused = || SoundFault::Rate { from, to };
    let frames = samples.len();
    let expected = (frames as u64 * u64::from(to.0)).div_ceil(u64::from(from.0).max(1));
    let mut resampler = resampler(from, to).ok_or_else(refused)?;
    let sound = InterleavedOwned::new_from(samples, 1, frames).map_err(|_| refused())?;
    let mut resampled = resampler
        .process_all(&sound, frames, None)
        .map_err(|_| refused())?
        .take_data();
    resampled.truncate(expected as usize);
    Ok(resampled)
}

/// A resampler whose blocks are an even number of samples on both sides, so that its delay is a whole one and can be
/// taken off without a rest.
fn resampler(from: SampleRate, to: SampleRate) -> Option<Fft<f32>> {
    let smallest = from.0.checked_div(common_divisor(from.0, to.0))? as usize;
    let block = 2 * smallest * RESAMPLING_BLOCK.div_ceil(2 * smallest.max(1));
    let window = WindowFunction::BlackmanHarris2;
    Fft::new_custom(
        from.0 as usize,
        to.0 as usize,
        block,
        1,
        1,
        window,
        FixedSync::Both,
    )
    .ok()
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

fn whole_samples(samples: Vec<f32>, rate: SampleRate) -> Pcm {
    let whole = |sample: f32| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
    Pcm::new(rate, samples.into_iter().map(whole).collect::<Vec<_>>())
}
