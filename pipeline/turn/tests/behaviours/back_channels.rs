//! Attention that is shown while the agent speaks, where it is to be ignored.

use turn::{BackChannels, Event, InterruptionMode, Policy};

use crate::call::{Call, interim, plain, said, stopped_speaking, time};

const STORY: &str = "Here is a long story.";

fn attentive(language: &str) -> Policy {
    let mut policy = Policy::default();
    policy.interruption.back_channels = BackChannels::Ignore;
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
    for (language, word) in [("en", "Mm-hm."), ("EN_us", "Yeah, okay."), ("ru", "Угу.")] {
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
fn where_it_is_not_ignored_it_interrupts() {
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
    call.at(6050, Event::SpeechStarted { from: time(6000) })
        .at(6500, said("Yes."))
        .ends(1, STORY, 6600, 3400)
        .at(6800, stopped_speaking(6300))
        .until(9000);
    assert_eq!(call.lines(&["turn", "back"])[1..], ["6800 turn Yes."]);
}

#[test]
fn words_that_follow_take_it_along() {
    let mut call = story(attentive("en"));
    call.at(6050, Event::SpeechStarted { from: time(6000) })
        .at(6400, said("Yeah,"))
        .at(6700, said("but stop."));
    call.confirms(1, "Here is", 6700, 3500);
    call.at(7000, stopped_speaking(6500)).until(9000);
    assert_eq!(call.lines(&["turn", "back"])[1..], ["7000 turn Yeah, but stop."]);
}

#[test]
fn phrases_are_known_as_a_whole() {
    for (language, phrase) in [
        ("en", "I see."),
        ("en", "All right."),
        ("en", "Ah-ha"),
        ("en", "Ah, huh"),
        ("en", "Uh, huh"),
        ("en", "Mm-hmm"),
        ("en", "Mhm"),
        ("ru", "Всё понятно."),
        ("ru", "Да-да."),
    ] {
        let mut call = story(attentive(language));
        call.says(6000, 6300, phrase).until(8000);
        assert!(call.lines(&["stop"]).is_empty(), "{phrase} in {language}");
    }
    for words in ["I", "I all", "see"] {
        let mut call = story(attentive("en"));
        call.says(6000, 6300, words);
        assert_eq!(call.lines(&["stop"]), ["6500 stop 1"], "{words}");
    }
}

#[test]
fn where_words_alone_interrupt_it_is_not_counted_as_words() {
    let mut policy = attentive("en");
    policy.interruption.mode = InterruptionMode::Words;
    let mut call = story(policy);
    call.says(6000, 6300, "Okay.").until(8000);
    assert_eq!(
        call.lines(&["pause", "stop", "back"]),
        ["7300 back channel Okay."]
    );
}

/// Speech from 6000 on, with a report every 50 ms until `to`, and interim text at `text_at`.
fn drawn_out(call: &mut Call, to: u64, text_at: u64, text: &str) {
    call.at(6050, Event::SpeechStarted { from: time(6000) });
    for at in (6100..=to).step_by(10) {
        if at == text_at {
            call.at(at, interim(text));
        }
        if at % 50 == 0 {
            drawn_on(call, at, at);
        }
    }
}

/// That speech goes on, with reports from `from` until `to`.
fn drawn_on(call: &mut Call, from: u64, to: u64) {
    for at in (from..=to).step_by(50) {
        let speech = time(at).since(time(6000));
        call.at(at, Event::SpeechContinues { speech });
    }
}

#[test]
fn a_long_one_silences_the_agent_for_380_ms() {
    // The text comes before that, at that moment and after it.
    for (text_at, resumed) in [(6400, 6580), (6550, 6580), (6580, 6580), (6650, 6650)] {
        let mut call = story(attentive("en"));
        drawn_out(&mut call, 6700, text_at, "Okay, yeah.");
        call.at(6950, stopped_speaking(6700)).until(7100);
        assert_eq!(
            call.lines(&["pause", "resume", "stop"]),
            ["6200 pause 1".to_owned(), format!("{resumed} resume 1")],
            "text at {text_at}"
        );
    }
}

#[test]
fn what_only_sounds_like_one_silences_the_agent_while_the_voice_goes_on() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6300, 0, "");
    let perhaps = Event::Interim {
        text: "Stuck".into(),
        attention: true,
    };
    call.at(6320, perhaps);
    drawn_on(&mut call, 6350, 7000);
    assert_eq!(call.lines(&["pause", "resume"]), ["6200 pause 1"]);
    call.at(7200, said("Stop, please."));
    assert_eq!(call.lines(&["stop"]), ["7200 stop 1"]);
}

#[test]
fn words_that_follow_in_the_same_breath_silence_the_agent_again() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6700, 6500, "Yeah,");
    call.at(6720, interim("Yeah, but wait"));
    drawn_on(&mut call, 6750, 7000);
    assert_eq!(
        call.lines(&["pause", "resume", "stop"]),
        ["6200 pause 1", "6580 resume 1", "6720 pause 1"]
    );
    call.at(7010, said("Yeah, but wait."));
    assert_eq!(call.lines(&["stop"]), ["7010 stop 1"]);
}

