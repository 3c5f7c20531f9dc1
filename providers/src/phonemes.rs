//! Phonemes from espeak-ng, for Piper.
//!
//! espeak-ng is a program of its own under its own licence: it runs as a child and is never linked. One child serves the
//! whole process, line by line (a line takes a third of a millisecond; starting a child takes ten). After each line it is
//! given a line of which the answer is known, so that the end of an answer is known too.

use std::{io, process::Stdio, time::Duration};

use pipeline::ports::{ServiceError, ServiceErrorKind};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
    time::timeout,
};

use crate::program::{is_speakable, readable, unavailable};

/// The program.
pub(crate) const ESPEAK: &str = "espeak-ng";

/// A line takes a third of a millisecond; a child that needs longer than this is taken for broken.
const PATIENCE: Duration = Duration::from_secs(2);
/// A word that nobody says.
const MARK: &str = "zqxzqxzqx";

/// The child, if it runs. It is taken out while it answers and put back when the answer is complete: whoever stops
/// waiting in between drops it, and with it half an answer that nobody could tell from the next one.
pub(crate) struct Phonemes {
    child: Mutex<Option<Speller>>,
    voice: &'static str,
}

impl Phonemes {
    /// Phonemes for one of espeak-ng's voices, such as `en-us`. The child starts with the first use.
    pub(crate) fn of_voice(voice: &'static str) -> Self {
        Self {
            child: Mutex::new(None),
            voice,
        }
    }

    /// Starts the child unless it runs.
    pub(crate) async fn warm_up(&self) -> Result<(), ServiceError> {
        self.of("a").await.map(drop)
    }

    /// The phonemes of a clause in the International Phonetic Alphabet, with its punctuation.
    pub(crate) async fn of(&self, clause: &str) -> Result<String, ServiceError> {
        let mut slot = self.child.lock().await;
        let mut speller = match slot.take() {
            Some(speller) => speller,
            None => timeout(PATIENCE, Speller::start(self.voice))
                .await
                .map_err(|_| late())?
                .map_err(broken)?,
        };
        let mut phonemes = String::new();
        for (words, mark) in pieces(&readable(clause)) {
            let spelt = match timeout(PATIENCE, speller.spell(words))
                .await
                .map_err(|_| late())?
            {
                Ok(spelt) => spelt,
                // The child may have been killed while it was idle.
                Err(_) => {
                    speller = Speller::start(self.voice).await.map_err(broken)?;
                    timeout(PATIENCE, speller.spell(words))
                        .await
                        .map_err(|_| late())?
                        .map_err(broken)?
                }
            };
            if !phonemes.is_empty() && !spelt.is_empty() {
                phonemes.push(' ');
            }
            phonemes.push_str(&spelt);
            if !spelt.is_empty() {
                phonemes.push(mark);
            }
        }
        *slot = Some(speller);
        Ok(phonemes)
    }
}

/// The child and its pipes.
struct Speller {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    mark: String,
}

impl Speller {
    async fn start(voice: &str) -> io::Result<Self> {
        let mut child = Command::new(ESPEAK)
            .args(["-q", "--ipa", "-b", "1", "-v", voice])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let mut output = BufReader::new(output).lines();
        write_line(&mut input, MARK).await?;
        let mark = output
            .next_line()
            .await?
            .ok_or(io::ErrorKind::UnexpectedEof)?
            .trim()
            .to_owned();
        Ok(Self {
            _child: child,
            input,
            output,
            mark,
        })
    }

    async fn spell(&mut self, words: &str) -> io::Result<String> {
        let words = words.replace(MARK, " ");
        if !is_speakable(&words) {
            return Ok(String::new());
        }
        write_line(&mut self.input, &words).await?;
        write_line(&mut self.input, MARK).await?;
        let mut spelt: Vec<String> = Vec::new();
        loop {
            let line = self
                .output
                .next_line()
                .await?
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            if line.trim() == self.mark {
                return Ok(spelt.join(" "));
            }
            let phonemes = without_language_marks(line.trim());
            if !phonemes.is_empty() {
                spelt.push(phonemes);
            }
        }
    }
}

async fn write_line(input: &mut ChildStdin, line: &str) -> io::Result<()> {
    input.write_all(line.as_bytes()).await?;
    input.write_all(b"\n").await?;
    input.flush().await
}

/// The clause cut at its punctuation, each piece with the mark that ends it: espeak-ng's answer leaves the marks out, and
/// the voice needs them for its melody.
fn pieces(clause: &str) -> impl Iterator<Item = (&str, char)> {
    let mut rest = clause.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = piece_end(rest);
        let (piece, after) = rest.split_at(end.map_or(rest.len(), |(at, mark)| at + mark.len_utf8()));
        rest = after.trim_start();
        let mark = match end.map(|(_, mark)| mark) {
            Some('…') | None => '.',
            Some(mark) => mark,
        };
        Some((piece, mark))
    })
}

/// The first punctuation mark that ends a piece: one that is followed by space or by nothing, unlike that in 3.50 or 9:30.
fn piece_end(text: &str) -> Option<(usize, char)> {
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let ends = signs.peek().is_none_or(|(_, next)| next.is_whitespace());
        if ends && matches!(sign, '.' | ',' | ';' | ':' | '!' | '?' | '…') {
            return Some((at, sign));
        }
    }
    None
}

/// espeak-ng marks words that it reads in another language with `(fr)` and `(en)`, which is not for saying.
fn without_language_marks(phonemes: &str) -> String {
    let mut depth = 0_u32;
    let said = phonemes.chars().filter(|sign| match sign {
        '(' => {
            depth += 1;
            false
        }
        ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    said.collect()
}

fn broken(error: io::Error) -> ServiceError {
    unavailable(ESPEAK, &format!("gave no phonemes ({error})"))
}

fn late() -> ServiceError {
    let message = format!("`{ESPEAK}` gave no phonemes within {} s", PATIENCE.as_secs());
    ServiceError::new("offline", ServiceErrorKind::TimedOut, message)
}
