//! A time of day. Nobody makes appointments for three in the morning, so hours from one to seven are afternoon hours
//! unless the caller says otherwise.

mod part_of_day;
#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::civil::Time;

use self::part_of_day::PartOfDay;
use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{Joint, NumberWord, Utterance, cardinal_at, number_word, ordinal_at, ordinal_word},
};

/// An hour and minutes as they were said, before the part of the day is known.
struct Clock {
    hour: u32,
    minute: u32,
    words: Range<usize>,
    certain: bool,
    /// Whether the hour is one of 24, such as 03:30.
    of_24: bool,
}

/// The time that was said.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
    let part = PartOfDay::said(heard, tongue);
    let mut index = 0;
    while index < heard.words().len() {
        if let Some(clock) = clock_at(heard, index, tongue)
            && clock.words.clone().all(|at| heard.free(at).is_some())
        {
            let negated = heard.is_negated(clock.words.start, tongue);
            if let (false, Some(time)) = (negated, clock.time(part)) {
                let certain = clock.certain || part.is_some();
                return Some(Found {
                    value: Value::Time(time),
                    words: clock.words,
                    certain,
                });
            }
            index = clock.words.end.max(index + 1);
        } else if cardinal_at(heard, index, tongue).is_some() {
            // A row of numbers that is no time is not read again from its middle.
            while let Some((_, length)) = cardinal_at(heard, index, tongue) {
                index += length;
            }
        } else {
            index += 1;
        }
    }
    let (part, words) = PartOfDay::alone(heard, tongue)?;
    let hour = match part {
        PartOfDay::Morning => 10,
        PartOfDay::Noon => 13,
        PartOfDay::Afternoon => 14,
        PartOfDay::Evening => 18,
        PartOfDay::Night => return None,
    };
    let time = Time::new(hour, 0, 0, 0).ok()?;
    Some(Found {
        value: Value::Time(time),
        words,
        certain: false,
    })
}

impl Clock {
    fn time(&self, part: Option<PartOfDay>) -> Option<Time> {
        let hour = match (part, self.hour) {
            _ if self.of_24 => self.hour,
            (Some(PartOfDay::Morning | PartOfDay::Night), 12) => 0,
            (Some(PartOfDay::Morning), hour) => hour,
            (Some(PartOfDay::Evening), hour @ 1..=11) => hour + 12,
            (Some(PartOfDay::Afternoon | PartOfDay::Noon), hour @ 1..=7) => hour + 12,
            (Some(PartOfDay::Night), hour @ 8..=11) => hour + 12,
            (Some(PartOfDay::Night), hour) => hour,
            (None, hour @ 1..=7) => hour + 12,
            (_, hour) => hour,
        };
        Time::new(
            i8::try_from(hour % 24).ok()?,
            i8::try_from(self.minute).ok()?,
            0,
            0,
        )
        .ok()
    }
}

fn clock_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<Clock> {
    let word = heard.free(index)?;
    let whole = |hour| {
        Some(Clock {
            hour,
            minute: 0,
            words: index..index + 1,
            certain: true,
            of_24: true,
        })
    };
    match (tongue, word) {
        (Tongue::English, "noon" | "midday") | (Tongue::Russian, "полдень" | "полудню") => {
            return whole(12);
        }
        (Tongue::English, "midnight") | (Tongue::Russian, "полночь") => return whole(24),
        (Tongue::English | Tongue::Russian, _) => {}
    }
    match tongue {
        Tongue::English => english_fraction_at(heard, index),
        Tongue::Russian => russian_fraction_at(heard, index),
    }
    .or_else(|| hour_at(heard, index, tongue))
}

/// "Half past two", "quarter to four", "ten past five".
fn english_fraction_at(heard: &Utterance<'_>, index: usize) -> Option<Clock> {
    let tongue = Tongue::English;
    let (minutes, length) = match heard.free(index)? {
        "half" => (30, 1),
        "quarter" => (15, 1),
        _ => cardinal_at(heard, index, tongue).filter(|(minutes, _)| (1..=59).contains(minutes))?,
    };
    let mut at = index + length;
    at += usize::from(heard.has_at(at, &["minutes"]));
    let after = match heard.free(at)? {
        "past" | "after" => true,
        "to" | "before" | "till" => false,
        _ => return None,
    };
    let (hour, length) = cardinal_at(heard, at + 1, tongue).filter(|(hour, _)| (1..=12).contains(hour))?;
    let words = index..at + 1 + length;
    Some(fraction(hour, minutes, after, words))
}

