//! A chat completions server, OpenAI-compatible, that answers as it is told to.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//! use doubles::chat::{Answer, ChatDouble, ToolCall, script};
//!
//! let double = ChatDouble::start(script([
//!     Answer::new().tool_call(ToolCall::new("book", r#"{"time":"10:00"}"#)),
//!     Answer::text("You are booked for ten.").first_token_after(Duration::from_millis(200)),
//! ]))
//! .await?;
//! println!("{}", double.base_url());
//! # Ok(())
//! # }
//! ```

mod answer;
mod exchange;
mod plan;
mod play;
mod question;

use std::{collections::BTreeMap, io, sync::Arc, time::Instant};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

pub use self::{
    answer::{Answer, Arguments, ToolCall, Usage, script},
    exchange::{Exchange, ExchangeEnd},
    question::Question,
};
use crate::{log::Log, loopback::Loopback};

/// The running server.
#[derive(Debug)]
pub struct ChatDouble {
    server: Loopback,
    log: Arc<Log<Exchange>>,
}

type Program = dyn Fn(&Question) -> Answer + Send + Sync;

struct Desk {
    program: Box<Program>,
    key: Option<String>,
    log: Arc<Log<Exchange>>,
}

impl ChatDouble {
    /// Starts a server that takes any key and answers each question by `program`.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start(program: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        Self::open(None, Box::new(program)).await
    }

    /// Starts a server that answers 401 to everybody who does not show `key`.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start_with_key(
        key: &str,
        program: impl Fn(&Question) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::open(Some(key.to_owned()), Box::new(program)).await
    }

    async fn open(key: Option<String>, program: Box<Program>) -> io::Result<Self> {
        let log = Arc::new(Log::new());
        let routes = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(models))
            .with_state(Arc::new(Desk {
                program,
                key,
                log: log.clone(),
            }));
        Ok(Self {
            server: Loopback::serve(routes).await?,
            log,
        })
    }

    /// What a client calls its base URL: `http://127.0.0.1:<port>/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.server.address())
    }

    /// All requests so far, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.log.entries()
    }

    /// Waits for request `number`, counted from 0, to arrive.
    pub async fn received(&self, number: usize) -> Exchange {
        self.log.when(number, |_| true).await
    }

    /// Waits for the exchange of request `number`, counted from 0, to end.
    pub async fn ended(&self, number: usize) -> Exchange {
        self.log.when(number, |exchange| exchange.end.is_some()).await
    }
}

async fn complete(State(desk): State<Arc<Desk>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let exchange = Exchange::begun(Instant::now(), readable(&headers), body.clone());
    let number = desk.log.add(exchange);
    let ticket = play::Ticket::new(desk.log.clone(), number);
    if let Some(refusal) = turned_away(&desk, &headers) {
        return ticket.refuse(refusal);
    }
    let question = Question::new(number, body);
    if let Err(complaint) = question.check() {
        return ticket.refuse(invalid(&complaint));
    }
    let answer = (desk.program)(&question);
    if let Some(refusal) = &answer.refusal {
        tokio::time::sleep(answer.head_after).await;
        return ticket.refuse(refusal.response());
    }
    let plan = plan::Plan::of(&answer, &question);
    tokio::time::sleep(answer.head_after).await;
    let body = Body::from_stream(play::play(plan, ticket));
    (
        [
            (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        body,
    )
        .into_response()
}

async fn models(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = turned_away(&desk, &headers) {
        return refusal;
    }
    Json(json!({"object": "list", "data": [{"id": "double", "object": "model", "created": 0, "owned_by": "double"}]}))
        .into_response()
}

/// The answer to whoever does not show the key.
fn turned_away(desk: &Desk, headers: &HeaderMap) -> Option<Response> {
    let key = desk.key.as_ref()?;
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if shown == Some(&format!("Bearer {key}")) {
        return None;
    }
    // The original repeats what it was shown; a client must not carry that into its logs.
    let message = format!(
        "Incorrect API key provided: {}.",
        shown.unwrap_or("none").trim_start_matches("Bearer ")
    );
    let error = json!({"message": message, "type": "invalid_request_error", "param": null, "code": "invalid_api_key"});
    Some((StatusCode::UNAUTHORIZED, Json(json!({ "error": error }))).into_response())
}

fn invalid(complaint: &str) -> Response {
    let error = json!({"message": complaint, "type": "invalid_request_error", "param": null, "code": null});
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}
