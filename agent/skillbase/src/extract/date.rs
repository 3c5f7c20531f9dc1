//! A day, today or later.

#[cfg(test)]
mod tests;

use std::ops::Range;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{Joint, Utterance, cardinal_at, ordinal_at},
};

/// A day with the words it was read from.
type Reading = (Date, Range<usize>);

/// The day that was said. If the caller said several, the last one after a correction ("no, Wednesday"), else the first.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue, today: Date) -> Option<Found> {
    let clear = pick(heard, tongue, |index| clear_at(heard, index, tongue, today));
    if let Some((date, words)) = clear {
        return Some(Found {
            value: Value::Date(date),
            words,
            certain: true,
        });
    }
    let (date, words) = pick(heard, tongue, |index| {
        day_of_month_at(heard, index, tongue, today)
    })?;
    Some(Found {
        value: Value::Date(date),
        words,
        certain: false,
    })
}

fn pick(heard: &Utterance<'_>, tongue: Tongue, read: impl Fn(usize) -> Option<Reading>) -> Option<Reading> {
    let mut chosen: Option<Reading> = None;
    let mut index = 0;
    while index < heard.words().len() {
        let reading = read(index).filter(|(_, words)| (words.clone()).all(|at| heard.free(at).is_some()));
        let Some((date, words)) = reading else {
            index += 1;
            continue;
        };
        index = words.end;
        if heard.is_negated(words.start, tongue) {
            continue;
        }
        let corrected = chosen.as_ref().is_some_and(|(_, before)| {
            (before.end..words.start).any(|at| is_correction(&heard.words()[at].text, tongue))
        });
        if chosen.is_none() || corrected {
            chosen = Some((date, words));
        }
    }
    chosen
}

fn is_correction(word: &str, tongue: Tongue) -> bool {
    match tongue {
        Tongue::English => matches!(word, "no" | "sorry" | "actually" | "rather" | "mean" | "instead"),
        Tongue::Russian => matches!(word, "нет" | "простите" | "точнее" | "вернее" | "лучше"),
    }
}

/// What can only be a day.
fn clear_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    relative_at(heard, index, tongue, today)
        .or_else(|| weekday_at(heard, index, tongue, today))
        .or_else(|| month_and_day_at(heard, index, tongue, today))
        .or_else(|| numeric_at(heard, index, tongue, today))
}

fn relative_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    let fixed: &[(&[&str], i64)] = match tongue {
        Tongue::English => &[
            (&["the", "day", "after", "tomorrow"], 2),
            (&["day", "after", "tomorrow"], 2),
            (&["after", "tomorrow"], 2),
            (&["tomorrow"], 1),
            (&["today"], 0),
            (&["tonight"], 0),
            (&["in", "a", "week"], 7),
            (&["a", "week", "from", "today"], 7),
            (&["in", "a", "fortnight"], 14),
        ],
        Tongue::Russian => &[
            (&["послезавтра"], 2),
            (&["после", "завтра"], 2),
            (&["завтра"], 1),
            (&["сегодня"], 0),
            (&["через", "неделю"], 7),
            (&["через", "день"], 2),
        ],
    };
    if let Some((words, days)) = fixed.iter().find(|(words, _)| heard.has_at(index, words)) {
        return Some((today.checked_add(days.days()).ok()?, index..index + words.len()));
    }
    let opening = match tongue {
        Tongue::English => "in",
        Tongue::Russian => "через",
    };
    if !heard.has_at(index, &[opening]) {
        return None;
    }
    let (count, length) = cardinal_at(heard, index + 1, tongue)?;
    let unit = heard.free(index + 1 + length)?;
    let days = match (tongue, unit) {
        (Tongue::English, "day" | "days") | (Tongue::Russian, "день" | "дня" | "дней") => count,
        (Tongue::English, "week" | "weeks") | (Tongue::Russian, "неделю" | "недели" | "недель") => {
            count.checked_mul(7)?
        }
        (Tongue::English | Tongue::Russian, _) => return None,
    };
    (days <= 3_650).then_some(())?;
    Some((
        today.checked_add(i64::from(days).days()).ok()?,
        index..index + length + 2,
    ))
}