/// "Половина третьего", "полтретьего", "без четверти три", "десять минут пятого".
fn russian_fraction_at(heard: &Utterance<'_>, index: usize) -> Option<Clock> {
    let tongue = Tongue::Russian;
    let word = heard.free(index)?;
    // The third hour lasts from two to three.
    let hour_before = |ordinal: u32| if ordinal == 1 { 12 } else { ordinal - 1 };
    let within = |ordinal: u32| (1..=12).contains(&ordinal);
    if let Some(ordinal) = word
        .strip_prefix("пол")
        .and_then(|rest| ordinal_word(rest, tongue))
        .filter(|n| within(*n))
    {
        return Some(fraction(hour_before(ordinal), 30, true, index..index + 1));
    }
    if word == "без" {
        let (minutes, length) = if heard.has_at(index + 1, &["четверти"]) {
            (15, 1)
        } else {
            cardinal_at(heard, index + 1, tongue).filter(|(minutes, _)| (1..=59).contains(minutes))?
        };
        let at = index + 1 + length + usize::from(heard.has_at(index + 1 + length, &["минут"]));
        let (hour, length) = cardinal_at(heard, at, tongue).filter(|(hour, _)| within(*hour))?;
        return Some(fraction(hour, minutes, false, index..at + length));
    }
    let (minutes, at) = match word {
        "половина" | "половину" | "половине" | "пол" => (30, index + 1),
        "четверть" => (15, index + 1),
        _ => {
            let (minutes, length) =
                cardinal_at(heard, index, tongue).filter(|(minutes, _)| (1..=59).contains(minutes))?;
            if !matches!(heard.free(index + length)?, "минут" | "минуты" | "минута") {
                return None;
            }
            (minutes, index + length + 1)
        }
    };
    let (ordinal, length) = ordinal_at(heard, at, tongue).filter(|(ordinal, _)| within(*ordinal))?;
    Some(fraction(hour_before(ordinal), minutes, true, index..at + length))
}

fn fraction(hour: u32, minutes: u32, after: bool, words: Range<usize>) -> Clock {
    let (hour, minute) = match after {
        true => (hour, minutes),
        false if hour == 1 => (12, 60 - minutes),
        false => (hour - 1, 60 - minutes),
    };
    Clock {
        hour,
        minute,
        words,
        certain: true,
        of_24: false,
    }
}

/// Whether a time that was read from `words` can hardly go on: "ten" may become "ten thirty" or "ten in the evening".
pub(crate) fn is_exact(heard: &Utterance<'_>, words: &Range<usize>, tongue: Tongue) -> bool {
    words.len() > 1 || PartOfDay::said(heard, tongue).is_some()
}

/// "3:30", "three thirty", "at three", "3pm", "в двадцать", "в 15 часов 30 минут".
fn hour_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<Clock> {
    let preceded = index > 0
        && match tongue {
            Tongue::English => matches!(
                heard.words()[index - 1].text.as_str(),
                "at" | "around" | "about" | "by"
            ),
            Tongue::Russian => matches!(heard.words()[index - 1].text.as_str(), "в" | "к" | "около"),
        };
    // "В час" is one o'clock.
    if tongue == Tongue::Russian && heard.free(index) == Some("час") && preceded {
        return Some(Clock {
            hour: 1,
            minute: 0,
            words: index..index + 1,
            certain: true,
            of_24: false,
        });
    }
    let (hour, length) = cardinal_at(heard, index, tongue).filter(|(hour, _)| *hour <= 24)?;
    let mut end = index + length;
    let mut certain = preceded;
    if is_hour_word(heard.free(end), tongue) {
        certain = true;
        end += 1;
    }
    let mut minute = 0;
    if let Some((minutes, at)) = minutes_at(heard, end, tongue) {
        minute = minutes;
        end = at;
        certain = true;
    }
    if let Some(length) = half_of_day_at(heard, end) {
        certain = true;
        end += length;
    }
    if is_followed_by_more(heard, end, tongue) {
        return None;
    }
    let of_24 = heard.words()[index].text.starts_with('0') || hour == 0 || hour > 12;
    let minute_in_range = minute < 60 && (hour < 24 || minute == 0);
    minute_in_range.then_some(Clock {
        hour,
        minute,
        words: index..end,
        certain,
        of_24,
    })
}

