//! How long a model is waited for, when it is asked again, and what happens when nobody wants its answer any more.

mod openai_support;

use std::time::{Duration, Instant};

use doubles::chat::{Answer, ChatDouble, ExchangeEnd, ToolCall, script};
use futures_util::StreamExt;
use openai_support::{answer, answer_with, options, question};
use pipeline::ports::LanguageModel;
use providers::openai::{OpenAi, OpenAiOptions};
use tokio::{net::TcpListener, time::timeout};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_model_that_says_nothing_useful_is_not_waited_for() {
    let thoughts = || std::iter::once("<think>").chain(std::iter::repeat_n("hm ", 200));
    let table = [
        ("no head", Answer::silence()),
        ("a head and no token", Answer::text("Hello.").stalls_after(0)),
        (
            "comments only",
            Answer::text("Hello.")
                .first_token_after(LONG)
                .comments_every(Duration::from_millis(20)),
        ),
        (
            "thoughts only",
            Answer::new()
                .tokens(thoughts())
                .each_token_after(Duration::from_millis(20)),
        ),
        (
            "empty chunks only",
            Answer::new()
                .tokens([""; 200])
                .each_token_after(Duration::from_millis(20)),
        ),
    ];
    for (silence, written) in table {
        let double = ChatDouble::start(script([written])).await.unwrap();
        let mut options = options(&double);
        options.deadlines.first_item = SHORT;
        options.deadlines.between_items = LONG;
        let asked = Instant::now();
        let lines = answer_with(options, question()).await;
        assert_eq!(
            lines,
            ["TimedOut: openai: the language model said nothing for 0.3 s"],
            "{silence}"
        );
        assert!(
            asked.elapsed() >= SHORT && asked.elapsed() < SHORT * 3,
            "{silence}: {:?}",
            asked.elapsed()
        );
        assert_eq!(
            double.ended(0).await.end.unwrap().1,
            ExchangeEnd::Cancelled,
            "{silence}"
        );
    }
}

#[tokio::test]
async fn a_model_that_stalls_in_mid_answer_is_given_up() {
    let call = ToolCall::new("book", r#"{"time":"10:00"}"#);
    let table = [
        (
            "in the text",
            Answer::text("One two three").stalls_after(2),
            vec!["says One two "],
        ),
        (
            "in a tool call",
            Answer::text("Wait. ").tool_call(call).stalls_after(3),
            vec!["says Wait. "],
        ),
    ];
    for (place, written, mut lines) in table {
        let double = ChatDouble::start(script([written.comments_every(Duration::from_millis(50))]))
            .await
            .unwrap();
        let mut options = options(&double);
        options.deadlines.between_items = SHORT;
        lines.push("TimedOut: openai: the language model said nothing for 0.3 s");
        assert_eq!(answer_with(options, question()).await, lines, "{place}");
        let exchange = double.ended(0).await;
        let silent = exchange.end.unwrap().0 - *exchange.tokens.last().unwrap();
        assert!(silent >= SHORT && silent < SHORT * 3, "{place}: {silent:?}");
    }
}

#[tokio::test]
async fn a_slow_but_steady_model_is_listened_to() {
    let steady = Answer::text("One two three four five").each_token_after(Duration::from_millis(150));
    let double = ChatDouble::start(script([steady])).await.unwrap();
    let mut options = options(&double);
    options.deadlines.first_item = SHORT;
    options.deadlines.between_items = SHORT;
    assert_eq!(
        answer_with(options, question()).await[0],
        "says One two three four five"
    );
}

#[tokio::test]
async fn dropping_the_answer_cancels_it_at_the_server() {
    let double = ChatDouble::start(script([Answer::text("One two three").stalls_after(1)]))
        .await
        .unwrap();
    let model = OpenAi::new(options(&double)).unwrap();
    let mut items = model.answer(question()).await.unwrap();
    items.next().await.unwrap().unwrap();
    let dropped = Instant::now();
    drop(items);
    let (noticed, how) = timeout(LONG, double.ended(0)).await.unwrap().end.unwrap();
    assert_eq!(how, ExchangeEnd::Cancelled);
    assert!(
        noticed - dropped < Duration::from_millis(500),
        "{:?}",
        noticed - dropped
    );
}

#[tokio::test]
async fn dropping_the_request_cancels_it_at_the_server() {
    let double = ChatDouble::start(script([Answer::silence()])).await.unwrap();
    let model = OpenAi::new(options(&double)).unwrap();
    tokio::select! {
        _ = model.answer(question()) => panic!("the double never answers"),
        _ = double.received(0) => {}
    }
    let exchange = timeout(LONG, double.ended(0)).await.unwrap();
    assert_eq!(exchange.end.unwrap().1, ExchangeEnd::Cancelled);
}

#[tokio::test]
async fn a_short_wait_that_the_server_asks_for_is_granted_once() {
    let busy = || Answer::refused(429).retry_after("0.2");
    let double = ChatDouble::start(script([busy(), Answer::text("Now.")]))
        .await
        .unwrap();
    assert_eq!(answer(&double).await[0], "says Now.");
    let [first, second] = &double.exchanges()[..] else {
        panic!("asked twice")
    };
    assert!(second.received - first.received >= Duration::from_millis(200));

    let double = ChatDouble::start(script([busy(), busy(), Answer::text("Now.")]))
        .await
        .unwrap();
    assert!(answer(&double).await[0].starts_with("Busy { retry_after_ms: Some(200) }"));
    assert_eq!(double.exchanges().len(), 2);

    let double = ChatDouble::start(script([
        Answer::refused(503).retry_after("0"),
        Answer::text("Now."),
    ]))
    .await
    .unwrap();
    assert_eq!(answer(&double).await[0], "says Now.");
}

#[tokio::test]
async fn nothing_that_was_begun_is_asked_again() {
    for written in [
        Answer::refused(500),
        Answer::text("One two").cut_after(0),
        Answer::text("One two").cut_after(1),
    ] {
        let double = ChatDouble::start(script([written, Answer::text("Again.")]))
            .await
            .unwrap();
        assert!(answer(&double).await.last().unwrap().starts_with("Unavailable: "));
        assert_eq!(double.exchanges().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let options = OpenAiOptions::new("ollama", format!("http://127.0.0.1:{port}/v1/"), "m");
    let asked = Instant::now();
    let lines = answer_with(options, question()).await;
    assert!(
        lines[0].starts_with("Unavailable: ollama: the server was not reached: "),
        "{lines:?}"
    );
    assert!(
        asked.elapsed() >= Duration::from_millis(100),
        "it was tried twice"
    );
}

#[tokio::test]
async fn one_model_serves_many_calls_at_once() {
    let slow = Answer::text("One two three").first_token_after(Duration::from_millis(100));
    let double = ChatDouble::start(script([slow])).await.unwrap();
    let asked = Instant::now();
    let answers = futures_util::future::join_all((0..20).map(|_| answer(&double))).await;
    assert!(answers.iter().all(|lines| lines[0] == "says One two three"));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}
