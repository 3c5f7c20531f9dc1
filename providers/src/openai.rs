//! A language model behind any OpenAI-compatible chat completions server.
//!
//! The client is `async-openai`. What had to be known about it:
//!
//! * By itself it tries again up to several times with growing pauses on 429, 5xx and failed connections, and its errors
//!   do not carry the response's headers, so that `retry-after` is lost. Both end when it is given a transport of one's
//!   own (`Client::with_http_service`, feature `middleware`): `wire` sends each request (once more if the connection
//!   failed or the server asked for a short wait), turns every status but success into a typed error while the headers
//!   are still there, and hands back nothing but good responses.
//! * Its own types are strict: a chunk without `created` or `id`, an unknown finish reason, a tool call without `index` is
//!   an error to them, and each of these is everyday at other servers. The `byot` methods take and give types of one's
//!   own: `question` writes the request, `frame` reads the chunks leniently.
//! * It writes the text of whatever it cannot read, a model's words included, into the log at level ERROR. So it never
//!   gets to see such text: `frame` takes any JSON, and `wire` replaces lines that are no JSON.
//! * It reads a response in a task of its own, into an unbounded queue. The task ends when the stream is dropped, which
//!   closes the connection and cancels the request at the server. The queue is bounded by the largest answer that `wire`
//!   lets through.
//! * It ends a stream at `[DONE]` and at the end of the response alike. Whether the answer was whole is seen from its
//!   finish reason instead, which every server sends.
//! * Its ready-made configuration reads the process's environment (keys, organisation, project) even when everything is
//!   given. `Endpoint` is ours and reads nothing.
//!
//! An error is one of five kinds; see [`ServiceErrorKind`](pipeline::ports::ServiceErrorKind). Messages are made of
//! statuses, machine-readable codes and our own words, never of a server's prose: that may repeat the key or what was
//! said.

mod answer;
mod calls;
mod fault;
mod frame;
mod question;
mod thoughts;
mod wire;

use std::{fmt, time::Duration};

use async_openai::{Client, config::Config};
use async_trait::async_trait;
use pipeline::ports::{LanguageModel, ModelRequest, ModelStream, ServiceError};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use self::{answer::Answer, fault::Faults, frame::Frame, wire::Wire};
use crate::secret::Secret;

/// How to reach a model, and how it should answer.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// The service's name in settings, records and errors: `openai`, `groq`, `ollama`, `openai_compatible`.
    pub service: &'static str,
    /// Where the server is, up to and without `/chat/completions`, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The key; local servers need none.
    pub key: Option<Secret>,
    /// The model's name at that server.
    pub model: String,
    /// How freely the model picks its words, 0–2; `None`: the server's default.
    pub temperature: Option<f32>,
    /// Most tokens of an answer; `None`: the server's default.
    pub max_tokens: Option<u32>,
    /// Under which name `max_tokens` travels.
    pub max_tokens_name: MaxTokensName,
    /// Whether to ask for the number of tokens used.
    pub usage: UsageReport,
    /// How long to wait for what.
    pub deadlines: Deadlines,
}

/// The two names of the limit on an answer's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxTokensName {
    /// `max_tokens`: the older one, which all compatible servers know.
    MaxTokens,
    /// `max_completion_tokens`: the only one that OpenAI's newer models take.
    MaxCompletionTokens,
}

/// Whether the server is asked for usage (`stream_options.include_usage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageReport {
    /// Yes; a server that sends none is no error.
    Asked,
    /// No: some servers refuse a request that has `stream_options`.
    NotAsked,
}

/// How long the parts of an answer may take. A caller waits on the line meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the request to the first useful item: text to speak or a piece of a tool call. Hidden thoughts, empty chunks
    /// and keep-alive comments do not count.
    pub first_item: Duration,
    /// From one useful item to the next.
    pub between_items: Duration,
}

impl Default for Deadlines {
    /// 3 s to connect: a connection that needs one lost packet sent again still stands by then. 6 s to the first item:
    /// slow models start within 2 s, and a longer silence is better broken by an apology. 10 s between items: what was
    /// said before is still being heard, so more patience costs nothing.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            first_item: Duration::from_secs(6),
            between_items: Duration::from_secs(10),
        }
    }
}

impl OpenAiOptions {
    /// The usual options for `model` at `base_url`.
    pub fn new(service: &'static str, base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            service,
            base_url: base_url.into(),
            key: None,
            model: model.into(),
            temperature: None,
            max_tokens: None,
            max_tokens_name: MaxTokensName::MaxTokens,
            usage: UsageReport::Asked,
            deadlines: Deadlines::default(),
        }
    }
}

/// A model at an OpenAI-compatible server. One for the whole process: its connections are kept and shared by all calls.
#[derive(Clone)]
pub struct OpenAi {
    options: OpenAiOptions,
    faults: Faults,
    client: Client<Endpoint>,
}

impl OpenAi {
    /// Prepares the connections; opens none.
    ///
    /// # Errors
    /// Of kind `Rejected`, when the address is no `http` or `https` URL, or the key cannot stand in a header.
    pub fn new(options: OpenAiOptions) -> Result<Self, ServiceError> {
        let faults = Faults::of(options.service);
        let endpoint = Endpoint::new(&options).map_err(|reason| faults.settings(reason))?;
        let wire = Wire::new(&options.deadlines, faults).map_err(|reason| faults.settings(reason))?;
        // The plain client is never used to send; its executor is replaced by the wire.
        let client = Client::build(wire.http(), endpoint).with_http_service(wire);
        Ok(Self {
            options,
            faults,
            client,
        })
    }
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAi")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LanguageModel for OpenAi {
    fn name(&self) -> &'static str {
        self.options.service
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let deadlines = &self.options.deadlines;
        let first_item_by = Instant::now() + deadlines.first_item;
        let question = question::body(&self.options, &request);
        let chat = self.client.chat();
        let opening = chat.create_stream_byot::<_, Frame>(question);
        let frames = match timeout_at(first_item_by, opening).await {
            Ok(opened) => opened.map_err(|error| self.faults.library(error))?,
            Err(_) => return Err(self.faults.silence(deadlines.first_item)),
        };
        let earlier_calls = question::tool_runs(&request.history);
        Ok(Answer::new(frames, self.faults, *deadlines, first_item_by, earlier_calls).into_stream())
    }
}

/// The server's address and key.
#[derive(Clone)]
struct Endpoint {
    base: String,
    authorization: Option<HeaderValue>,
    /// The library asks for the key by itself too, for services that we do not use.
    key: SecretString,
}

impl Endpoint {
    fn new(options: &OpenAiOptions) -> Result<Self, &'static str> {
        let base = options.base_url.trim_end_matches('/').to_owned();
        let url = reqwest::Url::parse(&base).map_err(|_| "its base URL is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("its base URL must begin with http:// or https://");
        }
        let authorization = match &options.key {
            None => None,
            Some(key) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal()))
                    .map_err(|_| "its key has characters that cannot stand in a header")?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self {
            base,
            authorization,
            key: SecretString::default(),
        })
    }
}

impl Config for Endpoint {
    fn headers(&self) -> HeaderMap {
        self.authorization
            .iter()
            .map(|value| (AUTHORIZATION, value.clone()))
            .collect()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}
