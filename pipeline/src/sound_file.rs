//! Recorded sound from files and into files.
//!
//! Reads WAV (8 to 32 bits, whole or floating) and FLAC of any rate and number of channels into mono sound at the rate that
//! is asked for; writes 16-bit WAV. Files come from outside: whatever is wrong with one is an error in one sentence.

use std::{
    fs,
    io::{self, Cursor},
    path::{Path, PathBuf},
    time::Duration,
};

use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::owned::InterleavedOwned};
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use crate::audio::{Pcm, SampleRate};

/// Bytes of a WAV file before its sound.
pub const WAV_HEADER_LEN: usize = 44;

/// Rates beyond what any recorder makes are a sign of damage.
const PLAUSIBLE_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

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
    if file.is_empty() {
        return Err(SoundFault::Empty);
    }
    let source = MediaSourceStream::new(Box::new(Cursor::new(file)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            source,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|error| fault(&error, Duration::ZERO))?;
    let (from, samples) = mono(format.as_mut())?;
    if samples.is_empty() {
        return Err(SoundFault::Empty);
    }
    let samples = resampled(samples, from, rate)?;
    Ok(Pcm::new(
        rate,
        samples.into_iter().map(to_i16).collect::<Vec<_>>(),
    ))
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
    let samples = resampled(samples, pcm.rate, rate)?;
    Ok(Pcm::new(
        rate,
        samples.into_iter().map(to_i16).collect::<Vec<_>>(),
    ))
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

/// The header of a 16-bit WAV file with `data_len` bytes of sound; `None` when the file would be larger than WAV allows.
pub fn wav_header(rate: SampleRate, channels: u16, data_len: u32) -> Option<[u8; WAV_HEADER_LEN]> {
    let file_len = data_len.checked_add(WAV_HEADER_LEN as u32 - 8)?;
    let frame = channels.checked_mul(2)?;
    let mut header = [0; WAV_HEADER_LEN];
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

/// Decodes all of a file into one channel.
fn mono(format: &mut dyn FormatReader) -> Result<(SampleRate, Vec<f32>), SoundFault> {
    let track = format.default_track(TrackType::Audio).ok_or(SoundFault::Empty)?;
    let (id, promised) = (track.id, track.num_frames);
    let Some(parameters) = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
    else {
        return Err(SoundFault::Empty);
    };
    let rate = SampleRate(parameters.sample_rate.unwrap_or(0));
    if !PLAUSIBLE_HZ.contains(&rate.0) {
        return Err(SoundFault::Damaged(format!("it claims a rate of {rate}")));
    }
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| fault(&error, Duration::ZERO))?;
    let (mut samples, mut interleaved) = (Vec::new(), Vec::<f32>::new());
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A writer that did not know the length left it open: the file's end is the sound's end.
            Err(error) if is_end(&error) && promised.is_none() => break,
            Err(error) => return Err(fault(&error, rate.duration_of(samples.len() as u64))),
        };
        if packet.track_id != id {
            continue;
        }
        let heard = rate.duration_of(samples.len() as u64);
        let sound = decoder.decode(&packet).map_err(|error| fault(&error, heard))?;
        let channels = sound.spec().channels().count().max(1);
        interleaved.clear();
        sound.copy_to_vec_interleaved(&mut interleaved);
        samples.extend(
            interleaved
                .chunks_exact(channels)
                .map(|frame| frame.iter().sum::<f32>() / channels as f32),
        );
    }
    match promised {
        Some(promised) if (samples.len() as u64) < promised => {
            Err(SoundFault::Truncated(rate.duration_of(samples.len() as u64)))
        }
        _ => Ok((rate, samples)),
    }
}

fn resampled(samples: Vec<f32>, from: SampleRate, to: SampleRate) -> Result<Vec<f32>, SoundFault> {
    if from == to {
        return Ok(samples);
    }
    let refused = || SoundFault::Rate { from, to };
    let frames = samples.len();
    let mut resampler =
        Fft::<f32>::new(from.0 as usize, to.0 as usize, 1_024, 1, FixedSync::Both).map_err(|_| refused())?;
    let sound = InterleavedOwned::new_from(samples, 1, frames).map_err(|_| refused())?;
    let resampled = resampler
        .process_all(&sound, frames, None)
        .map_err(|_| refused())?;
    Ok(resampled.take_data())
}

/// One sentence for what the parser found; `heard` is what was good before it.
fn fault(error: &SymphoniaError, heard: Duration) -> SoundFault {
    match error {
        error if is_end(error) => SoundFault::Truncated(heard),
        SymphoniaError::Unsupported(what) => SoundFault::Unsupported((*what).to_owned()),
        SymphoniaError::DecodeError(what) | SymphoniaError::LimitError(what) => {
            SoundFault::Damaged((*what).to_owned())
        }
        other => SoundFault::Damaged(other.to_string()),
    }
}

fn is_end(error: &SymphoniaError) -> bool {
    matches!(error, SymphoniaError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
