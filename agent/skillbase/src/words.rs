//! What was heard, as words: the form in which keywords, numbers and negations are found.
//!
//! Recognisers differ in capitals, commas and hyphens, and write "3:30", "3 30" or "three thirty" for the same sound. Words
//! are therefore compared in lower case and without punctuation; what stood between two words is kept beside them.

mod numbers;
mod phrase;

use std::ops::Range;

pub(crate) use self::{
    numbers::{NumberWord, cardinal_at, number_word, ordinal_at, ordinal_word},
    phrase::Phrase,
};
use crate::language::Tongue;

/// Longer utterances are read up to here: a minute of speech has about 200 words.
const WORDS_MAX: usize = 400;

/// What a caller said in one turn.
pub(crate) struct Utterance<'t> {
    text: &'t str,
    words: Vec<Word>,
    taken: Vec<bool>,
}

/// One word, or one run of digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// In lower case, with е for ё.
    pub(crate) text: String,
    /// What stands before it.
    pub(crate) joint: Joint,
    /// Where it stands in the text.
    pub(crate) place: Range<usize>,
}

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// Nothing but space.
    Space,
    /// A comma, a full stop or the like, and space; also the beginning of the utterance.
    Clause,
    /// One sign without space, as in 3:30 or check-up.
    Tight(char),
    /// Nothing at all, as in 3pm.
    None,
}

impl<'t> Utterance<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let words = split(text);
        let taken = vec![false; words.len()];
        Self { text, words, taken }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// The word at `index` if there is one and nothing has been read from it yet.
    pub(crate) fn free(&self, index: usize) -> Option<&str> {
        self.words
            .get(index)
            .filter(|_| !self.taken[index])
            .map(|word| word.text.as_str())
    }

    /// Words that meant something are not read a second time as something else.
    pub(crate) fn take(&mut self, words: Range<usize>) {
        for taken in &mut self.taken[words] {
            *taken = true;
        }
    }

    /// The text from one word to the end of another, as it was written.
    pub(crate) fn written(&self, words: Range<usize>) -> &'t str {
        match (
            self.words.get(words.start),
            words.end.checked_sub(1).and_then(|last| self.words.get(last)),
        ) {
            (Some(first), Some(last)) if first.place.start < last.place.end => {
                &self.text[first.place.start..last.place.end]
            }
            _ => "",
        }
    }

    /// What stands directly before a word.
    pub(crate) fn sign_before(&self, index: usize) -> Option<char> {
        self.text[..self.words.get(index)?.place.start]
            .chars()
            .next_back()
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// Whether all of `words` stand at `index`, one after the other.
    pub(crate) fn has_at(&self, index: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(offset, word)| self.words.get(index + offset).is_some_and(|w| w.text == *word))
    }

    /// Where `words` stand for the first time.
    pub(crate) fn position(&self, words: &[&str]) -> Option<usize> {
        (0..self.words.len()).find(|index| self.has_at(*index, words))
    }

    /// Whether the word at `index` is denied by what stands before it, as in "I don't want to cancel".
    pub(crate) fn is_negated(&self, index: usize, tongue: Tongue) -> bool {
        const REACH: usize = 3;
        for back in 1..=REACH.min(index) {
            let at = index - back;
            if self.words[at + 1].joint == Joint::Clause {
                return false;
            }
            let word = self.words[at].text.as_str();
            let next = self.words[at + 1].text.as_str();
            // "No Tuesday is better" answers; "no insurance" denies.
            let is_interjection = at == 0 && self.words.len() > 2;
            let denies = match tongue {
                Tongue::English => match word {
                    "not" => !(at > 0 && self.words[at - 1].text == "why"),
                    "never" | "without" | "nor" | "cannot" | "dont" | "doesnt" | "isnt" | "wont" | "cant" => {
                        true
                    }
                    "no" => back == 1 && !is_interjection,
                    // "Couldn't you", "wouldn't it", "don't you": questions, not denials.
                    _ => word.ends_with("n't") && !matches!(word, "couldn't" | "wouldn't") && next != "you",
                },
                Tongue::Russian => match word {
                    "не" => !is_polite_question(next),
                    "ни" | "без" | "нельзя" => true,
                    "нет" => back == 1 && !is_interjection,
                    _ => false,
                },
            };
            if denies {
                return true;
            }
        }
        false
    }
}

