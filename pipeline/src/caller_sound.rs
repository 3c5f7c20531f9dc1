//! The caller's packets made into sound without gaps.

use std::{sync::Arc, time::Duration};

use turn::CallTime;

use crate::{
    audio::{HEARING, RTP_HZ},
    clock::AudioClock,
    codec::{CodecError, Decoder, packet_ticks},
    ports::HeardPacket,
};

/// How long a missing packet is waited for before silence takes its place. The room hands packets on in order after at
/// most 60 ms, so what is later than that was held up in the network or is not coming.
pub const PATIENCE: Duration = Duration::from_millis(60);

/// A step back of more than this is a stream that began anew, not a packet that came late.
const LATEST: u64 = RTP_HZ as u64;

/// Positions may run ahead of time by this much; more is a stream that began anew at another number.
const LARGEST_LEAD: u64 = HEARING.0 as u64;

/// The longest stretch given at once. What is due beyond it follows with the next call.
const LONGEST_STRETCH: u64 = HEARING.0 as u64;

/// Silence is made in pieces of 10 ms, so that the decoder can fade out what came before.
const PIECE: u64 = HEARING.0 as u64 / 100;

/// Sound that follows, sample by sample, on the sound given before.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Position of its first sample at [`HEARING`], since the caller's sound began.
    pub position: u64,
    /// The samples; may be none.
    pub samples: Arc<[i16]>,
    /// Where the sound of the packet itself begins, after what stands in for lost ones; `None` when the packet was not
    /// used, or there was none.
    pub packet: Option<u64>,
}

impl Stretch {
    /// Position after its last sample.
    pub fn end(&self) -> u64 {
        self.position + self.samples.len() as u64
    }
}

/// What came in and what did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoundCounts {
    /// Packets that were used.
    pub packets: u64,
    /// Packets that came twice, or when others had already taken their place.
    pub late: u64,
    /// Packets that are not Opus.
    pub malformed: u64,
    /// Streams that began anew within the call.
    pub restarts: u64,
    /// Times that something was missing between two packets: lost, or not sent because the caller was silent.
    pub holes: u64,
    /// Samples at [`HEARING`] that stand in for something that was not received.
    pub made_up: u64,
}

/// Turns the caller's packets into sound at [`HEARING`] that has no gaps: lost packets are recovered from the next one or
/// concealed, pauses of the sender become silence, and a stream that begins anew goes on where the last one stopped.
///
/// It waits for nothing and reads no clock. Packets are used as they come, so jitter costs no delay; only when nothing
/// came for [`PATIENCE`] does [`CallerSound::fill_until`] put silence in. If the missing sound comes after all, it is
/// given too: a recogniser hears a pause in the word rather than half a word, and the clock reckons anew.
pub struct CallerSound {
    decoder: Decoder,
    clock: AudioClock,
    stream: Option<Stream>,
    position: u64,
    counts: SoundCounts,
}

/// The stream that is being heard.
struct Stream {
    track: u32,
    /// Where the next packet should begin, in ticks.
    next: u64,
    /// When the last one came.
    heard: CallTime,
    /// Samples put in since then.
    filled: u64,
}

/// How a packet follows the one before.
enum Step {
    /// Nothing came before.
    First,
    /// Samples missing between the two, and ticks at the packet's beginning that are already known.
    Next { gap: u64, known: u64 },
    /// Another stream, so many samples later.
    Restart { gap: u64 },
    /// Its place was taken.
    Late,
}

impl CallerSound {
    /// A caller who has not been heard yet.
    ///
    /// # Errors
    /// None in practice: [`HEARING`] is a rate of Opus.
    pub fn new() -> Result<Self, CodecError> {
        Ok(Self {
            decoder: Decoder::new(HEARING)?,
            clock: AudioClock::new(),
            stream: None,
            position: 0,
            counts: SoundCounts::default(),
        })
    }

