use jiff::civil::date;

use super::*;

/// A Wednesday.
const TODAY: Date = date(2026, 11, 25);

fn day(text: &str, tongue: Tongue) -> Option<String> {
    find(&Utterance::new(text), tongue, TODAY).map(|found| found.value.record())
}

#[test]
fn english_days_are_read() {
    for (text, expected) in [
        ("today", "2026-11-25"),
        ("Tomorrow, please.", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("on Friday", "2026-11-27"),
        ("Wednesday", "2026-12-02"),
        ("next Tuesday", "2026-12-01"),
        ("next Friday", "2026-12-04"),
        ("in two weeks", "2026-12-09"),
        ("January 15", "2027-01-15"),
        ("January fifteenth at three", "2027-01-15"),
        ("the twenty first of December", "2026-12-21"),
        ("December the 3rd", "2026-12-03"),
        ("12/3", "2026-12-03"),
        ("2026-12-03", "2026-12-03"),
        ("the 15th", "2026-12-15"),
        ("the thirty first", "2026-12-31"),
        ("Tuesday, no, Thursday", "2026-11-26"),
        ("not Thursday, Friday", "2026-11-27"),
        ("Thursday or Friday", "2026-11-26"),
        ("February 29", "2028-02-29"),
    ] {
        assert_eq!(day(text, Tongue::English).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn russian_days_are_read() {
    for (text, expected) in [
        ("сегодня", "2026-11-25"),
        ("завтра", "2026-11-26"),
        ("послезавтра", "2026-11-27"),
        ("в пятницу", "2026-11-27"),
        ("в следующий вторник", "2026-12-01"),
        ("15 января", "2027-01-15"),
        ("на пятнадцатое января", "2027-01-15"),
        ("двадцать первого декабря", "2026-12-21"),
        ("15.01", "2027-01-15"),
        ("15.01.2027", "2027-01-15"),
        ("пятнадцатого", "2026-12-15"),
        ("через неделю", "2026-12-02"),
        ("через три дня", "2026-11-28"),
    ] {
        assert_eq!(day(text, Tongue::Russian).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_past_or_impossible_is_no_day() {
    for text in [
        "yesterday",
        "January 15 2020",
        "February 31",
        "maybe",
        "may I ask",
        "forty two",
    ] {
        assert_eq!(day(text, Tongue::English), None, "{text}");
    }
}

#[test]
fn a_day_is_said_with_its_weekday() {
    assert_eq!(spoken(date(2026, 12, 1), Tongue::English), "Tuesday, December 1");
    assert_eq!(spoken(date(2026, 12, 2), Tongue::Russian), "среду, 2 декабря");
}
