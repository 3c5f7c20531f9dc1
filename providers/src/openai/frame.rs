//! A chunk of a streamed answer, read leniently: what a server leaves out is not missed, what it adds is not seen.

use pipeline::ports::TokenUsage;
use serde::Deserialize;
use serde_json::Value;

/// One event of the stream. Any JSON makes one, so that reading never fails; see the page of the module above.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Value")]
pub(super) enum Frame {
    Chunk(Chunk),
    /// An error object inside the stream: its `code` and `type`, whichever it has.
    Error(Vec<String>),
    /// Not of this protocol.
    Garbled,
}

/// What a chunk adds to the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub(super) text: String,
    pub(super) calls: Vec<CallPiece>,
    pub(super) finished: bool,
    pub(super) usage: Option<TokenUsage>,
}

/// A piece of a tool call. Servers leave out any part of it.
#[derive(Clone, Debug, Default)]
pub(super) struct CallPiece {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) arguments: String,
}

impl From<Value> for Frame {
    fn from(event: Value) -> Self {
        let Value::Object(fields) = &event else {
            return Self::Garbled;
        };
        if let Some(error) = fields.get("error").filter(|error| !error.is_null()) {
            let known = [
                &error["code"],
                &error["type"],
                &fields.get("code").cloned().unwrap_or_default(),
            ];
            return Self::Error(known.into_iter().filter_map(word).collect());
        }
        // Some servers put the usage beside the choices under a name of their own.
        let usage = [&event["usage"], &event["x_groq"]["usage"]]
            .into_iter()
            .find_map(usage);
        let choice = match fields.get("choices") {
            Some(Value::Array(choices)) => choices.first(),
            Some(Value::Null) | None if usage.is_some() => None,
            _ => return Self::Garbled,
        };
        let mut chunk = choice.map(Chunk::of).unwrap_or_default();
        chunk.usage = usage;
        Self::Chunk(chunk)
    }
}

impl Chunk {
    fn of(choice: &Value) -> Self {
        // A server that cannot stream sends the whole message at once.
        let said = if choice["delta"].is_object() {
            &choice["delta"]
        } else {
            &choice["message"]
        };
        Self {
            text: text(&said["content"]),
            calls: said["tool_calls"]
                .as_array()
                .into_iter()
                .flatten()
                .map(CallPiece::of)
                .collect(),
            finished: choice["finish_reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty()),
            usage: None,
        }
    }
}

impl CallPiece {
    fn of(call: &Value) -> Self {
        let function = &call["function"];
        Self {
            index: call["index"].as_u64(),
            id: word(&call["id"]),
            name: word(&function["name"]),
            arguments: match &function["arguments"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        }
    }
}

/// Text, or the text among parts of several kinds.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter(|part| part["type"] == "text")
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

fn usage(usage: &Value) -> Option<TokenUsage> {
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    usage.is_object().then(|| TokenUsage {
        input: count(&usage["prompt_tokens"]),
        cached_input: count(&usage["prompt_tokens_details"]["cached_tokens"]),
        output: count(&usage["completion_tokens"]),
    })
}

/// A text that says something, or a number as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
