//! Speech that must not be interrupted.

use turn::{Event, ProtectedSpeech, ReplyId, TalkedOver};

use crate::call::{Call, plain, ready, talked_over, time, typed, unpausing, written};

fn notice() -> Call {
    let mut call = Call::new(plain());
    call.at(1000, typed("Begin"))
        .at(1000, talked_over(1, TalkedOver::Defer))
        .at(1300, written(1, "This call is recorded."));
    call
}

#[test]
fn it_is_neither_held_nor_paused_nor_cut() {
    let mut call = notice();
    call.at(1350, Event::SpeechStarted { from: time(1300) })
        .at(1500, ready(1))
        .at(1500, Event::AudioStarted { reply: ReplyId(1) });
    assert_eq!(call.lines(&["play"]), ["1500 play 1"]);
    call.at(
        2000,
        Event::SpeechContinues {
            speech: crate::call::ms(700),
        },
    )
    .at(2100, crate::call::said("Wait!"))
    .at(2500, crate::call::stopped_speaking(2000))
    .at(2600, typed("Please."))
    .until(2700);
    assert_eq!(call.lines(&["pause", "stop", "turn"]), ["1000 turn Begin"]);
}

#[test]
fn what_was_said_meanwhile_is_one_turn_at_its_end() {
    let mut call = notice();
    call.at(1500, ready(1))
        .at(1500, Event::AudioStarted { reply: ReplyId(1) });
    call.says(1600, 2000, "Wait!").at(2600, typed("Please."));
    call.ends(1, "This call is recorded.", 4000, 2500);
    assert_eq!(
        call.lines(&["turn", "request"])[1..],
        ["1000 request 1", "4000 turn Wait! Please.", "4000 request 2"]
    );
}

#[test]
fn it_is_dropped_where_the_policy_says_so_and_that_is_told() {
    let mut policy = unpausing();
    policy.protected_speech = ProtectedSpeech::Drop;
    policy.interruption.enabled = false;
    let mut call = Call::greeted(policy, "This call is recorded.");
    call.says(500, 1000, "Wait!").until(1500);
    assert_eq!(call.lines(&["turn", "discarded"]), ["1500 discarded Wait!"]);
}

#[test]
fn when_the_protected_line_is_over_its_tool_does_not_keep_the_caller_waiting() {
    let mut call = Call::new(plain());
    call.at(1000, typed("Begin"))
        .at(1000, talked_over(1, TalkedOver::Defer))
        .at(1300, crate::call::calls(1, "One moment, please.", &["look"]))
        .at(1500, ready(1))
        .at(1500, Event::AudioStarted { reply: ReplyId(1) })
        .at(2000, typed("Faster!"))
        .ends(1, "One moment, please.", 3000, 1500);
    assert_eq!(
        call.lines(&["turn Faster", "request 2"]),
        ["3000 turn Faster!", "3000 request 2"]
    );
    call.at(4000, crate::call::returned(1, "look", "found"));
    assert_eq!(
        call.history(),
        [
            "caller: Begin",
            "agent: One moment, please.",
            "caller: Faster!",
            "tools: look = found"
        ]
    );
}

#[test]
fn one_utterance_drops_what_is_said_over_it_and_another_keeps_it() {
    let greeting = "This call is recorded.";
    let mut call = Call::greeted_as(unpausing(), greeting, Some(TalkedOver::Block));
    call.sounds(1, greeting, 200);
    call.says(500, 1000, "Wait!").until(1500);
    assert_eq!(call.lines(&["turn", "discarded"]), ["1500 discarded Wait!"]);
    call.ends(1, greeting, 3000, 2800)
        .at(4000, typed("Begin"))
        .at(4000, talked_over(2, TalkedOver::Defer))
        .at(4300, written(2, "These are the terms."))
        .sounds(2, "These are the terms.", 4500);
    call.says(4600, 5000, "Which?")
        .ends(2, "These are the terms.", 8000, 3500);
    assert_eq!(
        call.lines(&["turn", "discarded"])[1..],
        ["4000 turn Begin", "8000 turn Which?"]
    );
}

#[test]
fn what_an_utterance_says_goes_before_the_policy() {
    let mut policy = unpausing();
    policy.protected_speech = ProtectedSpeech::Drop;
    policy.interruption.enabled = false;
    let mut call = Call::greeted_as(policy, "Hello.", Some(TalkedOver::Defer));
    call.sounds(1, "Hello.", 200);
    call.says(500, 1000, "Wait!").ends(1, "Hello.", 3000, 2800);
    assert_eq!(call.lines(&["turn", "discarded"]), ["3000 turn Wait!"]);
    call.at(3000, talked_over(2, TalkedOver::Allow))
        .at(3300, written(2, "What is it?"))
        .sounds(2, "What is it?", 3500)
        .at(4000, typed("Nothing."));
    assert_eq!(call.lines(&["stop"]), ["4000 stop 2"]);
}

#[test]
fn one_that_may_be_interrupted_waits_for_the_caller_where_nothing_else_does() {
    let mut policy = plain();
    policy.interruption.enabled = false;
    let mut call = Call::new(policy);
    call.at(1000, typed("Begin"))
        .at(1350, Event::SpeechStarted { from: time(1300) })
        .at(1400, talked_over(1, TalkedOver::Allow))
        .at(1500, written(1, "What is it?"))
        .at(1600, ready(1));
    assert_eq!(call.lines(&["play"]), [""; 0]);
    call.at(2200, crate::call::stopped_speaking(1700)).until(2200);
    assert_eq!(call.lines(&["play"]), ["2200 play 1"]);
}

#[test]
fn nothing_opens_a_goodbye() {
    let mut policy = unpausing();
    policy.phrases.closing = "Goodbye.".into();
    let mut call = Call::new(policy);
    call.at(1000, typed("Begin"))
        .at(1000, talked_over(1, TalkedOver::Allow))
        .at(1300, written(1, "Very well."))
        .sounds(1, "Very well.", 1500)
        .at(1600, Event::Close)
        .at(1700, talked_over(1, TalkedOver::Allow))
        .at(1800, typed("Wait!"));
    assert_eq!(call.lines(&["stop"]), [""; 0]);
}

#[test]
fn the_rest_gives_way_to_what_was_said_before_it_could_be_interrupted() {
    let mut policy = unpausing();
    policy.interruption.enabled = false;
    let mut call = Call::new(policy);
    call.at(1000, typed("Begin"))
        .at(1100, crate::call::calls(1, "", &["look"]))
        .at(1500, typed("Faster!"))
        .at(2000, crate::call::returned(1, "look", "found"))
        .at(2000, talked_over(2, TalkedOver::Allow));
    assert_eq!(
        call.lines(&["turn", "request", "drop"]),
        [
            "1000 turn Begin",
            "1000 request 1",
            "2000 request 2",
            "2000 drop 2",
            "2000 turn Faster!",
            "2000 request 3"
        ]
    );
}
