//! Measures the gate before Silero: what it saves, and what it costs in onsets.
//!
//! `vad_gate DIR [EVERY]`: DIR has an `index.tsv` (path in the first column). Every recording is heard with silence, line
//! hiss or street-like noise around it, with and without the gate; then many detectors share the network at once.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use pipeline::{
    audio::HEARING,
    ports::{VoiceActivityFactory, VoiceVerdict},
    sound_file,
};
use providers::{
    models_folder,
    vad::{Band, Gate, Silero, SileroOptions, Webrtc},
};

/// From here on a window counts as speech.
const SPEECH: f32 = 0.5;
/// A stretch begins when nothing was speech for this many windows before it (0.3 s).
const APART: usize = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first().map(PathBuf::from) else {
        say("usage: vad_gate DIR [EVERY]");
        return ExitCode::from(2);
    };
    let every = arguments.get(1).and_then(|every| every.parse().ok()).unwrap_or(1);
    match measure(&folder, every) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(folder: &std::path::Path, every: usize) -> Result<(), Box<dyn std::error::Error>> {
    let index = std::fs::read_to_string(folder.join("index.tsv"))?;
    let paths = index
        .lines()
        .skip(1)
        .step_by(every)
        .filter_map(|line| line.split('\t').next());
    let clips: Vec<Vec<i16>> = paths
        .map(|path| Ok(sound_file::read(&folder.join(path), HEARING)?.samples.to_vec()))
        .collect::<Result<_, sound_file::SoundFileError>>()?;

    let silero = Silero::open(&models_folder(), SileroOptions::default())?;
    let with = |band, gate| {
        silero.with(SileroOptions {
            band,
            gate,
            copies: 1,
        })
    };
    let pairs = [
        (
            "16 kHz",
            with(Band::Wide, Gate::None),
            with(Band::Wide, Gate::Webrtc),
        ),
        (
            "8 kHz",
            with(Band::Narrow, Gate::None),
            with(Band::Narrow, Gate::Webrtc),
        ),
    ];
    say(
        "network background   speech%  us/window  gated  saved%  stretches  missed  extra  onset later ms (p50 p95 max)  windows lost%",
    );
    for (name, plain, gated) in &pairs {
        for (background, level, share) in [
            ("silence", 0, 4),
            ("hiss", 8, 4),
            ("noise", 300, 4),
            ("hiss", 8, 0),
            ("noise", 300, 0),
        ] {
            let mut row = Row::default();
            for clip in &clips {
                row.add(&surrounded(clip, level, share), plain, gated);
            }
            say(&format!("{name:7} {background:8}/{share}  {}", row.line()));
        }
    }
    let mut row = Row::default();
    for clip in &clips {
        row.add(&surrounded(clip, 8, 4), &pairs[0].1, &Webrtc);
    }
    say(&format!("webrtc  hiss    /4  {}", row.line()));
    contention(&silero, &surrounded(&clips.concat(), 8, 0));
    Ok(())
}

/// A clip with `share` times its own length of background around it, and the background under all of it. The background
/// is white noise of the given amplitude.
fn surrounded(clip: &[i16], level: i16, share: usize) -> Vec<i16> {
    let side = vec![0; clip.len() * share / 2 + 8_000];
    let mut state = 1_u32;
    let add = |sample: i16| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        sample.saturating_add((state >> 16) as i16 % (level + 1))
    };
    [&side[..], clip, &side].concat().into_iter().map(add).collect()
}

#[derive(Default)]
struct Row {
    windows: usize,
    speech: usize,
    lost: usize,
    plain: Duration,
    gated: Duration,
    stretches: usize,
    missed: usize,
    extra: usize,
    later_ms: Vec<f64>,
}

