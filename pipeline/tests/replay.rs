//! A call's decisions made again from its log.

use pipeline::{
    replay::{Counted, Difference, Replay},
    session::LogLine,
};
use turn::{CallTime, Event, ReplyId};

fn policy() -> LogLine {
    LogLine::Policy(Box::default())
}

fn greeted() -> LogLine {
    LogLine::Event {
        at: CallTime::START,
        event: Event::Started {
            greeting: "Hello!".into(),
            talked_over: None,
        },
    }
}

fn ready(ms: u64) -> LogLine {
    LogLine::Event {
        at: CallTime::from_millis(ms),
        event: Event::VoiceReady { reply: ReplyId(1) },
    }
}

fn order(text: &str) -> LogLine {
    LogLine::Order(text.to_owned())
}

fn replay(lines: Vec<LogLine>) -> Result<Counted, Difference> {
    let mut replay = Replay::default();
    for line in lines {
        // As they are written and read.
        let written = serde_json::to_string(&line).expect("a line can be written");
        replay.line(serde_json::from_str(&written).expect("what was written can be read"))?;
    }
    replay.finish(true)
}

#[test]
fn the_same_facts_lead_to_the_same_orders() {
    let log = vec![policy(), greeted(), order("say 1"), ready(200), order("play 1")];
    assert_eq!(replay(log), Ok(Counted { inputs: 2, orders: 2 }));
}

#[test]
fn an_order_that_is_not_given_any_more_is_a_difference() {
    let log = vec![policy(), greeted(), order("say 1"), ready(200), order("pause 1")];
    let difference = Difference::Other {
        logged: "pause 1".to_owned(),
        now: Some("play 1".to_owned()),
    };
    assert_eq!(replay(log), Err(difference));
}

#[test]
fn an_order_that_the_log_lacks_is_a_difference() {
    let log = vec![policy(), greeted(), order("say 1"), ready(200)];
    let now = "play 1".to_owned();
    assert_eq!(replay(log), Err(Difference::More { now }));
}

#[test]
fn a_log_without_its_policy_cannot_be_replayed() {
    assert_eq!(replay(vec![greeted()]), Err(Difference::NoPolicy));
}

#[test]
fn a_decision_about_the_floor_is_compared_with_its_reason() {
    let heard = |ms, event| LogLine::Event {
        at: CallTime::from_millis(ms),
        event,
    };
    let log = |reason: &str| {
        vec![
            policy(),
            greeted(),
            order("say 1"),
            ready(200),
            order("play 1"),
            heard(200, Event::AudioStarted { reply: ReplyId(1) }),
            heard(
                2_050,
                Event::SpeechStarted {
                    from: CallTime::from_millis(2_000),
                },
            ),
            heard(
                2_200,
                Event::SpeechContinues {
                    speech: std::time::Duration::from_millis(160),
                },
            ),
            order(reason),
            order("pause 1"),
        ]
    };
    assert_eq!(
        replay(log("floor Paused for Early")),
        Ok(Counted { inputs: 5, orders: 4 })
    );
    let difference = Difference::Other {
        logged: "floor Paused for Duration".to_owned(),
        now: Some("floor Paused for Early".to_owned()),
    };
    assert_eq!(replay(log("floor Paused for Duration")), Err(difference));
}
