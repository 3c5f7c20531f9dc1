//! When the caller's turn is over.

use turn::{EndpointingMode, Event};

use crate::call::{Call, interim, ms, said, stopped_speaking, time, typed, unpausing, written};

#[test]
fn the_last_of_silence_end_event_and_text_decides() {
    let mut call = Call::new(unpausing());
    call.says(500, 1500, "hello").until(3000);
    assert_eq!(call.lines(&["turn"]), ["2000 turn hello"]);

    let mut policy = unpausing();
    policy.endpointing.min_delay = ms(800);
    let mut call = Call::new(policy);
    call.says(500, 1500, "hello").until(3000);
    assert_eq!(call.lines(&["turn"]), ["2300 turn hello"]);

    let mut call = Call::new(unpausing());
    call.speech(500, 1500).at(2700, said("hello")).until(3000);
    assert_eq!(call.lines(&["turn"]), ["2700 turn hello"]);
}

#[test]
fn without_text_there_is_no_turn() {
    let mut call = Call::new(unpausing());
    call.speech(500, 1500).until(10_000);
    assert_eq!(call.lines(&["turn", "request"]), Vec::<&str>::new());
}

#[test]
fn a_pause_inside_a_turn_does_not_end_it() {
    let mut call = Call::new(unpausing());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1700, said("my number is"))
        .at(2000, stopped_speaking(1500))
        .at(2000, Event::SpeechStarted { from: time(1700) })
        .at(2700, said("four two"))
        .at(3000, stopped_speaking(2500))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["3000 turn my number is four two"]);
}

#[test]
fn a_sure_model_shortens_the_silence_and_an_unsure_one_lengthens_it() {
    let mut policy = unpausing();
    policy.endpointing.model = true;
    let judged = |probability| Event::EndOfTurn { probability };

    let mut call = Call::new(policy.clone());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1600, said("yes"))
        .at(1700, stopped_speaking(1500))
        .at(1710, judged(0.95))
        .until(5000);
    assert_eq!(call.lines(&["turn", "measured"])[0], "1750 turn yes");

    let mut call = Call::new(policy.clone());
    call.says(500, 1500, "and then").at(2000, judged(0.1)).until(5000);
    assert_eq!(call.lines(&["turn"]), ["4500 turn and then"]);

    let mut call = Call::new(policy);
    call.says(500, 1500, "so").at(2000, judged(0.7)).until(5000);
    assert_eq!(call.lines(&["turn"]), ["2000 turn so"]);
}

#[test]
fn the_recogniser_ends_the_turn_where_its_word_counts() {
    let mut policy = unpausing();
    policy.endpointing.mode = EndpointingMode::Stt;
    let mut call = Call::new(policy);
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1600, said("yes"))
        .at(1610, Event::ProviderEndOfTurn)
        .at(2000, stopped_speaking(1500))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["1610 turn yes"]);
}

#[test]
fn by_hand_only_commands_end_a_turn() {
    let mut policy = unpausing();
    policy.endpointing.mode = EndpointingMode::Manual;
    let mut call = Call::new(policy);
    call.says(500, 1500, "take your time").until(20_000);
    assert_eq!(call.lines(&["turn", "request"]), Vec::<&str>::new());
    call.at(21_000, Event::CommitTurn);
    assert_eq!(call.lines(&["turn"]), ["21000 turn take your time"]);
}

#[test]
fn text_that_a_command_has_committed_already_is_not_said_twice() {
    let mut call = Call::new(unpausing());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1000, interim("one two"))
        .at(1100, Event::CommitTurn)
        .at(1300, said("One, two"))
        .at(1800, stopped_speaking(1300))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["1100 turn one two"]);

    let mut call = Call::new(unpausing());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1000, interim("one two"))
        .at(1100, Event::CommitTurn)
        .at(1300, said("One, two, three."))
        .at(1800, stopped_speaking(1300))
        .until(5000);
    assert_eq!(call.lines(&["turn"]), ["1100 turn one two", "1800 turn three."]);
}

#[test]
fn text_that_was_committed_in_the_midst_of_speech_is_not_said_twice_either() {
    let mut call = Call::new(unpausing());
    call.at(550, Event::SpeechStarted { from: time(500) })
        .at(1000, interim("one two"))
        .at(1100, Event::CommitTurn)
        .at(1200, interim("one"))
        .at(1250, Event::CommitTurn)
        .at(1300, interim("One, two three"))
        .at(1400, Event::CommitTurn)
        .at(1500, interim("One, two, three"))
        .at(1600, said("One, two, three, four."))
        .at(1800, stopped_speaking(1300))
        .until(5000);
    assert_eq!(
        call.lines(&["turn"]),
        ["1100 turn one two", "1400 turn three", "1800 turn four."]
    );
}

