//! Sends requests and lets nothing through but event streams of bounded size whose lines are JSON.

use std::{future::Future, pin::Pin, task::Poll, time::Duration};

use async_openai::middleware::HttpRequestFactory;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use pipeline::ports::{ServiceError, ServiceErrorKind};
use reqwest::{Body, Response, StatusCode, header::CONTENT_TYPE, redirect};
use serde::de::IgnoredAny;
use tokio::time::sleep;
use tower_service::Service;

use super::{
    Deadlines,
    fault::{Faults, retry_after_ms},
};

/// Largest answer. A long spoken answer is some hundred chunks of some hundred bytes; this is a hundred times as much.
const ANSWER_BYTES: usize = 8 << 20;
/// As much of a refusal as is read for its code.
const REFUSAL_BYTES: usize = 16 << 10;
/// A server that is being restarted refuses connections for about this long.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Longest wait that a server may ask for and get without the pipeline being told.
const PATIENCE: Duration = Duration::from_secs(1);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The transport.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: reqwest::Client,
    faults: Faults,
    patience: Duration,
}

/// An attempt that gave no answer.
struct Failure {
    error: ServiceError,
    /// When a second attempt, made after this wait, has good prospects.
    again_after: Option<Duration>,
}

impl Wire {
    pub(super) fn new(deadlines: &Deadlines, faults: Faults) -> Result<Self, &'static str> {
        let http = reqwest::Client::builder()
            .connect_timeout(deadlines.connect)
            // A redirected POST becomes a GET, and a key must not travel to where a server points.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|_| "the HTTP client could not be set up; check the system's certificates")?;
        // A quarter of what the caller waits at most: the rest is needed for the answer itself.
        let patience = PATIENCE.min(deadlines.first_item / 4);
        Ok(Self {
            http,
            faults,
            patience,
        })
    }

    pub(super) fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    /// Sends the request; once more if there was no connection, or the server asked for a short wait.
    async fn send(&self, request: &HttpRequestFactory) -> Result<Response, ServiceError> {
        let Failure { error, again_after } = match self.attempt(request).await {
            Ok(response) => return Ok(response),
            Err(failure) => failure,
        };
        let Some(wait) = again_after else {
            return Err(error);
        };
        sleep(wait).await;
        self.attempt(request).await.map_err(|failure| failure.error)
    }

    async fn attempt(&self, request: &HttpRequestFactory) -> Result<Response, Failure> {
        let request = request
            .build()
            .await
            .map_err(|error| Failure::of(self.faults.library(error)))?;
        let response = self.http.execute(request).await.map_err(|error| {
            let unreached = error.is_connect() && !error.is_timeout();
            Failure {
                error: self.faults.transport(&error),
                again_after: unreached.then_some(RECONNECT_PAUSE.min(self.patience)),
            }
        })?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        // Some servers say `text/plain`, or nothing; a page or a document is surely no stream.
        if let Some(kind) = content_type.filter(|kind| kind.starts_with("text/html") || kind.contains("json"))
        {
            return Err(Failure::of(self.faults.no_stream(kind)));
        }
        let lines = json_lines(response.bytes_stream().boxed(), ANSWER_BYTES);
        Ok(http::Response::new(Body::wrap_stream(lines)).into())
    }

    async fn refusal(&self, mut response: Response) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > REFUSAL_BYTES {
                break;
            }
        }
        let error = self.faults.status(status, &headers, &body);
        let passes = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) && !matches!(error.kind, ServiceErrorKind::Rejected);
        let wait = retry_after_ms(&headers).map(Duration::from_millis);
        Failure {
            error,
            again_after: wait.filter(|wait| passes && *wait <= self.patience),
        }
    }
}

impl Failure {
    fn of(error: ServiceError) -> Self {
        Self {
            error,
            again_after: None,
        }
    }
}

impl Service<HttpRequestFactory> for Wire {
    type Response = Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let wire = self.clone();
        Box::pin(async move { wire.send(&request).await.map_err(BoxError::from) })
    }
}

/// Passes whole lines on. Data that is no JSON becomes `null`, which no server sends as an event and which
/// [`super::frame::Frame`] takes for what it is; so does what exceeds `limit` bytes.
fn json_lines(
    source: impl Stream<Item = reqwest::Result<Bytes>> + Send + Unpin + 'static,
    limit: usize,
) -> impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static {
    struct Lines<S> {
        source: S,
        unfinished: BytesMut,
        left: usize,
    }
    let lines = Lines {
        source,
        unfinished: BytesMut::new(),
        left: limit,
    };
    stream::unfold(Some(lines), |lines| async move {
        let mut lines = lines?;
        loop {
            let chunk = match lines.source.next().await? {
                Ok(chunk) => chunk,
                Err(error) => return Some((Err(error), None)),
            };
            let Some(left) = lines.left.checked_sub(chunk.len()) else {
                return Some((Ok(Bytes::from_static(b"data: null\n\n")), None));
            };
            lines.left = left;
            let before = lines.unfinished.len();
            lines.unfinished.extend_from_slice(&chunk);
            let Some(end) = chunk
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map(|at| before + at)
            else {
                continue;
            };
            let whole = lines.unfinished.split_to(end + 1).freeze();
            return Some((Ok(checked(whole)), Some(lines)));
        }
    })
}

/// `lines` with all data that is no JSON replaced.
fn checked(lines: Bytes) -> Bytes {
    if lines.split_inclusive(|byte| *byte == b'\n').all(is_readable) {
        return lines;
    }
    let mut kept = BytesMut::with_capacity(lines.len());
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        kept.extend_from_slice(if is_readable(line) { line } else { b"data: null\n" });
    }
    kept.freeze()
}

fn is_readable(line: &[u8]) -> bool {
    let Some(data) = line.strip_prefix(b"data:") else {
        return true;
    };
    data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(data).is_ok()
}