#[test]
fn a_voice_that_goes_on_behind_it_silences_the_agent_again() {
    let mut call = story(attentive("en"));
    // Attention until the agent goes on at 6580; more than 150 ms after that are as much as paused it first.
    drawn_out(&mut call, 6700, 6300, "Yeah,");
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["6200 pause 1", "6580 resume 1"]
    );
    drawn_on(&mut call, 6750, 8000);
    assert_eq!(call.lines(&["pause"]), ["6200 pause 1", "6750 pause 1"]);
    call.at(8010, said("Yeah, but wait."));
    assert_eq!(call.lines(&["stop"]), ["8010 stop 1"]);
}

#[test]
fn while_texts_show_attention_the_agent_goes_on() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6550, 6500, "Mm");
    for at in (6600..=7500).step_by(100) {
        call.at(at, interim("Mm-hm"));
        drawn_on(&mut call, at, at + 50);
    }
    call.at(7850, stopped_speaking(7600))
        .at(7860, said("Mm-hm, mm-hm."))
        .until(9500);
    assert_eq!(
        call.lines(&["pause", "resume", "stop", "back"]),
        ["6200 pause 1", "6580 resume 1", "8600 back channel Mm-hm, mm-hm."]
    );
}

#[test]
fn text_that_only_shows_attention_ends_the_wait_for_more() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6600, 0, "");
    call.at(6850, stopped_speaking(6600))
        .at(7000, interim("Okay."))
        .until(7000);
    assert_eq!(call.lines(&["resume"]), ["7000 resume 1"]);
}

#[test]
fn what_was_attention_does_not_count_as_speech_that_goes_on() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6700, 0, "");
    call.at(6710, said("Okay, yeah."));
    drawn_on(&mut call, 6750, 6850);
    assert_eq!(
        call.lines(&["pause", "resume"]),
        ["6200 pause 1", "6710 resume 1"]
    );
    drawn_on(&mut call, 6900, 6900);
    assert_eq!(call.lines(&["pause"]), ["6200 pause 1", "6900 pause 1"]);
}

/// Words of which the recogniser hears that they may only show attention.
fn perhaps(text: &str) -> Event {
    Event::Final {
        text: text.into(),
        attention: true,
    }
}

#[test]
fn words_that_may_only_be_a_murmur_do_not_interrupt_but_are_not_lost() {
    let mut call = story(attentive("en"));
    call.at(6050, Event::SpeechStarted { from: time(6000) })
        .at(
            6250,
            Event::SpeechContinues {
                speech: time(6250).since(time(6000)),
            },
        )
        .at(6400, perhaps("But her."))
        .at(6550, stopped_speaking(6300))
        .until(8000);
    assert_eq!(
        call.lines(&["pause", "resume", "stop", "back"]),
        ["6250 pause 1", "6400 resume 1", "7250 back channel But her."]
    );
    assert_eq!(
        call.history(),
        ["caller: Tell me a story.", "caller, aside: But her."]
    );
}

#[test]
fn interim_words_that_may_only_be_a_murmur_end_the_pause() {
    let mut call = story(attentive("en"));
    drawn_out(&mut call, 6600, 0, "");
    let perhaps = Event::Interim {
        text: "But her".into(),
        attention: true,
    };
    call.at(6850, stopped_speaking(6600))
        .at(7000, perhaps)
        .until(7000);
    assert_eq!(call.lines(&["resume"]), ["7000 resume 1"]);
}

#[test]
fn words_that_may_be_a_murmur_are_words_where_nobody_speaks() {
    let mut call = Call::new(attentive("en"));
    call.at(1050, Event::SpeechStarted { from: time(1000) })
        .at(1500, perhaps("Red."))
        .at(1550, stopped_speaking(1300))
        .until(3000);
    assert_eq!(call.lines(&["turn"]).len(), 1, "{:?}", call.lines(&["turn"]));
}

#[test]
fn at_the_end_of_a_reply_words_that_may_be_a_murmur_are_the_answer() {
    let mut call = story(attentive("en"));
    call.at(6050, Event::SpeechStarted { from: time(6000) })
        .at(6500, perhaps("Red."))
        .ends(1, STORY, 6600, 3400)
        .at(6800, stopped_speaking(6300))
        .until(9000);
    assert_eq!(call.lines(&["turn", "back"])[1..], ["6800 turn Red."]);
}

#[test]
fn words_that_may_be_a_murmur_are_forgotten_with_the_turn() {
    let mut call = story(attentive("en"));
    call.at(6050, Event::SpeechStarted { from: time(6000) })
        .at(6400, perhaps("But her."))
        .at(6550, stopped_speaking(6300))
        .at(6600, Event::ClearTurn)
        .until(9000);
    assert_eq!(call.lines(&["back", "discarded"]), ["6600 discarded But her."]);
    assert_eq!(call.history(), ["caller: Tell me a story."]);
}
