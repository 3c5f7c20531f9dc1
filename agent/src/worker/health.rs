//! Health and metrics over HTTP.

use std::{future::IntoFuture, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use room::worker::WorkerId;
use telemetry::metrics::Exposition;
use tokio::{net::TcpListener, sync::watch, time::interval};
use tokio_util::task::AbortOnDropHandle;

use crate::failure::Failure;

/// What was counted is folded into histograms this often, whether anybody scrapes or not: else it piles up.
const FOLD_EVERY: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Health {
    exposition: Arc<Exposition>,
    registered: watch::Receiver<Option<WorkerId>>,
}

/// Serves `/healthz` (the process lives), `/readyz` (LiveKit has taken the worker) and `/metrics`.
pub(super) async fn serve(
    listen: SocketAddr,
    exposition: Exposition,
    registered: watch::Receiver<Option<WorkerId>>,
) -> Result<AbortOnDropHandle<()>, Failure> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::usage(format!(
            "NEWVOICE_LISTEN: {listen} cannot be used ({error}); choose another address"
        ))
    })?;
    let exposition = Arc::new(exposition);
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Health {
            exposition: Arc::clone(&exposition),
            registered,
        });
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        let mut folds = interval(FOLD_EVERY);
        let serving = axum::serve(listener, routes).into_future();
        tokio::pin!(serving);
        loop {
            tokio::select! {
                served = &mut serving => {
                    if let Err(error) = served {
                        tracing::error!(%error, "health is not served any more");
                    }
                    return;
                }
                _ = folds.tick() => exposition.fold(),
            }
        }
    })))
}

async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    match &*health.registered.borrow() {
        Some(id) => (StatusCode::OK, format!("registered as {id}\n")),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not registered at LiveKit\n".to_owned(),
        ),
    }
}

async fn metrics(State(health): State<Health>) -> String {
    health.exposition.render()
}
