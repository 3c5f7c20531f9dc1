//! The caller: what is said over the agent, and when.

use std::{io, path::Path, time::Duration};

use pipeline::{
    audio::{HEARING, Pcm},
    sound_file,
};
use serde::Serialize;

use super::BargeInError;

/// What is said to interrupt.
const INTERRUPTIONS: [&str; 8] = [
    "clinic/interrupt",
    "clinic/stop",
    "clinic/wait",
    "clinic/price",
    "clinic/another-day",
    "clinic/person",
    "clinic/hours",
    "clinic/wrong",
];
/// What begins like attention and goes on.
const TURNING: [&str; 8] = [
    "turning/yeah-but",
    "turning/okay-and-rms",
    "turning/right-so",
    "turning/um-can-i-rms",
    "turning/yeah-but-rms",
    "turning/okay-and",
    "turning/right-so-rms",
    "turning/um-can-i",
];
/// What shows attention.
const ATTENTION: [&str; 18] = [
    "attention/aha",
    "attention/uh-huh",
    "clinic/yeah",
    "clinic/okay",
    "attention/right",
    "attention/i-see",
    "attention/aha-rms",
    "attention/uh-huh-rms",
    "attention/yeah-rms",
    "attention/okay-rms",
    "attention/right-rms",
    "attention/i-see-rms",
    "attention/aha-awb",
    "attention/uh-huh-awb",
    "attention/yeah-awb",
    "attention/okay-awb",
    "attention/right-awb",
    "attention/i-see-awb",
];
/// What stands for a cough: there is no recording of one that may be passed on.
const COUGHS: [&str; 2] = ["sharp/noise-120", "sharp/noise-400"];
/// Sounds that mean nothing between two interruptions: two signs of attention and a cough. Then the agent begins another
/// story, so that it does not come to the end of one.
const BETWEEN: usize = 3;
/// Until the agent's first story is under way.
const BEGINNING: Duration = Duration::from_secs(6);
/// After a sound that means nothing, until the next.
const GAP: Duration = Duration::from_millis(4_000);
/// After an interruption, until the next story is well under way.
const AFTER_INTERRUPTION: Duration = Duration::from_millis(6_500);
/// Each further sound comes so much later than a whole number of frames and words would have it.
const DRIFT: Duration = Duration::from_millis(37);

/// What a sound of the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words that want the floor.
    Interruption,
    /// Words that want the floor, behind one that could only show attention.
    Turning,
    /// Words that only show attention.
    Attention,
    /// A burst of noise.
    Cough,
}

impl Kind {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Interruption, Self::Turning, Self::Attention, Self::Cough];

    /// Whether the agent should give way.
    pub(super) fn wants_the_floor(self) -> bool {
        matches!(self, Self::Interruption | Self::Turning)
    }
}

/// The recorded clips.
pub(super) struct Clips {
    interruptions: Vec<Clip>,
    turning: Vec<Clip>,
    attention: Vec<Clip>,
    coughs: Vec<Clip>,
}

#[derive(Clone)]
struct Clip {
    samples: Pcm,
    /// First voiced sample.
    onset: u64,
    name: &'static str,
}

/// A caller's part of a call.
pub(super) struct Caller {
    pub(super) samples: Vec<i16>,
    pub(super) sounds: Vec<Sounded>,
}

/// A clip in a caller's part.
#[derive(Clone, Copy)]
pub(super) struct Sounded {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// Its first voiced sample in the caller's part.
    pub(super) onset: u64,
    /// The sample after it in the caller's part.
    pub(super) end: u64,
}

