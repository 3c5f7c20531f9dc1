//! Tools in an answer.

use turn::{Event, ToolMode};

use crate::call::{Call, calls, returned, tool_done, typed, unpausing, written};

#[test]
fn a_tool_of_an_early_reply_starts_when_the_turn_is_over() {
    let mut call = Call::new(unpausing());
    call.at(
        550,
        Event::SpeechStarted {
            from: crate::call::time(500),
        },
    )
    .at(1700, crate::call::said("Weather?"))
    .at(1800, calls(1, "", &["get_weather"]));
    assert_eq!(call.lines(&["run"]), Vec::<&str>::new());
    call.at(2000, crate::call::stopped_speaking(1500)).until(2000);
    assert_eq!(call.lines(&["run"]), ["2000 run get_weather for 1"]);
}

#[test]
fn a_tool_of_an_early_reply_that_was_dropped_never_runs() {
    let mut call = Call::new(unpausing());
    call.at(
        550,
        Event::SpeechStarted {
            from: crate::call::time(500),
        },
    )
    .at(1700, crate::call::said("Hang"))
    .at(1800, calls(1, "", &["end_call"]))
    .at(1900, crate::call::said("on"))
    .at(2000, crate::call::stopped_speaking(1500))
    .at(2100, calls(2, "I wait.", &[]))
    .until(5000);
    assert_eq!(call.lines(&["run"]), Vec::<&str>::new());
    assert_eq!(call.lines(&["drop"]), ["1900 drop 1"]);
}

#[test]
fn the_answer_is_asked_for_when_the_last_of_them_has_ended() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Both"))
        .at(1300, calls(1, "", &["one", "two"]))
        .at(2000, returned(1, "two", "2"))
        .at(3000, returned(1, "one", "1"));
    assert_eq!(call.lines(&["request 2"]), ["3000 request 2"]);
    assert_eq!(call.history(), ["caller: Both", "tools: one = 1, two = 2"]);
}

#[test]
fn a_result_that_comes_twice_counts_once() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("One"))
        .at(1300, calls(1, "", &["one"]))
        .at(2000, returned(1, "one", "1"))
        .at(2100, returned(1, "one", "again"));
    assert_eq!(call.history(), ["caller: One", "tools: one = 1"]);
    assert_eq!(call.lines(&["request"]).len(), 2);
}

#[test]
fn the_line_stands_before_the_tools_that_it_announced() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Weather?"))
        .at(1300, calls(1, "Let me see.", &["get_weather"]))
        .at(1400, returned(1, "get_weather", "sunny"));
    assert_eq!(
        call.history(),
        [
            "caller: Weather?",
            "agent: Let me see.",
            "tools: get_weather = sunny"
        ]
    );
}

#[test]
fn a_tool_of_an_answer_that_was_cut_runs_to_its_end_and_is_remembered_once() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Weather?"))
        .at(1300, calls(1, "", &["get_weather"]))
        .at(2000, typed("Never mind."))
        .at(2300, written(2, ""))
        .at(9000, returned(1, "get_weather", "sunny"));
    assert_eq!(
        call.history(),
        [
            "caller: Weather?",
            "caller: Never mind.",
            "tools: get_weather = sunny"
        ]
    );
    assert_eq!(call.lines(&["request"]), ["1000 request 1", "2000 request 2"]);
}

#[test]
fn after_the_last_round_no_tools_are_allowed() {
    let mut policy = unpausing();
    policy.max_tool_steps = 1;
    let mut call = Call::new(policy);
    call.at(1000, typed("Go"));
    for (reply, at) in [(1, 1100), (2, 1300)] {
        call.at(at, calls(reply, "", &["next"]))
            .at(at + 100, returned(reply, "next", "more"));
    }
    call.at(1500, calls(3, "", &["next"]));
    assert_eq!(
        call.lines(&["request", "run"]),
        [
            "1000 request 1",
            "1100 run next for 1",
            "1200 request 2",
            "1300 run next for 2",
            "1400 request 3 without tools"
        ]
    );
    assert_eq!(call.lines(&["agent"]).last(), Some(&"1500 agent listening"));
}

#[test]
fn an_error_is_an_output_like_any_other() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Go"))
        .at(1100, calls(1, "", &["next"]))
        .at(1200, tool_done(1, "next", Err("It is away.".into()), false));
    assert_eq!(call.lines(&["request 2"]), ["1200 request 2"]);
    assert_eq!(call.history(), ["caller: Go", "tools: next failed: It is away."]);
}

#[test]
fn a_tool_that_may_be_given_up_ends_with_the_answer_that_called_it() {
    let mut policy = unpausing();
    policy.tools.insert("search".to_owned(), ToolMode::Cancel);
    let mut call = Call::new(policy);
    call.at(1000, typed("Flights?"))
        .at(1100, calls(1, "", &["search"]))
        .at(2000, typed("Never mind."));
    assert_eq!(
        call.lines(&["run", "cancel", "finished"]),
        [
            "1100 run search for 1",
            "2000 cancel search for 1",
            "2000 finished search"
        ]
    );
    let cancelled = "tools: search failed: It was cancelled before it had ended, because the caller went on.";
    let history = ["caller: Flights?", cancelled, "caller: Never mind."];
    assert_eq!(call.history(), history);
    call.at(2100, returned(1, "search", "two flights"));
    assert_eq!(call.history(), history, "what comes late changes nothing");
}

#[test]
fn a_tool_that_is_given_up_with_the_call_is_remembered_so() {
    let mut policy = unpausing();
    policy.tools.insert("search".to_owned(), ToolMode::Cancel);
    let mut call = Call::new(policy);
    call.at(1000, typed("Flights?"))
        .at(1100, calls(1, "", &["search"]))
        .at(2000, Event::HungUp);
    assert_eq!(call.lines(&["cancel"]), ["2000 cancel search for 1"]);
    let cancelled = "tools: search failed: It was cancelled before it had ended, because the call ended.";
    assert_eq!(call.history(), ["caller: Flights?", cancelled]);
}

#[test]
fn of_tools_that_ran_together_only_those_are_given_up_that_may_be() {
    let mut policy = unpausing();
    policy.tools.insert("search".to_owned(), ToolMode::Cancel);
    let mut call = Call::new(policy);
    call.at(1000, typed("Book it"))
        .at(1100, calls(1, "", &["search", "book", "look"]))
        .at(1500, returned(1, "look", "seen"))
        .at(2000, Event::Interrupt);
    assert_eq!(call.lines(&["cancel"]), ["2000 cancel search for 1"]);
    assert_eq!(call.history(), ["caller: Book it"]);
    call.at(3000, returned(1, "book", "booked"));
    assert_eq!(
        call.history()[1],
        "tools: search failed: It was cancelled before it had ended, because the answer was stopped., book = booked, look = seen"
    );
}

#[test]
fn a_tool_that_outlives_the_call_is_remembered_when_it_has_ended() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Book it"))
        .at(1100, calls(1, "", &["book"]))
        .at(2000, Event::HungUp);
    assert_eq!(call.history(), ["caller: Book it"]);
    call.at(3000, returned(1, "book", "booked"));
    assert_eq!(call.history(), ["caller: Book it", "tools: book = booked"]);
    assert_eq!(call.lines(&["request"]), ["1000 request 1"]);
}
