//! Health and metrics over HTTP.

use std::net::SocketAddr;

use axum::{Router, extract::State, http::StatusCode, routing::get};
use room::worker::WorkerId;
use telemetry::metrics::Exposition;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::task::AbortOnDropHandle;

use crate::failure::Failure;

#[derive(Clone)]
struct Health {
    exposition: std::sync::Arc<Exposition>,
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
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Health {
            exposition: exposition.into(),
            registered,
        });
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "health is not served any more");
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
