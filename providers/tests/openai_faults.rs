//! Every fault of a server becomes an error that says what can be done, and none of them carries keys or speech.

mod openai_support;

use doubles::chat::{Answer, ChatDouble, ExchangeEnd, script};
use openai_support::{answer, answer_with, options, question};
use pipeline::ports::ServiceErrorKind;
use providers::{
    Secret,
    openai::{OpenAi, OpenAiOptions},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[tokio::test]
async fn a_refusal_says_what_can_be_done() {
    let table = [
        (
            Answer::refused(400),
            "Rejected: openai: the server refuses such a request; check model and settings (status 400, server_error)",
        ),
        (
            Answer::refused(401),
            "Rejected: openai: the server does not accept the key (status 401, invalid_api_key)",
        ),
        (
            Answer::refused(403),
            "Rejected: openai: the key may not use this model (status 403, server_error)",
        ),
        (
            Answer::refused(404),
            "Rejected: openai: the server does not know this model or address (status 404, model_not_found)",
        ),
        (
            Answer::refused(302),
            "Rejected: openai: the server sends us elsewhere; check the base URL (status 302, server_error)",
        ),
        (
            Answer::refused(429),
            "Busy { retry_after_ms: None }: openai: too many requests (status 429, rate_limit_exceeded)",
        ),
        (
            Answer::refused(429).retry_after("20"),
            "Busy { retry_after_ms: Some(20000) }: openai: too many requests (status 429, rate_limit_exceeded)",
        ),
        (
            Answer::refused(429).retry_after("1.5"),
            "Busy { retry_after_ms: Some(1500) }: openai: too many requests (status 429, rate_limit_exceeded)",
        ),
        (
            Answer::refused(429).retry_after("soon"),
            "Busy { retry_after_ms: None }: openai: too many requests (status 429, rate_limit_exceeded)",
        ),
        (
            Answer::refused(429).code("insufficient_quota"),
            "Rejected: openai: the account has no credit left (status 429, insufficient_quota)",
        ),
        (
            Answer::refused(500),
            "Unavailable: openai: the server failed (status 500, server_error)",
        ),
        (
            Answer::refused(503),
            "Unavailable: openai: the server failed (status 503, server_error)",
        ),
    ];
    for (written, expected) in table {
        let double = ChatDouble::start(script([written])).await.unwrap();
        let mut options = options(&double);
        // Short enough that 1.5 s is no short wait.
        options.deadlines.first_item = std::time::Duration::from_secs(4);
        assert_eq!(answer_with(options, question()).await, [expected]);
        assert_eq!(double.exchanges().len(), 1, "asked once: {expected}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_keeps_what_was_said() {
    let broken = "Unavailable: openai: the answer broke off before its end";
    let table = [
        ("cut", Answer::text("One two three").cut_after(2), broken),
        (
            "ended without a reason",
            Answer::text("One two three").ends_after(2),
            broken,
        ),
        (
            "an error inside",
            Answer::text("One two three").fails_after(2, "server_error"),
            "Unavailable: openai: the server reported an error in mid-answer (server_error)",
        ),
        (
            "too many requests inside",
            Answer::text("One two three").fails_after(2, "rate_limit_exceeded"),
            "Busy { retry_after_ms: None }: openai: the server reported an error in mid-answer (rate_limit_exceeded)",
        ),
        (
            "the key was withdrawn",
            Answer::text("One two three").fails_after(2, "invalid_api_key"),
            "Rejected: openai: the server reported an error in mid-answer (invalid_api_key)",
        ),
        (
            "no JSON",
            Answer::new().tokens(["One ", "two "]).raw("{\"choices\": [oops"),
            "Garbled: openai: the answer is not in the chat completions protocol",
        ),
        (
            "another protocol",
            Answer::new()
                .tokens(["One ", "two "])
                .raw(r#"{"type":"message_start"}"#),
            "Garbled: openai: the answer is not in the chat completions protocol",
        ),
    ];
    for (fault, written, expected) in table {
        let double = ChatDouble::start(script([written])).await.unwrap();
        assert_eq!(answer(&double).await, ["says One two ", expected], "{fault}");
    }
}

#[tokio::test]
async fn a_cut_after_the_finish_reason_is_no_fault() {
    let written = Answer::new()
        .raw(r#"{"choices":[{"delta":{"content":"Whole."},"finish_reason":"stop"}]}"#)
        .cut_after(1);
    let double = ChatDouble::start(script([written])).await.unwrap();
    assert_eq!(answer(&double).await, ["says Whole."]);
    assert_eq!(double.ended(0).await.end.unwrap().1, ExchangeEnd::Cut);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let word = "x".repeat(1 << 20);
    let double = ChatDouble::start(script([Answer::new().tokens([word.as_str(); 12])]))
        .await
        .unwrap();
    let lines = answer(&double).await;
    assert_eq!(
        lines.last().unwrap(),
        "Garbled: openai: the answer is not in the chat completions protocol"
    );
    assert!(
        lines[0].len() < 9 << 20,
        "{} bytes were let through",
        lines[0].len()
    );
}

#[tokio::test]
async fn a_web_page_in_place_of_an_answer_is_garbled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let portal = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 16384];
        let _ = socket.read(&mut request).await.unwrap();
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: 17\r\n\r\n<h1>Sign in!</h1>";
        socket.write_all(page.as_bytes()).await.unwrap();
    });
    assert_eq!(
        answer_with(OpenAiOptions::new("openai", base_url, "double"), question()).await,
        [
            "Garbled: openai: the server answered with text/html instead of an event stream; check the base URL"
        ]
    );
    portal.await.unwrap();
}

#[tokio::test]
async fn neither_key_nor_speech_is_in_an_error_or_in_a_printed_model() {
    const KEY: &str = "sk-verysecret1234567890";
    let double = ChatDouble::start_with_key("sk-another", script([Answer::text("fine")]))
        .await
        .unwrap();
    let mut options = options(&double);
    options.key = Some(Secret::new(KEY));
    let printed = format!("{options:?} {:?}", OpenAi::new(options.clone()).unwrap());
    assert!(
        printed.contains("********") && !printed.contains("verysecret"),
        "{printed}"
    );
    assert_eq!(format!("{}", Secret::new(KEY)), "********");

    // The double repeats the key that it was shown, as the original does.
    let lines = answer_with(options, question()).await;
    assert_eq!(
        lines,
        ["Rejected: openai: the server does not accept the key (status 401, invalid_api_key)"]
    );
    let seen = double.received(0).await;
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
    assert!(
        !seen.headers.keys().any(|name| name.starts_with("openai-")),
        "{:?}",
        seen.headers.keys()
    );
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    for (base_url, key, reason) in [
        (
            "localhost:8000",
            None,
            "its base URL must begin with http:// or https://",
        ),
        ("/v1", None, "its base URL is not a URL"),
        (
            "file:///etc/passwd",
            None,
            "its base URL must begin with http:// or https://",
        ),
        (
            "http://localhost:1",
            Some("with\nline"),
            "its key has characters that cannot stand in a header",
        ),
    ] {
        let mut options = OpenAiOptions::new("groq", base_url, "m");
        options.key = key.map(Secret::new);
        let error = OpenAi::new(options).unwrap_err();
        assert_eq!(error.kind, ServiceErrorKind::Rejected);
        assert_eq!(
            error.to_string(),
            format!("groq: the language model cannot be used: {reason}")
        );
    }
}
