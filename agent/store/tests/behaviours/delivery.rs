//! Calls reach the database whenever it is there, once each.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool};
use store::{Backoff, Delivery, Round, Saved, Store, StoreError, files, local::Cluster};
use tokio::sync::mpsc;
use uuid::Uuid;

/// A recordings' root with calls in it, as workers leave them.
struct Recordings {
    folder: tempfile::TempDir,
}

impl Recordings {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join(".outbox")).expect("an outbox");
        Self { folder }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn entry(&self, id: Uuid) -> PathBuf {
        self.root().join(".outbox").join(id.to_string())
    }

    /// Adds a call like the golden one, changed by `change`.
    fn add(&self, change: impl FnOnce(&mut Value)) -> Uuid {
        let id = Uuid::now_v7();
        let (_, golden) = crate::common::golden();
        let dir = self.root().join(id.to_string());
        fs::create_dir(&dir).expect("a directory");
        fs::copy(golden.join("turns.jsonl"), dir.join("turns.jsonl")).expect("turns");
        let mut call: Value =
            serde_json::from_slice(&fs::read(golden.join("call.json")).expect("a call")).expect("JSON");
        call["id"] = id.to_string().into();
        change(&mut call);
        fs::write(dir.join("call.json"), call.to_string()).expect("call.json");
        fs::write(self.entry(id), "").expect("an entry");
        id
    }

    fn add_ended(&self) -> Uuid {
        self.add(|_| {})
    }
}

#[tokio::test]
async fn a_call_that_has_ended_is_saved_and_leaves_the_outbox() {
    let store = crate::common::migrated("ended").await;
    let recordings = Recordings::new();
    let id = recordings.add_ended();
    let delivery = Delivery::new(store.clone(), recordings.root());
    assert_eq!(
        delivery.round().await.expect("a round"),
        Round {
            saved: vec![id],
            ..Round::default()
        }
    );
    assert!(!recordings.entry(id).exists());
    assert_eq!(store.call_logs(id).await.expect("logs").len(), 3);
    assert_eq!(delivery.round().await.expect("a round"), Round::default());
}

#[tokio::test]
async fn a_call_that_runs_waits_and_a_lost_one_is_saved_as_lost() {
    let store = crate::common::migrated("runs").await;
    let recordings = Recordings::new();
    let running = recordings.add(|call| call["outcome"] = "running".into());
    let lost = recordings.add(|call| {
        call["outcome"] = "lost".into();
        call["status"] = "failed".into();
    });
    let round = Delivery::new(store.clone(), recordings.root())
        .round()
        .await
        .expect("a round");
    assert_eq!(
        round,
        Round {
            saved: vec![lost],
            running: 1,
            ..Round::default()
        }
    );
    assert!(recordings.entry(running).exists());
    assert_eq!(
        store.call(lost).await.expect("the call").outcome.as_deref(),
        Some("lost")
    );
}

#[tokio::test]
async fn a_crash_between_the_commit_and_the_outbox_repeats_harmlessly() {
    let store = crate::common::migrated("crash").await;
    let recordings = Recordings::new();
    let id = recordings.add_ended();
    let call = files::read(&recordings.root().join(id.to_string())).expect("the files");
    assert_eq!(store.save_call(&call).await.expect("saved"), Saved::Now);
    let round = Delivery::new(store.clone(), recordings.root())
        .round()
        .await
        .expect("a round");
    assert_eq!(
        round,
        Round {
            saved_before: vec![id],
            ..Round::default()
        }
    );
    assert!(!recordings.entry(id).exists());
    assert_eq!(store.calls(None, 10).await.expect("calls").len(), 1);
}

#[tokio::test]
async fn what_the_database_will_never_take_is_set_aside_and_harms_no_other() {
    let store = crate::common::migrated("aside").await;
    let recordings = Recordings::new();
    let wrong = recordings.add(|call| call["direction"] = "sideways".into());
    let damaged = recordings.add_ended();
    fs::write(recordings.root().join(damaged.to_string()).join("call.json"), "{").expect("damage");
    let good = recordings.add_ended();
    let delivery = Delivery::new(store.clone(), recordings.root());
    let round = delivery.round().await.expect("a round");
    assert_eq!((round.saved, round.rejected), (vec![good], vec![wrong, damaged]));
    assert!(recordings.entry(wrong).with_extension("rejected").exists());
    assert_eq!(
        delivery.round().await.expect("a round"),
        Round::default(),
        "they are not tried again"
    );
}

