//! Text is streamed as it is written, whole characters only, without the model's thoughts.

mod openai_support;

use std::time::{Duration, Instant};

use doubles::chat::{Answer, ChatDouble, Usage, script};
use futures_util::StreamExt;
use openai_support::{answer, answer_with, options, question};
use pipeline::ports::{LanguageModel, ModelItem};
use providers::openai::{MaxTokensName, OpenAi, UsageReport};
use serde_json::{Value, json};
use turn::{HistoryItem, ToolRun};

#[tokio::test]
async fn text_and_usage_arrive() {
    let usage = Usage::LastChunk {
        input: 900,
        cached: 512,
        output: 9,
    };
    let double = ChatDouble::start(script([Answer::text("Good day, how can I help?").usage(usage)]))
        .await
        .unwrap();
    assert_eq!(
        answer(&double).await,
        ["says Good day, how can I help?", "used 900 (512 cached) + 9"]
    );
}

#[tokio::test]
async fn the_first_words_are_given_while_the_model_still_writes() {
    let slow = Answer::text("One two three four").each_token_after(Duration::from_millis(150));
    let double = ChatDouble::start(script([slow])).await.unwrap();
    let mut items = OpenAi::new(options(&double))
        .unwrap()
        .answer(question())
        .await
        .unwrap();
    let first = items.next().await.unwrap().unwrap();
    let heard = Instant::now();
    assert!(matches!(first, ModelItem::Text(said) if said.reveal() == "One "));
    while items.next().await.is_some() {}
    let tokens = double.ended(0).await.tokens;
    assert!(
        heard < tokens[1],
        "the first word came {:?} late",
        heard - tokens[1]
    );
    assert!(
        heard - tokens[0] < Duration::from_millis(50),
        "{:?}",
        heard - tokens[0]
    );
}

#[tokio::test]
async fn characters_and_lines_cut_by_the_network_are_put_together() {
    for bytes in [1, 2, 3, 5, 64] {
        let text = "Привет, 世界 😀! Grüß Gott.";
        let double = ChatDouble::start(script([Answer::text(text).in_chunks_of(bytes)]))
            .await
            .unwrap();
        assert_eq!(
            answer(&double).await[0],
            format!("says {text}"),
            "chunks of {bytes}"
        );
    }
}

#[tokio::test]
async fn thoughts_are_not_spoken_however_they_are_cut() {
    let table: [(&[&str], &str); 11] = [
        (&["<think>They greet me.</think>Hello!"], "Hello!"),
        (
            &["<th", "ink>They", " greet me.</thi", "nk>\n", "\nHel", "lo!"],
            "Hello!",
        ),
        (
            &[
                "<", "t", "h", "i", "n", "k", ">", "x", "<", "/", "t", "h", "i", "n", "k", ">", "Hi",
            ],
            "Hi",
        ),
        (&["<think>a < b </thin no</think>Yes."], "Yes."),
        (&["<THINK>Loud.</Think> Quiet."], "Quiet."),
        (&["<thinking>Hm.</thinking>Well."], "Well."),
        (&["So. <think>Hm.</think> Yes."], "So. Yes."),
        (&["<think>Never closed"], ""),
        (&["</think>Closed only."], "Closed only."),
        (
            &["Three <", " four, <b>bold</b> and *markdown* <thi"],
            "Three < four, <b>bold</b> and *markdown* <thi",
        ),
        (&["<think>1</think><think>2</think>", "Done."], "Done."),
    ];
    for (tokens, spoken) in table {
        let written = Answer::new().tokens(tokens.iter().copied()).usage(Usage::Absent);
        let double = ChatDouble::start(script([written])).await.unwrap();
        let expected: Vec<String> = if spoken.is_empty() {
            vec![]
        } else {
            vec![format!("says {spoken}")]
        };
        assert_eq!(answer(&double).await, expected, "{tokens:?}");
    }
}

