//! What was understood can be put right.

use skillbase::Ended;

use crate::{
    examples::DENTAL,
    talk::{Talk, accepted, with_flow},
};

/// The dental clinic, just before the caller agrees.
fn asked_to_confirm() -> Talk {
    let mut talk = Talk::new(&accepted(DENTAL));
    for words in [
        "I'd like a cleaning",
        "Tuesday",
        "at three",
        "Tom Baker",
        "4155550132",
    ] {
        talk.say(words);
    }
    assert_eq!(talk.dialogue.state(), "confirm");
    talk
}

#[test]
fn a_refusal_that_says_what_is_wrong_changes_it_at_once() {
    let mut talk = asked_to_confirm();
    let answer = talk.say("No, at four.");
    assert_eq!(
        answer,
        "So that's a cleaning on Tuesday, December 1 at 4 PM, for Tom Baker. Is that right?"
    );
    let answer = talk.say("No, my name is Tim Baker");
    assert!(answer.contains("for Tim Baker"), "{answer}");
    talk.say("Yes");
    assert_eq!(talk.dialogue.ended(), Some(Ended::Finished));
    assert_eq!(talk.known("time"), "16:00");
}

#[test]
fn a_bare_refusal_asks_what_to_change_and_asks_for_it_again() {
    let mut talk = asked_to_confirm();
    assert!(
        talk.say("No, that's wrong")
            .starts_with("No problem. What should I change?")
    );
    let answer = talk.say("The day, please");
    assert!(answer.contains("day"), "{answer}");
    assert_eq!(talk.dialogue.state(), "day");
    let answer = talk.say("Friday");
    assert_eq!(
        answer,
        "So that's a cleaning on Friday, November 27 at 3 PM, for Tom Baker. Is that right?"
    );
    talk.say("That's right");
    assert_eq!(talk.dialogue.state(), "booked");
}

#[test]
fn to_say_that_a_name_is_wrong_gives_no_name() {
    let mut talk = asked_to_confirm();
    let answer = talk.say("No, the name is wrong");
    assert!(answer.starts_with("No problem."), "{answer}");
    assert_eq!(talk.say("The name"), "Good. Can I have your name, please?");
    assert!(talk.say("Tim Baker").contains("for Tim Baker"));
}

#[test]
fn what_to_change_may_come_with_its_new_value() {
    let mut talk = asked_to_confirm();
    talk.say("No");
    let answer = talk.say("Change the day to Friday");
    assert!(
        answer.starts_with("So that's a cleaning on Friday, November 27 at 3 PM"),
        "{answer}"
    );
}

#[test]
fn a_correction_counts_also_while_something_else_is_asked() {
    let mut talk = Talk::new(&accepted(DENTAL));
    talk.say("a cleaning on Tuesday");
    assert_eq!(talk.dialogue.state(), "time");
    talk.say("Actually, make it Friday");
    assert_eq!(talk.known("day"), "2026-11-27");
    assert_eq!(talk.dialogue.state(), "time");
}

#[test]
fn a_day_that_is_merely_mentioned_changes_nothing() {
    let mut talk = Talk::new(&accepted(DENTAL));
    talk.say("a cleaning on Tuesday");
    talk.say("at three, as on Friday");
    assert_eq!(talk.known("day"), "2026-12-01");
}

#[test]
fn a_question_in_between_has_the_booking_confirmed_again() {
    let mut talk = asked_to_confirm();
    let answer = talk.say("How much is it?");
    assert!(answer.starts_with("A check-up is sixty dollars"), "{answer}");
    assert!(answer.ends_with("for Tom Baker. Is that right?"), "{answer}");
}

#[test]
fn going_back_asks_again_without_being_told_to_forget() {
    let flow = "type: graph\nstates:\n  - {id: day, name: D, say: 'Which day?', collect: [{name: day, type: date}]}\n  - {id: ok, \
                name: O, say: '{day}, right?', collect: [{name: ok, type: boolean}]}\n  - {id: end, name: E, say: \
                Bye.}\ntransitions:\n  - {from_state: day, to_state: ok}\n  - {from_state: ok, to_state: end, condition: ok = \
                yes}\n  - {from_state: ok, to_state: day, condition: ok = no}";
    let mut talk = Talk::new(&with_flow("en", flow));
    talk.say("tomorrow");
    assert_eq!(talk.say("No"), "Which day?");
    assert_eq!(talk.say("Friday"), "Friday, November 27, right?");
    assert_eq!(talk.say("Yes"), "Bye.");
}

#[test]
fn a_transition_can_forget_more() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'Name?', collect: [{name: name, type: text}]}\n  - {id: b, name: B, \
                say: 'Day?', collect: [{name: day, type: date}]}\n  - {id: c, name: C, say: 'Done?'}\n  - {id: d, name: D, say: \
                Bye.}\ntransitions:\n  - {from_state: a, to_state: b}\n  - {from_state: b, to_state: c}\n  - {from_state: c, \
                to_state: a, keywords: [again], forget: [day]}\n  - {from_state: c, to_state: d}";
    let mut talk = Talk::new(&with_flow("en", flow));
    for words in ["Ada", "tomorrow"] {
        talk.say(words);
    }
    assert_eq!(talk.say("again"), "Name?");
    assert_eq!(talk.say("Ada"), "Day?");
}
