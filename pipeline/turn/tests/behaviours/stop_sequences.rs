//! The end of a turn for every order in which the detector and the recogniser may speak up: exactly once, and never early.
//!
//! `S` speech starts, `E` it stops, `I` interim text, `T` final text, each 100 ms after the one before; `-` waits 300 ms.
//! The detector reports an end 50 ms late here, and the shortest silence is 100 ms.

use turn::Event;

use crate::call::{Call, interim, ms, said, stopped_speaking, time, unpausing};

/// Plays a sequence and gives when turns ended, and the time of its last letter.
fn ends(sequence: &str) -> (Vec<u64>, u64) {
    let mut policy = unpausing();
    policy.endpointing.min_delay = ms(100);
    policy.preemptive.llm = false;
    let mut call = Call::new(policy);
    let mut now = 1000;
    let mut texts = 0;
    for letter in sequence.chars() {
        match letter {
            'S' => call.at(now, Event::SpeechStarted { from: time(now - 50) }),
            'E' => call.at(now, stopped_speaking(now - 50)),
            'I' => call.at(now, interim("so")),
            'T' => {
                texts += 1;
                call.at(now, said(&format!("text{texts}")))
            }
            '-' => call.until(now + 200),
            other => panic!("{other} is no letter of a sequence"),
        };
        now += if letter == '-' { 300 } else { 100 };
    }
    call.until(now + 10_000);
    let ended = call
        .lines(&["turn"])
        .iter()
        .map(|line| line.split_once(' ').expect("a line begins with its time").0)
        .map(|at| at.parse().expect("a time is a number"))
        .collect();
    (ended, now - 100)
}

#[test]
fn each_sequence_ends_its_turn_once_and_not_early() {
    // With the text before the end of speech, 50 ms of silence are missing at the end event; after it, none.
    for (sequence, after_last) in [
        ("STE", 50),
        ("SITE", 50),
        ("SIET", 0),
        ("SIEIT", 0),
        ("SET", 0),
        ("SEIT", 0),
        ("SIE-IT", 0),
        ("SIE-T", 0),
    ] {
        let (ended, last) = ends(sequence);
        assert_eq!(ended, [last + after_last], "{sequence}");
    }
}

#[test]
fn speech_that_goes_on_before_the_silence_was_long_enough_is_one_turn() {
    let (ended, last) = ends("STESTE");
    // The first pause is 50 ms longer than what ends a turn: S comes 100 ms after E, whose silence began 50 ms before.
    assert_eq!(ended.len(), 2);
    assert_eq!(ended[1], last + 50);

    let mut policy = unpausing();
    policy.endpointing.min_delay = ms(300);
    let mut call = Call::new(policy);
    call.at(1000, Event::SpeechStarted { from: time(950) })
        .at(1100, said("one"))
        .at(1200, stopped_speaking(1150))
        .at(1300, Event::SpeechStarted { from: time(1250) })
        .at(1400, said("two"))
        .at(1500, stopped_speaking(1450))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["1750 turn one two"]);
}

#[test]
fn text_without_any_speech_event_is_a_turn_after_the_silence() {
    for sequence in ["T", "IT"] {
        let (ended, last) = ends(sequence);
        assert_eq!(ended, [last + 100], "{sequence}");
    }
}

#[test]
fn texts_of_one_turn_come_in_any_order_with_the_end_of_speech() {
    // The shortest silence is long enough for all of them: it counts from the last voiced sample.
    for (sequence, last_voiced) in [
        ("ST1ET2", 1150),
        ("SET1T2", 1050),
        ("SIET1IT2", 1150),
        ("ST1IEST2E", 1550),
        ("SIEIT", 1150),
    ] {
        let mut policy = unpausing();
        policy.endpointing.min_delay = ms(800);
        let mut call = Call::new(policy);
        let mut now = 1000;
        for letter in sequence.chars().filter(|letter| !letter.is_numeric()) {
            match letter {
                'S' => call.at(now, Event::SpeechStarted { from: time(now - 50) }),
                'E' => call.at(now, stopped_speaking(now - 50)),
                'I' => call.at(now, interim("so")),
                _ => call.at(now, said("text")),
            };
            now += 100;
        }
        call.until(now + 10_000);
        let texts = vec!["text"; sequence.matches('T').count()].join(" ");
        assert_eq!(
            call.lines(&["turn"]),
            [format!("{} turn {texts}", last_voiced + 800)],
            "{sequence}"
        );
    }
}

#[test]
fn late_text_of_an_earlier_stretch_ends_no_turn_that_is_being_said() {
    let mut call = Call::new(unpausing());
    call.at(1000, Event::SpeechStarted { from: time(950) })
        .at(1200, stopped_speaking(1150))
        .at(1300, Event::SpeechStarted { from: time(1250) })
        .at(1400, said("one"))
        .until(4900);
    assert_eq!(call.lines(&["turn"]), Vec::<&str>::new());
    call.at(4950, said("two"))
        .at(5000, stopped_speaking(4950))
        .until(9000);
    assert_eq!(call.lines(&["turn"]), ["5450 turn one two"]);
}

#[test]
fn text_that_comes_after_its_turn_is_one_of_its_own() {
    let mut call = Call::new(unpausing());
    call.says(500, 1500, "one").at(2500, said("two")).until(9000);
    assert_eq!(call.lines(&["turn"]), ["2000 turn one", "2500 turn two"]);
}
