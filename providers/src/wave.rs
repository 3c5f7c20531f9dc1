//! WAV as speech programs write it: 16 bits, one channel, and lengths that cannot always be believed.

use pipeline::audio::SampleRate;

/// The rate and the samples of a WAV file. The lengths in the header are ignored where they go beyond the file: a
/// program that writes to a stream does not know them beforehand.
pub(crate) fn read(file: &[u8]) -> Option<(SampleRate, Vec<i16>)> {
    let mut chunks = file.strip_prefix(b"RIFF")?.get(8..)?;
    let mut rate = None;
    loop {
        let (name, len) = (chunks.get(..4)?, word(chunks.get(4..8)?)? as usize);
        let body = &chunks[8..];
        match name {
            b"fmt " => {
                let (channels, bits) = (body.get(2..4)?, body.get(14..16)?);
                if channels != [1, 0] || bits != [16, 0] {
                    return None;
                }
                rate = Some(SampleRate(word(body.get(4..8)?)?));
            }
            b"data" => {
                let samples = body[..len.min(body.len())].as_chunks::<2>().0;
                return Some((
                    rate?,
                    samples.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect(),
                ));
            }
            _ => {}
        }
        chunks = body.get(len + len % 2..)?;
    }
}

fn word(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