impl Row {
    fn add(&mut self, sound: &[i16], plain: &dyn VoiceActivityFactory, gated: &dyn VoiceActivityFactory) {
        let (truth, plain) = verdicts(plain, sound);
        let (found, gated) = verdicts(gated, sound);
        self.plain += plain;
        self.gated += gated;
        self.windows += truth.len();
        let speaks = |at: u64| {
            found
                .iter()
                .any(|one| one.speech >= SPEECH && one.end >= at && one.end < at + 512)
        };
        let spoken: Vec<_> = truth.iter().filter(|one| one.speech >= SPEECH).collect();
        self.speech += spoken.len();
        self.lost += spoken.iter().filter(|one| !speaks(one.end)).count();
        let (onsets, found) = (onsets(&truth), onsets(&found));
        self.stretches += onsets.len();
        let near = |one: u64, other: u64| one.abs_diff(other) < 8_000;
        for onset in &onsets {
            match found.iter().find(|other| near(**other, *onset)) {
                Some(other) => self.later_ms.push((*other as f64 - *onset as f64) / 16.0),
                None => self.missed += 1,
            }
        }
        self.extra += found
            .iter()
            .filter(|other| !onsets.iter().any(|onset| near(*onset, **other)))
            .count();
    }

    fn line(&mut self) -> String {
        let us = |time: Duration| time.as_secs_f64() * 1e6 / self.windows as f64;
        let (plain, gated) = (us(self.plain), us(self.gated));
        self.later_ms.sort_by(f64::total_cmp);
        let later = |share: usize| {
            self.later_ms
                .get(self.later_ms.len().saturating_sub(1) * share / 100)
        };
        format!(
            "{:7.1} {:10.1} {:6.1} {:7.1} {:10} {:7} {:6}      {:5.0} {:5.0} {:5.0} {:23.2}",
            100.0 * self.speech as f64 / self.windows as f64,
            plain,
            gated,
            100.0 * (1.0 - gated / plain),
            self.stretches,
            self.missed,
            self.extra,
            later(50).unwrap_or(&f64::NAN),
            later(95).unwrap_or(&f64::NAN),
            later(100).unwrap_or(&f64::NAN),
            100.0 * self.lost as f64 / self.speech.max(1) as f64,
        )
    }
}

fn verdicts(factory: &dyn VoiceActivityFactory, sound: &[i16]) -> (Vec<VoiceVerdict>, Duration) {
    let mut detector = factory.detector();
    let mut verdicts = Vec::new();
    let since = Instant::now();
    for frame in sound.chunks(HEARING.frame_len()) {
        detector.hear(frame, &mut verdicts);
    }
    (verdicts, since.elapsed())
}

/// Where stretches of speech begin: the ends of their first windows.
fn onsets(verdicts: &[VoiceVerdict]) -> Vec<u64> {
    let mut silent = APART;
    let mut onsets = Vec::new();
    for verdict in verdicts {
        if verdict.speech < SPEECH {
            silent += 1;
            continue;
        }
        if silent >= APART {
            onsets.push(verdict.end);
        }
        silent = 0;
    }
    onsets
}

/// How long a window takes when several threads hear different calls at once: in the middle, and at worst.
fn contention(silero: &Silero, sound: &[i16]) {
    let silero = silero.with(SileroOptions {
        gate: Gate::None,
        ..SileroOptions::default()
    });
    for threads in [1, 2, 4, 16] {
        let mut times: Vec<f64> = std::thread::scope(|scope| {
            let hear = || {
                let mut detector = silero.detector();
                let mut verdicts = Vec::new();
                let windows = sound[..sound.len().min(1_600_000)].chunks_exact(512);
                let time = |window| {
                    let since = Instant::now();
                    detector.hear(window, &mut verdicts);
                    since.elapsed().as_secs_f64() * 1e6
                };
                windows.map(time).collect::<Vec<_>>()
            };
            let calls: Vec<_> = (0..threads).map(|_| scope.spawn(hear)).collect();
            calls
                .into_iter()
                .flat_map(|call| call.join().unwrap_or_default())
                .collect()
        });
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[(times.len() - 1) * share / 1_000];
        say(&format!(
            "{threads:2} threads hear at once: a window takes p50 {:.0} us, p99 {:.0} us, p99.9 {:.0} us",
            at(500),
            at(990),
            at(999)
        ));
    }
}

#[expect(
    clippy::print_stdout,
    reason = "a program that measures tells what it measured"
)]
fn say(line: &str) {
    println!("{line}");
}
