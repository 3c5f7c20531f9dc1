//! Every decision about the floor is told with its reason, and kept in the turn's record.

use turn::{BackChannels, Event, InterruptionMode, Policy};

use crate::call::{Call, ms, plain, said, stopped_speaking, time, typed, unpausing};

const STORY: &str = "Here is a long story.";

/// Reply 1 sounds from 3200 on.
fn story(policy: Policy) -> Call {
    let mut call = Call::new(policy);
    call.says(500, 2500, "Tell me a story.").sounds(1, STORY, 3200);
    call
}

fn attentive() -> Policy {
    let mut policy = Policy::default();
    policy.interruption.back_channels = BackChannels::Ignore;
    policy.phrases.language = "en".to_owned();
    policy
}

/// What was decided after the reply began to sound.
fn decisions(call: &Call) -> Vec<&str> {
    call.lines(&["floor"])
}

#[test]
fn a_click_is_too_short() {
    let mut call = story(Policy::default());
    call.speech(5000, 5100);
    assert_eq!(decisions(&call), ["5600 floor Kept Short"]);
}

#[test]
fn a_cough_pauses_early_and_the_silence_after_it_resumes() {
    let mut call = story(Policy::default());
    call.speech(5000, 5300).until(6000);
    assert_eq!(
        decisions(&call),
        ["5200 floor Paused Early", "5500 floor Resumed Silence"]
    );
}

#[test]
fn a_pause_for_enough_speech_says_so_and_words_cut() {
    let mut call = story(plain());
    call.says(5000, 6000, "Stop, please.");
    assert_eq!(
        decisions(&call),
        ["5550 floor Paused Duration", "6200 floor Cut Words"]
    );
}

#[test]
fn an_output_that_cannot_pause_is_cut_for_its_length() {
    let mut call = story(unpausing());
    call.speech(5000, 6000);
    assert_eq!(decisions(&call), ["5550 floor Cut Duration"]);
}

#[test]
fn attention_resumes_a_pause_and_leaves_what_was_not_paused() {
    let mut call = story(attentive());
    call.says(6000, 6300, "Yeah.").until(7000);
    assert_eq!(
        decisions(&call),
        ["6200 floor Paused Early", "6500 floor Resumed BackChannel"]
    );
    let mut call = story(attentive());
    call.says(6000, 6100, "Mm.").until(7000);
    assert_eq!(decisions(&call), ["6300 floor Kept BackChannel"]);
}

#[test]
fn in_the_first_moment_of_a_reply_the_boundary_is_the_reason() {
    let mut call = story(attentive());
    call.says(3600, 3700, "Yeah.");
    assert_eq!(decisions(&call), ["3900 floor Cut Boundary"]);
}

#[test]
fn too_few_words_keep_the_agent_speaking() {
    let mut policy = plain();
    policy.interruption.min_words = 2;
    let mut call = story(policy);
    call.says(5000, 5900, "Stop.");
    assert_eq!(decisions(&call), ["5550 floor Kept FewWords"]);
    let mut policy = plain();
    policy.interruption.mode = InterruptionMode::Words;
    let mut call = story(policy);
    call.says(5000, 5900, "Stop.");
    assert_eq!(
        decisions(&call),
        ["5550 floor Kept FewWords", "6100 floor Cut Words"]
    );
}

#[test]
fn protection_and_the_echo_guard_are_told_once_for_each_stretch() {
    let mut policy = Policy::default();
    policy.interruption.enabled = false;
    let mut call = story(policy);
    call.says(5000, 5900, "Stop.").speech(7000, 7400);
    assert_eq!(
        decisions(&call),
        ["5200 floor Kept Protected", "7200 floor Kept Protected"]
    );
    let mut policy = Policy::default();
    policy.interruption.echo_guard = ms(4000);
    let mut call = story(policy);
    call.speech(5000, 5900);
    assert_eq!(decisions(&call), ["5200 floor Kept EchoGuard"]);
}

#[test]
fn what_waits_for_the_caller_begins_when_they_are_silent() {
    let mut call = Call::new(Policy::default());
    call.says(500, 2500, "Tell me a story.")
        .at(3100, Event::SpeechStarted { from: time(3050) })
        .at(3400, stopped_speaking(3150))
        .until(3400);
    assert_eq!(
        decisions(&call),
        ["3100 floor Held Speaking", "3400 floor Resumed Silence"]
    );
}

#[test]
fn a_turn_and_an_order_cut_as_such() {
    let mut call = story(Policy::default());
    call.at(5000, typed("Stop."));
    assert_eq!(decisions(&call), ["5000 floor Cut Turn"]);
    let mut call = story(Policy::default());
    call.at(5000, Event::Interrupt);
    assert_eq!(decisions(&call), ["5000 floor Cut Order"]);
}

#[test]
fn where_nothing_is_said_over_the_agent_nothing_is_decided() {
    let mut call = story(Policy::default());
    call.ends(1, STORY, 8200, 5000)
        .at(9000, Event::SpeechStarted { from: time(8950) })
        .at(9500, said("Thank you."));
    assert!(decisions(&call).is_empty());
}
