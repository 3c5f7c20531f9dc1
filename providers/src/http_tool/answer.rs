//! What the service said, as text for the model.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use pipeline::ports::ToolError;
use reqwest::Response;

use super::{address::NotPublic, lines};

/// Largest answer. A model reads some 16,000 tokens of it; more would be slow, dear and of no use.
const ANSWER_BYTES: usize = 64 << 10;
/// As much of a refusal as the model gets to see: room for a reason, not for a page.
const REASON_CHARS: usize = 500;

/// The result of a success, an error of everything else. Interim results go to `tell`.
pub(super) async fn read(
    tool: &str,
    response: Response,
    tell: &(impl Fn(String) + Sync),
) -> Result<String, ToolError> {
    let status = response.status();
    if status.is_success() {
        let text = if lines::are_sent(response.headers()) {
            lines::read(tool, response, tell).await?
        } else {
            text(tool, response).await?
        };
        let nothing = text.trim().is_empty();
        return Ok(if nothing {
            "Done. The service gave no details.".to_owned()
        } else {
            text
        });
    }
    if status.is_redirection() {
        return Err(ToolError(format!(
            "{tool} failed: the service sends us to another address, which is not followed."
        )));
    }
    let code = status.as_u16();
    if !status.is_client_error() {
        return Err(ToolError(format!(
            "{tool} failed: the service has a problem (status {code}). It may work later."
        )));
    }
    // Why a request was refused can be news for the caller: the hour is taken, the name is unknown.
    let reason = text(tool, response)
        .await
        .map(|text| text.trim().to_owned())
        .unwrap_or_default();
    if reason.is_empty() || reason.starts_with('<') {
        return Err(ToolError(format!(
            "{tool} was refused by the service (status {code})."
        )));
    }
    let reason: String = reason.chars().take(REASON_CHARS).collect();
    Err(ToolError(format!(
        "{tool} was refused by the service (status {code}): {reason}"
    )))
}

/// Why there was no response at all.
pub(super) fn no_response(tool: &str, error: &reqwest::Error) -> ToolError {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return ToolError(format!(
                "{tool} failed: its address is not a public one, which this worker does not allow."
            ));
        }
        cause = inner.source();
    }
    let what = if error.is_connect() {
        "could not be reached"
    } else {
        "broke the connection"
    };
    ToolError(format!("{tool} failed: the service {what}."))
}

/// The service took longer than `limit`.
pub(super) fn too_late(tool: &str, limit: Duration) -> ToolError {
    ToolError(format!(
        "{tool} failed: the service did not answer within {:.1} seconds.",
        limit.as_secs_f64()
    ))
}

async fn text(tool: &str, response: Response) -> Result<String, ToolError> {
    let mut body = Body::of(response);
    let mut bytes = Vec::new();
    while let Some(chunk) = body.more(tool).await? {
        bytes.extend_from_slice(&chunk);
    }
    words(tool, bytes)
}

/// A body that is read piece by piece, but not beyond [`ANSWER_BYTES`].
pub(super) struct Body {
    response: Response,
    left: usize,
}

impl Body {
    pub(super) fn of(response: Response) -> Self {
        Self {
            response,
            left: ANSWER_BYTES,
        }
    }

    /// The next piece; `None` at the end.
    pub(super) async fn more(&mut self, tool: &str) -> Result<Option<Bytes>, ToolError> {
        let chunk = self.response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| no_response(tool, &error))? else {
            return Ok(None);
        };
        match self.left.checked_sub(chunk.len()) {
            Some(left) => self.left = left,
            None => {
                return Err(ToolError(format!(
                    "{tool} failed: the service's answer is too long to be read."
                )));
            }
        }
        Ok(Some(chunk))
    }
}

/// Bytes of an answer as text.
pub(super) fn words(tool: &str, bytes: Vec<u8>) -> Result<String, ToolError> {
    String::from_utf8(bytes)
        .map_err(|_| ToolError(format!("{tool} failed: the service's answer is not text.")))
}
