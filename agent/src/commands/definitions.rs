//! Agent definitions on the command line: check, store, show the prompt.

use std::path::Path;

use serde_json::json;
use skillbase::{Occasion, Prompt, Report, check};
use store::{Change, NewSkillbase, Store};

use super::{call_desk, print, read};
use crate::{cli::Skillbase, failure::Failure, settings::Settings};

pub(super) async fn run(settings: &Settings, command: Skillbase) -> Result<(), Failure> {
    match command {
        Skillbase::Check { file, json } => check_file(settings, &file, json).await,
        Skillbase::Apply { file, company, slug } => apply(settings, &file, &company, slug).await,
        Skillbase::Prompt { file } => prompt(settings, &file),
    }
}

/// The database that the settings name.
pub(crate) fn store(settings: &Settings) -> Result<Store, Failure> {
    let url = settings.database_url.as_ref().ok_or_else(|| {
        Failure::usage("DATABASE_URL is not set: give the address of a PostgreSQL database, postgres://…")
    })?;
    Store::connect(url.reveal()).map_err(Failure::usage)
}

/// Checks the document, and whether its providers can be had here.
async fn check_file(settings: &Settings, file: &Path, as_json: bool) -> Result<(), Failure> {
    let Report {
        errors,
        warnings,
        skillbase,
    } = check(&read(file)?);
    let mut problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
    if let Some(skillbase) = &skillbase {
        let desk = call_desk(settings).await?;
        if let Err(error) = desk
            .workshop
            .services(skillbase, 0, jiff::ZonedDateTime::now().date())
        {
            problems.push(error.to_string());
        }
    }
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    if as_json {
        print(format!("{}\n", json!({"errors": problems, "warnings": warnings})))?;
    } else {
        for warning in &warnings {
            print(format!("warning: {warning}\n"))?;
        }
    }
    match problems.as_slice() {
        [] if as_json => Ok(()),
        [] => print(format!("{} is right\n", file.display())),
        [only] => Err(Failure::usage(format!("{}: {only}", file.display()))),
        many => Err(Failure::usage(format!(
            "{}: {} errors\n  {}",
            file.display(),
            many.len(),
            many.join("\n  ")
        ))),
    }
}

async fn apply(settings: &Settings, file: &Path, company: &str, slug: Option<String>) -> Result<(), Failure> {
    let skillbase = check(&read(file)?)
        .accepted()
        .map_err(|problems| Failure::usage(format!("{}: {problems}", file.display())))?;
    let store = store(settings)?;
    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    let slug = slug.unwrap_or_else(|| stem.split('.').next().unwrap_or_default().to_lowercase());
    let owner = match store.company(company).await {
        Err(store::StoreError::NotFound(_)) => store.upsert_company(company, company).await,
        found => found,
    }
    .map_err(Failure::work)?;
    let config = serde_json::to_value(&skillbase).map_err(Failure::work)?;
    let new = NewSkillbase {
        company_id: owner.id,
        slug: &slug,
        name: &slug,
        description: None,
        config: &config,
    };
    let applied = store.apply_skillbase(&new).await.map_err(Failure::work)?;
    let what = match applied.change {
        Change::Created => "created",
        Change::NewVersion => "changed",
        Change::SameVersion => "unchanged",
    };
    let row = applied.skillbase;
    print(format!(
        "{slug} of {company}: {what}, version {}, id {}\n",
        row.version, row.id
    ))
}

fn prompt(settings: &Settings, file: &Path) -> Result<(), Failure> {
    let skillbase = check(&read(file)?)
        .accepted()
        .map_err(|problems| Failure::usage(format!("{}: {problems}", file.display())))?;
    let base = settings.base_prompt().map_err(Failure::usage)?;
    let prompt = Prompt::new(
        &skillbase,
        &Occasion {
            base: base.as_deref(),
            ..Occasion::default()
        },
    );
    print(format!("{}\n", prompt.text))
}
