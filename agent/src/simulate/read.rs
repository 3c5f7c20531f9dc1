//! From a file's text to a scenario.

use serde_json::Value;
use serde_saphyr::{Options, from_str_with_options};

use super::file::{Scenario, ScenarioFile};

/// Reads a scenario, written as YAML or JSON.
///
/// # Errors
/// With a sentence that names the place.
pub fn scenario(text: &str) -> Result<Scenario, String> {
    let mut options = Options::default();
    // `say: yes` is a word, not a truth value.
    options.strict_booleans = true;
    options.with_snippet = false;
    let value: Value = from_str_with_options(text, options).map_err(|error| one_line(&error.to_string()))?;
    if value.is_null() {
        return Err("it is empty".to_owned());
    }
    if !value.is_object() {
        return Err("it must be keys with values".to_owned());
    }
    let file: ScenarioFile = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let what = error.into_inner();
        match path.as_str() {
            "." => what.to_string(),
            _ => format!("{path}: {what}"),
        }
    })?;
    file.checked()
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
