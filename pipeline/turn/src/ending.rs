//! How a text ends: closed like a sentence, or in the middle of one.

use alloc::string::String;

use crate::attention::letters;

/// How a text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its last word, or the mark after it, promises more: "my number is", "well, …".
    Hanging,
    /// A full stop, and nothing that promises more.
    Closed,
    /// Nothing can be told.
    Open,
}

/// Words after which a speaker goes on: they join, they belong to a word that follows, or they only fill a pause.
const ENGLISH: [&str; 25] = [
    "a", "an", "and", "because", "but", "er", "erm", "his", "i", "i'm", "if", "its", "like", "my", "or",
    "our", "so", "the", "their", "uh", "uhm", "um", "unless", "until", "your",
];
const RUSSIAN: [&str; 33] = [
    "а",
    "без",
    "в",
    "во",
    "для",
    "до",
    "если",
    "и",
    "из",
    "или",
    "к",
    "ко",
    "мм",
    "ммм",
    "мое",
    "мои",
    "мой",
    "моя",
    "на",
    "но",
    "ну",
    "о",
    "от",
    "по",
    "потому",
    "с",
    "со",
    "у",
    "чтобы",
    "э",
    "эм",
    "эмм",
    "это",
];
/// Words that seldom close a statement, and of whose question ("what is it for?") nothing can be told: recognisers hear
/// "could I come in on" as one.
const ENGLISH_IN_STATEMENTS: [&str; 16] = [
    "am", "are", "as", "at", "for", "from", "in", "into", "is", "of", "on", "than", "to", "was", "were",
    "with",
];
const RUSSIAN_IN_STATEMENTS: [&str; 4] = ["зовут", "как", "не", "что"];

impl Ending {
    /// How a text ends, in a language given as BCP 47. Of other languages than English and Russian only the marks are
    /// known.
    pub(crate) fn of(text: &str, language: &str) -> Self {
        let text = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '”' | '»' | ')'));
        if text.ends_with("..") || text.ends_with(['…', ',', ':', ';', '-', '–', '—']) {
            return Self::Hanging;
        }
        match promise(last_word(text), language) {
            Promise::Always => Self::Hanging,
            Promise::InStatements if text.ends_with(['?', '？']) => Self::Open,
            Promise::InStatements => Self::Hanging,
            Promise::Never if text.ends_with(['.', '!', '?', '。', '！', '？']) => Self::Closed,
            Promise::Never => Self::Open,
        }
    }
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or_default()
}

/// Where a word promises that more will follow.
enum Promise {
    Always,
    InStatements,
    Never,
}

/// The language itself of a tag in BCP 47, in small letters; written as POSIX does, with `_`, it is known too.
pub(crate) fn primary(tag: &str) -> String {
    let language = tag.split(['-', '_']).next().unwrap_or_default();
    language.to_ascii_lowercase()
}

fn promise(word: &str, language: &str) -> Promise {
    let (always, in_statements): (&[&str], &[&str]) = match primary(language).as_str() {
        "en" => (&ENGLISH, &ENGLISH_IN_STATEMENTS),
        "ru" => (&RUSSIAN, &RUSSIAN_IN_STATEMENTS),
        _ => return Promise::Never,
    };
    let plain = |word| letters(word).map(|c| if c == 'ё' { 'е' } else { c });
    let is = |known: &&str| letters(known).eq(plain(word));
    if always.iter().any(is) {
        Promise::Always
    } else if in_statements.iter().any(is) {
        Promise::InStatements
    } else {
        Promise::Never
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_like_sentences_or_in_the_middle_of_one() {
        for (text, language, ending) in [
            ("A cleaning, please.", "en", Ending::Closed),
            ("Could I come in on Thursday?", "en-GB", Ending::Closed),
            ("I would like to come in on", "EN_us", Ending::Hanging),
            ("My number is.", "en", Ending::Hanging),
            ("I would like to book a", "en", Ending::Hanging),
            ("Well, um.", "en", Ending::Hanging),
            ("And I'm", "en", Ending::Hanging),
            ("On Tuesday...", "en", Ending::Hanging),
            ("Four two,", "en", Ending::Hanging),
            ("Could I come in on?", "en", Ending::Open),
            ("It is for.", "en", Ending::Hanging),
            ("seven four two", "en", Ending::Open),
            ("Мне нужно на", "ru-RU", Ending::Hanging),
            ("Моё имя, э…", "ru", Ending::Hanging),
            ("Это моё.", "ru", Ending::Hanging),
            ("На завтра, пожалуйста.", "ru", Ending::Closed),
            ("Ich komme und.", "de", Ending::Closed),
            ("", "en", Ending::Open),
        ] {
            assert_eq!(Ending::of(text, language), ending, "{text}");
        }
    }
}
