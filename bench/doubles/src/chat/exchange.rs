//! One request and what became of it.

use std::{collections::BTreeMap, time::Instant};

use serde_json::Value;

/// A request, and how far its answer came.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When its head and body had been read.
    pub received: Instant,
    /// The request's headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The request's body.
    pub body: Value,
    /// When each token was handed to the socket.
    pub tokens: Vec<Instant>,
    /// When and how the exchange ended.
    pub end: Option<(Instant, ExchangeEnd)>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeEnd {
    /// The whole answer was given, or the planned refusal.
    Answered,
    /// The double broke off, as its program told it.
    Cut,
    /// The client went away before the end.
    Cancelled,
}

impl Exchange {
    pub(super) fn begun(received: Instant, headers: BTreeMap<String, String>, body: Value) -> Self {
        Self {
            received,
            headers,
            body,
            tokens: Vec::new(),
            end: None,
        }
    }
}
