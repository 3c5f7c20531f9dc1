//! The connection: made, refused, lost, cut, made again.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use room::local::LocalServer;
use room::token::Credentials;
use room::worker::{JobOutcome, Worker, WorkerError, WorkerEvent, WorkerOptions};
use tokio::time::timeout;

use crate::support::{Cable, Hired, PATIENCE, dispatch, options};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("poisoned").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_registered_worker_says_so_with_its_id() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let mut server = LocalServer::start().await.unwrap();
    let mut worker = Hired::unregistered(options(&server, "clinic"));
    let first = worker.registered().await;
    assert_eq!(
        worker
            .handle
            .registered()
            .borrow()
            .as_ref()
            .map(ToString::to_string),
        Some(first.clone())
    );
    server.restart().await.unwrap();
    let second = worker.registered().await;
    assert_ne!(first, second);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let registered: Vec<_> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "worker registered")
        .collect();
    let ids: Vec<_> = registered
        .iter()
        .map(|line| line["fields"]["worker_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [first, second]);
    assert!(registered.iter().all(|line| line["level"] == "INFO"));
}

#[tokio::test]
async fn a_wrong_key_is_one_clear_sentence() {
    let server = LocalServer::start().await.unwrap();
    for (key, secret, reason) in [
        ("otherkey", server.api_secret(), "does not know this key"),
        (
            server.api_key(),
            "another secret, also at least 32 long",
            "does not belong to the key",
        ),
    ] {
        let options = WorkerOptions::new(server.url(), Credentials::new(key, secret));
        let mut worker = Hired::unregistered(options);
        let event = worker.next().await;
        let Some(WorkerEvent::Failed(error @ WorkerError::KeyRefused { .. })) = event else {
            panic!("{event:?}")
        };
        let sentence = error.to_string();
        assert!(
            sentence.starts_with(&format!("LiveKit refused the API key {key}: ")),
            "{sentence}"
        );
        assert!(
            sentence.contains(reason) && sentence.contains("LIVEKIT_API_SECRET"),
            "{sentence}"
        );
        assert!(!sentence.contains(secret), "{sentence}");
        assert!(worker.next().await.is_none());
        timeout(PATIENCE, worker.handle.ended()).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_said_at_once() {
    for url in [
        "",
        "localhost:7880",
        "ftp://host",
        "ws://",
        "wss://host/path?query",
    ] {
        let error = Worker::connect(WorkerOptions::new(url, Credentials::new("key", "secret"))).unwrap_err();
        assert!(error.to_string().contains("LIVEKIT_URL"), "{error}");
    }
    let error = Worker::connect(WorkerOptions::new("ws://host", Credentials::new("", ""))).unwrap_err();
    assert!(error.to_string().contains("LIVEKIT_API_KEY"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let mut server = LocalServer::start().await.unwrap();
    server.kill().await;
    let mut worker = Hired::unregistered(options(&server, "clinic"));
    let event = worker.next().await;
    assert!(
        matches!(&event, Some(WorkerEvent::Lost { reason }) if reason.contains("could not connect")),
        "{event:?}"
    );
    assert!(worker.handle.registered().borrow().is_none());
    server.restart().await.unwrap();
    worker.registered().await;
}

#[tokio::test]
async fn a_worker_whose_connection_is_cut_registers_again_and_keeps_its_jobs() {
    let server = LocalServer::start().await.unwrap();
    let mut cable = Cable::to(&server).await;
    let over_cable = WorkerOptions {
        url: cable.url.clone(),
        ..options(&server, "clinic")
    };
    let mut worker = Hired::unregistered(over_cable);
    let first = cable.carry(worker.registered()).await;
    let asking = async { tokio::join!(worker.work(), dispatch(&server, "lobby", "clinic", "")) };
    let (assignment, ()) = cable.carry(asking).await;

    cable.cut().await;
    let event = cable.carry(worker.next()).await;
    assert!(matches!(event, Some(WorkerEvent::Lost { .. })), "{event:?}");
    let second = cable.carry(worker.registered()).await;
    assert_ne!(first, second);

    // Nobody ended the job meanwhile, and new ones come as before.
    let asking = async { tokio::join!(worker.work(), dispatch(&server, "salon", "clinic", "")) };
    let (other, ()) = cable.carry(asking).await;
    assert_ne!(other.job.id, assignment.job.id);
    let finishing = async {
        let drained = worker.handle.drain();
        tokio::pin!(drained);
        worker
            .handle
            .job_finished(other.job.id, JobOutcome::Success)
            .await;
        assert!(
            timeout(Duration::from_millis(300), &mut drained).await.is_err(),
            "the first job was forgotten"
        );
        worker
            .handle
            .job_finished(
                assignment.job.id,
                JobOutcome::Failed("the caller's line broke".into()),
            )
            .await;
        timeout(PATIENCE, drained).await.expect("it does not end");
    };
    cable.carry(finishing).await;
}
