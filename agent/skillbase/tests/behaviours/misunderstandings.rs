//! A caller who is not understood is asked again, but not for ever.

use skillbase::Ended;

use crate::talk::{Talk, conversation, with_flow};

const BOOKING: &str = "type: graph
states:
  - {id: day, name: Day, say: 'Which day?', reprompt: 'Sorry, which day?', collect: [{name: day, type: date}]}
  - {id: time, name: Time, say: 'What time?', collect: [{name: time, type: time, required: false}]}
  - {id: end, name: End, say: 'Booked for {day} at {time}.'}
transitions:
  - {from_state: day, to_state: time}
  - {from_state: time, to_state: end}
";

#[test]
fn a_question_is_put_three_times_and_then_left_open() {
    assert_eq!(
        conversation(&with_flow("en", BOOKING), &["blue", "green", "red", "at three"]),
        "\
- Which day?
> blue
- Sorry, which day?
> green
- Sorry, which day?
> red
- What time?
> at three
- Booked for to be agreed at 3 PM. [Finished]
"
    );
}

#[test]
fn a_field_that_is_not_required_is_asked_for_once() {
    assert_eq!(
        conversation(&with_flow("en", BOOKING), &["tomorrow", "whenever"])
            .lines()
            .last(),
        Some("- Booked for Thursday, November 26 at to be agreed. [Finished]")
    );
}

#[test]
fn a_way_for_the_misunderstood_is_taken_if_there_is_one() {
    let flow = format!("{BOOKING}  - {{from_state: day, to_state: person, condition: not_understood}}\n")
        .replace(
            "transitions:",
            "  - {id: person, name: P, say: A colleague will call you.}\ntransitions:",
        );
    let talk = conversation(&with_flow("en", &flow), &["blue", "green", "red"]);
    assert!(
        talk.ends_with("- A colleague will call you. [Finished]\n"),
        "{talk}"
    );
}

#[test]
fn with_no_way_on_the_call_is_handed_to_a_person() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'A or B?'}\n  - {id: b, name: B, say: B.}\ntransitions:\n  - \
                {from_state: a, to_state: b, keywords: [b]}";
    let mut talk = Talk::new(&with_flow("en", flow));
    talk.say("what else");
    talk.say("hm");
    let last = talk.say("dunno");
    assert_eq!(talk.dialogue.ended(), Some(Ended::HandedOff));
    assert!(last.contains("colleague"), "{last}");
}

#[test]
fn who_did_not_hear_is_told_again_and_it_counts_for_nothing() {
    let mut talk = Talk::new(&with_flow("en", BOOKING));
    for words in [
        "Sorry?",
        "Could you say that again?",
        "Pardon",
        "I didn't hear you",
        "What did you say?",
    ] {
        assert_eq!(talk.say(words), "Which day?", "{words}");
    }
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'Имя?', collect: [{name: name, type: text}]}\n  - {id: b, name: B, \
                say: 'Пока.'}";
    let mut talk = Talk::new(&with_flow("ru", flow));
    for words in ["Что?", "Повторите, пожалуйста", "Ещё раз"] {
        assert_eq!(talk.say(words), "Имя?", "{words}");
    }
}

#[test]
fn a_sentence_about_something_unknown_is_left_out() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'What?', collect: [{name: what, type: choice, choices: [tea], \
                required: false}]}\n  - {id: b, name: B, say: 'So, a {what}. Which day?', collect: [{name: day, type: date}]}\n  - \
                {id: c, name: C, say: Bye.}";
    let mut talk = Talk::new(&with_flow("en", flow));
    assert_eq!(talk.say("whatever"), "Which day?");
}

#[test]
fn a_missing_name_leaves_no_hole_in_the_sentence() {
    let flow = "type: linear\nstates:\n  - {id: a, name: A, say: 'Name?', collect: [{name: name, type: text, required: false}]}\n  - \
                {id: b, name: B, say: 'Thank you, {name}. Bye.'}";
    let mut talk = Talk::new(&with_flow("en", flow));
    assert_eq!(talk.say("I don't know"), "Thank you. Bye.");
}

#[test]
fn a_caller_who_never_ends_is_handed_to_a_person() {
    let flow = "type: graph\nstates:\n  - {id: a, name: A, say: 'A?'}\n  - {id: b, name: B, say: 'B?'}\n  - {id: c, name: C, say: \
                C.}\ntransitions:\n  - {from_state: a, to_state: b}\n  - {from_state: b, to_state: a}\n  - {from_state: b, \
                to_state: c, keywords: [stop]}";
    let mut talk = Talk::new(&with_flow("en", flow));
    let mut answers = 0;
    while talk.dialogue.ended().is_none() {
        talk.say("go on");
        answers += 1;
    }
    assert_eq!(answers, 101);
    assert_eq!(talk.dialogue.ended(), Some(Ended::HandedOff));
}
