//! What a job asks for, from its metadata.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What the metadata of a job may carry; empty metadata asks for nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// Who is to answer: id or slug of a skillbase, or a file on the worker's machine.
    #[serde(default)]
    pub skillbase: Option<String>,
    /// What is known about the person.
    #[serde(default)]
    pub contact: BTreeMap<String, serde_json::Value>,
}

impl JobRequest {
    /// Reads a job's metadata.
    ///
    /// # Errors
    /// One sentence, without what the metadata says about a person.
    pub fn read(metadata: &str) -> Result<Self, String> {
        if metadata.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(metadata).map_err(|error| {
            format!(
                "the job's metadata is not {{\"skillbase\": …, \"contact\": {{…}}}} (line {}, column {})",
                error.line(),
                error.column()
            )
        })
    }

    /// The contact as texts.
    pub fn contact(&self) -> BTreeMap<String, String> {
        self.contact
            .iter()
            .map(|(key, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (key.clone(), text)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::JobRequest;

    #[test]
    fn metadata_names_the_skillbase_and_the_contact() {
        let request =
            JobRequest::read(r#"{"skillbase": "salon", "contact": {"name": "Ada", "visits": 3}}"#).unwrap();
        assert_eq!(request.skillbase.as_deref(), Some("salon"));
        assert_eq!(request.contact()["visits"], "3");
        assert_eq!(JobRequest::read("  ").unwrap(), JobRequest::default());
    }

    #[test]
    fn wrong_metadata_is_said_without_what_it_says() {
        let error = JobRequest::read(r#"{"skilbase": "Ada Lovelace"}"#).unwrap_err();
        assert!(error.contains("line 1") && !error.contains("Ada"), "{error}");
    }
}
