//! Who answers: a skillbase from a file, from the database, or the one that is built in.

use std::path::Path;

use skillbase::{Skillbase, check};
use store::Store;
use telemetry::SkillbaseRef;
use uuid::Uuid;

/// The English dental clinic: who answers when nobody else is named.
pub const BUILT_IN: &str = include_str!("../skillbase/examples/dental-clinic.en.yaml");
/// Its short name.
const BUILT_IN_SLUG: &str = "dental-clinic";

/// An agent, ready to hold calls.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it is.
    pub skillbase: Skillbase,
    /// Where it came from, for records.
    pub origin: SkillbaseRef,
    /// Its company in the database.
    pub company: Option<Uuid>,
}

/// Why an agent cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The file cannot be read.
    #[error("the skillbase {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The definition is wrong.
    #[error("the skillbase {name} has errors: {problems}")]
    Wrong {
        /// Its name.
        name: String,
        /// What is wrong, with paths.
        problems: skillbase::Rejected,
    },
    /// There is no such agent.
    #[error("there is no skillbase {0}: name a file, or an active one in the database")]
    Unknown(String),
    /// The database did not answer.
    #[error("the skillbase {name} could not be looked up: {source}")]
    Store {
        /// Its name.
        name: String,
        /// What went wrong.
        source: store::StoreError,
    },
}

impl Definition {
    /// The agent that is built in.
    ///
    /// # Errors
    /// None: a test keeps the built-in agent right.
    pub fn built_in() -> Result<Self, DefinitionError> {
        Self::parse(BUILT_IN_SLUG, BUILT_IN)
    }

    /// An agent from a file, JSON or YAML.
    ///
    /// # Errors
    /// When the file cannot be read, or its content is not a skillbase.
    pub fn from_file(path: &Path) -> Result<Self, DefinitionError> {
        let text = std::fs::read_to_string(path).map_err(|source| DefinitionError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        let stem = path.file_name().unwrap_or_default().to_string_lossy();
        Self::parse(stem.split('.').next().unwrap_or_default(), &text)
    }

    /// The agent that `name` names: a file, an id or a slug in the database; blank: the one that is built in.
    ///
    /// # Errors
    /// When there is no such agent, it has errors, or the database does not answer.
    pub async fn find(name: &str, store: Option<&Store>) -> Result<Self, DefinitionError> {
        if name.is_empty() {
            return Self::built_in();
        }
        let path = Path::new(name);
        let is_file = matches!(
            path.extension().and_then(|end| end.to_str()),
            Some("json" | "yaml" | "yml")
        );
        if is_file || path.is_file() {
            return Self::from_file(path);
        }
        let Some(store) = store else {
            return match name {
                BUILT_IN_SLUG => Self::built_in(),
                _ => Err(DefinitionError::Unknown(name.to_owned())),
            };
        };
        let found = match Uuid::parse_str(name) {
            Ok(id) => store.skillbase(id).await,
            Err(_) => store.skillbase_by_slug(name, None).await,
        };
        match found {
            Ok(row) => Self::stored(row),
            Err(store::StoreError::NotFound(_)) => Err(DefinitionError::Unknown(name.to_owned())),
            Err(source) => Err(DefinitionError::Store {
                name: name.to_owned(),
                source,
            }),
        }
    }

    fn stored(row: store::Skillbase) -> Result<Self, DefinitionError> {
        let skillbase = skillbase::check_value(&row.config)
            .accepted()
            .map_err(|problems| DefinitionError::Wrong {
                name: row.slug.clone(),
                problems,
            })?;
        Ok(Self {
            skillbase,
            origin: SkillbaseRef {
                id: Some(row.id.to_string()),
                slug: row.slug,
                version: u32::try_from(row.version).ok(),
            },
            company: Some(row.company_id),
        })
    }

    fn parse(slug: &str, text: &str) -> Result<Self, DefinitionError> {
        let skillbase = check(text)
            .accepted()
            .map_err(|problems| DefinitionError::Wrong {
                name: slug.to_owned(),
                problems,
            })?;
        Ok(Self {
            skillbase,
            origin: SkillbaseRef {
                id: None,
                slug: slug.to_owned(),
                version: None,
            },
            company: None,
        })
    }
}
