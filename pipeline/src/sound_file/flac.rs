//! FLAC files.

use std::{io, time::Duration};

use symphonia::{
    core::{
        codecs::audio::{AudioDecoder, AudioDecoderOptions},
        errors::Error,
        formats::{FormatOptions, FormatReader, TrackType},
        io::MediaSourceStream,
    },
    default::{codecs::FlacDecoder, formats::FlacReader},
};

use super::{PLAUSIBLE_HZ, SoundFault};
use crate::audio::SampleRate;

/// All channels of a file, averaged, from −1 to 1.
pub(super) fn mono(file: Vec<u8>) -> Result<(SampleRate, Vec<f32>), SoundFault> {
    let source = MediaSourceStream::new(Box::new(io::Cursor::new(file)), Default::default());
    let start = |error| fault(&error, Duration::ZERO);
    let mut format = FlacReader::try_new(source, FormatOptions::default()).map_err(start)?;
    let track = format.default_track(TrackType::Audio).ok_or(SoundFault::Empty)?;
    let promised = track.num_frames;
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
    let mut decoder = FlacDecoder::try_new(parameters, &AudioDecoderOptions::default()).map_err(start)?;
    let (mut samples, mut interleaved) = (Vec::new(), Vec::<f32>::new());
    loop {
        let heard = rate.duration_of(samples.len() as u64);
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => return Err(fault(&error, heard)),
        };
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

/// One sentence for what the parser found; `heard` is what was good before it.
fn fault(error: &Error, heard: Duration) -> SoundFault {
    match error {
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => SoundFault::Truncated(heard),
        Error::Unsupported(what) => SoundFault::Unsupported((*what).to_owned()),
        Error::DecodeError(what) | Error::LimitError(what) => SoundFault::Damaged((*what).to_owned()),
        other => SoundFault::Damaged(other.to_string()),
    }
}