    /// Takes a packet that arrived at the moment `at` and gives the sound up to its end. Packets come in the order of
    /// their arrival.
    pub fn hear(&mut self, heard: &HeardPacket, at: CallTime) -> Stretch {
        let payload = &heard.packet.payload;
        let ticks = packet_ticks(payload).unwrap_or(u64::from(RTP_HZ) / 50);
        let step = self.step(heard, ticks, at);
        let filled = self.stream.as_ref().map_or(0, |stream| stream.filled);
        let (gap, known) = match step {
            Step::Late => {
                self.counts.late += 1;
                return self.stretch(Vec::new(), None);
            }
            Step::First => (0, 0),
            Step::Next { gap, known } => (gap, known),
            Step::Restart { gap } => (gap, 0),
        };
        let missing = gap.saturating_sub(filled);
        let due = missing.min(LONGEST_STRETCH);
        let mut samples = Vec::new();
        if let Step::Restart { .. } = step {
            self.restart_decoder();
            self.decoder.conceal(due as usize, &mut samples);
        } else if due > 0 {
            self.counts.holes += u64::from(filled == 0);
            self.decoder.recover(payload, due as usize, &mut samples);
        }
        self.counts.made_up += due;
        let start = self.position + due;
        if matches!(step, Step::Restart { .. }) || filled > gap || missing > due {
            self.clock.restart(start);
        }
        self.decode(payload, ticks, known, &mut samples);
        self.stream = Some(Stream {
            track: heard.track,
            next: heard.packet.position.saturating_add(ticks),
            heard: at,
            filled: 0,
        });
        let stretch = self.stretch(samples, Some(start));
        self.clock.arrived(self.position, at);
        stretch
    }

    /// Gives what stands in for sound that has not come by `now`, so that a caller who is muted or cut off still falls
    /// silent for those who listen: a short fading guess, then silence, up to [`PATIENCE`] before `now`. Call it every
    /// 20 ms or so; it gives at most 1 s at once. Before the first packet there is nothing.
    pub fn fill_until(&mut self, now: CallTime) -> Stretch {
        let mut samples = Vec::new();
        if let Some(stream) = &mut self.stream {
            let waited = now.since(stream.heard).saturating_sub(PATIENCE);
            let missing = HEARING.samples_in(waited).saturating_sub(stream.filled);
            let due = missing.min(LONGEST_STRETCH) / PIECE * PIECE;
            self.counts.holes += u64::from(stream.filled == 0 && due > 0);
            stream.filled += due;
            self.counts.made_up += due;
            self.decoder.conceal(due as usize, &mut samples);
        }
        self.stretch(samples, None)
    }

    /// When the sample at `position` was said.
    pub fn time_of(&self, position: u64) -> CallTime {
        self.clock.time_of(position)
    }

    /// Position after the last sample given.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What came in so far.
    pub fn counts(&self) -> SoundCounts {
        self.counts
    }

    fn step(&self, heard: &HeardPacket, ticks: u64, at: CallTime) -> Step {
        let Some(stream) = &self.stream else {
            return Step::First;
        };
        let position = heard.packet.position;
        let elapsed = HEARING.samples_in(at.since(stream.heard));
        let anew = Step::Restart {
            gap: elapsed.saturating_sub(in_samples(ticks)),
        };
        if heard.track != stream.track || position.saturating_add(LATEST) < stream.next {
            return anew;
        }
        if position.saturating_add(ticks) <= stream.next {
            return Step::Late;
        }
        let gap = in_samples(position.saturating_sub(stream.next));
        if gap > elapsed + LARGEST_LEAD {
            return anew;
        }
        Step::Next {
            gap,
            known: stream.next.saturating_sub(position),
        }
    }

    fn restart_decoder(&mut self) {
        self.counts.restarts += 1;
        if let Ok(decoder) = Decoder::new(HEARING) {
            self.decoder = decoder;
        }
    }

    fn decode(&mut self, payload: &[u8], ticks: u64, known: u64, samples: &mut Vec<i16>) {
        let start = samples.len();
        if self.decoder.decode(payload, samples).is_err() {
            self.counts.malformed += 1;
            self.counts.made_up += in_samples(ticks);
            self.decoder.conceal(in_samples(ticks) as usize, samples);
        } else {
            self.counts.packets += 1;
        }
        let skipped = (in_samples(known) as usize).min(samples.len() - start);
        samples.drain(start..start + skipped);
    }

    fn stretch(&mut self, samples: Vec<i16>, packet: Option<u64>) -> Stretch {
        let position = self.position;
        self.position += samples.len() as u64;
        Stretch {
            position,
            samples: samples.into(),
            packet,
        }
    }
}

fn in_samples(ticks: u64) -> u64 {
    ticks / u64::from(RTP_HZ / HEARING.0)
}
