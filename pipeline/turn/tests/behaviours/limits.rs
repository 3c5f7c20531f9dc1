//! Turns that are ended for the caller, and speech without text.

use turn::Event;

use crate::call::{Call, interim, ms, plain, said, time, unpausing};

#[test]
fn too_many_words_end_the_turn() {
    let mut policy = plain();
    policy.turn_limit.max_words = Some(3);
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1000, interim("one two"))
        .at(1500, interim("one two three"));
    assert_eq!(call.lines(&["turn"]), ["1500 turn one two three"]);
}

#[test]
fn the_stretch_that_was_ended_for_the_caller_does_not_interrupt_the_answer() {
    let mut policy = plain();
    policy.turn_limit.max_words = Some(3);
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1500, interim("one two three"))
        .at(1600, Event::SpeechContinues { speech: ms(1100) })
        .at(1800, crate::call::written(1, "Let me answer."))
        .at(1900, crate::call::ready(1))
        .at(2000, Event::SpeechContinues { speech: ms(1500) });
    assert_eq!(call.lines(&["play", "drop", "stop"]), ["1900 play 1"]);
}

#[test]
fn too_long_a_turn_is_ended() {
    let mut policy = unpausing();
    policy.turn_limit.max_duration = Some(ms(3000));
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(2000, said("On and on"))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["3500 turn On and on"]);
}

#[test]
fn speech_without_text_is_reported_once_and_again_with_more() {
    let mut policy = unpausing();
    policy.transcription_timeout = Some(ms(2000));
    let mut call = Call::new(policy);
    call.speech(500, 1500).speech(5000, 6000).until(20_000);
    assert_eq!(
        call.lines(&["no text"]),
        ["3500 no text for 1000", "8000 no text for 2000"]
    );
}

#[test]
fn text_that_came_before_the_end_event_counts() {
    let mut policy = unpausing();
    policy.transcription_timeout = Some(ms(2000));
    let mut call = Call::new(policy);
    call.says(500, 1500, "Hello.").speech(5000, 6000).until(20_000);
    assert_eq!(call.lines(&["no text"]), ["8000 no text for 1000"]);
}

#[test]
fn the_final_text_of_a_turn_that_was_committed_early_is_text() {
    let mut policy = unpausing();
    policy.transcription_timeout = Some(ms(2000));
    policy.turn_limit.max_words = Some(2);
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(2400, interim("Hello there"))
        .at(2700, said("Hello there."))
        .at(3000, crate::call::stopped_speaking(2500))
        .until(20_000);
    assert_eq!(
        call.lines(&["turn", "no text"]),
        ["2400 turn Hello there"],
        "nothing is missing"
    );
}

#[test]
fn text_that_comes_after_the_report_is_a_turn_all_the_same() {
    let mut policy = unpausing();
    policy.transcription_timeout = Some(ms(2000));
    let mut call = Call::new(policy);
    call.speech(500, 1500).at(4000, said("Hello?")).until(20_000);
    assert_eq!(
        call.lines(&["no text", "turn"]),
        ["3500 no text for 1000", "4000 turn Hello?"]
    );
}

#[test]
fn the_limit_of_time_counts_each_turn_anew() {
    let mut policy = unpausing();
    policy.turn_limit.max_duration = Some(ms(3000));
    policy.preemptive.llm = false;
    let mut call = Call::new(policy);
    call.says(500, 1500, "One").says(3000, 4000, "Two").until(20_000);
    assert_eq!(call.lines(&["turn"]), ["2000 turn One", "4500 turn Two"]);
}

#[test]
fn without_a_limit_a_turn_may_last() {
    let mut call = Call::new(unpausing());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(2000, said("On and on"))
        .until(200_000);
    assert_eq!(call.lines(&["turn"]), Vec::<&str>::new());
}
