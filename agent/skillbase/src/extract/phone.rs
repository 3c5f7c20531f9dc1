//! A telephone number, in digits or in words, in one breath or in several.

use std::ops::Range;

use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{NumberWord, Utterance, number_word},
};

/// Longest and shortest number that E.164 and local use know.
const DIGITS_MAX: usize = 15;
const LOCAL_DIGITS: usize = 7;

/// The number that was said.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
    let (digits, words) = digits(heard, tongue)?;
    let number = number(&digits, tongue)?;
    // A local number might be a price or an amount; a whole one is nothing else.
    let certain = digits.trim_start_matches('+').len() >= 10;
    Some(Found {
        value: Value::Phone(number),
        words,
        certain,
    })
}

/// Whether these are as many digits as a number has.
pub(crate) fn is_complete(digits: &str, tongue: Tongue) -> bool {
    number(digits, tongue).is_some()
}

/// The number that the digits make: with the country in front where that is clear.
pub(crate) fn number(digits: &str, tongue: Tongue) -> Option<String> {
    let (international, bare) = match digits.strip_prefix('+') {
        Some(bare) => (true, bare),
        None => (false, digits),
    };
    if bare.len() > DIGITS_MAX {
        return None;
    }
    match tongue {
        _ if international => (bare.len() >= 10).then(|| format!("+{bare}")),
        Tongue::English => match bare.len() {
            LOCAL_DIGITS => Some(bare.to_owned()),
            10 => Some(format!("+1{bare}")),
            11 if bare.starts_with('1') => Some(format!("+{bare}")),
            11.. => Some(bare.to_owned()),
            _ => None,
        },
        Tongue::Russian => match bare.len() {
            10 if !bare.starts_with(['7', '8']) => Some(format!("+7{bare}")),
            11 if bare.starts_with(['7', '8']) => Some(format!("+7{}", &bare[1..])),
            11.. => Some(bare.to_owned()),
            _ => None,
        },
    }
}

/// The longest run of digits that was said, and where. A leading `+` is kept.
pub(crate) fn digits(heard: &Utterance<'_>, tongue: Tongue) -> Option<(String, Range<usize>)> {
    let mut best: Option<(String, Range<usize>)> = None;
    let mut index = 0;
    while index < heard.words().len() {
        let (run, end) = run_from(heard, index, tongue);
        if !run.is_empty() && best.as_ref().is_none_or(|(longest, _)| run.len() > longest.len()) {
            best = Some((run, index..end));
        }
        index = end.max(index + 1);
    }
    best
}

/// Digits from the word `start` on, up to a word that does not belong to a number.
fn run_from(heard: &Utterance<'_>, start: usize, tongue: Tongue) -> (String, usize) {
    let mut run = String::new();
    let (mut index, mut end) = (start, start);
    while let Some(word) = heard.free(index) {
        let piece = piece_at(heard, index, tongue);
        match piece {
            Some((digits, length)) => {
                if run.is_empty() && (heard.sign_before(index) == Some('+') || is_plus(heard, index)) {
                    run.push('+');
                }
                run.push_str(&digits);
                index += length;
                end = index;
            }
            None if !run.is_empty() && is_connector(word, tongue) => index += 1,
            None => break,
        }
    }
    (run, end)
}

