//! From a file's text to a scenario.

use serde_json::Value;

use super::file::{Scenario, ScenarioFile};

/// Reads a scenario, written as YAML or JSON. The error is a sentence that names the place.
pub(super) fn scenario(text: &str) -> Result<Scenario, String> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| one_line(&error.to_string()))?;
    let file: ScenarioFile = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let what = error.into_inner();
        match path.as_str() {
            "." => what.to_string(),
            _ => format!("{path}: {what}"),
        }
    })?;
    file.scenario()
}

/// What is wrong, without the picture of the place that the YAML reader draws below it.
fn one_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
