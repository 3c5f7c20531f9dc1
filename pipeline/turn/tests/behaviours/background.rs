//! Tools that run while the conversation goes on.

use turn::{Event, Policy, ToolMode};

use crate::call::{
    Call, calls, ready, returned, said, so_far, stopped_speaking, time, tool_done, typed, unpausing, written,
};

fn searching(mut policy: Policy) -> Policy {
    let interim = "running".into();
    policy
        .tools
        .insert("search".to_owned(), ToolMode::Background { interim });
    policy
}

/// A caller who asked for flights at 1000; from 1400 on the agent says that it searches.
fn announcing() -> Call {
    let mut call = Call::new(searching(unpausing()));
    call.at(1000, typed("Flights?"))
        .at(1200, calls(1, "I am searching.", &["search"]))
        .sounds(1, "I am searching.", 1400);
    call
}

/// The same caller after 2400, when the agent has said so.
fn announced() -> Call {
    let mut call = announcing();
    call.ends(1, "I am searching.", 2400, 1000);
    call
}

#[test]
fn what_was_said_with_the_call_is_the_answer_and_the_result_is_told_when_it_comes() {
    let mut call = announced();
    assert_eq!(call.lines(&["agent"]).last(), Some(&"2400 agent listening"));
    call.at(20_000, returned(1, "search", "two flights"))
        .until(20_000);
    assert_eq!(call.lines(&["request"]), ["1000 request 1", "20000 request 2"]);
    assert_eq!(call.lines(&["agent"]).last(), Some(&"20000 agent thinking"));
    assert_eq!(
        call.history(),
        [
            "caller: Flights?",
            "agent: I am searching.",
            "tools: search = running",
            "tools: search = two flights"
        ]
    );
}

#[test]
fn where_nothing_was_said_the_model_is_asked_at_once() {
    let mut call = Call::new(searching(unpausing()));
    call.at(1000, typed("Flights?"))
        .at(1200, calls(1, "", &["search"]));
    assert_eq!(
        call.lines(&["run", "request", "finished"]),
        ["1000 request 1", "1200 run search for 1", "1200 request 2"]
    );
    assert_eq!(call.history(), ["caller: Flights?", "tools: search = running"]);
}

#[test]
fn a_tool_beside_it_is_waited_for() {
    let mut call = Call::new(searching(unpausing()));
    call.at(1000, typed("Flights?"))
        .at(1200, calls(1, "One moment.", &["search", "price"]))
        .at(1500, returned(1, "price", "90"));
    assert_eq!(call.lines(&["request 2"]), ["1500 request 2"]);
    assert_eq!(
        call.history().last().map(String::as_str),
        Some("tools: search = running, price = 90")
    );
}

#[test]
fn a_result_that_comes_while_the_agent_speaks_is_told_after_it() {
    let mut call = announcing();
    call.at(1500, returned(1, "search", "two flights"))
        .ends(1, "I am searching.", 2400, 1000)
        .until(2400);
    assert_eq!(call.lines(&["request 2"]), ["2400 request 2"]);
}

#[test]
fn two_results_are_told_together() {
    let mut call = announced();
    call.at(3000, typed("And trains?"))
        .at(3200, calls(2, "Those too.", &["search"]))
        .sounds(2, "Those too.", 3400)
        .at(3500, returned(1, "search", "two flights"))
        .at(3600, returned(2, "search", "a train"))
        .ends(2, "Those too.", 4000, 600)
        .until(20_000);
    assert_eq!(
        call.lines(&["request"]),
        ["1000 request 1", "3000 request 2", "4000 request 3"]
    );
}

#[test]
fn a_result_that_comes_while_the_caller_speaks_is_read_with_the_turn() {
    let mut call = announced();
    call.at(3050, Event::SpeechStarted { from: time(3000) })
        .at(3500, returned(1, "search", "two flights"))
        .at(3700, said("Are you there?"))
        .at(4000, stopped_speaking(3500))
        .at(4100, written(2, ""))
        .until(20_000);
    assert_eq!(
        call.lines(&["request"]),
        ["1000 request 1", "3700 request 2 early"]
    );
    assert_eq!(
        call.history()[3..],
        ["tools: search = two flights", "caller: Are you there?"]
    );
}

#[test]
fn an_early_request_that_did_not_know_the_result_is_made_anew() {
    let mut call = announced();
    call.at(3050, Event::SpeechStarted { from: time(3000) })
        .at(3700, said("Are you there?"))
        .at(3800, returned(1, "search", "two flights"))
        .at(4000, stopped_speaking(3500))
        .at(4100, written(3, ""))
        .until(20_000);
    assert_eq!(
        call.lines(&["request", "drop"]),
        [
            "1000 request 1",
            "3700 request 2 early",
            "4000 drop 2",
            "4000 request 3"
        ]
    );
}

#[test]
fn a_noise_puts_the_telling_off_until_its_end() {
    let mut call = announced();
    call.at(3050, Event::SpeechStarted { from: time(3000) })
        .at(3100, returned(1, "search", "two flights"))
        .at(3700, stopped_speaking(3200))
        .until(3700);
    assert_eq!(call.lines(&["request 2"]), ["3700 request 2"]);
}