#[tokio::test]
async fn what_other_servers_leave_out_or_add_does_no_harm() {
    let table = [
        ("null usage", Answer::text("Hello.").usage(Usage::Null)),
        ("no usage", Answer::text("Hello.").usage(Usage::Absent)),
        ("no [DONE]", Answer::text("Hello.").usage(Usage::Null).without_done()),
        ("a finish reason of its own", Answer::text("Hello.").usage(Usage::Null).finish_reason("eos_token")),
        (
            "keep-alive comments",
            Answer::text("Hello.")
                .usage(Usage::Null)
                .first_token_after(Duration::from_millis(60))
                .comments_every(Duration::from_millis(10)),
        ),
        (
            "bare chunks, thoughts in a field of their own, several kinds of content",
            Answer::new()
                .usage(Usage::Null)
                .raw(r#"{"choices":[],"prompt_filter_results":[]}"#)
                .raw(r#"{"choices":[{"delta":{"reasoning_content":"They greet me.","content":null}}]}"#)
                .raw(r#"{"choices":[{"delta":{"reasoning":"Hm."}}]}"#)
                .raw(r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Hel"}]}}]}"#)
                .raw(r#"{"choices":[{"delta":{"content":"lo."}}],"error":null}"#),
        ),
        (
            "the whole message in one chunk",
            Answer::new()
                .raw(r#"{"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]}"#)
                .ends_after(1),
        ),
    ];
    for (gap, written) in table {
        let double = ChatDouble::start(script([written])).await.unwrap();
        assert_eq!(answer(&double).await, ["says Hello."], "{gap}");
    }
}

#[tokio::test]
async fn usage_is_told_once_wherever_the_server_puts_it() {
    let beside = Answer::new()
        .raw(r#"{"choices":[{"delta":{"content":"Hi."}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#)
        .raw(r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":2}}}"#)
        .ends_after(2);
    let double = ChatDouble::start(script([beside])).await.unwrap();
    assert_eq!(answer(&double).await, ["says Hi.", "used 3 (0 cached) + 2"]);
}

#[tokio::test]
async fn a_server_that_lingers_after_the_end_costs_no_time() {
    let lingering = Answer::new()
        .raw(r#"{"choices":[{"delta":{"content":"Bye."},"finish_reason":"stop"}]}"#)
        .stalls_after(1);
    let double = ChatDouble::start(script([lingering])).await.unwrap();
    let asked = Instant::now();
    assert_eq!(answer(&double).await, ["says Bye."]);
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn the_conversation_travels_as_servers_want_it() {
    let double = ChatDouble::start(script([Answer::text("Fine.")])).await.unwrap();
    let run = |id: &str, arguments: &str, result| ToolRun {
        id: id.into(),
        name: "book".into(),
        arguments: arguments.into(),
        result,
    };
    let mut request = question();
    request.history = vec![
        HistoryItem::Agent {
            text: "Hello, this is the clinic.".into(),
            interrupted: true,
        },
        HistoryItem::Aside {
            text: "I need".into(),
        },
        HistoryItem::Caller {
            text: "an appointment.".into(),
        },
        HistoryItem::Agent {
            text: "One moment.".into(),
            interrupted: false,
        },
        HistoryItem::Tools(vec![
            run("c1", r#"{"time":"10:00"}"#, Ok("booked".into())),
            run("c2", "{broken", Err("The arguments were no JSON.".into())),
        ]),
        HistoryItem::Agent {
            text: "Booked.".into(),
            interrupted: false,
        },
        HistoryItem::Caller {
            text: "Thanks.".into(),
        },
    ];
    let mut options = options(&double);
    options.temperature = Some(0.7);
    options.max_tokens = Some(150);
    assert_eq!(
        answer_with(options.clone(), request.clone()).await[0],
        "says Fine."
    );

    let body = double.received(0).await.body;
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "book", "arguments": arguments}});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "system", "content": "Be kind."},
            {"role": "assistant", "content": "Hello, this is the clinic."},
            {"role": "user", "content": "I need\nan appointment."},
            {"role": "assistant", "content": "One moment.",
             "tool_calls": [call("c1", r#"{"time":"10:00"}"#), call("c2", "{}")]},
            {"role": "tool", "tool_call_id": "c1", "content": "booked"},
            {"role": "tool", "tool_call_id": "c2", "content": "The arguments were no JSON."},
            {"role": "assistant", "content": "Booked."},
            {"role": "user", "content": "Thanks."},
        ])
    );
    assert_eq!(body["tools"][0]["function"]["name"], "book");
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert!((body["temperature"].as_f64().unwrap() - 0.7).abs() < 1e-6 && body["max_tokens"] == 150);

    request.tools = [].into();
    options.usage = UsageReport::NotAsked;
    options.max_tokens_name = MaxTokensName::MaxCompletionTokens;
    answer_with(options, request).await;
    let body = double.received(1).await.body;
    assert_eq!(body["max_completion_tokens"], 150);
    for absent in ["tools", "stream_options", "max_tokens"] {
        assert_eq!(body.get(absent), None::<&Value>, "{absent}");
    }
}
