//! The vocabulary in which an answer is programmed: what, when, and what goes wrong.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An answer to one question. By default: at once, complete, in the dialect of the original.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) refusal: Option<Refusal>,
    pub(super) head_after: Duration,
    pub(super) first_token: Duration,
    pub(super) each_token: Duration,
    pub(super) tokens: Vec<Token>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) indices: Indices,
    pub(super) finish: Option<String>,
    pub(super) usage: Usage,
    pub(super) fault: Option<Fault>,
    pub(super) done: bool,
    pub(super) comments_every: Option<Duration>,
    pub(super) wire_bytes: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Token {
    Text(String),
    /// The payload of a `data:` line, as it is.
    Raw(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indices {
    Counted,
    AllZero,
    Absent,
}

/// What happens instead of the end, after so many tokens.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) after: usize,
    pub(super) kind: FaultKind,
}

#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    Stall,
    Cut,
    Error(Value),
    End,
}

/// What the server tells about tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A last chunk without choices carries it, if the request asked for it.
    LastChunk {
        /// Tokens of the question.
        input: u64,
        /// Those of them that were cached.
        cached: u64,
        /// Tokens of the answer.
        output: u64,
    },
    /// `usage: null` in each chunk, and never more.
    Null,
    /// No word about usage.
    Absent,
}

/// A tool call in an answer.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) form: Arguments,
}

/// How the arguments of a call travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// Name first, then pieces of this many characters, wherever that cuts.
    Pieces(usize),
    /// The whole call in one chunk.
    Whole,
    /// The whole call in one chunk, the arguments as an object instead of text.
    Object,
}

#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    retry_after: Option<String>,
    code: &'static str,
}

impl Answer {
    /// An answer without words.
    pub fn new() -> Self {
        Self {
            refusal: None,
            head_after: Duration::ZERO,
            first_token: Duration::ZERO,
            each_token: Duration::ZERO,
            tokens: Vec::new(),
            calls: Vec::new(),
            indices: Indices::Counted,
            finish: None,
            usage: Usage::LastChunk {
                input: 12,
                cached: 0,
                output: 7,
            },
            fault: None,
            done: true,
            comments_every: None,
            wire_bytes: None,
        }
    }

    /// An answer of these words, one token each.
    pub fn text(text: &str) -> Self {
        Self::new().tokens(text.split_inclusive(' '))
    }

    /// A refusal with this status and an error object.
    pub fn refused(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = match status.as_u16() {
            401 => "invalid_api_key",
            404 => "model_not_found",
            429 => "rate_limit_exceeded",
            _ => "server_error",
        };
        Self {
            refusal: Some(Refusal {
                status,
                retry_after: None,
                code,
            }),
            ..Self::new()
        }
    }

    /// No answer at all: the request is taken and nothing comes back for an hour.
    pub fn silence() -> Self {
        Self::new().head_after(Duration::from_secs(3600))
    }

    /// A refusal's `retry-after`.
    pub fn retry_after(mut self, value: &str) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.retry_after = Some(value.to_owned());
        }
        self
    }

    /// A refusal's error code, such as `insufficient_quota`.
    pub fn code(mut self, code: &'static str) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.code = code;
        }
        self
    }

    /// Time before the response's head.
    pub fn head_after(mut self, wait: Duration) -> Self {
        self.head_after = wait;
        self
    }

    /// Time between the response's head and the first token.
    pub fn first_token_after(mut self, wait: Duration) -> Self {
        self.first_token = wait;
        self
    }

    /// Time before each further token.
    pub fn each_token_after(mut self, wait: Duration) -> Self {
        self.each_token = wait;
        self
    }

    /// More text, in exactly these tokens.
    pub fn tokens<'a>(mut self, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        self.tokens
            .extend(tokens.into_iter().map(|token| Token::Text(token.to_owned())));
        self
    }

    /// A `data:` line with this payload, JSON or not, as one token.
    pub fn raw(mut self, payload: &str) -> Self {
        self.tokens.push(Token::Raw(payload.to_owned()));
        self
    }

    /// A tool call, after the text and the calls before it.
    pub fn tool_call(mut self, call: ToolCall) -> Self {
        self.calls.push(call);
        self
    }

    /// Every tool call says that its index is 0.
    pub fn all_indices_zero(mut self) -> Self {
        self.indices = Indices::AllZero;
        self
    }

    /// No tool call has an index.
    pub fn without_indices(mut self) -> Self {
        self.indices = Indices::Absent;
        self
    }

    /// The finish reason, instead of `stop` or `tool_calls`.
    pub fn finish_reason(mut self, reason: &str) -> Self {
        self.finish = Some(reason.to_owned());
        self
    }

    /// What is told about tokens.
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// After `tokens` tokens nothing comes any more; the connection stays open.
    pub fn stalls_after(self, tokens: usize) -> Self {
        self.fault(tokens, FaultKind::Stall)
    }

    /// After `tokens` tokens the connection breaks.
    pub fn cut_after(self, tokens: usize) -> Self {
        self.fault(tokens, FaultKind::Cut)
    }

    /// After `tokens` tokens an error object comes instead of a chunk, with this code.
    pub fn fails_after(self, tokens: usize, code: &str) -> Self {
        let error = json!({"message": "The server had an error.", "type": "server_error", "param": null, "code": code});
        self.fault(tokens, FaultKind::Error(json!({ "error": error })))
    }

    /// After `tokens` tokens the response ends in good order, without finish reason and `[DONE]`.
    pub fn ends_after(self, tokens: usize) -> Self {
        self.fault(tokens, FaultKind::End)
    }

    /// The response ends without `[DONE]`.
    pub fn without_done(mut self) -> Self {
        self.done = false;
        self
    }

    /// While waiting, comment lines keep the connection alive.
    pub fn comments_every(mut self, span: Duration) -> Self {
        self.comments_every = Some(span);
        self
    }

    /// The response travels in chunks of this many bytes, which cut through lines and characters.
    pub fn in_chunks_of(mut self, bytes: usize) -> Self {
        self.wire_bytes = Some(bytes.max(1));
        self
    }

    fn fault(mut self, after: usize, kind: FaultKind) -> Self {
        self.fault = Some(Fault { after, kind });
        self
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolCall {
    /// A call with these arguments, in pieces of 7 characters, its id made from its place in the answer.
    pub fn new(name: &str, arguments: &str) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            form: Arguments::Pieces(7),
        }
    }

    /// Its id; empty: the call has none.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// How its arguments travel.
    pub fn arguments(mut self, form: Arguments) -> Self {
        self.form = form;
        self
    }
}

impl Refusal {
    pub(super) fn response(&self) -> Response {
        let error = json!({"message": "Refused.", "type": "refusal", "param": null, "code": self.code});
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        if let Some(value) = self
            .retry_after
            .as_deref()
            .and_then(|value| HeaderValue::from_str(value).ok())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// A program of answers to the first, second, … question; the last answer serves all further ones.
pub fn script(
    answers: impl IntoIterator<Item = Answer>,
) -> impl Fn(&super::Question) -> Answer + Send + Sync + 'static {
    let answers: Vec<Answer> = answers.into_iter().collect();
    move |question| {
        answers
            .get(question.number)
            .or(answers.last())
            .cloned()
            .unwrap_or_default()
    }
}
