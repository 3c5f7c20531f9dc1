//! Attention that is shown while the agent speaks (mode `model`).

use turn::{InterruptionMode, Policy};

use crate::call::{Call, plain};

const STORY: &str = "Here is a long story.";

fn attentive(language: &str) -> Policy {
    let mut policy = Policy::default();
    policy.interruption.mode = InterruptionMode::Model;
    policy.phrases.language = language.to_owned();
    policy
}

/// Reply 1 sounds from 3200 on.
fn story(policy: Policy) -> Call {
    let mut call = Call::new(policy);
    call.says(500, 2500, "Tell me a story.").sounds(1, STORY, 3200);
    call
}

#[test]
fn it_costs_a_short_pause_and_is_no_turn() {
    for (language, word) in [("en", "Mm-hm."), ("en-US", "Yeah, okay."), ("ru", "Угу.")] {
        let mut call = story(attentive(language));
        call.says(6000, 6300, word).until(8000);
        assert_eq!(
            call.lines(&["pause", "resume", "stop", "back"]),
            [
                "6200 pause 1".to_owned(),
                "6500 resume 1".to_owned(),
                format!("7300 back channel {word}")
            ]
        );
        assert_eq!(call.history(), ["caller: Tell me a story."]);
    }
}

#[test]
fn other_words_and_other_languages_interrupt() {
    for (language, word) in [
        ("en", "Stop."),
        ("en", "yeah but wait"),
        ("de", "Mm-hm."),
        ("ru", "Mm-hm."),
    ] {
        let mut call = story(attentive(language));
        call.says(6000, 6300, word);
        assert_eq!(call.lines(&["stop"]), ["6500 stop 1"], "{word} in {language}");
    }
}

#[test]
fn in_any_other_mode_it_interrupts() {
    let mut policy = plain();
    policy.phrases.language = "en".to_owned();
    let mut call = story(policy);
    call.says(6000, 6300, "Mm-hm.");
    assert_eq!(call.lines(&["stop"]), ["6500 stop 1"]);
}

#[test]
fn in_the_first_moment_of_a_reply_it_counts_as_words() {
    let mut call = story(attentive("en"));
    call.says(3600, 3900, "Yeah.");
    assert_eq!(call.lines(&["stop"]), ["4100 stop 1"]);
}

#[test]
fn at_the_end_of_a_reply_it_is_the_answer() {
    let mut call = story(attentive("en"));
    call.at(
        6050,
        turn::Event::SpeechStarted {
            from: crate::call::time(6000),
        },
    )
    .at(6500, crate::call::said("Yes."))
    .ends(1, STORY, 6600, 3400)
    .at(6800, crate::call::stopped_speaking(6300))
    .until(9000);
    assert_eq!(call.lines(&["turn", "back"])[1..], ["6800 turn Yes."]);
}

#[test]
fn words_that_follow_take_it_along() {
    let mut call = story(attentive("en"));
    call.at(
        6050,
        turn::Event::SpeechStarted {
            from: crate::call::time(6000),
        },
    )
    .at(6400, crate::call::said("Yeah,"))
    .at(6700, crate::call::said("but stop."));
    call.confirms(1, "Here is", 6700, 3500);
    call.at(7000, crate::call::stopped_speaking(6500)).until(9000);
    assert_eq!(call.lines(&["turn", "back"])[1..], ["7000 turn Yeah, but stop."]);
}
