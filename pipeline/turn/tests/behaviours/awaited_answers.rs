//! What was asked for, and how the words end, decide with the sound when the turn is over.

use turn::{Completeness, EndpointingMode, Event, Policy};

use crate::call::{Call, interim, ms, said, stopped_speaking, time, unpausing};

/// The last voiced sample of every test.
const END: u64 = 1500;

fn judging() -> Policy {
    let mut policy = unpausing();
    policy.endpointing.model = true;
    policy.endpointing.max_delay = ms(1200);
    policy.phrases.language = "en".into();
    policy
}

fn judged(probability: f32) -> Event {
    Event::EndOfTurn { probability }
}

fn weighed(text: &str, completeness: Completeness) -> Event {
    Event::Weighed {
        text: text.into(),
        completeness,
    }
}

/// A call in which these words have been said from 500 to [`END`], the detector being sure 200 ms later.
fn heard(policy: Policy, text: &str) -> Call {
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1600, said(text))
        .at(1700, stopped_speaking(END));
    call
}

/// When the turn is decided, and why, with these facts after the silence was noticed.
fn decided(policy: Policy, text: &str, facts: &[Event]) -> String {
    let mut call = heard(policy, text);
    for fact in facts {
        call.at(1710, fact.clone());
    }
    call.until(6000);
    let turns = call.lines(&["turn"]);
    let at = turns[0].split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(turns.len(), 1, "{turns:?}");
    call.at(6000, crate::call::written(1, "")).until(6000);
    let measured = call.lines(&["measured"])[0].to_owned();
    format!("{at} {}", measured.rsplit(' ').next().unwrap_or_default())
}

#[test]
fn each_final_text_is_shown_to_who_knows_what_was_asked() {
    let mut call = heard(judging(), "seven four two");
    call.at(1720, Event::SpeechStarted { from: time(1710) })
        .at(2000, said("zero one"));
    assert_eq!(
        call.lines(&["weigh"]),
        ["1600 weigh seven four two", "2000 weigh seven four two zero one"]
    );
}

#[test]
fn a_complete_answer_ends_the_turn_fast_whatever_its_sound() {
    let yes = weighed("Yes.", Completeness::Complete);
    assert_eq!(
        decided(judging(), "Yes.", &[judged(0.1), yes.clone()]),
        "1750 model"
    );
    assert_eq!(
        decided(judging(), "Yes.", std::slice::from_ref(&yes)),
        "1750 model"
    );
    let is = weighed("Yes, it is.", Completeness::Complete);
    assert_eq!(
        decided(judging(), "Yes, it is.", &[is, judged(0.1)]),
        "1750 model"
    );

    let mut silence = judging();
    silence.endpointing.mode = EndpointingMode::Vad;
    assert_eq!(decided(silence, "Yes.", &[yes]), "2000 silence");
}

#[test]
fn an_answer_that_has_only_begun_is_waited_for() {
    let digits = weighed("seven four two", Completeness::Incomplete);
    assert_eq!(
        decided(judging(), "seven four two", &[judged(0.99), digits.clone()]),
        "2700 max_delay"
    );

    let mut without_model = judging();
    without_model.endpointing.model = false;
    assert_eq!(
        decided(without_model, "seven four two", &[digits]),
        "2700 max_delay"
    );
}

#[test]
fn no_answer_is_complete_before_its_text_is_final() {
    let complete = || weighed("at ten o'clock", Completeness::Complete);
    // Neither the judgement of the words before nor their full stop says nothing about the next stretch of speech.
    let mut call = heard(judging(), "At ten o'clock.");
    call.at(1705, weighed("At ten o'clock.", Completeness::Complete))
        .at(1740, Event::SpeechStarted { from: time(1720) })
        .at(2200, stopped_speaking(2000))
        .at(2210, judged(0.1))
        .until(2900)
        .at(2900, said("no at eleven"))
        .until(6000);
    assert_eq!(call.lines(&["turn"]), ["3200 turn At ten o'clock. no at eleven"]);

    // More words are on their way.
    let mut call = heard(judging(), "at ten o'clock");
    call.at(1705, interim("in the"))
        .at(1710, complete())
        .at(1710, judged(0.1))
        .until(6000);
    assert_eq!(call.lines(&["turn"]), ["2700 turn at ten o'clock"]);

    // A text that comes late is weighed all the same.
    let mut call = Call::new(judging());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1700, stopped_speaking(END))
        .at(2100, said("seven four two"))
        .at(2100, weighed("seven four two", Completeness::Incomplete))
        .until(6000);
    assert_eq!(call.lines(&["turn"]), ["2700 turn seven four two"]);
}

#[test]
fn a_sure_model_does_not_end_a_turn_whose_last_words_are_still_to_come() {
    let mut call = heard(judging(), "My number is.");
    call.at(1740, Event::SpeechStarted { from: time(1720) })
        .at(2250, stopped_speaking(2000))
        .at(2250, judged(0.99))
        .until(2300)
        .at(2300, said("seven four two"))
        .until(6000);
    assert_eq!(call.lines(&["turn"]), ["2300 turn My number is. seven four two"]);

    // A cough has no words.
    let mut call = heard(judging(), "Seven four two.");
    call.at(1740, Event::SpeechStarted { from: time(1720) })
        .at(2250, stopped_speaking(2000))
        .at(2250, judged(0.99))
        .until(6000);
    assert_eq!(call.lines(&["turn"]), ["2500 turn Seven four two."]);
}

#[test]
fn the_judgement_of_another_text_counts_for_nothing() {
    let facts = [weighed("Yes", Completeness::Complete), judged(0.1)];
    assert_eq!(decided(judging(), "Yes and", &facts), "2700 max_delay");
}

#[test]
fn a_whole_sentence_with_a_doubtful_sound_waits_for_less_than_the_longest() {
    let facts = [judged(0.1)];
    assert_eq!(decided(judging(), "A cleaning, please.", &facts), "2200 model");
    assert_eq!(decided(judging(), "A cleaning please", &facts), "2700 max_delay");
    assert_eq!(decided(judging(), "Well, um.", &facts), "2700 max_delay");

    let mut patient = judging();
    patient.endpointing.min_delay = ms(900);
    assert_eq!(decided(patient, "A cleaning, please.", &facts), "2400 model");
}

#[test]
fn a_sentence_that_hangs_waits_for_the_longest_though_its_end_sounds_likely() {
    assert_eq!(
        decided(judging(), "My number is.", &[judged(0.8)]),
        "2700 max_delay"
    );
    assert_eq!(decided(judging(), "My number is.", &[judged(0.95)]), "2000 model");
    assert_eq!(
        decided(judging(), "I think, well,", &[judged(0.8)]),
        "2700 max_delay"
    );
    let mut russian = judging();
    russian.phrases.language = "ru".into();
    assert_eq!(decided(russian, "Меня зовут", &[judged(0.8)]), "2700 max_delay");
    // The model is late.
    assert_eq!(decided(judging(), "My number is.", &[]), "2700 max_delay");
    assert_eq!(decided(judging(), "A cleaning, please.", &[]), "2000 silence");
    // Where there is no such model, silence decides as ever.
    assert_eq!(decided(unpausing(), "My number is.", &[]), "2000 silence");
}