#[tokio::test]
async fn words_that_postgresql_cannot_hold_do_not_keep_a_call_out() {
    let store = crate::common::migrated("words").await;
    let recordings = Recordings::new();
    let id = recordings.add(|call| call["collected_data"]["name"] = "An\0n".into());
    let turns = recordings.root().join(id.to_string()).join("turns.jsonl");
    let text = fs::read_to_string(&turns)
        .expect("turns")
        .replace("When are you open?", "When\\u0000?");
    fs::write(&turns, text + "{\"turn\": 4, \"user_text\": \"half a li").expect("turns");
    let round = Delivery::new(store.clone(), recordings.root())
        .round()
        .await
        .expect("a round");
    assert_eq!(round.saved, [id]);
    assert_eq!(
        store.messages(id).await.expect("messages")[1].content,
        "When\u{FFFD}?"
    );
    assert_eq!(
        store.call_logs(id).await.expect("logs").len(),
        3,
        "half a line is no turn"
    );
}

#[tokio::test]
async fn a_saving_that_is_killed_in_the_middle_leaves_nothing_and_then_succeeds() {
    let address = crate::common::address("killed");
    let store = Store::connect(&address).expect("an address");
    store.migrate().await.expect("migrated");
    let recordings = Recordings::new();
    let id = recordings.add_ended();

    // Whoever saves now has the call's row written and waits for the turns' table: in the middle.
    let mut blocker = PgConnection::connect(&address).await.expect("a connection");
    let mut held = blocker.begin().await.expect("a transaction");
    sqlx::query("lock table call_logs in access exclusive mode")
        .execute(&mut *held)
        .await
        .expect("the lock");
    let saving = {
        let delivery = Delivery::new(store.clone(), recordings.root());
        tokio::spawn(async move { delivery.round().await })
    };
    let watcher = PgPool::connect(&address).await.expect("a connection");
    let victim: i32 = loop {
        let waiting = "select pid from pg_stat_activity
                       where wait_event_type = 'Lock' and datname = current_database()";
        if let Some(pid) = sqlx::query_scalar(waiting)
            .fetch_optional(&watcher)
            .await
            .expect("activity")
        {
            break pid;
        }
        tokio::task::yield_now().await;
    };
    sqlx::query("select pg_terminate_backend($1)")
        .bind(victim)
        .execute(&watcher)
        .await
        .expect("killed");
    let outcome = saving.await.expect("no panic");
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    held.rollback().await.expect("released");

    assert!(
        matches!(store.call(id).await, Err(StoreError::NotFound(_))),
        "half a call is in the database"
    );
    assert!(recordings.entry(id).exists());
    let round = Delivery::new(store.clone(), recordings.root())
        .round()
        .await
        .expect("a round");
    assert_eq!(round.saved, [id]);
    assert_eq!(store.call_logs(id).await.expect("logs").len(), 3);
}

#[tokio::test]
async fn calls_that_end_while_the_database_is_away_arrive_when_it_is_back() {
    let mut cluster = Cluster::start().expect("PostgreSQL; run `make setup`");
    let store = Store::connect(&cluster.database("away").expect("a database")).expect("an address");
    store.migrate().await.expect("migrated");
    let recordings = Recordings::new();
    let (ended, calls) = mpsc::channel(1);
    let delivery = Delivery::new(store.clone(), recordings.root()).with_backoff(Backoff {
        first: Duration::from_millis(50),
        longest: Duration::from_millis(200),
    });
    let running = tokio::spawn(delivery.run(calls));

    cluster.stop().expect("stopped");
    let ids = [
        recordings.add_ended(),
        recordings.add_ended(),
        recordings.add_ended(),
    ];
    ended.send(()).await.expect("it listens");
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(ids.iter().all(|id| recordings.entry(*id).exists()));

    cluster.restart().expect("started again");
    let arrived = async {
        while ids.iter().any(|id| recordings.entry(*id).exists()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrived)
        .await
        .expect("they arrive");
    assert_eq!(store.calls(None, 10).await.expect("calls").len(), 3);
    for id in ids {
        assert_eq!(store.call_logs(id).await.expect("logs").len(), 3);
    }
    drop(ended);
    tokio::time::timeout(Duration::from_secs(30), running)
        .await
        .expect("it ends")
        .expect("no panic");
}

#[tokio::test]
async fn the_last_calls_are_saved_before_the_worker_goes() {
    let store = crate::common::migrated("last").await;
    let recordings = Recordings::new();
    let (ended, calls) = mpsc::channel(1);
    let id = recordings.add_ended();
    drop(ended);
    Delivery::new(store.clone(), recordings.root()).run(calls).await;
    assert_eq!(store.call(id).await.expect("the call").id, id);
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_a_database_goes_after_three_last_tries() {
    let nowhere = Store::connect("postgres://nobody@localhost/none?host=/nonexistent").expect("an address");
    let recordings = Recordings::new();
    let id = recordings.add_ended();
    let (ended, calls) = mpsc::channel(1);
    drop(ended);
    Delivery::new(nowhere, recordings.root()).run(calls).await;
    assert!(recordings.entry(id).exists(), "it waits for the next start");
}

#[test]
fn waits_double_up_to_a_limit() {
    let backoff = Backoff::default();
    let waits: Vec<u64> = [1, 2, 3, 6, 7, 40, u32::MAX]
        .map(|failures| backoff.after(failures).as_secs())
        .into();
    assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60]);
}
