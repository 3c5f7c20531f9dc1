//! How much of the awaited answer a caller has given so far.
//!
//! Somebody who was asked for a yes and has said it has finished; somebody who was asked for a telephone number and has
//! said three digits has not. The judgement is careful: words that might be the beginning of more ("ten", "the fifth",
//! "a cleaning and …") tell nothing.

use std::ops::Range;

use jiff::civil::Date;

use super::{Dialogue, listen::READING_ORDER, plan::Ask, plan::Stage};
use crate::{
    extract::{self, Found, Value},
    language::Tongue,
    schema::FieldKind,
    words::{NumberWord, Utterance, cardinal_at, number_word},
};

/// How much of the awaited answer some words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All of it, and nothing begun after it.
    Complete,
    /// A beginning that cannot be all.
    Incomplete,
    /// Nothing can be told.
    Unknown,
}

use Completeness::{Complete, Incomplete, Unknown};

impl Dialogue {
    /// How much of the answer that is awaited now the caller has given by saying this. Nothing changes by asking.
    pub fn weigh(&self, said: &str, today: Date) -> Completeness {
        let plan = &self.plan;
        let Some(stage) = plan.stages.get(self.at).filter(|_| self.ended.is_none()) else {
            return Unknown;
        };
        let mut asks = self.missing(stage);
        asks.sort_by_key(|ask| READING_ORDER.iter().position(|kind| *kind == ask.field.kind));
        let mut heard = Utterance::new(said);
        let trails_off = said.trim_end().ends_with(['…', '-', '–', '—']) || said.trim_end().ends_with("..");
        if asks.is_empty() || heard.is_empty() || trails_off {
            return Unknown;
        }
        let mut end = 0;
        for ask in asks {
            match self.weigh_field(stage, ask, &heard, today) {
                Ok(words) => {
                    end = end.max(words.end);
                    heard.take(words);
                }
                Err(completeness) => return completeness,
            }
        }
        let rest: Vec<&str> = heard.words()[end..]
            .iter()
            .map(|word| word.text.as_str())
            .collect();
        if is_mere_politeness(&rest, plan.tongue) {
            Complete
        } else {
            Unknown
        }
    }

    /// The words that are all of the answer to one field, or how much of it there is.
    fn weigh_field(
        &self,
        stage: &Stage,
        ask: &Ask,
        heard: &Utterance<'_>,
        today: Date,
    ) -> Result<Range<usize>, Completeness> {
        let tongue = self.plan.tongue;
        let found = |kind| extract::find(kind, &ask.choices, heard, tongue, today).ok_or(Unknown);
        let kind = ask.field.kind;
        match kind {
            FieldKind::Phone => self.weigh_digits(heard),
            // Nobody knows how many words a name has.
            FieldKind::Text => Err(Unknown),
            FieldKind::Boolean => {
                // Who refuses what was read back is about to say what is wrong with it.
                let agreed = extract::yes_no(heard, tongue).ok_or(Unknown)?;
                let whole = extract::is_mere_yes_no(heard, tongue) && (agreed || !stage.reads_back());
                whole.then_some(0..heard.words().len()).ok_or(Unknown)
            }
            FieldKind::Choice => Ok(found(kind)?.words),
            // "The fifth" may become "the fifth of May".
            FieldKind::Date => {
                found(kind).and_then(|found| found.certain.then_some(found.words).ok_or(Unknown))
            }
            FieldKind::Time => {
                let found = found(kind)?;
                if !extract::time_is_exact(heard, &found.words, tongue) {
                    return Err(Unknown);
                }
                Ok(found.words.start..part_of_day_end(heard, found.words.end, tongue))
            }
            FieldKind::Number => weigh_number(heard, &found(kind)?, tongue),
            FieldKind::Email => match found(kind) {
                Ok(found) if is_whole_address(&found) => Ok(found.words),
                Ok(_) => Err(Unknown),
                Err(_) if is_spelling(heard, tongue) || announces(heard, tongue) => Err(Incomplete),
                Err(completeness) => Err(completeness),
            },
        }
    }

    /// Digits of a telephone number, with those that were said before.
    fn weigh_digits(&self, heard: &Utterance<'_>) -> Result<Range<usize>, Completeness> {
        let tongue = self.plan.tongue;
        let begun = if announces(heard, tongue) {
            Incomplete
        } else {
            Unknown
        };
        let (digits, words) = extract::phone_digits(heard, tongue).ok_or(begun)?;
        let joined = format!("{}{digits}", self.digits);
        // A single digit among words is rather a word: "one moment".
        if joined.len() < 2 && heard.words().len() > words.len() {
            return Err(begun);
        }
        // Who begins anew gives the whole number at once.
        match (phone_length(&joined, tongue), phone_length(&digits, tongue)) {
            (Complete, _) | (_, Complete) => Ok(words),
            (completeness, _) => Err(completeness),
        }
    }
}

