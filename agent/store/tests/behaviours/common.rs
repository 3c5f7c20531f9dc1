//! A real PostgreSQL for each test program, an empty database for each test.

use std::{path::PathBuf, sync::LazyLock};

use serde_json::json;
use store::{CallRow, FinishedCall, LogRow, MessageRow, MetricsRow, Store, local::Cluster};
use uuid::Uuid;

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| match Cluster::start() {
    Ok(cluster) => cluster,
    Err(error) => panic!("these tests need PostgreSQL: {error}"),
});

/// A migrated database of this test's own.
pub(crate) async fn migrated(test: &str) -> Store {
    let store = empty(test);
    store.migrate().await.expect("the migrations apply");
    store
}

/// A database of this test's own with nothing in it.
pub(crate) fn empty(test: &str) -> Store {
    Store::connect(&address(test)).expect("an address")
}

/// The address of an empty database.
pub(crate) fn address(test: &str) -> String {
    CLUSTER.database(test).expect("a database")
}

/// The recorded call that telemetry's tests keep true: its id and the directory that holds it.
pub(crate) fn golden() -> (Uuid, PathBuf) {
    let id: Uuid = "0198a000-0000-7000-8000-000000000001".parse().expect("an id");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../telemetry/tests/golden");
    (id, root.join(id.to_string()))
}

/// A small call with one turn.
pub(crate) fn call(id: Uuid) -> FinishedCall {
    let (_, dir) = golden();
    let mut call = store::files::read(&dir).expect("the golden call");
    call.call = CallRow {
        id,
        skillbase_id: None,
        ..call.call
    };
    call.metrics = MetricsRow {
        call_id: id,
        ..call.metrics
    };
    call.turns = vec![LogRow {
        turn_index: 1,
        ..call.turns.swap_remove(0)
    }];
    call.messages = vec![MessageRow {
        position: 0,
        metadata: json!({}),
        ..call.messages.swap_remove(0)
    }];
    call
}