/// The shortest silence after the caller stopped at 100 s, the agent sounded from and until the times given, and the caller
/// began again; what the caller's pause taught shows in the next turn.
fn learned(agent_from: Option<u64>, agent_until: Option<u64>, again: u64) -> u64 {
    let mut policy = learning();
    policy.endpointing.min_delay = ms(300);
    let mut call = Call::new(policy);
    call.at(99_000, typed("Go on"))
        .at(99_100, written(1, "Well."))
        .at(99_200, crate::call::ready(1))
        .at(99_500, Event::SpeechStarted { from: time(99_500) })
        .at(100_000, stopped_speaking(100_000));
    if let Some(from) = agent_from {
        call.at(
            from,
            Event::AudioStarted {
                reply: turn::ReplyId(1),
            },
        );
    }
    if let Some(until) = agent_until {
        call.ends(1, "Well.", until, 500);
    }
    call.at(again, Event::SpeechStarted { from: time(again) });
    if agent_until.is_none() {
        call.at(again + 10, Event::Interrupt);
        call.confirms(1, "", again + 10, 0);
    }
    call.at(103_000, stopped_speaking(103_000))
        .at(103_000, said("more"));
    call.deadline().expect("the turn ends some time") - 103_000
}

#[test]
fn pauses_inside_a_turn_teach_the_shortest_silence() {
    // The table of the dynamic wait: shortest 300 ms, half of it history.
    for (what, agent_from, agent_until, again, expected) in [
        ("a pause inside a turn", None, None, 100_400, 350),
        (
            "the agent had spoken and finished",
            Some(100_500),
            Some(101_000),
            101_500,
            300,
        ),
        ("a late interruption", Some(100_900), None, 101_800, 300),
        ("an overlap at once", Some(100_150), None, 100_400, 350),
        ("an overlap within the grace", Some(100_150), None, 100_350, 325),
        (
            "attention shown long after the agent began",
            Some(100_200),
            None,
            101_500,
            300,
        ),
        ("a long pause is limited", None, None, 102_900, 1000),
    ] {
        assert_eq!(learned(agent_from, agent_until, again), expected, "{what}");
    }
}

#[test]
fn what_was_not_learned_from_does_not_count_later() {
    let mut policy = learning();
    policy.endpointing.min_delay = ms(300);
    let mut call = Call::new(policy);
    // The pause until 101.5 s lay in the agent's answer, the one until 102.4 s in the caller's turn.
    call.says(99_000, 100_000, "Go on")
        .sounds(1, "Well.", 100_800)
        .at(101_500, Event::SpeechStarted { from: time(101_500) })
        .at(101_510, Event::Interrupt)
        .confirms(1, "", 101_510, 700)
        .at(102_000, stopped_speaking(102_000))
        .at(102_400, Event::SpeechStarted { from: time(102_400) })
        .at(103_000, stopped_speaking(103_000))
        .at(103_000, said("more"))
        .until(110_000);
    assert_eq!(call.lines(&["turn"]).last(), Some(&"103350 turn more"));
}

#[test]
fn the_shortest_silence_is_never_longer_than_the_longest() {
    let mut policy = learning();
    policy.endpointing.min_delay = ms(1500);
    let mut call = Call::new(policy);
    call.says(500, 1500, "hello").until(5000);
    assert_eq!(call.lines(&["turn"]), ["2500 turn hello"]);
}

/// The wait follows the caller, with half of it history, and is a second at most.
fn learning() -> turn::Policy {
    let mut policy = unpausing();
    policy.user_away = None;
    policy.endpointing.dynamic = true;
    policy.endpointing.alpha = 0.5;
    policy.endpointing.max_delay = ms(1000);
    policy
}

#[test]
fn each_mode_listens_to_its_own_signs() {
    // Text at 1600, the model's judgement at 1710, the recogniser's word at 1720, the end event at 1700.
    for (mode, has_model, decided) in [
        (EndpointingMode::Auto, true, "1750 turn yes"),
        (EndpointingMode::Auto, false, "2000 turn yes"),
        (EndpointingMode::Model, true, "1750 turn yes"),
        (EndpointingMode::Model, false, "2000 turn yes"),
        (EndpointingMode::Vad, true, "2000 turn yes"),
        (EndpointingMode::Stt, true, "1720 turn yes"),
        (EndpointingMode::Manual, true, "4000 turn yes"),
    ] {
        let mut policy = unpausing();
        policy.endpointing.mode = mode;
        policy.endpointing.model = has_model;
        let mut call = Call::new(policy);
        call.at(550, Event::SpeechStarted { from: time(500) })
            .at(1600, said("yes"))
            .at(1700, stopped_speaking(1500))
            .at(1710, Event::EndOfTurn { probability: 0.95 })
            .at(1720, Event::ProviderEndOfTurn)
            .at(4000, Event::CommitTurn)
            .until(5000);
        assert_eq!(
            call.lines(&["turn"]),
            [decided],
            "{mode:?}, with a model: {has_model}"
        );
    }
}