/// Whether so many digits are a telephone number, of which none is missing.
fn phone_length(digits: &str, tongue: Tongue) -> Completeness {
    if let Some(bare) = digits.strip_prefix('+') {
        // Countries differ.
        return if bare.len() < 10 { Incomplete } else { Unknown };
    }
    let first = digits.chars().next();
    match (tongue, digits.len(), first) {
        // North America: seven, ten, or eleven that begin with 1. No area begins with 0 or 1.
        (Tongue::English, 7, Some('2'..='9')) | (Tongue::English, 10, Some('2'..='9')) => Complete,
        // Elsewhere, with the 0 before the area.
        (Tongue::English, 11, Some('0' | '1')) => Complete,
        (Tongue::English, 0..=9, _) | (Tongue::English, 10, Some('1')) => Incomplete,
        (Tongue::Russian, 10, Some('9' | '4')) | (Tongue::Russian, 11, Some('7' | '8')) => Complete,
        (Tongue::Russian, 0..=10, _) => Incomplete,
        (Tongue::English | Tongue::Russian, _, _) => Unknown,
    }
}

/// One small number is an answer; several are read out digit by digit, and tens or hundreds may be followed by more.
fn weigh_number(heard: &Utterance<'_>, found: &Found, tongue: Tongue) -> Result<Range<usize>, Completeness> {
    let another = (found.words.end..heard.words().len()).any(|at| cardinal_at(heard, at, tongue).is_some());
    if another {
        return Err(Incomplete);
    }
    let last = found
        .words
        .end
        .checked_sub(1)
        .and_then(|last| heard.words().get(last));
    let open = last.is_some_and(|last| {
        !matches!(
            number_word(&last.text, tongue),
            None | Some(NumberWord::Unit(_) | NumberWord::Teen(_))
        )
    });
    if open {
        Err(Unknown)
    } else {
        Ok(found.words.clone())
    }
}

/// Whether an address ends in a way in which most do; "example.co" may go on.
fn is_whole_address(found: &Found) -> bool {
    const ENDINGS: [&str; 6] = [".com", ".org", ".net", ".edu", ".ru", ".uk"];
    matches!(&found.value, Value::Email(address) if ENDINGS.iter().any(|ending| address.ends_with(ending)))
}

/// Whether somebody is spelling: single letters, or signs that only addresses have.
fn is_spelling(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    let sign = |word: &str| match tongue {
        Tongue::English => matches!(word, "dot" | "underscore" | "hyphen"),
        Tongue::Russian => matches!(word, "точка" | "собака" | "подчеркивание" | "дефис"),
    };
    let letters = heard
        .words()
        .iter()
        .filter(|word| word.text.chars().count() == 1)
        .count();
    letters >= 2 || heard.words().iter().any(|word| sign(&word.text))
}

/// Whether somebody only says what is to come: "my number is", "my new address".
fn announces(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    let is_owner = |word: &str| match tongue {
        Tongue::English => matches!(word, "my" | "the" | "our"),
        Tongue::Russian => matches!(word, "мой" | "моя" | "мои" | "наш"),
    };
    let is_announced = |word: &str| {
        match tongue {
            Tongue::English => &["number", "phone", "mobile", "address", "email"][..],
            Tongue::Russian => &["номер", "телефон", "адрес", "почта"],
        }
        .iter()
        .any(|noun| word.starts_with(noun))
    };
    let mut back = heard
        .words()
        .iter()
        .rev()
        .map(|word| word.text.as_str())
        .peekable();
    back.next_if(|word| matches!(*word, "is" | "это"));
    back.next().is_some_and(is_announced) && back.take(2).any(is_owner)
}

/// After "ten o'clock" comes "in the morning".
fn part_of_day_end(heard: &Utterance<'_>, start: usize, tongue: Tongue) -> usize {
    let phrases: &[&[&str]] = match tongue {
        Tongue::English => &[
            &["in", "the", "morning"],
            &["in", "the", "afternoon"],
            &["in", "the", "evening"],
            &["at", "night"],
        ],
        Tongue::Russian => &[
            &["утром"],
            &["днем"],
            &["вечером"],
            &["утра"],
            &["дня"],
            &["вечера"],
        ],
    };
    let said = phrases.iter().find(|words| heard.has_at(start, words));
    start + said.map_or(0, |words| words.len())
}

fn is_mere_politeness(words: &[&str], tongue: Tongue) -> bool {
    let (polite, unfinished): (&[&str], &[&str]) = match tongue {
        Tongue::English => (
            &[
                "please", "thank", "thanks", "you", "would", "be", "great", "good", "fine", "perfect",
                "that", "sir",
            ],
            &["thank", "would", "be", "that"],
        ),
        Tongue::Russian => (
            &["пожалуйста", "спасибо", "будьте", "добры", "подойдет"],
            &["будьте"],
        ),
    };
    words.iter().all(|word| polite.contains(word))
        && words.last().is_none_or(|last| !unfinished.contains(last))
}