/// The next such day; with "next", the one in the week after this.
fn weekday_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    let next = match (tongue, heard.free(index)?) {
        (Tongue::English, "next") => true,
        (Tongue::Russian, word) => word.starts_with("следующ"),
        (Tongue::English, _) => false,
    };
    let day_at = index + usize::from(next);
    let weekday = weekday(heard.free(day_at)?, tongue)?;
    let days = if next {
        let to_monday = 7 - i64::from(today.weekday().to_monday_zero_offset());
        to_monday + i64::from(weekday.to_monday_zero_offset())
    } else {
        // Who means today says today.
        i64::from(today.weekday().until(weekday)).max(0) + if today.weekday() == weekday { 7 } else { 0 }
    };
    Some((today.checked_add(days.days()).ok()?, index..day_at + 1))
}

fn weekday(word: &str, tongue: Tongue) -> Option<Weekday> {
    let day = match tongue {
        Tongue::English => match word.strip_suffix('s').unwrap_or(word) {
            "monday" => Weekday::Monday,
            "tuesday" | "tue" => Weekday::Tuesday,
            "wednesday" | "wedne" => Weekday::Wednesday,
            "thursday" | "thur" => Weekday::Thursday,
            "friday" => Weekday::Friday,
            "saturday" => Weekday::Saturday,
            "sunday" => Weekday::Sunday,
            _ => return None,
        },
        Tongue::Russian => match word {
            "понедельник" | "понедельника" => Weekday::Monday,
            "вторник" | "вторника" => Weekday::Tuesday,
            "среда" | "среду" | "среды" => Weekday::Wednesday,
            "четверг" | "четверга" => Weekday::Thursday,
            "пятница" | "пятницу" | "пятницы" => Weekday::Friday,
            "суббота" | "субботу" | "субботы" => Weekday::Saturday,
            "воскресенье" | "воскресенья" => Weekday::Sunday,
            _ => return None,
        },
    };
    Some(day)
}

/// "January 15", "the fifteenth of January 2027", "15 января".
fn month_and_day_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    let (month, day, end) = if let Some(month) = month(heard.free(index)?, tongue) {
        let at = index + 1 + usize::from(heard.has_at(index + 1, &["the"]));
        let (day, length) = day_at(heard, at, tongue)?;
        (month, day, at + length)
    } else {
        let (day, length) = day_at(heard, index, tongue)?;
        let at = index + length + usize::from(heard.has_at(index + length, &["of"]));
        (month(heard.free(at)?, tongue)?, day, at + 1)
    };
    let year = heard
        .free(end)
        .and_then(|word| word.parse::<i16>().ok())
        .filter(|year| (2000..2200).contains(year));
    let date = match year {
        Some(year) => Date::new(year, month, day).ok().filter(|date| *date >= today)?,
        None => next_in_year(month, day, today)?,
    };
    let year_words = usize::from(year.is_some());
    let after_year = matches!(heard.free(end + 1), Some("года" | "год"));
    Some((
        date,
        index..end + year_words + usize::from(year.is_some() && after_year),
    ))
}

