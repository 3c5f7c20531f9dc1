//! Numbers in words, English and Russian, cardinal and ordinal.

use super::{Joint, Utterance};
use crate::language::Tongue;

/// A word that is part of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberWord {
    /// 0 to 9.
    Unit(u32),
    /// 10 to 19.
    Teen(u32),
    /// 20, 30 … 90.
    Tens(u32),
    /// 100, 200 … 900 in one word, as in Russian.
    Hundreds(u32),
    /// "hundred" after a unit, as in English.
    Hundred,
    /// "thousand".
    Thousand,
}

/// The number word that `word` is. The letter "o" for zero is not among them: it is one only between digits.
pub(crate) fn number_word(word: &str, tongue: Tongue) -> Option<NumberWord> {
    use NumberWord::{Hundred, Hundreds, Teen, Tens, Thousand, Unit};
    let number = match tongue {
        Tongue::English => match word {
            "zero" | "nought" => Unit(0),
            "one" => Unit(1),
            "two" => Unit(2),
            "three" => Unit(3),
            "four" => Unit(4),
            "five" => Unit(5),
            "six" => Unit(6),
            "seven" => Unit(7),
            "eight" => Unit(8),
            "nine" => Unit(9),
            "ten" => Teen(10),
            "eleven" => Teen(11),
            "twelve" => Teen(12),
            "thirteen" => Teen(13),
            "fourteen" => Teen(14),
            "fifteen" => Teen(15),
            "sixteen" => Teen(16),
            "seventeen" => Teen(17),
            "eighteen" => Teen(18),
            "nineteen" => Teen(19),
            "twenty" => Tens(20),
            "thirty" => Tens(30),
            "forty" | "fourty" => Tens(40),
            "fifty" => Tens(50),
            "sixty" => Tens(60),
            "seventy" => Tens(70),
            "eighty" => Tens(80),
            "ninety" => Tens(90),
            "hundred" => Hundred,
            "thousand" => Thousand,
            _ => return None,
        },
        Tongue::Russian => match word {
            "ноль" | "нуль" | "ноля" | "нуля" | "нолик" => Unit(0),
            "один" | "одна" | "одно" | "одну" | "одного" | "одной" | "одному" => {
                Unit(1)
            }
            "два" | "две" | "двух" | "двум" => Unit(2),
            "три" | "трех" | "трем" => Unit(3),
            "четыре" | "четырех" | "четырем" => Unit(4),
            "пять" | "пяти" => Unit(5),
            "шесть" | "шести" => Unit(6),
            "семь" | "семи" => Unit(7),
            "восемь" | "восьми" => Unit(8),
            "девять" | "девяти" => Unit(9),
            "десять" | "десяти" => Teen(10),
            "одиннадцать" | "одиннадцати" => Teen(11),
            "двенадцать" | "двенадцати" => Teen(12),
            "тринадцать" | "тринадцати" => Teen(13),
            "четырнадцать" | "четырнадцати" => Teen(14),
            "пятнадцать" | "пятнадцати" => Teen(15),
            "шестнадцать" | "шестнадцати" => Teen(16),
            "семнадцать" | "семнадцати" => Teen(17),
            "восемнадцать" | "восемнадцати" => Teen(18),
            "девятнадцать" | "девятнадцати" => Teen(19),
            "двадцать" | "двадцати" => Tens(20),
            "тридцать" | "тридцати" => Tens(30),
            "сорок" | "сорока" => Tens(40),
            "пятьдесят" | "пятидесяти" => Tens(50),
            "шестьдесят" | "шестидесяти" => Tens(60),
            "семьдесят" | "семидесяти" => Tens(70),
            "восемьдесят" | "восьмидесяти" => Tens(80),
            "девяносто" | "девяноста" => Tens(90),
            "сто" | "ста" => Hundreds(100),
            "двести" => Hundreds(200),
            "триста" => Hundreds(300),
            "четыреста" => Hundreds(400),
            "пятьсот" => Hundreds(500),
            "шестьсот" => Hundreds(600),
            "семьсот" => Hundreds(700),
            "восемьсот" => Hundreds(800),
            "девятьсот" => Hundreds(900),
            "тысяча" | "тысячи" | "тысяч" | "тысячу" => Thousand,
            _ => return None,
        },
    };
    Some(number)
}

/// The number that begins at the word `index`, in digits or words, and how many words it takes. Words that have been read
/// as something else end it.
pub(crate) fn cardinal_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<(u32, usize)> {
    use NumberWord::{Hundred, Hundreds, Teen, Tens, Thousand, Unit};
    let first = heard.free(index)?;
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((first.parse().ok().filter(|_| first.len() < 10)?, 1));
    }
    let (mut thousands, mut below, mut length) = (0_u32, 0_u32, 0_usize);
    let mut only_zero = false;
    while let Some(word) = heard.free(index + length) {
        if length > 0 && heard.words()[index + length].joint == Joint::Clause {
            break;
        }
        let and = word == "and" && below > 0 && below.is_multiple_of(100);
        if and
            && heard
                .free(index + length + 1)
                .is_some_and(|next| number_word(next, tongue).is_some())
        {
            length += 1;
            continue;
        }
        match number_word(word, tongue) {
            Some(Unit(0)) if length == 0 => only_zero = true,
            Some(_) if only_zero => break,
            Some(Unit(n)) if n > 0 && below.is_multiple_of(10) && (below % 100) != 10 => below += n,
            Some(Teen(n) | Tens(n)) if below.is_multiple_of(100) => below += n,
            Some(Hundreds(n)) if below == 0 => below += n,
            Some(Hundred) if (1..10).contains(&below) => below *= 100,
            Some(Hundred) if length == 0 => below = 100,
            Some(Thousand) if thousands == 0 && below > 0 => {
                thousands = below * 1_000;
                below = 0;
            }
            Some(Thousand) if length == 0 => thousands = 1_000,
            Some(_) | None => break,
        }
        length += 1;
    }
    (length > 0).then_some((thousands + below, length))
}

