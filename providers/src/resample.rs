//! From the 22 050 Hz of Piper and espeak-ng to the 24 000 Hz at which Opus can carry a voice.

use pipeline::{
    audio::{Pcm, SampleRate},
    ports::{ServiceError, ServiceErrorKind},
    sound_file,
};

/// The rate that Piper and espeak-ng give.
pub(crate) const FROM: SampleRate = SampleRate(22_050);
/// The nearest rate above it that Opus knows.
pub(crate) const TO: SampleRate = SampleRate(24_000);

/// A clause of 22 050 Hz at 24 000 Hz. The filter's delay is taken off again, so sound keeps its place.
pub(crate) fn clause(samples: Vec<i16>) -> Result<Vec<i16>, ServiceError> {
    if samples.is_empty() {
        return Ok(samples);
    }
    sound_file::resample(&Pcm::new(FROM, samples), TO)
        .map(|pcm| pcm.samples.to_vec())
        .map_err(|fault| ServiceError::new("offline", ServiceErrorKind::Garbled, fault))
}
