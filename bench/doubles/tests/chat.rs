//! The chat double keeps time, notices who goes away, and refuses what breaks the protocol.

use std::time::{Duration, Instant};

use doubles::chat::{Answer, ChatDouble, Exchange, ExchangeEnd, script};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn tokens_leave_when_the_program_says() {
    let program = Answer::text("one two three")
        .first_token_after(Duration::from_millis(80))
        .each_token_after(Duration::from_millis(40));
    let double = ChatDouble::start(script([program])).await.unwrap();
    let mut socket = ask(&double, &hello()).await;
    let seen = read_all(&mut socket).await;
    assert!(seen.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"), "{seen}");

    let Exchange { received, tokens, .. } = soon(double.ended(0)).await;
    let offsets: Vec<Duration> = tokens.iter().map(|token| *token - received).collect();
    for (offset, planned_ms) in offsets.iter().zip([80, 120, 160]) {
        let planned = Duration::from_millis(planned_ms);
        assert!(
            *offset >= planned && *offset < planned + Duration::from_millis(60),
            "{offsets:?}"
        );
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_in_mid_answer_is_noticed() {
    let double = ChatDouble::start(script([Answer::text("one two three").stalls_after(1)]))
        .await
        .unwrap();
    let mut socket = ask(&double, &hello()).await;
    let mut buffer = [0; 4096];
    let _ = socket.read(&mut buffer).await.unwrap();
    drop(socket);
    let hung_up = Instant::now();
    let (when, how) = soon(double.ended(0)).await.end.unwrap();
    assert_eq!(how, ExchangeEnd::Cancelled);
    assert!(when - hung_up < Duration::from_millis(500));
}

#[tokio::test]
async fn a_client_that_hangs_up_before_the_head_is_noticed() {
    let double = ChatDouble::start(script([Answer::silence()])).await.unwrap();
    let socket = ask(&double, &hello()).await;
    soon(double.received(0)).await;
    drop(socket);
    assert_eq!(soon(double.ended(0)).await.end.unwrap().1, ExchangeEnd::Cancelled);
}

#[tokio::test]
async fn a_cut_answer_has_no_proper_end() {
    let double = ChatDouble::start(script([Answer::text("one two three").cut_after(2)]))
        .await
        .unwrap();
    let mut socket = ask(&double, &hello()).await;
    let seen = read_all(&mut socket).await;
    assert!(
        seen.contains("two "),
        "what was written before the cut arrives: {seen}"
    );
    assert!(!seen.contains("three") && !seen.ends_with("0\r\n\r\n"), "{seen}");
    assert_eq!(soon(double.ended(0)).await.end.unwrap().1, ExchangeEnd::Cut);
}

#[tokio::test]
async fn questions_that_break_the_protocol_are_refused() {
    let call = |arguments: &str| {
        json!({"role": "assistant", "tool_calls": [{"id": "c", "type": "function",
        "function": {"name": "book", "arguments": arguments}}]})
    };
    let user = json!({"role": "user", "content": "hello"});
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "done"});
    let table = [
        (json!([]), "at least one message"),
        (json!([{"role": "caller", "content": "hello"}]), "no role"),
        (
            json!([user, {"role": "assistant", "content": null}]),
            "must be text",
        ),
        (json!([user, call("{}")]), "have no results"),
        (json!([user, call("{}"), user, result]), "have no results"),
        (json!([user, result]), "precedes this result"),
        (json!([user, call("{\"a\":"), result]), "no JSON object"),
    ];
    let double = ChatDouble::start(script([Answer::text("fine")])).await.unwrap();
    for (messages, complaint) in table {
        let mut question = hello();
        question["messages"] = messages;
        let mut socket = ask(&double, &question).await;
        let seen = read_all(&mut socket).await;
        assert!(
            seen.starts_with("HTTP/1.1 400") && seen.contains(complaint),
            "{complaint}: {seen}"
        );
    }
}

#[tokio::test]
async fn a_dropped_double_closes_its_port_and_its_connections() {
    let double = ChatDouble::start(script([Answer::silence()])).await.unwrap();
    let mut socket = ask(&double, &hello()).await;
    soon(double.received(0)).await;
    let address = socket.peer_addr().unwrap();
    drop(double);
    let mut buffer = [0; 16];
    assert!(matches!(soon(socket.read(&mut buffer)).await, Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).await.is_err());
}

fn hello() -> Value {
    json!({"model": "double", "stream": true, "messages": [{"role": "user", "content": "hello"}]})
}

async fn ask(double: &ChatDouble, question: &Value) -> TcpStream {
    let base = double.base_url();
    let address = base.trim_start_matches("http://").trim_end_matches("/v1");
    let mut socket = TcpStream::connect(address).await.expect("the double listens");
    let body = question.to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.expect("the double reads");
    socket.write_all(body.as_bytes()).await.expect("the double reads");
    socket
}

async fn read_all(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A cut connection may end in an error; what came before it counts.
    let _ = soon(socket.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn soon<T>(event: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), event)
        .await
        .expect("it happens within ten seconds")
}
