use super::*;

fn time(text: &str, tongue: Tongue) -> Option<String> {
    find(&Utterance::new(text), tongue).map(|found| found.value.record())
}

#[test]
fn english_times_are_read() {
    for (text, expected) in [
        ("Three thirty.", "15:30"),
        ("3:30", "15:30"),
        ("at three thirty", "15:30"),
        ("At 3.30, please", "15:30"),
        ("3 30", "15:30"),
        ("three", "15:00"),
        ("at nine", "09:00"),
        ("nine in the evening", "21:00"),
        ("3pm", "15:00"),
        ("3 p.m.", "15:00"),
        ("8:15 am", "08:15"),
        ("seven in the morning", "07:00"),
        ("03:30", "03:30"),
        ("15:30", "15:30"),
        ("ten o'clock", "10:00"),
        ("half past two", "14:30"),
        ("a quarter to four", "15:45"),
        ("ten past five", "17:10"),
        ("quarter to one", "12:45"),
        ("three oh five", "15:05"),
        ("noon", "12:00"),
        ("twelve thirty", "12:30"),
        ("in the morning", "10:00"),
        ("the afternoon would be best", "14:00"),
        ("not at three, at four", "16:00"),
    ] {
        assert_eq!(time(text, Tongue::English).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn russian_times_are_read() {
    for (text, expected) in [
        ("в двадцать", "20:00"),
        ("в три", "15:00"),
        ("в 15:30", "15:30"),
        ("В пятнадцать тридцать", "15:30"),
        ("в 15 часов 30 минут", "15:30"),
        ("в час", "13:00"),
        ("в час дня", "13:00"),
        ("два часа дня", "14:00"),
        ("в восемь вечера", "20:00"),
        ("в восемь утра", "08:00"),
        ("в десять", "10:00"),
        ("половина третьего", "14:30"),
        ("полтретьего", "14:30"),
        ("в пол третьего", "14:30"),
        ("без четверти три", "14:45"),
        ("без пятнадцати три", "14:45"),
        ("десять минут пятого", "16:10"),
        ("утром", "10:00"),
        ("днём", "14:00"),
        ("в обед", "13:00"),
        ("вечером", "18:00"),
        ("вечером, в семь", "19:00"),
        ("с двух до пяти", "14:00"),
    ] {
        assert_eq!(time(text, Tongue::Russian).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn other_numbers_are_no_times() {
    for text in [
        "four one five five five five",
        "the 15th",
        "25 people",
        "good morning",
        "twelve dollars",
    ] {
        assert_eq!(time(text, Tongue::English), None, "{text}");
    }
    assert_eq!(time("15 января", Tongue::Russian), None);
}

#[test]
fn a_time_is_said_as_people_say_it() {
    let at = |hour, minute| Time::new(hour, minute, 0, 0).expect("a time");
    assert_eq!(spoken(at(15, 30), Tongue::English), "3:30 PM");
    assert_eq!(spoken(at(0, 0), Tongue::English), "12 AM");
    assert_eq!(spoken(at(15, 30), Tongue::Russian), "15:30");
}
