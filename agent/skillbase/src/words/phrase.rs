//! Words to listen for.

use super::{Joint, Utterance, split};

/// A keyword or a synonym, ready for comparison.
///
/// "check-up", "check up" and "checkup" are the same; a word that ends in `*` stands for all words that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    parts: Vec<Part>,
}

/// Adjoining words, written together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    letters: String,
    open_ended: bool,
}

impl Phrase {
    pub(crate) fn new(text: &str) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for piece in text.split_whitespace() {
            let open_ended = piece.ends_with('*');
            let letters: String = split(piece).into_iter().map(|word| word.text).collect();
            match parts.last_mut() {
                _ if letters.is_empty() => {}
                Some(last) if !last.open_ended && !open_ended => last.letters.push_str(&letters),
                _ => parts.push(Part { letters, open_ended }),
            }
        }
        Self { parts }
    }

    /// How much it says: of two phrases that were heard, the longer one was meant.
    pub(crate) fn weight(&self) -> usize {
        self.parts.iter().map(|part| part.letters.chars().count()).sum()
    }

    /// Where the phrase ends, if it begins at the word `index`.
    pub(crate) fn end_at(&self, heard: &Utterance<'_>, index: usize) -> Option<usize> {
        if self.parts.is_empty() {
            return None;
        }
        let mut at = index;
        for part in &self.parts {
            at = part.end_at(heard, at, index)?;
        }
        Some(at)
    }
}

impl Part {
    fn end_at(&self, heard: &Utterance<'_>, from: usize, phrase_start: usize) -> Option<usize> {
        let mut rest = self.letters.as_str();
        let mut at = from;
        loop {
            let word = heard.words().get(at)?;
            if at > phrase_start && word.joint == Joint::Clause {
                return None;
            }
            at += 1;
            match rest.strip_prefix(word.text.as_str()) {
                Some("") => return Some(at),
                Some(more) => rest = more,
                None if self.open_ended && word.text.starts_with(rest) => return Some(at),
                None => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_heard(phrase: &str, text: &str) -> bool {
        let heard = Utterance::new(text);
        let phrase = Phrase::new(phrase);
        (0..heard.words().len()).any(|index| phrase.end_at(&heard, index).is_some())
    }

    #[test]
    fn hyphens_and_spaces_inside_a_word_do_not_matter() {
        for text in ["A checkup.", "a check up", "a Check-Up, please"] {
            assert!(is_heard("check-up", text), "{text}");
        }
    }

    #[test]
    fn only_whole_words_count_unless_a_star_says_otherwise() {
        assert!(!is_heard("price", "a priceless moment"));
        assert!(!is_heard("up", "a checkup"));
        assert!(is_heard("цен*", "скажите цену"));
        assert!(is_heard("сколько сто*", "а сколько стоит стрижка"));
        assert!(is_heard("запис* на", "запишите... запись на завтра"));
        assert!(!is_heard("запис* на", "запись, на завтра"));
    }
}