fn is_hour_word(word: Option<&str>, tongue: Tongue) -> bool {
    match tongue {
        Tongue::English => matches!(word, Some("o'clock" | "oclock")),
        Tongue::Russian => matches!(word, Some("час" | "часа" | "часов" | "часам" | "ч")),
    }
}

/// Minutes after an hour: two digits, or a number of two digits, or "oh five".
fn minutes_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<(u32, usize)> {
    let word = heard.free(index)?;
    let joint = heard.words()[index].joint;
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        let separated = matches!(joint, Joint::Tight(':' | '.' | '-') | Joint::Space);
        let minutes = word.parse().ok().filter(|minutes| *minutes < 60)?;
        let after = index + 1 + usize::from(is_minute_word(heard.free(index + 1)));
        return (separated && word.len() == 2).then_some((minutes, after));
    }
    if joint == Joint::Clause {
        return None;
    }
    let zero = word == "oh" || word == "o" || number_word(word, tongue) == Some(NumberWord::Unit(0));
    if zero {
        return match number_word(heard.free(index + 1)?, tongue)? {
            NumberWord::Unit(minutes) => Some((minutes, index + 2)),
            NumberWord::Teen(_)
            | NumberWord::Tens(_)
            | NumberWord::Hundreds(_)
            | NumberWord::Hundred
            | NumberWord::Thousand => None,
        };
    }
    let (minutes, length) =
        cardinal_at(heard, index, tongue).filter(|(minutes, _)| (10..60).contains(minutes))?;
    let after = index + length;
    Some((minutes, after + usize::from(is_minute_word(heard.free(after)))))
}

fn is_minute_word(word: Option<&str>) -> bool {
    matches!(word, Some("минут" | "минуты" | "minutes"))
}

/// How many words "pm", "p.m." or "утра" take.
fn half_of_day_at(heard: &Utterance<'_>, index: usize) -> Option<usize> {
    let word = heard.free(index)?;
    match word {
        "am" | "pm" | "утра" | "дня" | "вечера" | "ночи" => Some(1),
        "a" | "p" => heard.has_at(index + 1, &["m"]).then_some(2),
        _ => None,
    }
}

/// A number that goes on is no time but a telephone number, a day or an amount.
fn is_followed_by_more(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> bool {
    let Some(word) = heard.free(index) else {
        return false;
    };
    if heard.words()[index].joint == Joint::Clause {
        return false;
    }
    if cardinal_at(heard, index, tongue).is_some() {
        return true;
    }
    match tongue {
        Tongue::English => {
            matches!(
                word,
                "th" | "st"
                    | "nd"
                    | "rd"
                    | "of"
                    | "days"
                    | "weeks"
                    | "people"
                    | "hundred"
                    | "dollars"
                    | "percent"
            )
        }
        Tongue::Russian => {
            matches!(
                word,
                "го" | "января"
                    | "февраля"
                    | "марта"
                    | "апреля"
                    | "мая"
                    | "июня"
                    | "июля"
                    | "августа"
            ) || matches!(
                word,
                "сентября" | "октября" | "ноября" | "декабря" | "дней" | "недели" | "недель"
            ) || matches!(word, "рублей" | "рубля" | "человек" | "человека")
        }
    }
}

/// "3:30 PM", "15:30".
pub(super) fn spoken(time: Time, tongue: Tongue) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    match tongue {
        Tongue::Russian => format!("{hour}:{minute:02}"),
        Tongue::English => {
            let half = if hour < 12 { "AM" } else { "PM" };
            let hour = match hour % 12 {
                0 => 12,
                hour => hour,
            };
            if minute == 0 {
                format!("{hour} {half}")
            } else {
                format!("{hour}:{minute:02} {half}")
            }
        }
    }
}
