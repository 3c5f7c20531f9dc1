//! Why a room cannot be joined, in one clear sentence each.

use std::process::Command;

use pipeline::ports::JoinedRoom;
use room::{
    livekit::{JoinError, JoinOptions},
    local::{LocalOptions, LocalServer, Rooms},
    token::{Credentials, Pass, PassKind},
};
use tokio::{net::TcpListener, time::timeout};

use crate::stage::{PATIENCE, foreign::python, pass, server};

async fn refusal(url: &str, token: &str) -> JoinError {
    let joined: Result<JoinedRoom, JoinError> =
        timeout(PATIENCE, room::livekit::join(JoinOptions::new(url, token, 1)))
            .await
            .expect("joining ends");
    let error = joined.err().expect("joining fails");
    assert!(
        !error.to_string().contains(token),
        "the token is nobody's business"
    );
    error
}

#[tokio::test]
async fn a_wrong_key_or_secret() {
    let server = server().await;
    for (key, secret) in [
        ("stranger", server.api_secret()),
        (server.api_key(), "another secret of enough characters"),
    ] {
        let token = Credentials::new(key, secret)
            .join_token(Pass::new("call", "agent"))
            .unwrap();
        let error = refusal(&server.url(), &token).await;
        assert!(matches!(error, JoinError::TokenRefused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_none() {
    let server = server().await;
    for token in ["not a token", "line\nbreak"] {
        let error = refusal(&server.url(), token).await;
        assert!(matches!(error, JoinError::TokenRefused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_expired_token() {
    let server = server().await;
    let make = "import sys, time, jwt; \
        print(jwt.encode({'iss': sys.argv[1], 'sub': 'agent', 'exp': int(time.time()) - 3600, \
        'video': {'roomJoin': True, 'room': 'call'}}, sys.argv[2]))";
    let made = Command::new(python())
        .args(["-c", make, server.api_key(), server.api_secret()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let token = String::from_utf8(made.stdout).unwrap();
    assert_eq!(
        refusal(&server.url(), token.trim()).await,
        JoinError::TokenExpired
    );
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let error = refusal("ws://127.0.0.1:1", "a.b.c").await;
    assert!(matches!(error, JoinError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_something_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mute = tokio::spawn(async move {
        loop {
            let _hung_up = listener.accept().await.unwrap();
        }
    });
    let error = refusal(&url, "a.b.c").await;
    assert!(
        matches!(
            error,
            JoinError::Unreachable { .. } | JoinError::ServerFailed { .. }
        ),
        "{error:?}"
    );
    mute.abort();
}

#[tokio::test]
async fn a_server_without_encryption_where_encryption_is_asked_for() {
    let server = server().await;
    let url = server.url().replace("ws://", "wss://");
    let error = refusal(&url, "a.b.c").await;
    assert!(matches!(error, JoinError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_address_that_is_none() {
    for url in ["", "server", "ftp://server", "ws://"] {
        let error = refusal(url, "a.b.c").await;
        assert!(matches!(error, JoinError::BadUrl { .. }), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_room_that_does_not_exist() {
    let options = LocalOptions {
        rooms: Rooms::OnRequest,
        ..Default::default()
    };
    let server = LocalServer::start_with(options)
        .await
        .expect("a LiveKit server; `make setup` installs it");
    let error = refusal(&server.url(), &pass(&server, "agent", PassKind::Agent)).await;
    assert!(matches!(error, JoinError::NoSuchRoom { .. }), "{error:?}");
}
