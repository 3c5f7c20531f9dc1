//! What asking early may cost.

use turn::Event;

use crate::call::{Call, calls, said, stopped_speaking, time, unpausing};

/// A turn of three pieces; its first two early requests are thrown away.
fn hesitates(call: &mut Call, from: u64) {
    call.at(from + 50, Event::SpeechStarted { from: time(from) })
        .at(from + 200, said("a"))
        .at(from + 300, said("b"))
        .at(from + 400, said("c"))
        .at(from + 1000, stopped_speaking(from + 400))
        .until(from + 1000);
}

#[test]
fn a_call_wastes_no_more_than_its_budget_and_one_request_for_each_answered_turn() {
    let mut policy = unpausing();
    policy.preemptive.max_waste = 3;
    let mut call = Call::new(policy);
    for turn in 0..4 {
        hesitates(&mut call, turn * 2000);
        let replies = call.lines(&["request"]).len() as u32;
        call.at(turn * 2000 + 1100, calls(replies, "", &[]));
    }
    let early = |from: u64, to: u64| {
        let requests = call.lines(&["request"]);
        let count = requests.iter().filter(|line| {
            let (at, what) = line.split_once(' ').expect("a time and an order");
            what.ends_with("early") && (from..to).contains(&at.parse().expect("a time"))
        });
        count.count()
    };
    assert_eq!(early(0, 2000), 3, "two wasted, one used");
    assert_eq!(early(2000, 4000), 2, "the budget is used up by the second");
    assert_eq!(early(4000, 6000), 1);
    assert_eq!(early(6000, 8000), 1, "each answered turn earns one");
}

#[test]
fn who_is_asked_about_once_wastes_nothing() {
    let mut policy = unpausing();
    policy.preemptive.max_waste = 1;
    let mut call = Call::new(policy);
    for turn in 0..5 {
        let from = turn * 2000;
        call.at(from + 50, Event::SpeechStarted { from: time(from) })
            .at(from + 400, said("Yes"))
            .at(from + 900, stopped_speaking(from + 400))
            .until(from + 900)
            .at(from + 1000, calls(turn as u32 + 1, "", &[]));
    }
    assert_eq!(call.lines(&["drop"]), Vec::<&str>::new());
    assert_eq!(call.lines(&["request"]).len(), 5);
}
