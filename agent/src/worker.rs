//! The service: it registers at a LiveKit server and holds the calls that it is given.

mod dispatch;
mod health;
mod presence;
mod serving;
mod shutdown;

use std::time::Duration;

use room::worker::{Worker, WorkerId, WorkerOptions};
use store::{Delivery, Store};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    call::{CallDesk, CallNews},
    commands::call_desk,
    definition::Definition,
    failure::Failure,
    settings::Settings,
};
pub use dispatch::JobRequest;
pub use serving::Serving;
pub use shutdown::Shutdown;

/// How long the last records of calls may take to reach the database.
const LAST_DELIVERY: Duration = Duration::from_secs(10);

/// Runs the worker until it is told to stop.
///
/// # Errors
/// When the settings do not suffice, LiveKit refuses the key, or the health page's address is taken.
pub async fn run(settings: Settings) -> Result<(), Failure> {
    let shutdown = Shutdown::on_signals().map_err(Failure::work)?;
    serve(settings, shutdown, None).await
}

/// Somebody who watches a worker.
pub struct Onlooker {
    /// Told what happens in the calls. One that lags loses news, never the calls' records.
    pub news: mpsc::Sender<CallNews>,
    /// Told, with the worker's id there, once LiveKit has taken the worker.
    pub ready: oneshot::Sender<WorkerId>,
}

/// Runs a worker until `shutdown` says stop.
///
/// # Errors
/// See [`run`].
pub async fn serve(
    settings: Settings,
    shutdown: Shutdown,
    onlooker: Option<Onlooker>,
) -> Result<(), Failure> {
    let (url, credentials) = settings.livekit().map_err(Failure::usage)?;
    let mut desk = call_desk(&settings).await?;
    let store = settings
        .database_url
        .as_ref()
        .map(|url| Store::connect(url.reveal()))
        .transpose();
    let store = store.map_err(Failure::usage)?;
    check_default(&settings, &desk, store.as_ref()).await?;
    recover(&desk).await;
    let delivery = begin_delivery(&mut desk, store.clone());
    let exposition = telemetry::metrics::install().map_err(Failure::work)?;
    let options = WorkerOptions {
        agent_name: settings.agent_name.clone(),
        ..WorkerOptions::new(url.clone(), credentials.clone())
    };
    let (handle, events) = Worker::connect(options).map_err(Failure::usage)?;
    let health = health::serve(settings.listen, exposition, handle.registered()).await?;
    let serving = Serving::new(url, credentials, desk, store, &settings, onlooker);
    let served = serving.run(handle, events, shutdown).await;
    drop(health);
    if let Some(delivering) = delivery
        && tokio::time::timeout(LAST_DELIVERY, delivering).await.is_err()
    {
        tracing::warn!("the database is away; records wait on disk for the next start");
    }
    served
}

/// The agent that answers when a job names nobody must be there before the first caller is.
async fn check_default(settings: &Settings, desk: &CallDesk, store: Option<&Store>) -> Result<(), Failure> {
    let definition = Definition::find(&settings.skillbase, store)
        .await
        .map_err(Failure::usage)?;
    desk.workshop
        .services(&definition.skillbase, 0, jiff::ZonedDateTime::now().date())
        .map_err(|error| {
            Failure::usage(format!(
                "the skillbase {} cannot serve: {error}",
                definition.origin.slug
            ))
        })?;
    Ok(())
}

/// Marks the calls of a worker that died here.
async fn recover(desk: &CallDesk) {
    let (root, prices) = (desk.recordings.clone(), desk.prices.clone());
    let recovered = tokio::task::spawn_blocking(move || telemetry::journal::recover(&root, &prices)).await;
    match recovered {
        Ok(Ok(found)) => {
            for call in found.lost {
                tracing::warn!(call, "a call was lost with its worker");
            }
            for error in found.failed {
                tracing::warn!(%error, "a lost call's files cannot be mended");
            }
        }
        Ok(Err(error)) => tracing::warn!(%error, "lost calls cannot be looked for"),
        Err(error) => tracing::error!(%error, "lost calls cannot be looked for"),
    }
}

/// Takes finished calls into the database, where there is one.
fn begin_delivery(desk: &mut CallDesk, store: Option<Store>) -> Option<AbortOnDropHandle<()>> {
    let store = store?;
    // One place: full means that a round is due anyway.
    let (ended, told) = mpsc::channel(1);
    desk.ended = Some(ended);
    let delivery = Delivery::new(store, desk.recordings.clone());
    Some(AbortOnDropHandle::new(tokio::spawn(delivery.run(told))))
}

/// A seed for one call: which variants of phrases are said, where streams begin.
pub(crate) fn seed(id: uuid::Uuid) -> u64 {
    id.as_u64_pair().1
}
