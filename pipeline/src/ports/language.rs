//! Thinking: a language model that streams text and tool calls, and the tools.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde_json::Value;
use turn::{Completeness, HistoryItem, Said, TalkedOver};

pub use turn::ToolCall;

use super::ServiceError;

/// A service that answers: a language model, or a dialogue graph that needs none.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// The service's name in settings and records.
    fn name(&self) -> &'static str;
    /// Asks for an answer. Dropping the stream (or this future) cancels the request at the service.
    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ServiceError>;
    /// How much of the answer that the conversation awaits after `history` the caller has given with `said`. A service that
    /// does not know what it asked for cannot tell. The task that decides the call asks at each final text and waits for
    /// this: it must be quick.
    fn weigh(&self, _history: &[HistoryItem], _said: &Said) -> Completeness {
        Completeness::Unknown
    }
}

/// An answer as it is being written. Ends after the last item; an error ends it too.
pub type ModelStream = BoxStream<'static, Result<ModelItem, ServiceError>>;

/// A question to the model.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The system prompt.
    pub instructions: Arc<str>,
    /// What was said and heard so far, the turn to answer included, oldest first.
    pub history: Vec<HistoryItem>,
    /// Tools that the model may call; empty: none.
    pub tools: Arc<[ToolSpec]>,
}

/// A piece of an answer.
#[derive(Clone, Debug)]
pub enum ModelItem {
    /// How the answer takes being talked over, where that is not as the policy says; before its text.
    TalkedOver(TalkedOver),
    /// More text to speak.
    Text(Said),
    /// A complete tool call.
    ToolCall(ToolCall),
    /// What the request cost; once, near the end.
    Usage(TokenUsage),
}

/// Tokens of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenUsage {
    /// Tokens of the question.
    pub input: u64,
    /// Those of the question's that the service had cached.
    pub cached_input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

/// What a model is told about a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// The name the model calls it by.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A tool that the agent can use in a call.
#[async_trait]
pub trait Tool: Send + Sync {
    /// What the model is told.
    fn spec(&self) -> &ToolSpec;
    /// How long it may run; `None`: as long as any tool of the call.
    fn deadline(&self) -> Option<Duration> {
        None
    }
    /// Runs it. The text goes to the model as the result; so does an error's message. The pipeline sets the deadline.
    async fn run(&self, arguments: Value, interims: &Interims) -> Result<ToolOutput, ToolError>;
}

/// Where a tool tells what it has before it has ended. A model reads it only while the tool runs in the background
/// ([`turn::ToolMode::Background`]).
pub struct Interims {
    tell: Box<dyn Fn(Said) + Send + Sync>,
    left: AtomicU32,
}

impl Interims {
    /// Most interim results of one call; what comes after them is left out.
    pub const MOST: u32 = 10;
    /// Longest interim result in characters; the rest is cut off.
    pub const LONGEST: usize = 2_000;

    /// Interim results that go to `tell`.
    pub fn new(tell: impl Fn(Said) + Send + Sync + 'static) -> Self {
        Self {
            tell: Box::new(tell),
            left: AtomicU32::new(Self::MOST),
        }
    }

    /// Tells one. It does not wait.
    pub fn tell(&self, text: &str) {
        let one_less = |left: u32| left.checked_sub(1);
        let counted = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        if counted.is_ok() {
            let text: String = text.chars().take(Self::LONGEST).collect();
            (self.tell)(text.into());
        }
    }
}

/// What a tool gave.
#[derive(Clone, Debug)]
pub struct ToolOutput {
    /// The result for the model.
    pub text: Said,
    /// What the call should do after it.
    pub then: AfterTool,
}

/// What follows a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTool {
    /// The model answers with the result.
    Answer,
    /// The call ends once what is being said has been heard.
    EndCall,
}

/// A tool's failure, in words that the model can use.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ToolError(pub String);
