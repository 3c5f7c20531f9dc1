//! The vendor's own client library takes the chat double for the original.

use std::path::{Path, PathBuf};

use doubles::chat::{Answer, ChatDouble, Question, ToolCall, Usage};
use serde_json::{Value, json};
use tokio::process::Command;

const CASES: [&str; 13] = [
    "text",
    "one call",
    "two calls",
    "small chunks",
    "keep-alive",
    "null usage",
    "refused 429",
    "refused 500",
    "error inside",
    "cut",
    "stall",
    "no done",
    "no json",
];

fn program(question: &Question) -> Answer {
    match question.last_user_text() {
        "text" => Answer::text("Grüß Gott, was darf es sein?").usage(Usage::LastChunk {
            input: 20,
            cached: 16,
            output: 8,
        }),
        "one call" => Answer::text("One moment. ")
            .tool_call(ToolCall::new("book", r#"{"name":"Zo\u00eb 😀"}"#).id("c1")),
        "two calls" => Answer::new()
            .tool_call(ToolCall::new("book", r#"{"time":"10:00"}"#))
            .tool_call(ToolCall::new("book", r#"{"time":"11:00"}"#)),
        "small chunks" => Answer::text("Привет, 世界 😀!").in_chunks_of(3),
        "keep-alive" => Answer::text("Late.")
            .first_token_after(std::time::Duration::from_millis(60))
            .comments_every(std::time::Duration::from_millis(10)),
        "null usage" => Answer::text("Free.").usage(Usage::Null),
        "refused 429" => Answer::refused(429).retry_after("7"),
        "refused 500" => Answer::refused(500),
        "error inside" => Answer::text("One two three").fails_after(2, "server_error"),
        "cut" => Answer::text("One two three").cut_after(2),
        "stall" => Answer::text("One two three").stalls_after(2),
        "no done" => Answer::text("Whole.").without_done(),
        "no json" => Answer::new().raw("{\"choices\": ["),
        other => Answer::text(other),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_library_reads_every_answer_and_names_every_fault() {
    let double = ChatDouble::start_with_key("sk-double", program).await.unwrap();
    let output = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openai_sdk.py"))
        .args([&double.base_url(), "sk-double"])
        .args(CASES)
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = &printed["results"];

    let words = |text: &str, usage: Value| json!({"role": "assistant", "text": text, "calls": [], "finish": "stop", "usage": usage});
    assert_eq!(
        results["text"],
        words("Grüß Gott, was darf es sein?", json!([20, 16, 8]))
    );
    assert_eq!(
        results["small chunks"],
        words("Привет, 世界 😀!", json!([12, 0, 7]))
    );
    assert_eq!(results["keep-alive"], words("Late.", json!([12, 0, 7])));
    assert_eq!(results["null usage"], words("Free.", Value::Null));
    assert_eq!(results["no done"], words("Whole.", json!([12, 0, 7])));
    assert_eq!(
        results["one call"],
        json!({"role": "assistant", "text": "One moment. ", "finish": "tool_calls", "usage": [12, 0, 7],
               "calls": [{"id": "c1", "name": "book", "arguments": r#"{"name":"Zo\u00eb 😀"}"#}]})
    );
    assert_eq!(
        results["two calls"]["calls"][1]["arguments"],
        r#"{"time":"11:00"}"#
    );
    assert_ne!(
        results["two calls"]["calls"][0]["id"],
        results["two calls"]["calls"][1]["id"]
    );
    assert_eq!(
        results["helper"],
        json!({"text": "", "calls": [["book", r#"{"time":"10:00"}"#], ["book", r#"{"time":"11:00"}"#]]})
    );
    assert_eq!(results["models"], json!(["double"]));

    assert_eq!(
        results["refused 429"],
        json!({"error": "RateLimitError", "status": 429, "code": "rate_limit_exceeded"})
    );
    assert_eq!(results["refused 500"]["error"], "InternalServerError");
    assert_eq!(
        results["stranger"],
        json!({"error": "AuthenticationError", "status": 401, "code": "invalid_api_key"})
    );
    assert_eq!(
        results["error inside"],
        json!({"error": "APIError", "code": "server_error"})
    );
    assert_eq!(results["cut"]["error"], "APIConnectionError");
    assert_eq!(results["stall"]["error"], "APITimeoutError");
    assert_eq!(results["no json"]["error"], "JSONDecodeError");
}

fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.dev/python/bin/python3");
    let ready = std::process::Command::new(&python)
        .args(["-c", "import openai"])
        .output();
    assert!(
        ready.is_ok_and(|output| output.status.success()),
        "the vendor's Python library is not installed in .dev/python: run `make setup`"
    );
    python
}
