//! Services that fail.

use turn::{Event, Phrases, ReplyId};

use crate::call::{Call, plain, ready, typed, unpausing, written};

fn polite() -> turn::Policy {
    let mut policy = unpausing();
    policy.phrases = Phrases {
        apology: "Sorry.".into(),
        ..Phrases::default()
    };
    policy
}

fn model_fails(reply: u32, may_pass: bool, text: &str) -> Event {
    Event::ModelFailed {
        reply: ReplyId(reply),
        may_pass,
        text: text.into(),
    }
}

#[test]
fn a_model_that_may_recover_is_asked_once_more() {
    let mut call = Call::new(polite());
    call.at(1000, typed("Hello")).at(1100, model_fails(1, true, ""));
    assert_eq!(
        call.lines(&["failed", "drop", "request", "release"])[2..],
        [
            "1100 failed Model",
            "1100 drop 1",
            "1100 request 2",
            "1100 release 2"
        ]
    );
    call.sounds(2, "Hi.", 2000);
    assert_eq!(call.lines(&["say"]), Vec::<&str>::new());
}

#[test]
fn a_model_that_fails_again_is_apologised_for() {
    let mut call = Call::new(polite());
    call.at(1000, typed("Hello"))
        .at(1100, model_fails(1, true, ""))
        .at(1200, model_fails(2, true, ""));
    assert_eq!(call.lines(&["say"]), ["1200 say 3 Sorry."]);
    call.at(1300, ready(3));
    assert_eq!(call.lines(&["play"]), ["1300 play 3"]);
}

#[test]
fn what_the_model_had_written_is_heard_before_the_apology() {
    let mut call = Call::new(polite());
    call.at(1000, typed("Hello"))
        .at(1100, ready(1))
        .at(1100, Event::AudioStarted { reply: ReplyId(1) });
    call.at(1200, model_fails(1, true, "Well,")).at(1300, ready(2));
    assert_eq!(call.lines(&["play"]), ["1100 play 1"]);
    call.ends(1, "Well,", 1500, 400);
    assert_eq!(call.lines(&["play"]), ["1100 play 1", "1500 play 2"]);
}

#[test]
fn an_early_reply_that_fails_is_asked_for_anew_at_the_decision() {
    let mut call = Call::new(polite());
    call.at(
        550,
        Event::SpeechStarted {
            from: crate::call::time(500),
        },
    )
    .at(1700, crate::call::said("Hello"))
    .at(1800, model_fails(1, true, ""))
    .at(2000, crate::call::stopped_speaking(1500))
    .until(2000);
    assert_eq!(
        call.lines(&["request"]),
        ["1700 request 1 early", "2000 request 2"]
    );
    assert_eq!(call.lines(&["say"]), Vec::<&str>::new());
}

#[test]
fn a_voice_that_fails_before_any_sound_apologises_once() {
    let silent = |reply| Event::VoiceFailed {
        reply: ReplyId(reply),
        any_sound: false,
    };
    let mut call = Call::new(polite());
    call.at(1000, typed("Hello"))
        .at(1300, written(1, "Hi."))
        .at(1400, silent(1));
    assert_eq!(call.lines(&["failed", "say"]).len(), 2, "{:?}", call.lines(&[""]));
    call.at(1500, silent(2));
    assert_eq!(call.lines(&["say"]).len(), 1);
    assert_eq!(call.lines(&["agent"]).last(), Some(&"1500 agent listening"));
    assert_eq!(call.history(), ["caller: Hello"]);
}

#[test]
fn a_loudspeaker_that_confirms_no_stop_does_not_keep_the_caller_waiting() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Hello"))
        .sounds(1, "Hi.", 1500)
        .at(2000, typed("Stop"))
        .until(2200);
    assert_eq!(
        call.lines(&["failed", "turn Stop"]),
        ["2200 failed Loudspeaker", "2200 turn Stop"]
    );
}

#[test]
fn late_facts_about_a_reply_that_is_gone_change_nothing() {
    let mut call = Call::new(plain());
    call.at(1000, typed("Hello")).at(1100, typed("Stop"));
    let before = call.lines(&[""]).len();
    call.at(1200, written(1, "Hi."))
        .at(1200, ready(1))
        .at(1200, Event::AudioStarted { reply: ReplyId(1) })
        .at(1300, model_fails(1, true, ""))
        .confirms(1, "Hi.", 1400, 100)
        .ends(1, "Hi.", 1400, 100);
    assert_eq!(call.lines(&[""]).len(), before);
    assert_eq!(call.history().len(), 2);
}
