//! Table `skillbases`: definitions of agents, with versions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Store, StoreError};

/// An agent as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skillbase {
    /// Id.
    pub id: Uuid,
    /// Its company.
    pub company_id: Uuid,
    /// Name for people.
    pub name: String,
    /// Short name, unique in the company.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// Grows by one with each change of `config`.
    pub version: i32,
    /// The definition.
    pub config: Value,
    /// Whether it may hold calls.
    pub is_active: bool,
    /// Whether others may see it.
    pub is_published: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An agent to be stored.
#[derive(Clone, Debug)]
pub struct NewSkillbase<'a> {
    /// Its company.
    pub company_id: Uuid,
    /// Short name, unique in the company: small letters, digits, `-` and `_`.
    pub slug: &'a str,
    /// Name for people.
    pub name: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// The definition; it has been validated.
    pub config: &'a Value,
}

/// An agent that was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// As it is stored now.
    pub skillbase: Skillbase,
    /// What that changed.
    pub change: Change,
}

/// What applying an agent's definition changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was none: this is version 1.
    Created,
    /// The definition differs from the last: the version has grown.
    NewVersion,
    /// The definition is the same; name and description may have changed.
    SameVersion,
}

impl Store {
    /// Stores a definition under its company and slug. The version grows only if the definition changed; the order of its
    /// keys is no change. An agent that had been switched off is switched on again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the company does not exist, [`StoreError::Invalid`] when a value breaks a rule.
    pub async fn apply_skillbase(&self, new: &NewSkillbase<'_>) -> Result<Applied, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before: Option<i32> = sqlx::query_scalar(
            "select version from skillbases where company_id = $1 and slug = $2 for update",
        )
        .bind(new.company_id)
        .bind(new.slug)
        .fetch_optional(&mut *transaction)
        .await?;
        let row: Value = sqlx::query_scalar(
            "insert into skillbases as s (company_id, slug, name, description, config)
             values ($1, $2, $3, $4, $5)
             on conflict (company_id, slug) do update set
                 name = excluded.name,
                 description = excluded.description,
                 version = s.version + (s.config <> excluded.config)::int,
                 config = excluded.config,
                 is_active = true
             returning to_jsonb(s)",
        )
        .bind(new.company_id)
        .bind(new.slug)
        .bind(new.name)
        .bind(new.description)
        .bind(new.config)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let skillbase: Skillbase = serde_json::from_value(row)?;
        let change = match before {
            None => Change::Created,
            Some(version) if version == skillbase.version => Change::SameVersion,
            Some(_) => Change::NewVersion,
        };
        Ok(Applied { skillbase, change })
    }

    /// The active agent with this id, of an active company.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or when it or its company is switched off.
    pub async fn skillbase(&self, id: Uuid) -> Result<Skillbase, StoreError> {
        let row: Option<Value> = sqlx::query_scalar(
            "select to_jsonb(s) from skillbases s join companies c on c.id = s.company_id
             where s.id = $1 and s.is_active and c.is_active",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("active skillbase {id}")))?;
        Ok(serde_json::from_value(row)?)
    }

    /// The active agent with this slug, of an active company; of the given company, or else of whichever has one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Conflict`] when several companies have one and none was named.
    pub async fn skillbase_by_slug(
        &self,
        slug: &str,
        company: Option<&str>,
    ) -> Result<Skillbase, StoreError> {
        let mut rows: Vec<Value> = sqlx::query_scalar(
            "select to_jsonb(s) from skillbases s join companies c on c.id = s.company_id
             where s.slug = $1 and s.is_active and c.is_active and ($2::text is null or c.slug = $2)
             limit 2",
        )
        .bind(slug)
        .bind(company)
        .fetch_all(&self.pool)
        .await?;
        if rows.len() > 1 {
            return Err(StoreError::Conflict(format!(
                "several companies have a skillbase `{slug}`: name the company, or the skillbase by its id"
            )));
        }
        let row = rows
            .pop()
            .ok_or_else(|| StoreError::NotFound(format!("active skillbase `{slug}`")))?;
        Ok(serde_json::from_value(row)?)
    }

    /// Switches an agent on or off. One that is off takes no new calls.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_skillbase_active(&self, id: Uuid, is_active: bool) -> Result<(), StoreError> {
        let done = sqlx::query("update skillbases set is_active = $2 where id = $1")
            .bind(id)
            .bind(is_active)
            .execute(&self.pool)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound(format!("skillbase {id}")));
        }
        Ok(())
    }
}