#[test]
fn words_that_are_forgotten_free_the_way() {
    let mut call = announced();
    call.at(3000, said("Well"))
        .at(3100, returned(1, "search", "two flights"))
        .at(3200, Event::ClearTurn)
        .until(3200);
    assert_eq!(call.lines(&["request 3"]), ["3200 request 3"]);
}

#[test]
fn an_interruption_does_not_touch_it() {
    let mut call = announcing();
    call.at(1600, Event::Interrupt)
        .confirms(1, "I am", 1600, 200)
        .at(5000, returned(1, "search", "two flights"))
        .until(5000);
    assert_eq!(call.lines(&["cancel", "request 2"]), ["5000 request 2"]);
}

#[test]
fn nobody_is_away_before_it_has_ended() {
    let mut call = announced();
    call.at(40_000, returned(1, "search", "nothing"))
        .until(40_000)
        .at(40_100, written(2, ""))
        .until(60_000);
    assert_eq!(call.lines(&["away"]), ["55100 away"]);
}

#[test]
fn the_end_of_the_call_gives_it_up() {
    let mut call = Call::new(searching(unpausing()));
    call.at(1000, typed("Flights?"))
        .at(1200, calls(1, "I am searching.", &["search"]))
        .at(3000, Event::HungUp)
        .at(9000, returned(1, "search", "two flights"));
    assert_eq!(
        call.lines(&["cancel", "end"]),
        ["3000 cancel search for 1", "3000 end Finished"]
    );
    assert_eq!(
        call.history()[1..],
        [
            "tools: search = running",
            "tools: search failed: It was cancelled before it had ended, because the call ended."
        ]
    );
}

#[test]
fn one_that_ends_the_call_ends_it_politely() {
    let mut policy = searching(unpausing());
    policy.phrases.closing = "Goodbye.".into();
    let mut call = Call::new(policy);
    call.at(1000, typed("Transfer me"))
        .at(1200, calls(1, "One moment.", &["search"]))
        .sounds(1, "One moment.", 1400)
        .ends(1, "One moment.", 2400, 1000)
        .at(5000, tool_done(1, "search", Ok("done".into()), true))
        .at(5200, ready(2))
        .until(5200);
    assert_eq!(call.lines(&["say", "request 2"]), ["5000 say 2 Goodbye."]);
}

#[test]
fn a_result_that_calls_the_next_tool_does_so_no_more_often_than_in_one_answer() {
    let mut policy = searching(unpausing());
    policy.max_tool_steps = 1;
    let mut call = Call::new(policy);
    call.at(1000, typed("Flights?"));
    for reply in 1..=2 {
        let at = 2000 * u64::from(reply);
        call.at(at, calls(reply, "I am searching.", &["search"]))
            .sounds(reply, "I am searching.", at + 100)
            .ends(reply, "I am searching.", at + 500, 400)
            .at(at + 1000, returned(reply, "search", "more"))
            .until(at + 1000);
    }
    assert_eq!(
        call.lines(&["request"]),
        ["1000 request 1", "3000 request 2", "5000 request 3 without tools"]
    );
}

#[test]
fn what_it_has_so_far_is_told_when_nobody_speaks_and_the_result_after_it() {
    let mut call = announced();
    call.at(5000, so_far(1, "search", "two airlines asked"))
        .until(5000)
        .at(5200, written(2, "Two airlines are asked."))
        .sounds(2, "Two airlines are asked.", 5400)
        .at(5500, returned(1, "search", "two flights"))
        .ends(2, "Two airlines are asked.", 6400, 1000)
        .until(6400);
    assert_eq!(
        call.lines(&["request"]),
        ["1000 request 1", "5000 request 2", "6400 request 3"]
    );
    assert_eq!(
        call.history()[1..],
        [
            "agent: I am searching.",
            "tools: search = running",
            "tools: search = two airlines asked",
            "tools: search = two flights",
            "agent: Two airlines are asked."
        ]
    );
}

#[test]
fn all_that_it_has_told_while_the_agent_speaks_is_told_at_once() {
    let mut call = announcing();
    call.at(1500, so_far(1, "search", "one airline asked"))
        .at(1600, so_far(1, "search", "two airlines asked"))
        .ends(1, "I am searching.", 2400, 1000)
        .until(10_000);
    assert_eq!(call.lines(&["request"]), ["1000 request 1", "2400 request 2"]);
}

#[test]
fn a_tool_that_is_waited_for_has_one_result() {
    let mut call = Call::new(unpausing());
    call.at(1000, typed("Flights?"))
        .at(1200, calls(1, "", &["search"]))
        .at(1500, so_far(1, "search", "two airlines asked"))
        .at(2000, returned(1, "search", "two flights"));
    assert_eq!(call.lines(&["request"]), ["1000 request 1", "2000 request 2"]);
    assert_eq!(
        call.history(),
        ["caller: Flights?", "tools: search = two flights"]
    );
}

#[test]
fn after_its_end_it_tells_nothing_more() {
    let mut call = announced();
    call.at(5000, returned(1, "search", "two flights"))
        .until(5000)
        .at(5200, written(2, ""))
        .at(6000, so_far(1, "search", "three airlines asked"))
        .until(10_000);
    assert_eq!(call.lines(&["request"]), ["1000 request 1", "5000 request 2"]);
    assert_eq!(call.history().len(), 4);
}
