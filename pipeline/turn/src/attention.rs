//! Words that show attention and ask for nothing: back-channels.

use crate::{Said, ending::primary};

/// Longer texts mean something, whatever their words.
const MOST_WORDS: usize = 3;

/// What shows attention in one language, without case and marks: "uh-huh" is "uhhuh".
struct Words {
    /// Each alone or several together.
    single: &'static [&'static str],
    /// Only as a whole.
    phrases: &'static [&'static str],
}

const ENGLISH: Words = Words {
    single: &[
        "ah", "aha", "ahha", "ahuh", "alright", "exactly", "good", "great", "ha", "hm", "hmm", "hmmm", "huh",
        "mhm", "mhmm", "mm", "mmhm", "mmhmm", "mmm", "mmmhmm", "nice", "oh", "ok", "okay", "really", "right",
        "sure", "uh", "uhhuh", "um", "umhum", "wow", "yah", "yeah", "yep", "yes", "yup",
    ],
    phrases: &[
        "all right",
        "i know",
        "i see",
        "got it",
        "go on",
        "makes sense",
        "of course",
        "oh i see",
    ],
};
const RUSSIAN: Words = Words {
    single: &[
        "а",
        "ага",
        "агаага",
        "вот",
        "да",
        "дада",
        "дадада",
        "конечно",
        "ладно",
        "м",
        "мгм",
        "мм",
        "ммм",
        "мхм",
        "ну",
        "нуда",
        "о",
        "ого",
        "ок",
        "окей",
        "понял",
        "поняла",
        "понятно",
        "так",
        "тактак",
        "угу",
        "угуугу",
        "хм",
        "хорошо",
        "ясно",
    ],
    phrases: &[
        "всё понятно",
        "все понятно",
        "всё ясно",
        "все ясно",
        "я понял",
        "я поняла",
        "я слушаю",
    ],
};

/// Whether a text only shows attention, in a language given as BCP 47. Of other languages than English and Russian
/// nothing is known.
pub(crate) fn is_back_channel(text: &Said, language: &str) -> bool {
    let known = match primary(language).as_str() {
        "en" => ENGLISH,
        "ru" => RUSSIAN,
        _ => return false,
    };
    if !(1..=MOST_WORDS).contains(&text.word_count()) {
        return false;
    }
    let said = || text.reveal().split_whitespace();
    let is_known = |word| known.single.iter().any(|known| known.chars().eq(letters(word)));
    let is_phrase = |phrase: &&str| {
        let words = phrase.split(' ');
        words.clone().count() == said().count()
            && words
                .zip(said())
                .all(|(known, word)| known.chars().eq(letters(word)))
    };
    said().all(is_known) || known.phrases.iter().any(is_phrase)
}

/// A word without its case and marks.
pub(crate) fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}
