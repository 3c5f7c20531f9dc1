//! Words that show attention and ask for nothing: back-channels.

use crate::Said;

/// Longer texts mean something, whatever their words.
const MOST_WORDS: usize = 3;

const ENGLISH: [&str; 30] = [
    "ah", "aha", "alright", "exactly", "good", "great", "hm", "hmm", "huh", "mhm", "mm", "mmhm", "mmhmm",
    "mmm", "nice", "oh", "ok", "okay", "really", "right", "sure", "uh", "uhhuh", "um", "wow", "yah", "yeah",
    "yep", "yes", "yup",
];
const RUSSIAN: [&str; 23] = [
    "а",
    "ага",
    "вот",
    "да",
    "дада",
    "конечно",
    "ладно",
    "м",
    "мгм",
    "мм",
    "ммм",
    "ну",
    "о",
    "ого",
    "ок",
    "окей",
    "понял",
    "поняла",
    "понятно",
    "так",
    "угу",
    "хорошо",
    "ясно",
];

/// Whether a text only shows attention, in a language given as BCP 47. Of other languages than English and Russian
/// nothing is known.
pub(crate) fn is_back_channel(text: &Said, language: &str) -> bool {
    let primary = language.split('-').next().unwrap_or_default();
    let known: &[&str] = match primary {
        "en" => &ENGLISH,
        "ru" => &RUSSIAN,
        _ => return false,
    };
    let count = text.word_count();
    (1..=MOST_WORDS).contains(&count)
        && text
            .reveal()
            .split_whitespace()
            .all(|word| known.iter().any(|known| known.chars().eq(letters(word))))
}

/// A word without its case and marks.
pub(crate) fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}
