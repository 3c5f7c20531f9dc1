//! How calls ended: facts before names, names before words.

use std::time::Duration;

use telemetry::{CallFacts, Ending, Lexicon, Outcome, Telephony, Verdict, classify};

fn facts() -> CallFacts<'static> {
    CallFacts {
        telephony: Some(Telephony::Answered),
        ending: Ending::CallerLeft,
        declared: None,
        final_state: None,
        user_turns: 10,
        duration: Duration::from_secs(120),
        words: None,
    }
}

fn outcome(facts: CallFacts<'_>) -> (Outcome, f64) {
    let Verdict {
        outcome, confidence, ..
    } = classify(&facts);
    (outcome, confidence)
}

fn in_state(state: &str) -> (Outcome, f64) {
    outcome(CallFacts {
        final_state: Some(state),
        ..facts()
    })
}

fn russian(words: &str) -> (Outcome, f64) {
    let lexicon = Lexicon::russian();
    outcome(CallFacts {
        words: Some((words, &lexicon)),
        ..facts()
    })
}

#[test]
fn a_booking_that_succeeded_is_a_success() {
    assert_eq!(in_state("booking_success"), (Outcome::Success, 0.9));
}

#[test]
fn a_short_call_to_an_answering_machine_is_voicemail() {
    let short = CallFacts {
        final_state: Some("voicemail_detected"),
        user_turns: 2,
        duration: Duration::from_secs(5),
        ..facts()
    };
    assert_eq!(outcome(short), (Outcome::Voicemail, 0.95));
}

#[test]
fn a_name_that_only_contains_a_word_says_nothing() {
    for state in ["incomplete", "not_completed", "unsuccessful", "terror"] {
        assert_eq!(in_state(state), (Outcome::Unknown, 0.5), "{state}");
    }
}

#[test]
fn what_the_network_said_outweighs_everything() {
    let busy = CallFacts {
        telephony: Some(Telephony::Busy),
        declared: Some(Outcome::Success),
        final_state: Some("success"),
        ..facts()
    };
    assert_eq!(outcome(busy), (Outcome::Busy, 1.0));
    let rung = CallFacts {
        telephony: Some(Telephony::NoAnswer),
        ..facts()
    };
    assert_eq!(outcome(rung), (Outcome::NoAnswer, 1.0));
}

#[test]
fn what_the_dialogue_declared_outweighs_names_of_states() {
    let declared = CallFacts {
        declared: Some(Outcome::Fail),
        final_state: Some("success"),
        ..facts()
    };
    assert_eq!(outcome(declared), (Outcome::Fail, 1.0));
}

#[test]
fn a_call_that_broke_off_is_no_success_whatever_its_state() {
    let broken = CallFacts {
        ending: Ending::ServiceFailed,
        final_state: Some("success"),
        ..facts()
    };
    assert_eq!(outcome(broken).0, Outcome::Fail);
}

#[test]
fn hardly_a_word_in_hardly_a_moment_reached_nobody() {
    let brief = CallFacts {
        user_turns: 1,
        duration: Duration::from_secs(9),
        ..facts()
    };
    assert_eq!(outcome(brief), (Outcome::NoAnswer, 0.7));
    let longer = CallFacts {
        duration: Duration::from_secs(10),
        ..brief
    };
    assert_eq!(outcome(longer), (Outcome::Unknown, 0.5));
}

#[test]
fn words_count_when_nothing_better_does() {
    assert_eq!(russian("Спасибо! Отлично, записала."), (Outcome::Success, 0.9));
    assert_eq!(
        russian("Оставьте сообщение после сигнала"),
        (Outcome::Voicemail, 0.9)
    );
    assert_eq!(russian("Ну, посмотрим"), (Outcome::Unknown, 0.5));
}

#[test]
fn a_polite_refusal_is_a_refusal() {
    assert_eq!(russian("Спасибо, не нужно.").0, Outcome::Fail);
    assert_eq!(russian("Нет, я не согласен").0, Outcome::Fail);
    let english = Lexicon::english();
    let refused = CallFacts {
        words: Some(("Thank you, I'm not interested.", &english)),
        ..facts()
    };
    assert_eq!(outcome(refused).0, Outcome::Fail);
}
