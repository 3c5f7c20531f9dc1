//! How much of the awaited answer some words are.

use skillbase::{Completeness, Dialogue, Plan};

use crate::{
    examples::DENTAL,
    talk::{TODAY, accepted, with_flow},
};
use Completeness::{Complete, Incomplete, Unknown};

/// A flow that asks for these fields at once, and what it makes of some words.
fn weighed(language: &str, fields: &str, words: &str) -> Completeness {
    let flow = format!(
        "type: linear\nstates:\n  - {{id: a, name: A, say: 'Well?', collect: [{fields}]}}\n  - {{id: b, name: B, say: Bye.}}"
    );
    Dialogue::new(Plan::new(&with_flow(language, &flow)), 1).weigh(words, TODAY)
}

fn check(language: &str, kind: &str, cases: &[(&str, Completeness)]) {
    for (words, expected) in cases {
        assert_eq!(
            weighed(language, &format!("{{name: x, {kind}}}"), words),
            *expected,
            "{kind}: {words}"
        );
    }
}

#[test]
fn a_yes_or_a_no_is_all_of_its_answer_unless_words_of_its_own_follow() {
    let cases = [
        ("Yes.", Complete),
        ("Yes, that is right.", Complete),
        ("No, thank you.", Complete),
        ("Sure, go ahead", Complete),
        ("Yes, it is.", Complete),
        ("Yes, but", Unknown),
        ("No, at four.", Unknown),
        ("Yes, that's", Unknown),
        ("I'm not sure.", Unknown),
        ("Yes...", Unknown),
        ("", Unknown),
    ];
    check("en", "type: boolean", &cases);
    check(
        "ru",
        "type: boolean",
        &[
            ("Да, всё верно.", Complete),
            ("Нет", Complete),
            ("Да, но", Unknown),
        ],
    );
}

#[test]
fn days_and_times_are_complete_when_they_can_hardly_go_on() {
    let days = [
        ("Next Tuesday, please.", Complete),
        ("tomorrow", Complete),
        ("on January fifteenth", Complete),
        ("the fifteenth", Unknown),
        ("Tuesday or", Unknown),
        ("Let me see.", Unknown),
    ];
    check("en", "type: date", &days);
    let times = [
        ("At ten o'clock in the morning.", Complete),
        ("At two in the afternoon,", Complete),
        ("Half past nine.", Complete),
        ("at 3:30 pm", Complete),
        ("At ten.", Unknown),
        ("at ten o'clock in the", Unknown),
    ];
    check("en", "type: time", &times);
    check(
        "ru",
        "type: time",
        &[("В десять часов утра", Complete), ("в десять", Unknown)],
    );
}

#[test]
fn a_choice_is_complete_when_nothing_was_begun_after_it() {
    let kind = "type: choice, choices: [cleaning, filling]";
    let cases = [
        ("A cleaning, please.", Complete),
        ("A cleaning and", Unknown),
        ("Well", Unknown),
    ];
    check("en", kind, &cases);
}

#[test]
fn digits_are_waited_for_until_they_are_a_number() {
    let cases = [
        ("My number is seven, four, two, zero, one, nine, six.", Complete),
        ("415 555 0132, thanks", Complete),
        ("+1 415 555", Incomplete),
        ("seven four two", Incomplete),
        ("four", Incomplete),
        ("one four one five five five", Incomplete),
        ("one four one five five five five", Incomplete),
        ("One moment.", Unknown),
        ("My number is", Incomplete),
        ("My numbers.", Incomplete),
        ("What do you need my number for", Unknown),
        ("I have no phone.", Unknown),
    ];
    check("en", "type: phone", &cases);
    check(
        "ru",
        "type: phone",
        &[
            ("девятьсот шестнадцать", Incomplete),
            ("8 916 888 45 67", Complete),
        ],
    );

    check(
        "en",
        "type: number",
        &[
            ("There are four of us", Unknown),
            ("Four.", Complete),
            ("twenty", Unknown),
            ("four, two", Incomplete),
        ],
    );
}

#[test]
fn a_number_may_come_in_several_breaths() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'Well?', collect: [{name: x, type: phone}]}\n  - {id: b, name: B, \
                say: Bye.}";
    let mut dialogue = Dialogue::new(Plan::new(&with_flow("en", flow)), 1);
    dialogue.answer("seven four two", TODAY);
    assert_eq!(dialogue.weigh("zero one", TODAY), Incomplete);
    assert_eq!(dialogue.weigh("zero one nine six", TODAY), Complete);
}

#[test]
fn an_address_is_waited_for_while_it_is_spelled() {
    let cases = [
        ("ada at example dot com", Complete),
        ("ada at example dot co", Unknown),
        ("a d a", Incomplete),
        ("ada dot", Incomplete),
        ("Sure, my email is", Incomplete),
        ("I have none", Unknown),
    ];
    check("en", "type: email", &cases);
}

#[test]
fn everything_that_is_asked_for_must_be_there() {
    let both = "{name: day, type: date}, {name: time, type: time}";
    assert_eq!(weighed("en", both, "On Tuesday."), Unknown);
    assert_eq!(weighed("en", both, "On Tuesday at half past nine."), Complete);
    assert_eq!(weighed("en", "{name: who, type: text}", "Anna Miller."), Unknown);
}

#[test]
fn who_refuses_what_was_read_back_is_given_time_to_say_what_is_wrong() {
    let mut dialogue = Dialogue::new(Plan::new(&accepted(DENTAL)), 1);
    for words in [
        "I need a cleaning on Tuesday at half past nine",
        "Anna Miller",
        "seven four two zero one nine six",
    ] {
        dialogue.answer(words, TODAY);
    }
    assert_eq!(dialogue.state(), "confirm");
    assert_eq!(dialogue.weigh("Yes, that is right.", TODAY), Complete);
    assert_eq!(dialogue.weigh("No.", TODAY), Unknown);
}