/// "Не подскажете", "не могли бы": polite questions, not denials.
fn is_polite_question(verb: &str) -> bool {
    ["подскаж", "скаж", "могли", "могл", "найдет", "напомн", "помож"]
        .iter()
        .any(|stem| verb.starts_with(stem))
}

fn split(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut between = String::from("\n");
    let mut chars = text.char_indices().peekable();
    let mut last = Class::Other;
    while let Some((start, c)) = chars.next() {
        let class = Class::of(c);
        if class == Class::Other {
            between.push(c);
            last = class;
            continue;
        }
        if words.len() == WORDS_MAX {
            break;
        }
        let joint = if words.is_empty() {
            Joint::Clause
        } else {
            joint(&between, last, class)
        };
        let mut word = String::new();
        push_lower(&mut word, c);
        let mut end = start + c.len_utf8();
        while let Some(&(at, next)) = chars.peek() {
            let inner_apostrophe = class == Class::Letter
                && matches!(next, '\'' | '’')
                && text[at + next.len_utf8()..]
                    .chars()
                    .next()
                    .is_some_and(|c| Class::of(c) == Class::Letter);
            if inner_apostrophe {
                word.push('\'');
            } else if Class::of(next) == class {
                push_lower(&mut word, next);
            } else {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        words.push(Word {
            text: word,
            joint,
            place: start..end,
        });
        between.clear();
        last = class;
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' => Self::Digit,
            c if c.is_alphanumeric() => Self::Letter,
            // Accents that are written as signs of their own belong to their letter.
            '\u{300}'..='\u{36f}' => Self::Letter,
            _ => Self::Other,
        }
    }
}

fn joint(between: &str, last: Class, class: Class) -> Joint {
    let mut signs = between.chars();
    match (signs.next(), signs.next()) {
        (None, _) => {
            debug_assert!(
                last != class,
                "two words of one class have something between them"
            );
            Joint::None
        }
        (Some(sign), None) if !sign.is_whitespace() => Joint::Tight(sign),
        _ if between
            .chars()
            .any(|c| matches!(c, ',' | '.' | ';' | '!' | '?' | ':' | '—' | '–' | '…')) =>
        {
            Joint::Clause
        }
        _ => Joint::Space,
    }
}

fn push_lower(word: &mut String, c: char) {
    match c {
        'ё' | 'Ё' => word.push('е'),
        '\u{300}'..='\u{36f}' => {}
        c => word.extend(c.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text)
            .into_iter()
            .map(|word| format!("{:?} {}", word.joint, word.text))
            .collect()
    }

    #[test]
    fn what_stands_between_words_is_kept_beside_them() {
        assert_eq!(
            words("Don’t, 3:30pm check-up  Ёлка"),
            [
                "Clause don't",
                "Clause 3",
                "Tight(':') 30",
                "None pm",
                "Space check",
                "Tight('-') up",
                "Space елка"
            ]
        );
    }

    #[test]
    fn a_denial_reaches_the_word_it_denies_and_not_the_next_clause() {
        let negated = |text: &str, word: &str, tongue| {
            let utterance = Utterance::new(text);
            let at = utterance.position(&[word]).expect("the word is there");
            utterance.is_negated(at, tongue)
        };
        assert!(negated("I do not want to cancel", "cancel", Tongue::English));
        assert!(negated("I don't want the price", "price", Tongue::English));
        assert!(!negated("No, tell me the price", "price", Tongue::English));
        assert!(!negated("Not today. What's the price?", "price", Tongue::English));
        assert!(!negated("Why not cancel", "cancel", Tongue::English));
        assert!(negated("No insurance", "insurance", Tongue::English));
        assert!(!negated("No Tuesday is better", "tuesday", Tongue::English));
        assert!(negated("Я не хочу отменять", "отменять", Tongue::Russian));
        assert!(!negated("Не подскажете цену?", "цену", Tongue::Russian));
    }
}
