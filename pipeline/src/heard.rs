//! Which words were heard, by how much sound was played.

use std::time::Duration;

use turn::Said;

use crate::{audio::SampleRate, ports::WordTime};

/// Characters a second, to guess how long a clause is while its sound is still being made. 15: ordinary speech.
const CHARACTERS_PER_SECOND: f64 = 15.0;

/// The text of a reply and where its sound lies.
#[derive(Debug)]
pub struct Ledger {
    rate: SampleRate,
    clauses: Vec<Clause>,
    words: Vec<WordTime>,
    samples: u64,
}

#[derive(Debug)]
struct Clause {
    text: Said,
    start: u64,
    end: Option<u64>,
}

impl Ledger {
    /// A reply at this rate, of which there is nothing yet.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            clauses: Vec::new(),
            words: Vec::new(),
            samples: 0,
        }
    }

    /// The text of the clause whose sound comes next, after the clauses announced before it.
    pub fn clause(&mut self, text: Said) {
        let start = self
            .clauses
            .last()
            .map_or(self.samples, |last| last.end.unwrap_or(self.samples));
        self.clauses.push(Clause {
            text,
            start,
            end: None,
        });
    }

    /// More sound of the clause that is being given.
    pub fn sound(&mut self, samples: usize) {
        self.samples += samples as u64;
    }

    /// The clause that was being given is complete.
    pub fn clause_end(&mut self) {
        let Some(open) = self.clauses.iter().position(|clause| clause.end.is_none()) else {
            return;
        };
        self.clauses[open].end = Some(self.samples);
        if let Some(next) = self.clauses.get_mut(open + 1) {
            next.start = self.samples;
        }
    }

    /// When words are heard; the service's own word.
    pub fn words(&mut self, words: Vec<WordTime>) {
        self.words.extend(words);
    }

    /// The whole text.
    pub fn text(&self) -> Said {
        join(self.clauses.iter().map(|clause| clause.text.reveal()))
    }

    /// The words that were heard when `position` samples have been played: by the service's word times where there are
    /// any, else clause by clause, and in the last clause by the share of its sound.
    pub fn heard(&self, position: u64) -> Said {
        let played = self.rate.duration_of(position);
        if !self.words.is_empty() {
            let heard = self
                .words
                .iter()
                .take_while(|word| word.end_ms <= played.as_secs_f64() * 1e3);
            return join(heard.map(|word| word.word.reveal()));
        }
        let mut heard = Vec::new();
        for clause in &self.clauses {
            match clause.end {
                Some(end) if position >= end => heard.push(clause.text.reveal().to_owned()),
                _ if position <= clause.start => break,
                end => {
                    let guess = clause.text.reveal().chars().count() as f64 / CHARACTERS_PER_SECOND;
                    let guessed = clause.start + self.rate.samples_in(Duration::from_secs_f64(guess));
                    let end = end.unwrap_or(guessed.max(self.samples));
                    heard.push(share(
                        clause.text.reveal(),
                        position - clause.start,
                        end.saturating_sub(clause.start),
                    ));
                    break;
                }
            }
        }
        join(heard.iter().map(String::as_str))
    }
}

/// The words of `text` that were heard when `played` of `total` was: each takes an equal share, and one that was not heard
/// to its end was not heard.
pub fn share(text: &str, played: u64, total: u64) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    if total == 0 || played >= total {
        return words.join(" ");
    }
    let heard = (u128::from(played) * words.len() as u128 / u128::from(total)) as usize;
    words[..heard.min(words.len())].join(" ")
}

fn join<'a>(pieces: impl Iterator<Item = &'a str>) -> Said {
    pieces
        .filter(|piece| !piece.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_clauses_count_whole_and_the_last_by_its_share() {
        let mut ledger = Ledger::new(SampleRate(1_000));
        ledger.clause("One two.".into());
        ledger.sound(1_000);
        ledger.clause_end();
        ledger.clause("Three four five six.".into());
        ledger.sound(2_000);
        ledger.clause_end();
        assert_eq!(ledger.heard(0).reveal(), "");
        assert_eq!(ledger.heard(1_000).reveal(), "One two.");
        assert_eq!(ledger.heard(1_999).reveal(), "One two. Three");
        assert_eq!(ledger.heard(3_000).reveal(), "One two. Three four five six.");
        assert_eq!(ledger.text().reveal(), "One two. Three four five six.");
    }

    #[test]
    fn the_services_word_times_count_where_there_are_any() {
        let mut ledger = Ledger::new(SampleRate(1_000));
        ledger.clause("Hello there.".into());
        ledger.words(vec![
            WordTime {
                word: "Hello".into(),
                start_ms: 0.0,
                end_ms: 400.0,
            },
            WordTime {
                word: "there.".into(),
                start_ms: 400.0,
                end_ms: 900.0,
            },
        ]);
        ledger.sound(1_000);
        assert_eq!(ledger.heard(899).reveal(), "Hello");
        assert_eq!(ledger.heard(900).reveal(), "Hello there.");
    }
}
