//! What callers say becomes what the flow asked for.

use skillbase::{Learnt, Value};

use crate::{
    examples::DENTAL,
    talk::{TODAY, Talk, accepted, with_flow},
};

/// What a flow that asks for one field makes of an answer.
fn field(language: &str, kind: &str, words: &str) -> String {
    let flow = format!(
        "type: linear\nstates:\n  - {{id: a, name: A, say: 'Well?', collect: [{{name: x, {kind}}}]}}\n  - {{id: b, name: B, say: \
         Bye.}}"
    );
    let mut talk = Talk::new(&with_flow(language, &flow));
    talk.say(words);
    talk.known("x")
}

#[test]
fn words_that_are_easily_misread_are_read_right() {
    assert_eq!(field("ru", "type: date", "послезавтра"), "2026-11-27");
    assert_eq!(field("ru", "type: time", "в двадцать"), "20:00");
    assert_eq!(
        field(
            "ru",
            "type: phone",
            "восемь девятьсот шестнадцать восемь восемь восемь сорок пять шестьдесят семь"
        ),
        "+79168884567"
    );
    assert_eq!(field("ru", "type: text", "Ну, меня зовут Анна."), "Анна");
}

#[test]
fn every_kind_of_field_is_read() {
    let colours = "type: choice, choices: [red, {value: blue, synonyms: ['navy*', sky]}]";
    for (kind, words, expected) in [
        ("type: text", "My name is Ada.", "Ada"),
        ("type: phone", "(415) 555-0132", "+14155550132"),
        ("type: email", "ada at example dot com", "ada@example.com"),
        ("type: date", "tomorrow", "2026-11-26"),
        ("type: time", "Three thirty.", "15:30"),
        ("type: number", "There are four of us", "4"),
        ("type: number", "2.5", "2.5"),
        ("type: boolean", "Sure, why not", "true"),
        ("type: boolean", "no thanks", "false"),
        (colours, "The navy one", "blue"),
        (colours, "not red, blue", "blue"),
    ] {
        assert_eq!(field("en", kind, words), expected, "{words}");
    }
}

#[test]
fn several_fields_of_one_stage_may_come_together_or_one_by_one() {
    let flow = "type: linear\nstates:\n  - id: a\n    name: A\n    say: 'For whom, and when?'\n    collect:\n      - {name: name, \
                type: text}\n      - {name: day, type: date}\n      - {name: time, type: time, ask: 'And when on {day}?'}\n  - {id: \
                b, name: B, say: '{name}, {day}, {time}.'}";
    let skillbase = with_flow("en", flow);
    let mut talk = Talk::new(&skillbase);
    assert_eq!(
        talk.say("Ada Lovelace, on Friday at ten"),
        "Ada Lovelace, Friday, November 27, 10 AM."
    );
    let mut talk = Talk::new(&skillbase);
    assert_eq!(
        talk.say("It's Ada. On Friday."),
        "And when on Friday, November 27?"
    );
    assert_eq!(talk.say("At ten"), "Ada, Friday, November 27, 10 AM.");
}

#[test]
fn what_is_said_too_early_is_not_asked_again() {
    let mut talk = Talk::new(&accepted(DENTAL));
    let answer = talk.say("Hi, I'd like a cleaning on Tuesday at three thirty, please.");
    assert_eq!(answer, "Good. Can I have your name, please?");
    assert_eq!(
        (talk.known("service"), talk.known("day"), talk.known("time")),
        ("cleaning".to_owned(), "2026-12-01".to_owned(), "15:30".to_owned())
    );
}

#[test]
fn a_caller_who_introduces_himself_is_not_asked_for_his_name() {
    let mut talk = Talk::new(&accepted(DENTAL));
    let answer = talk.say("Hi, my name is Bob Stone, I'd like a cleaning on Tuesday at ten");
    assert_eq!(
        answer,
        "Thank you, Bob Stone. And what's the best number to reach you?"
    );
}

#[test]
fn a_name_ends_where_something_else_begins() {
    for (words, name) in [
        ("Anna, my number is 415 555 0199", "Anna"),
        (
            "My name is Tom Baker and my number is four one five five five five oh one three two",
            "Tom Baker",
        ),
        ("Tom Baker 4155550132", "Tom Baker"),
    ] {
        let mut talk = Talk::new(&accepted(DENTAL));
        talk.say("A cleaning on Tuesday at ten");
        let answer = talk.say(words);
        assert_eq!(talk.known("name"), name, "{words}");
        assert!(answer.starts_with("So that's a cleaning"), "{answer}");
    }
    let reason = "type: linear\nstates:\n  - {id: a, name: A, say: 'What is wrong?', collect: [{name: reason, type: text}]}\n  - \
                  {id: b, name: B, say: 'When?', collect: [{name: day, type: date}]}\n  - {id: c, name: C, say: Bye.}";
    let mut talk = Talk::new(&with_flow("en", reason));
    talk.say("It has hurt since Tuesday");
    assert_eq!(talk.known("reason"), "It has hurt since Tuesday");
}

#[test]
fn one_day_does_not_answer_two_questions() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'What?'}\n  - {id: b, name: B, say: 'From?', collect: [{name: \
                arrival, type: date}]}\n  - {id: c, name: C, say: 'To?', collect: [{name: departure, type: date}]}\n  - {id: d, \
                name: D, say: Bye.}";
    let mut talk = Talk::new(&with_flow("en", flow));
    assert_eq!(talk.say("Something on Friday"), "From?");
    assert_eq!(talk.say("Friday"), "To?");
    assert_eq!(
        (talk.known("arrival").as_str(), talk.known("departure").as_str()),
        ("2026-11-27", "")
    );
}

#[test]
fn a_telephone_number_may_come_in_several_breaths() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'Number?', collect: [{name: phone, type: phone}]}\n  - {id: b, \
                name: B, say: '{phone}.'}";
    let mut talk = Talk::new(&with_flow("en", flow));
    assert_eq!(talk.say("It's four one five"), "Yes, go on.");
    assert_eq!(talk.say("five five five"), "Yes, go on.");
    assert_eq!(talk.say("oh one three two"), "1, 4 1 5, 5 5 5, 0 1 3 2.");
    let mut talk = Talk::new(&with_flow("ru", flow));
    talk.say("восемь девятьсот шестнадцать");
    talk.say("сто двадцать три сорок пять шестьдесят семь");
    assert_eq!(talk.known("phone"), "+79161234567");
}

#[test]
fn what_was_learnt_is_told_with_each_answer() {
    let mut talk = Talk::new(&accepted(DENTAL));
    let answer = talk.dialogue.answer("a check-up tomorrow", TODAY);
    let learnt = |field: &str, value| Learnt {
        field: field.to_owned(),
        value,
    };
    assert_eq!(
        answer.collected,
        [
            learnt("day", Value::Date(jiff::civil::date(2026, 11, 26))),
            learnt("service", Value::Choice("check-up".to_owned())),
        ]
    );
    assert_eq!(answer.state, "time");
}
