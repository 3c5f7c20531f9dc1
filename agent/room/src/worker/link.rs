//! One connection to the server, from the first packet to the last.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use livekit_protocol::{ServerMessage, WorkerMessage};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::http::{Response, StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Error, Message};
use tokio_util::task::AbortOnDropHandle;

use super::WorkerError;
use crate::tls;
use crate::token::Credentials;

/// Messages that may wait on either way. The worker takes what comes at once; if the server does not take so many, the
/// connection is dead and is given up.
const WAITING: usize = 256;
/// A longer message is not one of this protocol; a job with its metadata is a few kilobytes.
const LONGEST_MESSAGE: usize = 4 << 20;
/// How long the registration's token is good for. It is used once, at once; the rest is for clocks that differ.
const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// How long a goodbye may take.
const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// Where the server is, and what opens it.
#[derive(Debug, Clone)]
pub(super) struct Address {
    url: String,
    uri: Uri,
    credentials: Credentials,
}

/// A connection. Dropping it cuts it.
#[derive(Debug)]
pub(super) struct Link {
    incoming: mpsc::Receiver<Incoming>,
    outgoing: mpsc::Sender<WorkerMessage>,
    task: AbortOnDropHandle<()>,
}

/// What comes from a connection.
#[derive(Debug)]
pub(super) enum Incoming {
    Opened,
    Received(Box<ServerMessage>),
    /// Something came that says nothing.
    Heard,
    /// The server does not accept the credentials. The last word.
    Refused(&'static str),
    /// The last word.
    Ended(String),
}

impl Address {
    pub(super) fn new(url: &str, credentials: Credentials) -> Result<Self, WorkerError> {
        let bad = || WorkerError::BadUrl { url: url.to_owned() };
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(bad)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => return Err(bad()),
        };
        let rest = rest.trim_end_matches('/');
        let uri: Uri = format!("{scheme}://{rest}/agent?protocol=1")
            .parse()
            .map_err(|_| bad())?;
        // A query or a fragment in the address would swallow the path.
        if uri.host().is_none_or(str::is_empty) || !uri.path().ends_with("/agent") {
            return Err(bad());
        }
        credentials.worker_token(TOKEN_LIFE)?;
        Ok(Self {
            url: url.to_owned(),
            uri,
            credentials,
        })
    }

    /// The error for credentials that this server does not accept.
    pub(super) fn refusal(&self, reason: &'static str) -> WorkerError {
        WorkerError::KeyRefused {
            api_key: self.credentials.api_key().to_owned(),
            url: self.url.clone(),
            reason,
        }
    }
}

impl Link {
    pub(super) fn open(address: Arc<Address>) -> Self {
        let (incoming_tx, incoming) = mpsc::channel(WAITING);
        let (outgoing, outgoing_rx) = mpsc::channel(WAITING);
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            let last = converse(&address, outgoing_rx, &incoming_tx).await;
            // Nobody is listening any more when the link was dropped.
            let _ = incoming_tx.send(last).await;
        }));
        Self {
            incoming,
            outgoing,
            task,
        }
    }

    /// The next thing that comes; none after the last word.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        self.incoming.recv().await
    }

    /// Sends a message; false when the server has not taken the ones before.
    pub(super) fn send(&self, message: WorkerMessage) -> bool {
        self.outgoing.try_send(message).is_ok()
    }

    /// Sends what still waits, closes the connection, and waits until that is done.
    pub(super) async fn close(self) {
        let Self {
            incoming,
            outgoing,
            task,
        } = self;
        drop(outgoing);
        drop(incoming);
        // When the server does not take the goodbye it is left without one.
        let _ = timeout(GOODBYE_LIMIT, task).await;
    }
}

/// Connects, then carries messages both ways until one way ends; gives the last word.
async fn converse(
    address: &Address,
    mut outgoing: mpsc::Receiver<WorkerMessage>,
    incoming: &mpsc::Sender<Incoming>,
) -> Incoming {
    tls::install_provider();
    let token = match address.credentials.worker_token(TOKEN_LIFE) {
        Ok(token) => token,
        Err(error) => return Incoming::Ended(error.to_string()),
    };
    let request = ClientRequestBuilder::new(address.uri.clone())
        .with_header(AUTHORIZATION.as_str(), format!("Bearer {token}"));
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let socket = match connect_async_with_config(request, Some(config), true).await {
        Ok((socket, _)) => socket,
        Err(Error::Http(response)) => return unwelcome(address, &response),
        Err(error) => return Incoming::Ended(format!("could not connect to {}: {error}", address.url)),
    };
    let (mut sink, mut stream) = socket.split();
    // The receiver is gone when the worker closes the link; then writing ends too, and that is what counts.
    let _ = incoming.send(Incoming::Opened).await;

    let reading = async {
        while let Some(frame) = stream.next().await {
            let heard = match frame {
                Ok(Message::Binary(bytes)) => decode(&bytes),
                Ok(Message::Text(text)) => {
                    tracing::warn!(
                        bytes = text.len(),
                        "LiveKit sent text where only binary messages are agreed"
                    );
                    Incoming::Heard
                }
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Incoming::Heard,
                Ok(Message::Close(_)) => return Incoming::Ended("LiveKit closed the connection".to_owned()),
                Err(error) => return Incoming::Ended(format!("the connection broke: {error}")),
            };
            let _ = incoming.send(heard).await;
        }
        Incoming::Ended("the connection ended".to_owned())
    };
    let writing = async {
        while let Some(message) = outgoing.recv().await {
            if let Err(error) = sink.send(Message::Binary(message.encode_to_vec().into())).await {
                return Incoming::Ended(format!("the connection broke: {error}"));
            }
        }
        // The server may be gone first; either way it is over.
        let _ = sink.close().await;
        Incoming::Ended("the worker said goodbye".to_owned())
    };
    tokio::select! {
        last = reading => last,
        last = writing => last,
    }
}

fn decode(bytes: &[u8]) -> Incoming {
    match ServerMessage::decode(bytes) {
        Ok(message) => Incoming::Received(Box::new(message)),
        Err(error) => {
            tracing::warn!(bytes = bytes.len(), %error, "LiveKit sent a message that cannot be read");
            Incoming::Heard
        }
    }
}

/// What an answer other than the expected one means. Its text is not repeated: the server puts the token into it.
fn unwelcome(address: &Address, response: &Response<Option<Vec<u8>>>) -> Incoming {
    let text = response
        .body()
        .as_deref()
        .map(String::from_utf8_lossy)
        .unwrap_or_default();
    match response.status() {
        StatusCode::UNAUTHORIZED if text.contains("invalid API key") => {
            Incoming::Refused("the server does not know this key")
        }
        StatusCode::UNAUTHORIZED if text.contains("invalid token") => Incoming::Refused(
            "the secret does not belong to the key, or the clocks of the two machines differ",
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Incoming::Refused("it may not register agent workers")
        }
        status => Incoming::Ended(format!(
            "{} answered {status} where a LiveKit server takes workers",
            address.url
        )),
    }
}
