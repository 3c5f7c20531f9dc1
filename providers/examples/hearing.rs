//! Measures recognition: word error and delays over recordings with known texts.
//!
//! `hearing DIR [EVERY] [realtime]`: DIR has an `index.tsv` (path, rate, seconds, source, licence, tags, text); every
//! EVERY-th recording is taken. At once, the delays are those of decoding alone; in real time, those of a call.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use pipeline::{audio::HEARING, sound_file};

#[path = "../tests/offline/listening.rs"]
mod listening;

use listening::{Heard, Pace, between_silences, errors, heard, recognition, words};

#[derive(Default)]
struct Row {
    recordings: usize,
    seconds: f64,
    words: usize,
    errors: usize,
    exact: usize,
    interims: usize,
    first_interim_ms: Vec<f64>,
    decode_ms: Vec<f64>,
    after_stop_ms: Vec<f64>,
    busy: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(folder) = arguments.first().map(PathBuf::from) else {
        say("usage: hearing DIR [EVERY] [realtime]");
        return ExitCode::from(2);
    };
    let every = arguments.get(1).and_then(|every| every.parse().ok()).unwrap_or(1);
    let pace = if arguments.iter().any(|word| word == "realtime") {
        Pace::RealTime
    } else {
        Pace::AtOnce
    };
    let index = match std::fs::read_to_string(folder.join("index.tsv")) {
        Ok(index) => index,
        Err(error) => {
            say(&format!(
                "there is no index.tsv in {} ({error})",
                folder.display()
            ));
            return ExitCode::FAILURE;
        }
    };
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for line in index.lines().skip(1).step_by(every) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, _, _, _, _, _, text] = fields[..] else {
            continue;
        };
        let sound = match sound_file::read(&folder.join(path), HEARING) {
            Ok(sound) => sound,
            Err(error) => {
                say(&error.to_string());
                return ExitCode::FAILURE;
            }
        };
        let since = std::time::Instant::now();
        let heard = heard(&recognition(), &between_silences(&sound.samples), pace).await;
        let row = rows
            .entry(path.split('/').next().unwrap_or_default().to_owned())
            .or_default();
        row.add(text, sound.duration(), &heard);
        row.busy += since.elapsed();
        say(&format!(
            "{:2} {path}: {}",
            errors(text, &heard.text()),
            heard.text()
        ));
    }
    say(
        "set            clips  minutes  words   wer%  exact% interims first interim ms      decode ms  after stop ms wall/audio",
    );
    for (set, row) in &mut rows {
        say(&row.line(set));
    }
    ExitCode::SUCCESS
}

impl Row {
    fn add(&mut self, text: &str, length: Duration, heard: &Heard) {
        self.recordings += 1;
        self.seconds += length.as_secs_f64();
        if !text.is_empty() {
            let wrong = errors(text, &heard.text());
            self.words += words(text).len();
            self.errors += wrong;
            self.exact += usize::from(wrong == 0);
        }
        let ms = |times: &[Duration]| {
            times
                .iter()
                .map(|time| time.as_secs_f64() * 1e3)
                .collect::<Vec<_>>()
        };
        self.interims += heard.interims.len();
        self.first_interim_ms.extend(ms(&heard.first_interim));
        self.decode_ms.extend(ms(&heard.decode));
        self.after_stop_ms.extend(ms(&heard.after_stop));
    }

    fn line(&mut self, set: &str) -> String {
        format!(
            "{set:14} {:5} {:8.1} {:6} {:6.1} {:7.1} {:8} {:>16} {:>14} {:>14} {:8.3}",
            self.recordings,
            self.seconds / 60.0,
            self.words,
            100.0 * self.errors as f64 / self.words.max(1) as f64,
            100.0 * self.exact as f64 / self.recordings as f64,
            self.interims,
            spread(&mut self.first_interim_ms),
            spread(&mut self.decode_ms),
            spread(&mut self.after_stop_ms),
            self.busy.as_secs_f64() / self.seconds,
        )
    }
}

/// The middle and the 95th of a hundred.
fn spread(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let at = |share: usize| {
        values
            .get(values.len().saturating_sub(1) * share / 100)
            .copied()
            .unwrap_or(f64::NAN)
    };
    format!("{:.0} / {:.0}", at(50), at(95))
}

#[expect(
    clippy::print_stdout,
    reason = "a program that measures tells what it measured"
)]
fn say(line: &str) {
    println!("{line}");
}
