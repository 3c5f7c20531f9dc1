//! A recorded call as one stereo sound: left the caller, right the agent.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use ogg::PacketReader;

use super::Side;
use crate::{
    audio::{RTP_HZ, SampleRate},
    codec::{Decoder, LOOK_AHEAD_TICKS, packet_ticks},
    sound_file::wav_header,
};

/// Why a recording cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlaybackError {
    /// Neither voice was recorded.
    #[error("play the recording in {}: there is none", .0.display())]
    Missing(PathBuf),
    /// A file cannot be read.
    #[error("play {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The rate cannot be decoded to.
    #[error("play the recording at {0}: Opus gives 8, 12, 16, 24 or 48 kHz")]
    Rate(SampleRate),
    /// A WAV file holds 4 GiB.
    #[error("play the recording as WAV: {} s at this rate are too long, choose a lower one", .0.as_secs())]
    TooLong(Duration),
}

/// Frames decoded at once.
const CHUNK: usize = 4_800;

/// The recording of a call as the bytes of a WAV file: 16 bits, two channels. It decodes while it is read, so an hour
/// costs no memory; reading blocks on the disk.
pub struct StereoWav {
    caller: Voice,
    agent: Voice,
    len: u64,
    frames_left: u64,
    bytes: Vec<u8>,
    read: usize,
}

/// Opens the recording in the folder `dir` for reading as stereo WAV at `rate`. A call that is still going on, or was
/// killed, gives what has been written; a voice that is missing is silent.
///
/// # Errors
/// When there is no recording, when it cannot be read, when the rate is not one of Opus's, or when it is too long.
pub fn stereo_wav(dir: &Path, rate: SampleRate) -> Result<StereoWav, PlaybackError> {
    let caller = Voice::open(dir, Side::Caller, rate)?;
    let agent = Voice::open(dir, Side::Agent, rate)?;
    if caller.packets.is_none() && agent.packets.is_none() {
        return Err(PlaybackError::Missing(dir.to_owned()));
    }
    let frames = caller.frames.max(agent.frames);
    let Some(bytes) = u32::try_from(frames * 4)
        .ok()
        .and_then(|data| wav_header(rate, 2, data))
    else {
        return Err(PlaybackError::TooLong(rate.duration_of(frames)));
    };
    let len = bytes.len() as u64 + frames * 4;
    Ok(StereoWav {
        caller,
        agent,
        len,
        frames_left: frames,
        bytes: bytes.to_vec(),
        read: 0,
    })
}

impl StereoWav {
    /// Bytes of the whole file.
    pub fn byte_len(&self) -> u64 {
        self.len
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let frames = self.frames_left.min(CHUNK as u64) as usize;
        self.frames_left -= frames as u64;
        self.bytes.clear();
        self.read = 0;
        let (caller, agent) = (self.caller.next(frames)?, self.agent.next(frames)?);
        for (left, right) in caller.iter().zip(&agent) {
            self.bytes.extend(left.to_le_bytes());
            self.bytes.extend(right.to_le_bytes());
        }
        Ok(())
    }
}

impl Read for StereoWav {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.bytes.len() {
            self.decode_more()?;
        }
        let len = buffer.len().min(self.bytes.len() - self.read);
        buffer[..len].copy_from_slice(&self.bytes[self.read..self.read + len]);
        self.read += len;
        Ok(len)
    }
}

/// One voice being decoded.
struct Voice {
    packets: Option<PacketReader<BufReader<File>>>,
    decoder: Decoder,
    /// Samples that the file has.
    frames: u64,
    /// Samples at the beginning that are the codec's delay.
    skip: usize,
    decoded: Vec<i16>,
}

impl Voice {
    fn open(dir: &Path, side: Side, rate: SampleRate) -> Result<Self, PlaybackError> {
        let decoder = Decoder::new(rate).map_err(|_| PlaybackError::Rate(rate))?;
        let path = dir.join(side.file());
        let unreadable = |error| PlaybackError::Unreadable {
            path: path.clone(),
            error,
        };
        let skip = rate.samples_in(Duration::from_nanos(LOOK_AHEAD_TICKS * 62_500 / 3));
        let mut voice = Self {
            packets: None,
            decoder,
            frames: 0,
            skip: skip as usize,
            decoded: Vec::new(),
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(voice),
            Err(error) => return Err(unreadable(error)),
        };
        let again = file.try_clone().map_err(unreadable)?;
        let mut ticks = 0;
        let mut packets = PacketReader::new(BufReader::new(file));
        while let Some(packet) = next_packet(&mut packets).map_err(unreadable)? {
            ticks += packet_ticks(&packet).unwrap_or(0);
        }
        voice.frames = (ticks * u64::from(rate.0) / u64::from(RTP_HZ)).saturating_sub(skip);
        let mut again = BufReader::new(again);
        io::Seek::rewind(&mut again).map_err(unreadable)?;
        voice.packets = Some(PacketReader::new(again));
        Ok(voice)
    }

    /// The next `frames` samples; silence after the end.
    fn next(&mut self, frames: usize) -> io::Result<Vec<i16>> {
        let mut sound = std::mem::take(&mut self.decoded);
        while let Some(packets) = self.packets.as_mut().filter(|_| sound.len() < frames + self.skip) {
            let Some(packet) = next_packet(packets)? else {
                self.packets = None;
                break;
            };
            if self.decoder.decode(&packet, &mut sound).is_err() {
                self.decoder.conceal_packet(&packet, &mut sound);
            }
        }
        sound.drain(..self.skip.min(sound.len()));
        self.skip = 0;
        self.decoded = sound.split_off(frames.min(sound.len()));
        sound.resize(frames, 0);
        Ok(sound)
    }
}

/// The next packet of sound. A file that breaks off ends where it breaks off.
fn next_packet(packets: &mut PacketReader<BufReader<File>>) -> io::Result<Option<Vec<u8>>> {
    loop {
        match packets.read_packet() {
            Ok(Some(packet))
                if packet.data.starts_with(b"OpusHead") || packet.data.starts_with(b"OpusTags") => {}
            Ok(Some(packet)) => return Ok(Some(packet.data)),
            Err(ogg::OggReadError::ReadError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(error);
            }
            Ok(None) | Err(_) => return Ok(None),
        }
    }
}