/// The ordinal that begins at the word `index`, 1 to 99, and how many words it takes: "21st", "twenty first",
/// "двадцать первого", "21-го".
pub(crate) fn ordinal_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<(u32, usize)> {
    let first = heard.free(index)?;
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        let number = first.parse().ok().filter(|n| (1..100).contains(n))?;
        let next = heard.words().get(index + 1)?;
        let suffix = match (tongue, next.joint) {
            (Tongue::English, Joint::None) => matches!(next.text.as_str(), "st" | "nd" | "rd" | "th"),
            (Tongue::Russian, Joint::None | Joint::Tight('-')) => {
                matches!(
                    next.text.as_str(),
                    "го" | "ого" | "е" | "ое" | "й" | "ый" | "му" | "я"
                )
            }
            (Tongue::English | Tongue::Russian, _) => false,
        };
        return suffix.then_some((number, 2));
    }
    if let Some(number) = ordinal_word(first, tongue) {
        return Some((number, 1));
    }
    let Some(NumberWord::Tens(tens)) = number_word(first, tongue) else {
        return None;
    };
    let unit = ordinal_word(heard.free(index + 1)?, tongue).filter(|unit| *unit < 10)?;
    Some((tens + unit, 2))
}

/// A single ordinal word: "fifteenth", "пятнадцатого".
pub(crate) fn ordinal_word(word: &str, tongue: Tongue) -> Option<u32> {
    match tongue {
        Tongue::English => ENGLISH_ORDINALS
            .iter()
            .find(|(text, _)| *text == word)
            .map(|(_, number)| *number),
        Tongue::Russian => {
            let ending = RUSSIAN_ORDINAL_ENDINGS
                .iter()
                .find(|ending| word.ends_with(**ending))?;
            let stem = &word[..word.len() - ending.len()];
            RUSSIAN_ORDINAL_STEMS
                .iter()
                .find(|(text, _)| *text == stem)
                .map(|(_, number)| *number)
        }
    }
}

const ENGLISH_ORDINALS: [(&str, u32); 21] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
];

/// Longer endings first, so that the stem is what is left.
const RUSSIAN_ORDINAL_ENDINGS: [&str; 14] = [
    "ьего", "ьему", "ого", "ому", "ье", "ья", "ий", "ое", "ый", "ой", "ая", "ую", "ым", "ом",
];

const RUSSIAN_ORDINAL_STEMS: [(&str, u32); 21] = [
    ("перв", 1),
    ("втор", 2),
    ("трет", 3),
    ("четверт", 4),
    ("пят", 5),
    ("шест", 6),
    ("седьм", 7),
    ("восьм", 8),
    ("девят", 9),
    ("десят", 10),
    ("одиннадцат", 11),
    ("двенадцат", 12),
    ("тринадцат", 13),
    ("четырнадцат", 14),
    ("пятнадцат", 15),
    ("шестнадцат", 16),
    ("семнадцат", 17),
    ("восемнадцат", 18),
    ("девятнадцат", 19),
    ("двадцат", 20),
    ("тридцат", 30),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_words_and_digits() {
        let number = |text, tongue| cardinal_at(&Utterance::new(text), 0, tongue);
        assert_eq!(number("forty-two", Tongue::English), Some((42, 2)));
        assert_eq!(number("two hundred and five", Tongue::English), Some((205, 4)));
        assert_eq!(number("three thirty", Tongue::English), Some((3, 1)));
        assert_eq!(number("1500", Tongue::English), Some((1500, 1)));
        assert_eq!(number("сто двадцать три", Tongue::Russian), Some((123, 3)));
        assert_eq!(number("две тысячи пятьсот", Tongue::Russian), Some((2500, 3)));
        assert_eq!(number("price", Tongue::English), None);
    }

    #[test]
    fn ordinals_are_read_in_words_and_digits() {
        let number = |text, tongue| ordinal_at(&Utterance::new(text), 0, tongue);
        assert_eq!(number("twenty first", Tongue::English), Some((21, 2)));
        assert_eq!(number("15th", Tongue::English), Some((15, 2)));
        assert_eq!(number("двадцать пятого", Tongue::Russian), Some((25, 2)));
        assert_eq!(number("третьего", Tongue::Russian), Some((3, 1)));
        assert_eq!(number("15-го", Tongue::Russian), Some((15, 2)));
        assert_eq!(number("вторник", Tongue::Russian), None);
        assert_eq!(number("пять", Tongue::Russian), None);
    }
}
