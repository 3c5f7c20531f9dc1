//! The ladder of silence, and the end of the call.

use turn::{Event, IdleAct, IdleStep, Phrases, Policy};

use crate::call::{Call, calls, ms, ready, tool_done, typed, unpausing};

fn ladder() -> Policy {
    let mut policy = unpausing();
    policy.user_away = None;
    policy.idle = vec![
        IdleStep {
            after: ms(5000),
            act: IdleAct::Say("Are you there?".into()),
        },
        IdleStep {
            after: ms(4000),
            act: IdleAct::HangUp,
        },
    ];
    policy.phrases = Phrases {
        closing: "Goodbye.".into(),
        time_is_up: "Our time is up.".into(),
        ..Phrases::default()
    };
    policy
}

#[test]
fn silence_is_answered_with_a_question_and_then_with_a_goodbye() {
    let mut call = Call::new(ladder());
    call.until(5000)
        .sounds(1, "Are you there?", 5200)
        .ends(1, "Are you there?", 6000, 800);
    call.until(10_000).sounds(2, "Goodbye.", 10_200);
    assert!(!call.has_ended());
    call.ends(2, "Goodbye.", 11_000, 800);
    assert_eq!(
        call.lines(&["say", "end"]),
        [
            "5000 say 1 Are you there?",
            "10000 say 2 Goodbye.",
            "11000 end Idle"
        ]
    );
}

#[test]
fn a_word_of_the_caller_starts_the_ladder_anew() {
    let mut call = Call::new(ladder());
    call.until(5000)
        .sounds(1, "Are you there?", 5200)
        .ends(1, "Are you there?", 6000, 800);
    call.says(7000, 7500, "Yes.")
        .at(8100, crate::call::written(2, ""))
        .until(13_100);
    assert_eq!(
        call.lines(&["say", "end"]),
        ["5000 say 1 Are you there?", "13100 say 3 Are you there?"]
    );
}

#[test]
fn the_closing_sentence_is_heard_whole_although_the_caller_speaks() {
    let mut policy = ladder();
    policy.output.can_pause = true;
    policy.idle.clear();
    let mut call = Call::new(policy);
    call.at(1000, Event::Close).sounds(1, "Goodbye.", 1200);
    call.says(1300, 2100, "Wait, one more thing.").until(2600);
    assert_eq!(call.lines(&["pause", "stop", "end"]), Vec::<&str>::new());
    call.ends(1, "Goodbye.", 2700, 1500);
    assert_eq!(call.lines(&["end"]), ["2700 end Finished"]);
}

#[test]
fn a_tool_that_ends_the_call_lets_the_goodbye_be_heard() {
    let mut policy = ladder();
    policy.idle.clear();
    let mut call = Call::new(policy);
    call.at(1000, typed("Bye"))
        .at(1200, calls(1, "See you.", &["end_call"]))
        .sounds(1, "See you.", 1400)
        .at(1500, tool_done(1, "end_call", Ok("ended".into()), true));
    assert!(!call.has_ended());
    call.ends(1, "See you.", 2400, 1000);
    assert_eq!(
        call.lines(&["say", "request", "end"]),
        ["1000 request 1", "2400 end Finished"]
    );
}

#[test]
fn a_silent_goodbye_tool_is_followed_by_the_closing_sentence() {
    let mut policy = ladder();
    policy.idle.clear();
    let mut call = Call::new(policy);
    call.at(1000, typed("Bye"))
        .at(1200, calls(1, "", &["end_call"]))
        .at(1500, tool_done(1, "end_call", Ok("ended".into()), true))
        .at(1600, ready(2));
    assert_eq!(
        call.lines(&["say", "play"]),
        ["1500 say 2 Goodbye.", "1600 play 2"]
    );
}

#[test]
fn the_longest_call_ends_with_a_warning_that_is_heard() {
    let mut policy = ladder();
    policy.idle.clear();
    policy.max_call = Some(ms(60_000));
    let mut call = Call::new(policy);
    call.until(60_000);
    assert_eq!(
        call.lines(&["say"]),
        ["60000 say 1 Our time is up.", "60000 say 2 Goodbye."]
    );
    call.sounds(1, "Our time is up.", 60_200)
        .ends(1, "Our time is up.", 61_000, 800);
    call.sounds(2, "Goodbye.", 61_000)
        .ends(2, "Goodbye.", 61_500, 500);
    assert_eq!(call.lines(&["end"]), ["61500 end MaxDuration"]);
}

#[test]
fn a_goodbye_that_never_sounds_does_not_keep_the_line_open() {
    let mut policy = ladder();
    policy.idle.clear();
    let mut call = Call::new(policy);
    call.at(1000, Event::Close).until(30_000);
    assert_eq!(call.lines(&["end"]), ["21000 end Finished"]);
    assert_eq!(call.deadline(), None);
}