/// One group of digits: written digits, or words that are said as one number.
fn piece_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<(String, usize)> {
    use NumberWord::{Hundred, Hundreds, Teen, Tens, Thousand, Unit};
    let word = heard.free(index)?;
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((word.to_owned(), 1));
    }
    let repeats = match (tongue, word) {
        (Tongue::English, "double") | (Tongue::Russian, "дважды") => 2,
        (Tongue::English, "triple") | (Tongue::Russian, "трижды") => 3,
        (Tongue::English | Tongue::Russian, _) => 0,
    };
    if repeats > 0 {
        let (digit, length) = piece_at(heard, index + 1, tongue)?;
        return (digit.len() == 1).then(|| (digit.repeat(repeats), length + 1));
    }
    if tongue == Tongue::English && matches!(word, "oh" | "o") {
        return Some(("0".to_owned(), 1));
    }
    let part = |offset| {
        heard
            .free(index + offset)
            .and_then(|word| number_word(word, tongue))
    };
    let digits = |number: u32, length| Some((number.to_string(), length));
    match (part(0)?, part(1), part(2)) {
        (Unit(n), Some(Hundred), _) if n > 0 => digits(n * 100, 2),
        (Unit(n), Some(Thousand), _) if n > 0 => digits(n * 1_000, 2),
        (Hundreds(h), Some(Tens(t)), Some(Unit(u))) if u > 0 => digits(h + t + u, 3),
        (Hundreds(h), Some(Tens(n) | Teen(n)), _) => digits(h + n, 2),
        (Hundreds(h), Some(Unit(u)), _) if u > 0 => digits(h + u, 2),
        (Tens(t), Some(Unit(u)), _) if u > 0 => digits(t + u, 2),
        (Unit(n) | Teen(n) | Tens(n) | Hundreds(n), _, _) => digits(n, 1),
        (Hundred | Thousand, _, _) => None,
    }
}

fn is_plus(heard: &Utterance<'_>, index: usize) -> bool {
    index > 0 && matches!(heard.words()[index - 1].text.as_str(), "plus" | "плюс")
}

/// What people put between groups of digits.
fn is_connector(word: &str, tongue: Tongue) -> bool {
    match tongue {
        Tongue::English => matches!(word, "um" | "uh" | "and" | "then" | "dash" | "hyphen"),
        Tongue::Russian => matches!(
            word,
            "э" | "эм" | "и" | "потом" | "дальше" | "далее" | "тире" | "дефис"
        ),
    }
}

/// Digit by digit, in groups of three and four.
pub(super) fn spoken(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.len().min(4);
    let (head, tail) = digits.split_at(digits.len() - tail);
    // The rest in threes counted from the right, so that the country comes first by itself.
    let first = head.len() % 3;
    let mut groups: Vec<&[char]> = Vec::new();
    if first > 0 {
        groups.push(&head[..first]);
    }
    groups.extend(head[first..].chunks(3));
    groups.push(tail);
    let group = |digits: &&[char]| digits.iter().map(char::to_string).collect::<Vec<_>>().join(" ");
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str, tongue: Tongue) -> Option<String> {
        find(&Utterance::new(text), tongue).map(|found| found.value.record())
    }

    #[test]
    fn numbers_are_read_in_digits_and_in_words() {
        for text in [
            "It's 415-555-0132.",
            "(415) 555 0132",
            "four one five, five five five, oh one three two",
            "my number is four one five triple five zero one thirty two",
            "4155550132 thanks",
            "+1 415 555 0132",
            "one four one five five five five zero one three two",
        ] {
            assert_eq!(
                phone(text, Tongue::English).as_deref(),
                Some("+14155550132"),
                "{text}"
            );
        }
        assert_eq!(phone("555 0132", Tongue::English).as_deref(), Some("5550132"));
        assert_eq!(
            phone(
                "one eight hundred five five five oh one three two",
                Tongue::English
            )
            .as_deref(),
            Some("+18005550132")
        );
        for text in [
            "8 916 123-45-67",
            "+7 916 123 45 67",
            "восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь",
            "девятьсот шестнадцать, сто двадцать три, сорок пять, шестьдесят семь",
            "плюс семь девять один шесть один два три четыре пять шесть семь",
        ] {
            assert_eq!(
                phone(text, Tongue::Russian).as_deref(),
                Some("+79161234567"),
                "{text}"
            );
        }
    }

    #[test]
    fn too_few_digits_are_no_number() {
        assert_eq!(phone("four one five", Tongue::English), None);
        assert_eq!(phone("восемь девятьсот шестнадцать", Tongue::Russian), None);
    }

    #[test]
    fn a_number_is_read_out_digit_by_digit() {
        assert_eq!(spoken("+14155550132"), "1, 4 1 5, 5 5 5, 0 1 3 2");
        assert_eq!(spoken("5550132"), "5 5 5, 0 1 3 2");
    }
}
