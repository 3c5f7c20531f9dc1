//! Playing sound to a recogniser as a call does, and how close its text comes to what was said.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use pipeline::{
    audio::HEARING,
    ports::{Recogniser, RecogniserEvent, RecogniserInput, RecogniserOptions, SpeechToText},
    voice_gate::{Found, VoiceGate},
};
use providers::{OfflineOptions, OfflineSpeech};
use tokio::time::timeout;

/// Longer than any of this takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The models folder of this checkout.
pub(crate) fn models() -> PathBuf {
    std::env::var_os("NEWVOICE_MODELS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/models"),
        PathBuf::from,
    )
}

/// The offline services, loaded once for all tests of a program.
pub(crate) fn offline() -> &'static OfflineSpeech {
    static LOADED: OnceLock<OfflineSpeech> = OnceLock::new();
    LOADED.get_or_init(|| {
        let loaded = OfflineSpeech::load(&models(), &OfflineOptions::default());
        loaded.unwrap_or_else(|error| panic!("offline speech does not load: {error}"))
    })
}

/// Recognition for English.
pub(crate) fn recognition() -> Arc<dyn SpeechToText> {
    offline()
        .recognition("en")
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Silence with the faint hiss of a line.
pub(crate) fn hiss(length: Duration) -> Vec<i16> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16 % 9
    };
    (0..HEARING.samples_in(length)).map(next).collect()
}

/// `sound` with silence around it, the second one long enough for every detector to be sure.
pub(crate) fn between_silences(sound: &[i16]) -> Vec<i16> {
    [
        hiss(Duration::from_millis(600)).as_slice(),
        sound,
        hiss(Duration::from_millis(1_000)).as_slice(),
    ]
    .concat()
}

/// What a recogniser said about a stretch of sound.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The interim texts.
    pub(crate) interims: Vec<String>,
    /// The final texts.
    pub(crate) finals: Vec<String>,
    /// Whether a final text's sound may only show attention …
    pub(crate) attention: bool,
    /// … and how many interim texts' sound may.
    pub(crate) attention_so_far: usize,
    /// From the first voiced sample of each stretch of speech to its first interim text.
    pub(crate) first_interim: Vec<Duration>,
    /// For each stretch, from the hint that speech paused for the last time to the final text.
    pub(crate) decode: Vec<Duration>,
    /// For each stretch, from the hint that speech ended to the final text.
    pub(crate) after_stop: Vec<Duration>,
}

impl Heard {
    /// All final texts together.
    pub(crate) fn text(&self) -> String {
        self.finals
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// How fast sound is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As fast as it is taken.
    AtOnce,
    /// A frame every 20 ms, as in a call.
    RealTime,
}

/// Opens a recogniser.
pub(crate) async fn opened(service: &Arc<dyn SpeechToText>) -> Recogniser {
    let options = RecogniserOptions {
        language: "en-US".into(),
    };
    service
        .open(options)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Plays sound to a recogniser with the hints that the pipeline gives, and collects what it says.
pub(crate) async fn heard(service: &Arc<dyn SpeechToText>, sound: &[i16], pace: Pace) -> Heard {
    heard_over(service, sound, pace, false).await
}

/// As [`heard`], said over an agent or not.
pub(crate) async fn heard_over(
    service: &Arc<dyn SpeechToText>,
    sound: &[i16],
    pace: Pace,
    over_agent: bool,
) -> Heard {
    let mut recogniser = opened(service).await;
    let mut detector = offline().voice_activity().detector();
    let mut gate = VoiceGate::default();
    let mut heard = Heard::default();
    let mut verdicts = Vec::new();
    let mut paused_at = None;
    let mut position = 0;
    let mut onset = None;
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    for frame in sound.chunks(HEARING.frame_len()) {
        if pace == Pace::RealTime {
            clock.tick().await;
        }
        let audio = RecogniserInput::Audio {
            position,
            pcm: frame.into(),
        };
        recogniser
            .input
            .send(audio)
            .await
            .expect("the recogniser listens");
        position += frame.len() as u64;
        let fallen = gate.hear(frame);
        detector.hear(frame, &mut verdicts);
        let mut found: Vec<Found> = fallen.into_iter().collect();
        found.extend(verdicts.drain(..).filter_map(|verdict| gate.judge(verdict)));
        for found in found {
            let hint = match found {
                Found::Started { from } => {
                    onset = Some(from);
                    RecogniserInput::SpeechStarted {
                        position: from,
                        over_agent,
                    }
                }
                Found::Paused { voiced_until } => {
                    paused_at = Some(Instant::now());
                    RecogniserInput::SpeechPaused {
                        position: voiced_until,
                    }
                }
                Found::Stopped { voiced_until } => RecogniserInput::SpeechStopped {
                    position: voiced_until,
                },
                Found::Continues { .. } => continue,
            };
            let stopped = matches!(hint, RecogniserInput::SpeechStopped { .. });
            recogniser.input.send(hint).await.expect("the recogniser listens");
            if stopped {
                let since = Instant::now();
                until_final(&mut recogniser, &mut heard).await;
                heard.after_stop.push(since.elapsed());
                heard.decode.extend(paused_at.take().map(|since| since.elapsed()));
            }
        }
        while let Ok(event) = recogniser.events.try_recv() {
            if let (RecogniserEvent::Interim { .. }, Some(onset)) = (&event, onset.take()) {
                heard
                    .first_interim
                    .push(HEARING.duration_of(position.saturating_sub(onset)));
            }
            take(event, &mut heard);
        }
    }
    heard
}

async fn until_final(recogniser: &mut Recogniser, heard: &mut Heard) {
    let finals = heard.finals.len();
    while heard.finals.len() == finals {
        let event = timeout(PATIENCE, recogniser.events.recv())
            .await
            .expect("a final text in time");
        take(event.expect("the recogniser works"), heard);
    }
}

fn take(event: RecogniserEvent, heard: &mut Heard) {
    match event {
        RecogniserEvent::Interim { text, attention } => {
            heard.interims.push(text.reveal().to_owned());
            heard.attention_so_far += usize::from(attention);
        }
        RecogniserEvent::Final { text, attention, .. } => {
            heard.finals.push(text.reveal().to_owned());
            heard.attention |= attention;
        }
        RecogniserEvent::Failed(error) => panic!("{error}"),
        RecogniserEvent::EndOfTurn | RecogniserEvent::Used { .. } => {}
    }
}

/// How many words were added, left out or changed.
pub(crate) fn errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (at, word) in said.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in heard.iter().enumerate() {
            let kept = diagonal + usize::from(word != other);
            diagonal = row[column + 1];
            row[column + 1] = kept.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[heard.len()]
}

/// The words of a text without case, punctuation and dashes; single digits are spelt.
pub(crate) fn words(text: &str) -> Vec<String> {
    const DIGITS: [&str; 10] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let spelt = |word: &str| match word.parse::<usize>() {
        Ok(digit) if digit < 10 => DIGITS[digit].to_owned(),
        _ => word.to_owned(),
    };
    let plain = |word: &str| {
        let kept = word.chars().filter(|sign| sign.is_alphanumeric());
        spelt(&kept.flat_map(char::to_lowercase).collect::<String>())
    };
    text.replace(['-', '–', '—', '/'], " ")
        .split_whitespace()
        .map(plain)
        .filter(|word| !word.is_empty())
        .collect()
}
