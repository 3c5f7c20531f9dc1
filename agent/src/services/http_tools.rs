//! HTTP tools of a skillbase, built.

use providers::{
    Secret,
    http_tool::{HttpMethod, HttpTool, HttpToolConfig, HttpToolFault, Reach},
};

/// A tool whose settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct HttpToolError(#[from] HttpToolFault);

/// Builds the tool `name`.
pub(super) fn tool(
    name: &str,
    declared: &skillbase::HttpTool,
    reach: Reach,
) -> Result<HttpTool, HttpToolError> {
    let mut headers: std::collections::BTreeMap<String, Secret> = declared
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), Secret::new(value.reveal())))
        .collect();
    if let Some(key) = &declared.api_key {
        headers.insert(
            "Authorization".to_owned(),
            Secret::new(format!("Bearer {}", key.reveal())),
        );
    }
    Ok(HttpTool::new(HttpToolConfig {
        name: name.to_owned(),
        description: declared.description.clone(),
        parameters: declared.parameters.clone(),
        method: match declared.method {
            skillbase::HttpMethod::Get => HttpMethod::Get,
            skillbase::HttpMethod::Post => HttpMethod::Post,
            skillbase::HttpMethod::Put => HttpMethod::Put,
            skillbase::HttpMethod::Patch => HttpMethod::Patch,
            skillbase::HttpMethod::Delete => HttpMethod::Delete,
        },
        url: declared.url.clone(),
        headers,
        body: None,
        timeout: std::time::Duration::from_millis(u64::from(declared.timeout_ms)),
        reach,
    })?)
}
