//! The caller takes the floor.

use turn::Event;

use crate::call::{Call, interim, ms, plain, said, typed, unpausing};

const STORY: &str = "Here is a long story.";

/// A conversation in which reply 1 sounds from 3200 on.
fn story(policy: turn::Policy) -> Call {
    let mut call = Call::new(policy);
    call.says(500, 2500, "Tell me a story.").sounds(1, STORY, 3200);
    call
}

#[test]
fn enough_speech_stops_an_output_that_cannot_pause() {
    let mut call = story(unpausing());
    call.speech(5000, 6000);
    assert_eq!(call.lines(&["stop", "pause"]), ["5550 stop 1"]);
}

#[test]
fn a_short_final_text_stops_it_too() {
    let mut call = story(unpausing());
    call.says(5000, 5200, "No.");
    assert_eq!(call.lines(&["stop", "pause"]), ["5400 stop 1"]);
}

#[test]
fn interim_words_count_only_where_a_number_of_words_is_asked_for() {
    let mut call = story(unpausing());
    call.at(
        5050,
        Event::SpeechStarted {
            from: crate::call::time(5000),
        },
    )
    .at(5200, interim("no no"));
    assert_eq!(call.lines(&["stop"]), Vec::<&str>::new());

    let mut policy = unpausing();
    policy.interruption.min_words = 2;
    let mut call = story(policy);
    call.at(
        5050,
        Event::SpeechStarted {
            from: crate::call::time(5000),
        },
    )
    .at(5200, interim("no"))
    .at(5300, interim("no no"));
    assert_eq!(call.lines(&["stop"]), ["5300 stop 1"]);
}

#[test]
fn the_history_keeps_what_was_heard_and_the_next_turn_is_answered_after_the_stop() {
    let mut call = story(unpausing());
    call.at(5000, typed("Stop!"));
    assert_eq!(
        call.lines(&["turn", "request"]).last(),
        Some(&"3000 turn Tell me a story.")
    );
    call.confirms(1, "Here is", 5020, 1820);
    assert_eq!(
        call.lines(&["stop", "turn Stop", "request 2"]),
        ["5000 stop 1", "5020 turn Stop!", "5020 request 2"]
    );
    assert_eq!(
        call.history(),
        ["caller: Tell me a story.", "agent: Here is -", "caller: Stop!"]
    );
}

#[test]
fn a_reply_that_nobody_heard_leaves_nothing() {
    let mut call = Call::new(unpausing());
    call.says(500, 2500, "Tell me a story.")
        .says(3000, 4000, "Stop!")
        .until(5000);
    assert_eq!(call.lines(&["drop"]), ["3550 drop 1"]);
    assert_eq!(call.history(), ["caller: Tell me a story.", "caller: Stop!"]);
}

#[test]
fn a_reply_that_came_to_its_end_before_the_order_to_stop_was_heard_whole() {
    let mut call = story(unpausing());
    call.at(5000, typed("Next"))
        .ends(1, STORY, 5001, 1801)
        .until(6000);
    assert_eq!(call.lines(&["failed"]), Vec::<&str>::new());
    assert_eq!(call.history()[1], format!("agent: {STORY} -"));
    assert_eq!(call.lines(&["turn Next"]), ["5001 turn Next"]);
}

#[test]
fn an_output_that_can_pause_pauses_and_the_text_decides() {
    let mut call = story(plain());
    call.says(5000, 6000, "Stop!");
    assert_eq!(call.lines(&["stop", "pause"]), ["5550 pause 1", "6200 stop 1"]);
}

#[test]
fn the_final_text_that_cuts_asks_early_once_the_stop_is_confirmed() {
    let mut call = story(plain());
    call.at(
        5050,
        Event::SpeechStarted {
            from: crate::call::time(5000),
        },
    )
    .at(5300, said("Stop!"));
    assert_eq!(call.lines(&["request 2"]), Vec::<&str>::new());
    call.confirms(1, "Here is", 5310, 2100);
    assert_eq!(call.lines(&["request 2"]), ["5310 request 2 early"]);
}

#[test]
fn while_the_echo_guard_lasts_only_a_whole_turn_interrupts() {
    let mut policy = unpausing();
    policy.interruption.echo_guard = ms(3000);
    let mut call = story(policy);
    call.says(4000, 5000, "Stop!").until(6000);
    assert_eq!(call.lines(&["stop"]), ["5500 stop 1"]);
}
