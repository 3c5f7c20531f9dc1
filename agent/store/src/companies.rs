//! Table `companies`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Store, StoreError};

/// A company that has agents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Company {
    /// Id.
    pub id: Uuid,
    /// Name for people.
    pub name: String,
    /// Short name, unique: small letters, digits, `-` and `_`.
    pub slug: String,
    /// Settings of the company, free.
    pub settings: Value,
    /// Whether it may have calls.
    pub is_active: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Store {
    /// The company with `slug`; it is created if there is none, and renamed if it has another name.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the slug has other characters than small letters, digits, `-` and `_`.
    pub async fn upsert_company(&self, slug: &str, name: &str) -> Result<Company, StoreError> {
        let row: Value = sqlx::query_scalar(
            "insert into companies as c (slug, name) values ($1, $2)
             on conflict (slug) do update set name = excluded.name
             returning to_jsonb(c)",
        )
        .bind(slug)
        .bind(name)
        .fetch_one(&self.pool)
        .await?;
        Ok(serde_json::from_value(row)?)
    }

    /// The company with `slug`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn company(&self, slug: &str) -> Result<Company, StoreError> {
        let row: Option<Value> = sqlx::query_scalar("select to_jsonb(c) from companies c where slug = $1")
            .bind(slug)
            .fetch_optional(&self.pool)
            .await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("company `{slug}`")))?;
        Ok(serde_json::from_value(row)?)
    }
}
