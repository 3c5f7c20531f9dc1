//! A phrase while the answer takes long.

use turn::{Event, Filler, Policy, TalkedOver};

use crate::call::{
    Call, calls, ms, plain, ready, returned, talked_over, tool_done, typed, unpausing, written,
};

fn bridged(mut policy: Policy) -> Policy {
    policy.filler = Some(Filler {
        after: ms(2000),
        again_after: Some(ms(5000)),
    });
    policy.phrases.one_moment = "One moment.".into();
    policy.phrases.still_busy = "A little longer.".into();
    policy
}

#[test]
fn silence_counts_from_the_last_voiced_sample() {
    let mut call = Call::new(bridged(unpausing()));
    call.says(500, 1500, "Why?").until(4000);
    assert_eq!(call.lines(&["say"]), ["3500 say 2 One moment."]);
}

#[test]
fn after_typed_text_silence_counts_from_its_arrival() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Why?")).until(4000);
    assert_eq!(call.lines(&["say"]), ["3000 say 2 One moment."]);
}

#[test]
fn after_a_line_silence_counts_from_its_end() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Book it"))
        .at(1200, calls(1, "Let me see.", &["book"]))
        .sounds(1, "Let me see.", 1400)
        .ends(1, "Let me see.", 2400, 1000)
        .until(5000);
    assert_eq!(call.lines(&["say"]), ["4400 say 2 One moment."]);
}

#[test]
fn nobody_is_told_to_wait_for_words_that_are_on_their_way_to_the_voice() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Why?"))
        .at(2900, written(1, "Because."))
        .until(9000);
    assert_eq!(call.lines(&["say"]), Vec::<&str>::new());
}

#[test]
fn two_phrases_are_enough_for_an_answer_and_the_next_answer_has_its_own() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Why?"))
        .until(3000)
        .sounds(2, "One moment.", 3100)
        .ends(2, "One moment.", 4000, 900)
        .until(9000)
        .sounds(3, "A little longer.", 9100)
        .ends(3, "A little longer.", 10_000, 900)
        .until(60_000)
        .at(60_000, typed("Still there?"))
        .until(63_000);
    assert_eq!(
        call.lines(&["say"]),
        [
            "3000 say 2 One moment.",
            "9000 say 3 A little longer.",
            "62000 say 5 One moment."
        ]
    );
}

#[test]
fn a_phrase_that_has_begun_is_finished_before_the_answer() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Why?"))
        .until(3000)
        .sounds(2, "One moment.", 3100)
        .at(3300, written(1, "Because."))
        .at(3500, ready(1));
    assert_eq!(call.lines(&["play"]), ["3100 play 2"]);
    call.ends(2, "One moment.", 4000, 900);
    assert_eq!(call.lines(&["play"]), ["3100 play 2", "4000 play 1"]);
    assert_eq!(call.history(), ["caller: Why?", "agent: One moment."]);
}

#[test]
fn a_phrase_is_not_said_when_there_is_nothing_to_wait_for_any_more() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Why?")).until(3000).at(3050, written(1, ""));
    assert_eq!(call.lines(&["drop", "play"]), ["3050 drop 2"]);
    assert_eq!(call.lines(&["agent"]).last(), Some(&"3050 agent listening"));
    assert_eq!(call.history(), ["caller: Why?"]);
}

#[test]
fn a_model_that_is_asked_meanwhile_knows_that_it_was_said() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Book it"))
        .at(1100, calls(1, "", &["book"]))
        .until(3000)
        .sounds(2, "One moment.", 3100)
        .at(3200, returned(1, "book", "booked"));
    assert_eq!(
        call.history(),
        ["caller: Book it", "agent: One moment.", "tools: book = booked"]
    );
}

#[test]
fn a_cough_pauses_it_and_it_goes_on() {
    let mut call = Call::new(bridged(Policy::default()));
    call.at(1000, typed("Why?"))
        .until(3000)
        .sounds(2, "One moment.", 3100);
    call.speech(3300, 3550).until(4100);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["3500 pause 2", "3750 resume 2"]
    );
}

#[test]
fn speech_before_its_first_sound_takes_it_back() {
    let mut call = Call::new(bridged(plain()));
    call.at(1000, typed("Why?"))
        .until(3000)
        .at(
            3050,
            Event::SpeechStarted {
                from: crate::call::time(3000),
            },
        )
        .at(3100, ready(2));
    assert_eq!(call.lines(&["drop", "play"]), ["3050 drop 2"]);
}

#[test]
fn before_protected_speech_it_is_protected_too() {
    let mut call = Call::new(bridged(plain()));
    call.at(1000, typed("Terms?"))
        .at(1000, talked_over(1, TalkedOver::Defer))
        .until(3000)
        .sounds(2, "One moment.", 3100);
    call.says(3200, 4000, "Wait.").until(4500);
    assert_eq!(call.lines(&["pause", "stop", "drop"]), Vec::<&str>::new());
}

#[test]
fn a_tool_that_ends_the_call_does_not_wait_for_it() {
    let mut call = Call::new(bridged(unpausing()));
    call.at(1000, typed("Bye"))
        .at(1100, calls(1, "", &["end_call"]))
        .until(3000)
        .at(3050, tool_done(1, "end_call", Ok("ended".into()), true));
    assert_eq!(call.lines(&["drop", "end"]), ["3050 drop 2", "3050 end Finished"]);
}

#[test]
fn it_is_no_goodbye() {
    let mut policy = bridged(unpausing());
    policy.phrases.closing = "Goodbye.".into();
    let mut call = Call::new(policy);
    call.at(1000, typed("Bye"))
        .at(1100, calls(1, "", &["end_call"]))
        .until(3000)
        .sounds(2, "One moment.", 3100)
        .ends(2, "One moment.", 4000, 900)
        .at(4500, tool_done(1, "end_call", Ok("ended".into()), true));
    assert_eq!(
        call.lines(&["say", "end"]),
        ["3000 say 2 One moment.", "4500 say 3 Goodbye."]
    );
}
