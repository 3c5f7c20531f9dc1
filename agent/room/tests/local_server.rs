//! A LiveKit server of one's own: it answers, it comes back on the same ports, and it never outlives who started it.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use room::local::{LocalOptions, LocalServer, LocalServerError, Ports};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

async fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

async fn stops_listening(port: u16) {
    let gone = async {
        while listens(port).await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), gone)
        .await
        .expect("the server is still there");
}

#[tokio::test]
async fn it_answers_and_comes_back_on_the_same_ports_after_a_crash() {
    let mut server = LocalServer::start().await.unwrap();
    let ports = server.ports();
    assert!(listens(ports.http).await);
    server.kill().await;
    assert!(!listens(ports.http).await);
    server.restart().await.unwrap();
    assert_eq!(server.ports(), ports);
    assert!(listens(ports.http).await);
    drop(server);
    stops_listening(ports.http).await;
}

#[tokio::test]
async fn asked_to_go_while_it_is_empty_it_goes() {
    let mut server = LocalServer::start().await.unwrap();
    server.terminate();
    timeout(Duration::from_secs(20), server.exited())
        .await
        .expect("it does not go");
    assert!(!listens(server.ports().http).await);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = LocalOptions {
        ports: Some(Ports {
            http: port,
            ..Ports::free().unwrap()
        }),
        ..Default::default()
    };
    let error = LocalServer::start_with(options).await.unwrap_err();
    assert!(
        matches!(error, LocalServerError::PortTaken { port: named } if named == port),
        "{error}"
    );
}

#[tokio::test]
async fn an_absent_program_is_said_with_what_to_do() {
    let options = LocalOptions {
        program: Some(PathBuf::from("no/such/livekit-server")),
        ..Default::default()
    };
    let error = LocalServer::start_with(options).await.unwrap_err().to_string();
    assert!(
        error.contains("no/such/livekit-server") && error.contains("make setup"),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_that_stops_at_once_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("livekit-server");
    std::fs::write(&program, "#!/bin/sh\necho no such setting: spoon\nexit 3\n").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let error = LocalServer::start_with(LocalOptions {
        program: Some(program),
        ..Default::default()
    })
    .await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no such setting: spoon"), "{error}");
}

/// Set for the second process of the test below.
const OWNER: &str = "NEWVOICE_TEST_OWNS_A_SERVER";

/// Runs this very test again as another process, which starts a server; then kills that process without any warning.
#[tokio::test]
async fn it_does_not_outlive_a_killed_owner() {
    if std::env::var_os(OWNER).is_some() {
        let server = LocalServer::start().await.unwrap();
        writeln!(std::io::stdout(), "\nlistening on {}", server.ports().http).unwrap();
        return std::future::pending().await;
    }
    let mut owner = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "it_does_not_outlive_a_killed_owner"])
        .env(OWNER, "yes")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let port = timeout(Duration::from_secs(60), async {
        loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("the owner started no server");
            if let Some(port) = line.strip_prefix("listening on ") {
                return port.parse().unwrap();
            }
        }
    });
    let port = port.await.expect("the owner says nothing");
    assert!(listens(port).await);
    owner.kill().await.unwrap();
    stops_listening(port).await;
}
