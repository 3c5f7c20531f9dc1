//! Looks at settings, models and services one by one.

use std::time::Duration;

use providers::{State, examine};
use room::service::FrontDesk;
use serde_json::json;

use crate::{
    cli::Doctor,
    commands::{call_desk, definitions, print},
    definition::Definition,
    failure::Failure,
    settings::Settings,
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found of one thing: its state in words, and whether it is as it should be.
type Finding = (String, Result<String, String>);

/// Prints what is there and what is not.
///
/// # Errors
/// Status 1 when something that is needed is wrong.
pub async fn run(settings: &Settings, options: &Doctor) -> Result<(), Failure> {
    let mut findings = offline(settings).await?;
    findings.push(agent(settings).await);
    findings.push(livekit(settings).await);
    findings.push(database(settings).await);
    findings.push(recordings(settings));
    if options.json {
        let list: Vec<_> = findings
            .iter()
            .map(|(what, state)| match state {
                Ok(detail) => json!({"what": what, "ok": true, "detail": detail}),
                Err(problem) => json!({"what": what, "ok": false, "problem": problem}),
            })
            .collect();
        print(format!("{}\n", json!({"findings": list, "settings": settings})))?;
    } else {
        print("Settings\n")?;
        for line in settings.effective().lines() {
            print(format!("  {line}\n"))?;
        }
        print("Findings\n")?;
        for (what, state) in &findings {
            print(match state {
                Ok(detail) => format!("  ok     {what}: {detail}\n"),
                Err(problem) => format!("  WRONG  {what}: {problem}\n"),
            })?;
        }
    }
    match findings.iter().filter(|(_, state)| state.is_err()).count() {
        0 => Ok(()),
        wrong => Err(Failure::work(format!(
            "{wrong} of {} things are not as they should be",
            findings.len()
        ))),
    }
}

async fn offline(settings: &Settings) -> Result<Vec<Finding>, Failure> {
    let models = settings.models.clone();
    let examined = tokio::task::spawn_blocking(move || examine(&models))
        .await
        .map_err(Failure::work)?;
    Ok(examined
        .into_iter()
        .map(|finding| {
            let state = match finding.state {
                State::Present(detail) => Ok(detail),
                State::Wrong(error) => Err(error.to_string()),
            };
            (finding.what.to_owned(), state)
        })
        .collect())
}

/// Whether the agent that answers when nobody is named can be had with all its services.
async fn agent(settings: &Settings) -> Finding {
    let what = "agent".to_owned();
    let store = settings
        .database_url
        .as_ref()
        .and_then(|_| definitions::store(settings).ok());
    let definition = match Definition::find(&settings.skillbase, store.as_ref()).await {
        Ok(definition) => definition,
        Err(error) => return (what, Err(error.to_string())),
    };
    let desk = match call_desk(settings).await {
        Ok(desk) => desk,
        Err(failure) => return (what, Err(failure.message)),
    };
    let services = desk
        .workshop
        .services(&definition.skillbase, 0, jiff::ZonedDateTime::now().date());
    let state = services
        .map(|services| format!("{}, model {}", definition.origin.slug, services.model_name))
        .map_err(|error| error.to_string());
    (what, state)
}

async fn livekit(settings: &Settings) -> Finding {
    let what = "LiveKit".to_owned();
    let (url, credentials) = match settings.livekit() {
        Ok(found) => found,
        Err(error) => return (what, Err(error.to_string())),
    };
    let desk = FrontDesk::new(url.clone(), &credentials);
    let state = match tokio::time::timeout(PATIENCE, desk.rooms()).await {
        Ok(Ok(rooms)) => Ok(format!("{url}, {} rooms", rooms.len())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("{url} did not answer within {} s", PATIENCE.as_secs())),
    };
    (what, state)
}

async fn database(settings: &Settings) -> Finding {
    let what = "database".to_owned();
    if settings.database_url.is_none() {
        return (what, Ok("none: records stay on disk".to_owned()));
    }
    let state = match definitions::store(settings) {
        Ok(store) => store
            .ping()
            .await
            .map(|()| "answers".to_owned())
            .map_err(|error| error.to_string()),
        Err(failure) => Err(failure.message),
    };
    (what, state)
}

fn recordings(settings: &Settings) -> Finding {
    let path = &settings.recordings_path;
    let tried = std::fs::create_dir_all(path).and_then(|()| {
        let probe = path.join(".newvoice-doctor");
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)
    });
    let state = tried
        .map(|()| path.display().to_string())
        .map_err(|error| format!("{} cannot be written: {error}", path.display()));
    ("recordings".to_owned(), state)
}
