//! What can go wrong with the database, by what can be done about it.

use std::borrow::Cow;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is too busy, is read-only, or lacks migrations: the same request may succeed later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another row is in the way, or one changed meanwhile.
    #[error("conflict in the database: {0}")]
    Conflict(String),
    /// What was asked for is not there.
    #[error("{0} was not found")]
    NotFound(String),
    /// The database will never take this: a value breaks a rule of its table, or the address is wrong.
    #[error("not valid for the database: {0}")]
    Invalid(String),
}

impl StoreError {
    /// Whether the same request may succeed when it is made again.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refused) => by_code(
                &refused.code().unwrap_or(Cow::Borrowed("")),
                refused.message().to_owned(),
            ),
            sqlx::Error::RowNotFound => Self::NotFound("the row".to_owned()),
            sqlx::Error::Configuration(_) | sqlx::Error::InvalidArgument(_) => {
                Self::Invalid(error.to_string())
            }
            sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_) => Self::Invalid(error.to_string()),
            sqlx::Error::PoolTimedOut => {
                Self::Unavailable("no connection within the time allowed; is PostgreSQL running?".to_owned())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Invalid(format!("a row has another shape than expected: {error}"))
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::Execute(error) => error.into(),
            MigrateError::ExecuteMigration(error, number) => match Self::from(error) {
                Self::Unavailable(why) => Self::Unavailable(format!("migration {number}: {why}")),
                other => Self::Invalid(format!("migration {number}: {other}")),
            },
            other => Self::Invalid(other.to_string()),
        }
    }
}

/// By SQLSTATE, see PostgreSQL's Appendix A.
fn by_code(code: &str, message: String) -> StoreError {
    match code {
        "23505" | "23P01" | "23503" => StoreError::Conflict(message),
        "42P01" | "42703" | "42883" => StoreError::Unavailable(format!(
            "{message}; its tables are older than this program: run `newvoice migrate`"
        )),
        // Serialization failures and deadlocks, timeouts and locks, a standby that is read-only.
        "40001" | "40P01" | "55P03" | "57014" | "25006" => StoreError::Unavailable(message),
        "28000" | "28P01" | "3D000" => StoreError::Unavailable(format!("{message}; check DATABASE_URL")),
        _ => match code.get(..2) {
            // Connection, resources (disk full, too many connections), operator's doing, system.
            Some("08" | "53" | "57" | "58" | "XX") => StoreError::Unavailable(message),
            _ => StoreError::Invalid(message),
        },
    }
}
