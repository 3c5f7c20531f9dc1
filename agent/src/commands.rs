//! One function for each command.

pub(crate) mod definitions;

use std::{path::Path, sync::Arc};

use providers::{OfflineOptions, OfflineSpeech, http_tool::Reach};
use telemetry::Direction;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    call::{CallDesk, CallPlan, FinishedCall},
    cli::{Cli, Command, Talk},
    definition::Definition,
    demo, doctor,
    failure::Failure,
    replay,
    screen::Screen,
    services::Workshop,
    settings::Settings,
    simulate, talk, worker,
};

/// News that may wait for the terminal; what does not fit is not shown, but it is recorded.
pub(crate) const NEWS: usize = 1_024;

/// Runs a command.
///
/// # Errors
/// With the sentence for standard error and the exit status.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let settings = Settings::read().map_err(Failure::usage)?;
    match cli.command {
        Command::Worker => worker::run(settings).await,
        Command::Demo(options) => demo::run(settings, &options).await,
        Command::Talk(options) => hold_talk(&settings, &options).await,
        Command::Simulate(options) => simulate::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Doctor(options) => doctor::run(&settings, &options).await,
        Command::Migrate => migrate(&settings).await,
        Command::Skillbase(command) => definitions::run(&settings, command).await,
    }
}

/// Loads the offline models and gathers what all calls share. Takes about a second.
///
/// # Errors
/// When a model file is altered, or the base prompt cannot be read.
pub async fn call_desk(settings: &Settings) -> Result<CallDesk, Failure> {
    let models = settings.models.clone();
    let loading = move || OfflineSpeech::load(&models, &OfflineOptions::default());
    let offline = tokio::task::spawn_blocking(loading)
        .await
        .map_err(Failure::work)?
        .map_err(Failure::work)?;
    Ok(CallDesk {
        workshop: Workshop {
            offline,
            models: settings.model_servers(),
            tools_reach: if settings.allow_private_tools {
                Reach::Private
            } else {
                Reach::Public
            },
        },
        base_prompt: settings.base_prompt().map_err(Failure::usage)?.map(Arc::from),
        recordings: settings.recordings_path.clone(),
        prices: settings.prices.clone(),
        ended: None,
    })
}

async fn hold_talk(settings: &Settings, options: &Talk) -> Result<(), Failure> {
    let definition = match &options.skillbase {
        Some(file) => Definition::from_file(file),
        None => Definition::built_in(),
    }
    .map_err(Failure::usage)?;
    let caller = talk::Recording::read(&options.caller).map_err(Failure::work)?;
    let mut desk = call_desk(settings).await?;
    desk.recordings.clone_from(&options.out);
    let (news, mut watching) = mpsc::channel(NEWS);
    let json = options.json;
    let shown = tokio::spawn(async move {
        let mut screen = Screen::new(std::io::stdout());
        while let Some(news) = watching.recv().await {
            if !json && screen.show(&news).is_err() {
                return;
            }
        }
    });
    let held = talk::talk(&desk, plan(None), &definition, caller, Some(news)).await;
    // The screen ends with the call's news.
    let _shown = shown.await;
    let finished = held.map_err(Failure::work)?;
    report(&finished, options.json)
}

/// A call of which nothing but its room is known.
pub(crate) fn plan(room: Option<String>) -> CallPlan {
    let id = Uuid::now_v7();
    CallPlan {
        id,
        room,
        direction: Direction::Inbound,
        contact: Default::default(),
        worker: None,
        seed: worker::seed(id),
    }
}

fn report(finished: &FinishedCall, json: bool) -> Result<(), Failure> {
    if json {
        let record = serde_json::json!({"call": finished.record, "turns": finished.turns});
        return print(format!("{record}\n"));
    }
    print(format!("recording and records: {}\n", finished.folder.display()))
}

async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let store = definitions::store(settings)?;
    let applied = store.migrate().await.map_err(Failure::work)?;
    print(match applied {
        0 => "the database is up to date\n".to_owned(),
        applied => format!("{applied} migrations applied\n"),
    })
}

/// Writes to standard output.
pub(crate) fn print(text: impl AsRef<str>) -> Result<(), Failure> {
    use std::io::Write;
    std::io::stdout()
        .write_all(text.as_ref().as_bytes())
        .map_err(|error| Failure::work(format!("standard output cannot be written: {error}")))
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}
