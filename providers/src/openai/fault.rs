//! What went wrong, as the pipeline wants to know it.

use std::{error::Error, time::Duration};

use async_openai::error::OpenAIError;
use pipeline::ports::{ServiceError, ServiceErrorKind};
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;

/// Makes the errors of one service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    service: &'static str,
}

impl Faults {
    pub(super) fn of(service: &'static str) -> Self {
        Self { service }
    }

    pub(super) fn settings(self, reason: &str) -> ServiceError {
        self.error(
            ServiceErrorKind::Rejected,
            format!("the language model cannot be used: {reason}"),
        )
    }

    /// Nothing useful came within `wait`.
    pub(super) fn silence(self, wait: Duration) -> ServiceError {
        let message = format!("the language model said nothing for {:.1} s", wait.as_secs_f64());
        self.error(ServiceErrorKind::TimedOut, message)
    }

    pub(super) fn broken_off(self) -> ServiceError {
        self.error(
            ServiceErrorKind::Unavailable,
            "the answer broke off before its end",
        )
    }

    pub(super) fn garbled(self) -> ServiceError {
        self.error(
            ServiceErrorKind::Garbled,
            "the answer is not in the chat completions protocol",
        )
    }

    /// A response with the wrong kind of content, such as a web page.
    pub(super) fn no_stream(self, content_type: &str) -> ServiceError {
        let what = plain(content_type.split(';').next().unwrap_or_default()).unwrap_or("something else");
        let message =
            format!("the server answered with {what} instead of an event stream; check the base URL");
        self.error(ServiceErrorKind::Garbled, message)
    }

    /// An error object in mid-stream.
    pub(super) fn inside(self, codes: &[String]) -> ServiceError {
        let mut kind = ServiceErrorKind::Unavailable;
        for code in codes {
            match code.as_str() {
                "429" | "rate_limit_exceeded" | "rate_limit_error" => {
                    kind = ServiceErrorKind::Busy { retry_after_ms: None };
                }
                "401" | "403" | "invalid_api_key" | "insufficient_quota" | "model_not_found" => {
                    kind = ServiceErrorKind::Rejected;
                    break;
                }
                _ => {}
            }
        }
        let code = codes.iter().find_map(|code| plain(code)).unwrap_or("no code");
        self.error(
            kind,
            format!("the server reported an error in mid-answer ({code})"),
        )
    }

    /// A response that is no success.
    pub(super) fn status(self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ServiceError {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let code = [&body["error"]["code"], &body["error"]["type"]]
            .into_iter()
            .find_map(|value| value.as_str().and_then(plain))
            .unwrap_or_default();
        let (kind, meaning) = match status.as_u16() {
            401 => (ServiceErrorKind::Rejected, "the server does not accept the key"),
            403 => (ServiceErrorKind::Rejected, "the key may not use this model"),
            404 => (
                ServiceErrorKind::Rejected,
                "the server does not know this model or address",
            ),
            429 if code == "insufficient_quota" => {
                (ServiceErrorKind::Rejected, "the account has no credit left")
            }
            429 => (
                ServiceErrorKind::Busy {
                    retry_after_ms: retry_after_ms(headers),
                },
                "too many requests",
            ),
            408 | 409 | 425 => (ServiceErrorKind::Unavailable, "the server could not answer now"),
            300..=399 => (
                ServiceErrorKind::Rejected,
                "the server sends us elsewhere; check the base URL",
            ),
            500.. => (ServiceErrorKind::Unavailable, "the server failed"),
            _ => (
                ServiceErrorKind::Rejected,
                "the server refuses such a request; check model and settings",
            ),
        };
        let code = if code.is_empty() {
            String::new()
        } else {
            format!(", {code}")
        };
        self.error(kind, format!("{meaning} (status {}{code})", status.as_u16()))
    }

    /// The request got no response.
    pub(super) fn transport(self, error: &reqwest::Error) -> ServiceError {
        if error.is_timeout() {
            return self.error(ServiceErrorKind::TimedOut, "no connection to the server in time");
        }
        // The outer messages name the address, which may hold a key; the innermost one says what the system said.
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let what = if error.is_connect() {
            "the server was not reached"
        } else {
            "the connection broke"
        };
        let why = if cause.is::<reqwest::Error>() {
            String::new()
        } else {
            format!(": {cause}")
        };
        self.error(ServiceErrorKind::Unavailable, format!("{what}{why}"))
    }

    /// Whatever the client library gives.
    pub(super) fn library(self, error: OpenAIError) -> ServiceError {
        match error {
            // The wire's own errors come back in this box.
            OpenAIError::Boxed(error) => match error.downcast::<ServiceError>() {
                Ok(error) => *error,
                Err(_) => self.broken_off(),
            },
            OpenAIError::Reqwest(error) => self.transport(&error),
            OpenAIError::StreamError(_) => self.broken_off(),
            OpenAIError::InvalidArgument(_) => self.settings("the request cannot be written"),
            OpenAIError::ApiError(_)
            | OpenAIError::JSONDeserialize(..)
            | OpenAIError::FileSaveError(_)
            | OpenAIError::FileReadError(_) => self.garbled(),
        }
    }

    fn error(self, kind: ServiceErrorKind, message: impl Into<String>) -> ServiceError {
        ServiceError {
            service: self.service,
            kind,
            message: message.into(),
        }
    }
}

/// How long the server asks to wait. A date instead of seconds is not read: no server of this protocol sends one.
pub(super) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let ms =
        number("retry-after-ms").or_else(|| number(RETRY_AFTER.as_str()).map(|seconds| seconds * 1000.0))?;
    // A float beyond the range is cut to the range by the conversion.
    (ms.is_finite() && ms >= 0.0).then_some(ms as u64)
}

/// `text` if it is a machine's word, which can carry neither a key nor speech.
fn plain(text: &str) -> Option<&str> {
    let is_word =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'/' | b'.');
    ((1..=40).contains(&text.len()) && text.bytes().all(is_word)).then_some(text)
}
