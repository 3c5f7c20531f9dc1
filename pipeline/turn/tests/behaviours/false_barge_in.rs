//! The agent fell silent for nothing, and goes on.

use turn::Event;

use crate::call::{Call, interim, plain, ready, said, time};

const STORY: &str = "Here is a long story.";

fn story(policy: turn::Policy) -> Call {
    let mut call = Call::new(policy);
    call.says(500, 2500, "Tell me a story.").sounds(1, STORY, 3200);
    call
}

#[test]
fn without_words_a_paused_reply_goes_on_after_the_timeout() {
    let mut call = story(plain());
    call.speech(5000, 6000).until(9000);
    assert_eq!(
        call.lines(&["pause", "resume", "false", "agent"])[3..],
        [
            "5550 pause 1",
            "5550 agent listening",
            "8500 resume 1",
            "8500 false interruption",
            "8500 agent speaking"
        ]
    );
}

#[test]
fn new_speech_starts_the_timeout_anew() {
    let mut call = story(plain());
    call.speech(5000, 6000).speech(7000, 7100).until(12_000);
    assert_eq!(call.lines(&["resume"]), ["9600 resume 1"]);
}

#[test]
fn words_after_the_reply_went_on_cut_as_usual() {
    let mut call = story(plain());
    call.speech(5000, 6000).until(8600).at(8700, said("Stop!"));
    assert_eq!(call.lines(&["resume", "stop"]), ["8500 resume 1", "8700 stop 1"]);
}

#[test]
fn a_cough_costs_three_hundred_milliseconds() {
    let mut call = story(turn::Policy::default());
    call.speech(5000, 5300).until(6000);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["5200 pause 1", "5500 resume 1"]
    );
}

#[test]
fn interim_words_keep_an_early_pause_until_the_ordinary_timeout() {
    let mut call = story(turn::Policy::default());
    call.at(5050, Event::SpeechStarted { from: time(5000) })
        .at(
            5200,
            Event::SpeechContinues {
                speech: crate::call::ms(200),
            },
        )
        .at(5350, interim("no"))
        .at(5800, crate::call::stopped_speaking(5300))
        .until(9000);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["5200 pause 1", "7800 resume 1"]
    );
}

#[test]
fn a_late_interim_text_counts_from_the_end_of_speech_too() {
    let mut policy = turn::Policy::default();
    if let Some(early) = &mut policy.interruption.early_pause {
        early.resume_after = Some(crate::call::ms(1000));
    }
    let mut call = story(policy);
    call.speech(5000, 5300).at(6000, interim("no")).until(9000);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["5200 pause 1", "7800 resume 1"]
    );
}

#[test]
fn one_stretch_of_noise_pauses_the_reply_only_once() {
    let mut call = story(turn::Policy::default());
    call.speech(5000, 5450).until(8000);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["5200 pause 1", "5650 resume 1"]
    );
}

#[test]
fn a_reply_that_is_not_heard_yet_waits_for_a_noise_to_end() {
    let mut call = Call::new(plain());
    call.says(500, 2500, "Hello.")
        .at(3000, crate::call::written(1, "Hello to you."))
        .at(3050, Event::SpeechStarted { from: time(3000) })
        .at(3100, ready(1))
        .at(3700, crate::call::stopped_speaking(3200))
        .until(3700);
    assert_eq!(call.lines(&["play"]), ["3700 play 1"]);
}

#[test]
fn after_much_speech_it_waits_for_the_timeout() {
    let mut call = Call::new(plain());
    call.says(500, 2500, "Hello.")
        .at(3000, crate::call::written(1, "Hello to you."))
        .speech(3000, 3600)
        .at(4150, ready(1))
        .until(7000);
    assert_eq!(
        call.lines(&["play", "false"]),
        ["6100 false interruption", "6100 play 1"]
    );
    assert_eq!(
        call.lines(&["agent"])[1..],
        [
            "3000 agent thinking",
            "3550 agent listening",
            "6100 agent thinking"
        ]
    );
}