fn day_at(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> Option<(i8, usize)> {
    let (number, length) = ordinal_at(heard, index, tongue).or_else(|| cardinal_at(heard, index, tongue))?;
    let day = i8::try_from(number).ok().filter(|day| (1..=31).contains(day))?;
    Some((day, length))
}

fn month(word: &str, tongue: Tongue) -> Option<i8> {
    let names: &[&[&str]; 12] = match tongue {
        Tongue::English => &[
            &["january", "jan"],
            &["february", "feb"],
            &["march", "mar"],
            &["april", "apr"],
            &["may"],
            &["june", "jun"],
            &["july", "jul"],
            &["august", "aug"],
            &["september", "sept", "sep"],
            &["october", "oct"],
            &["november", "nov"],
            &["december", "dec"],
        ],
        Tongue::Russian => &[
            &["января", "январь"],
            &["февраля", "февраль"],
            &["марта", "март"],
            &["апреля", "апрель"],
            &["мая", "май"],
            &["июня", "июнь"],
            &["июля", "июль"],
            &["августа", "август"],
            &["сентября", "сентябрь"],
            &["октября", "октябрь"],
            &["ноября", "ноябрь"],
            &["декабря", "декабрь"],
        ],
    };
    let at = names.iter().position(|names| names.contains(&word))?;
    i8::try_from(at + 1).ok()
}

/// "2027-01-15", "15.01", "15.01.2027", "1/15".
fn numeric_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    let number = |offset: usize| {
        heard
            .free(index + offset)
            .and_then(|word| word.parse::<i16>().ok())
    };
    let sign = |offset: usize| match heard.words().get(index + offset)?.joint {
        Joint::Tight(sign) => Some(sign),
        Joint::None | Joint::Space | Joint::Clause => None,
    };
    let (first, second) = (number(0)?, number(1)?);
    let third = number(2).filter(|_| sign(2) == sign(1));
    let separator = sign(1)?;
    if let (true, Some(day), '-') = (first >= 2000, third, separator) {
        let date = Date::new(first, i8::try_from(second).ok()?, i8::try_from(day).ok()?).ok()?;
        return (date >= today).then_some((date, index..index + 3));
    }
    let (month, day) = match separator {
        '.' => (second, first),
        '/' if tongue == Tongue::English && first <= 12 => (first, second),
        '/' => (second, first),
        _ => return None,
    };
    // "3.30" is a time; a day is written with two digits or with its year.
    let written_out = third.is_some() || separator == '/' || heard.words()[index + 1].text.len() == 2;
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    if !written_out || !(1..=12).contains(&month) {
        return None;
    }
    match third {
        Some(year) => {
            let year = if year < 100 { year + 2000 } else { year };
            let date = Date::new(year, month, day).ok().filter(|date| *date >= today)?;
            Some((date, index..index + 3))
        }
        None => Some((next_in_year(month, day, today)?, index..index + 2)),
    }
}

/// "The fifteenth", "пятнадцатого": the next one.
fn day_of_month_at(heard: &Utterance<'_>, index: usize, tongue: Tongue, today: Date) -> Option<Reading> {
    let (number, length) = ordinal_at(heard, index, tongue)?;
    let day = i8::try_from(number).ok().filter(|day| (1..=31).contains(day))?;
    let mut month = today.first_of_month();
    // Two months in a row may lack the day; three cannot.
    for _ in 0..3 {
        match month.with().day(day).build() {
            Ok(date) if date >= today => return Some((date, index..index + length)),
            Ok(_) | Err(_) => month = month.checked_add(1.month()).ok()?,
        }
    }
    None
}

/// This year's day, or a later year's if it is over. The 29th of February may be eight years away.
fn next_in_year(month: i8, day: i8, today: Date) -> Option<Date> {
    (0..=8).find_map(|years| {
        let date = Date::new(today.year().checked_add(years)?, month, day).ok()?;
        (date >= today).then_some(date)
    })
}

/// "Tuesday, January 15", "вторник, 15 января". Russian days stand in the case that follows на and в.
pub(super) fn spoken(date: Date, tongue: Tongue) -> String {
    let months = match tongue {
        Tongue::English => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Tongue::Russian => [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ],
    };
    let weekday = match (tongue, date.weekday()) {
        (Tongue::English, Weekday::Monday) => "Monday",
        (Tongue::English, Weekday::Tuesday) => "Tuesday",
        (Tongue::English, Weekday::Wednesday) => "Wednesday",
        (Tongue::English, Weekday::Thursday) => "Thursday",
        (Tongue::English, Weekday::Friday) => "Friday",
        (Tongue::English, Weekday::Saturday) => "Saturday",
        (Tongue::English, Weekday::Sunday) => "Sunday",
        (Tongue::Russian, Weekday::Monday) => "понедельник",
        (Tongue::Russian, Weekday::Tuesday) => "вторник",
        (Tongue::Russian, Weekday::Wednesday) => "среду",
        (Tongue::Russian, Weekday::Thursday) => "четверг",
        (Tongue::Russian, Weekday::Friday) => "пятницу",
        (Tongue::Russian, Weekday::Saturday) => "субботу",
        (Tongue::Russian, Weekday::Sunday) => "воскресенье",
    };
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|at| months.get(at))
        .copied()
        .unwrap_or_default();
    match tongue {
        Tongue::English => format!("{weekday}, {month} {}", date.day()),
        Tongue::Russian => format!("{weekday}, {} {month}", date.day()),
    }
}