impl Clips {
    /// Reads the clips in the folder that set-up makes.
    pub(super) fn read(speech: &Path) -> Result<Self, BargeInError> {
        let index = speech.join("index.tsv");
        let list = std::fs::read_to_string(&index)?;
        let read = |name: &'static str| Clip::read(speech, name, &list);
        let all = |names: &[&'static str]| names.iter().map(|name| read(name)).collect::<Result<_, _>>();
        let clips = || {
            Ok(Self {
                interruptions: all(&INTERRUPTIONS)?,
                turning: all(&TURNING)?,
                attention: all(&ATTENTION)?,
                coughs: all(&COUGHS)?,
            })
        };
        clips().map_err(|fault| match fault {
            Fault::Sound(error) => BargeInError::Speech(error),
            Fault::Index(fault) => BargeInError::Index { index, fault },
        })
    }
}

enum Fault {
    Sound(sound_file::SoundFileError),
    Index(String),
}

impl Clip {
    fn read(speech: &Path, name: &'static str, list: &str) -> Result<Self, Fault> {
        let mut lines = list.lines();
        let column = |wanted: &str| {
            let header = list.lines().next().unwrap_or_default();
            let found = header.split('\t').position(|column| column == wanted);
            found.ok_or_else(|| Fault::Index(format!("there is no column {wanted}")))
        };
        let (path, rate, start) = (column("path")?, column("rate")?, column("speech_start_sample")?);
        let file = format!("{name}.wav");
        let row: Vec<&str> = lines
            .find(|line| line.split('\t').nth(path) == Some(&file))
            .ok_or_else(|| Fault::Index(format!("there is no {file}")))?
            .split('\t')
            .collect();
        let number = |column: usize| {
            let text = row.get(column).copied().unwrap_or_default();
            let number = text.parse::<u64>();
            number.map_err(|_| Fault::Index(format!("{file} has `{text}` where a number must be")))
        };
        let onset = number(start)? * u64::from(HEARING.0) / number(rate)?.max(1);
        let samples = sound_file::read(&speech.join(&file), HEARING).map_err(Fault::Sound)?;
        Ok(Self { samples, onset, name })
    }
}

impl Caller {
    /// The caller of the call with this number; each begins at another place of the lists.
    pub(super) fn new(clips: &Clips, number: u32) -> Self {
        let first = number as usize;
        let mut attention = clips
            .attention
            .iter()
            .cycle()
            .skip((BETWEEN - 1) * INTERRUPTIONS.len() * first);
        let mut coughs = clips.coughs.iter().cycle().skip(first);
        let mut caller = Self {
            samples: vec![0; HEARING.samples_in(BEGINNING) as usize],
            sounds: Vec::new(),
        };
        let interruptions = clips.interruptions.iter().cycle().skip(first);
        let turning = clips.turning.iter().cycle().skip(first);
        let wanting = interruptions.zip(turning).take(clips.interruptions.len());
        for (number, (interruption, turning)) in wanting.enumerate() {
            for place in 0..BETWEEN {
                let is_cough = place == number % BETWEEN;
                let (kind, clip) = match is_cough {
                    true => (Kind::Cough, coughs.next()),
                    false => (Kind::Attention, attention.next()),
                };
                if let Some(clip) = clip {
                    caller.say(kind, clip, GAP);
                }
            }
            caller.say(Kind::Interruption, interruption, AFTER_INTERRUPTION);
            caller.say(Kind::Turning, turning, AFTER_INTERRUPTION);
        }
        caller
    }

    fn say(&mut self, kind: Kind, clip: &Clip, then: Duration) {
        let start = self.samples.len() as u64;
        self.samples.extend_from_slice(&clip.samples.samples);
        self.sounds.push(Sounded {
            kind,
            name: clip.name,
            onset: start + clip.onset,
            end: self.samples.len() as u64,
        });
        let silence = then + DRIFT * (self.sounds.len() % 7) as u32;
        let silence = HEARING.samples_in(silence) as usize;
        self.samples.resize(self.samples.len() + silence, 0);
    }

    /// The samples of a clip, from its first voiced one on.
    pub(super) fn voiced(&self, sound: &Sounded) -> &[i16] {
        &self.samples[sound.onset as usize..sound.end as usize]
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        sound_file::write_wav(path, &Pcm::new(HEARING, self.samples.as_slice()))
    }
}
