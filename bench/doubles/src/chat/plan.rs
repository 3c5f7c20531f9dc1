//! From an answer to the bytes that leave, each with its time. Pure.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    Question,
    answer::{Answer, Arguments, FaultKind, Indices, Token, ToolCall, Usage},
};

/// What will be sent.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: VecDeque<Step>,
    pub(super) end: End,
    pub(super) comments_every: Option<Duration>,
    pub(super) wire_bytes: Option<usize>,
}

/// Bytes and the wait before them.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) wait: Duration,
    pub(super) bytes: Vec<u8>,
    pub(super) token: bool,
}

/// How the response ends after its last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Cut,
    Stall,
}

impl Plan {
    pub(super) fn of(answer: &Answer, question: &Question) -> Self {
        let dialect = Dialect::of(answer, question);
        let mut tokens: Vec<Value> = answer.tokens.iter().map(|token| dialect.token(token)).collect();
        for (place, call) in answer.calls.iter().enumerate() {
            tokens.extend(dialect.call(place, call, answer.indices));
        }
        let fault = answer.fault.as_ref();
        tokens.truncate(fault.map_or(usize::MAX, |fault| fault.after));
        let mut steps = VecDeque::new();
        steps.push_back(Step::of(
            answer.first_token,
            event(&dialect.chunk(json!({"role": "assistant", "content": ""}), None)),
            false,
        ));
        for (place, token) in tokens.iter().enumerate() {
            let wait = if place == 0 {
                Duration::ZERO
            } else {
                answer.each_token
            };
            steps.push_back(Step::of(wait, event(token), true));
        }
        let end = match fault.map(|fault| &fault.kind) {
            None => {
                steps.push_back(Step::of(answer.each_token, dialect.ending(answer), false));
                End::Complete
            }
            Some(FaultKind::Stall) => End::Stall,
            Some(FaultKind::Cut) => End::Cut,
            Some(FaultKind::End) => End::Complete,
            Some(FaultKind::Error(error)) => {
                steps.push_back(Step::of(answer.each_token, event(error), false));
                End::Complete
            }
        };
        Self {
            steps,
            end,
            comments_every: answer.comments_every,
            wire_bytes: answer.wire_bytes,
        }
    }
}

impl Step {
    fn of(wait: Duration, text: String, token: bool) -> Self {
        Self {
            wait,
            bytes: text.into_bytes(),
            token,
        }
    }
}

/// What all chunks of one answer have in common.
struct Dialect {
    id: String,
    model: Value,
    usage: Usage,
    usage_wanted: bool,
}

impl Dialect {
    fn of(answer: &Answer, question: &Question) -> Self {
        Self {
            id: format!("chatcmpl-{}", question.number),
            model: question.body["model"].clone(),
            usage: answer.usage,
            usage_wanted: question.wants_usage(),
        }
    }

    fn token(&self, token: &Token) -> Value {
        match token {
            Token::Text(text) => self.chunk(json!({ "content": text }), None),
            // A string stands for its own characters; see `event`.
            Token::Raw(payload) => Value::String(payload.clone()),
        }
    }

    /// The chunks of one tool call.
    fn call(&self, place: usize, call: &ToolCall, indices: Indices) -> Vec<Value> {
        let id = call
            .id
            .clone()
            .unwrap_or_else(|| format!("call_{}_{place}", self.id));
        let opening = |arguments: Value| {
            let mut entry = Map::new();
            if !id.is_empty() {
                entry.insert("id".into(), json!(id));
            }
            entry.insert("type".into(), json!("function"));
            entry.insert(
                "function".into(),
                json!({"name": call.name, "arguments": arguments}),
            );
            entry
        };
        let entries = match call.form {
            Arguments::Whole => vec![opening(json!(call.arguments))],
            Arguments::Object => vec![opening(serde_json::from_str(&call.arguments).unwrap_or_default())],
            Arguments::Pieces(length) => {
                let characters: Vec<char> = call.arguments.chars().collect();
                let pieces = characters.chunks(length.max(1)).map(|piece| {
                    let piece: String = piece.iter().collect();
                    Map::from_iter([("function".to_owned(), json!({ "arguments": piece }))])
                });
                std::iter::once(opening(json!(""))).chain(pieces).collect()
            }
        };
        entries
            .into_iter()
            .map(|mut entry| {
                match indices {
                    Indices::Counted => entry.insert("index".into(), json!(place)),
                    Indices::AllZero => entry.insert("index".into(), json!(0)),
                    Indices::Absent => None,
                };
                self.chunk(json!({ "tool_calls": [entry] }), None)
            })
            .collect()
    }

    fn chunk(&self, delta: Value, finish: Option<&str>) -> Value {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        self.envelope(json!([choice]))
    }

    fn envelope(&self, choices: Value) -> Value {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": 1_764_000_000, "model": self.model,
            "system_fingerprint": "fp_double", "choices": choices,
        });
        let null_usage = match self.usage {
            Usage::LastChunk { .. } => self.usage_wanted,
            Usage::Null => true,
            Usage::Absent => false,
        };
        if null_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    /// Finish reason, usage and `[DONE]`.
    fn ending(&self, answer: &Answer) -> String {
        let usual = if answer.calls.is_empty() {
            "stop"
        } else {
            "tool_calls"
        };
        let finish = answer.finish.as_deref().unwrap_or(usual);
        let mut text = event(&self.chunk(json!({}), Some(finish)));
        if let (
            Usage::LastChunk {
                input,
                cached,
                output,
            },
            true,
        ) = (self.usage, self.usage_wanted)
        {
            let mut chunk = self.envelope(json!([]));
            chunk["usage"] = json!({
                "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
                "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            });
            text.push_str(&event(&chunk));
        }
        if answer.done {
            text.push_str("data: [DONE]\n\n");
        }
        text
    }
}

/// One server-sent event. A string is its own payload; everything else travels as JSON.
fn event(payload: &Value) -> String {
    match payload {
        Value::String(raw) => format!("data: {raw}\n\n"),
        other => format!("data: {other}\n\n"),
    }
}
