//! An answer in lines of JSON: interim results, then the result.

use pipeline::ports::ToolError;
use reqwest::{
    Response,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    answer::{Body, words},
    template::as_text,
};

/// The types that such answers have.
const TYPES: [&str; 3] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/// A line that is not the result yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InterimLine {
    interim: Value,
}

/// Whether the answer says that it consists of lines.
pub(super) fn are_sent(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    TYPES.iter().any(|known| kind.trim().eq_ignore_ascii_case(known))
}

/// The first line that is no interim result; those before it go to `tell` as they come.
pub(super) async fn read(
    tool: &str,
    response: Response,
    tell: &(impl Fn(String) + Sync),
) -> Result<String, ToolError> {
    let mut body = Body::of(response);
    let mut read: Vec<u8> = Vec::new();
    loop {
        let chunk = body.more(tool).await?;
        // The last line may lack its end.
        read.extend_from_slice(chunk.as_deref().unwrap_or(b"\n"));
        while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = read.drain(..=end).collect();
            let line = words(tool, line)?;
            match serde_json::from_str(&line) {
                Ok(InterimLine { interim }) => {
                    tell(format!("Not finished yet. So far: {}", as_text(&interim)))
                }
                Err(_) if line.trim().is_empty() => {}
                Err(_) => return Ok(line.trim().to_owned()),
            }
        }
        if chunk.is_none() {
            return Err(ToolError(format!(
                "{tool} failed: the service ended its answer without a result."
            )));
        }
    }
}
