//! A LiveKit server that is not there, or does not know us.

use crate::support::{
    Stage,
    program::{Program, run},
};

#[tokio::test]
async fn a_wrong_key_or_secret_ends_the_worker_with_one_sentence() {
    let stage = Stage::new().await;
    for (variable, value, reason) in [
        ("LIVEKIT_API_KEY", "stranger", "does not know this key"),
        (
            "LIVEKIT_API_SECRET",
            "another secret, also at least 32 long",
            "does not belong to the key",
        ),
    ] {
        let mut command = stage.command();
        command.env(variable, value);
        let refused = run(command).await;
        refused.is_refusal(2, &["LiveKit refused the API key", reason, "LIVEKIT_API_SECRET"]);
        assert!(!refused.errors.contains(stage.server.api_secret()));
        assert!(!refused.errors.contains("another secret"), "{}", refused.errors);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let mut stage = Stage::new().await;
    stage.server.kill().await;
    let mut worker = Program::start(stage.command());
    worker.logs("could not connect to", 1).await;
    assert!(worker.runs());
    stage.server.restart().await.expect("its ports are free again");
    worker.registered(1).await;
}

#[tokio::test]
async fn an_address_that_is_none_and_a_key_that_is_not_set_are_said_at_once() {
    let stage = Stage::new().await;
    let mut command = stage.command();
    command.env("LIVEKIT_URL", "localhost:7880");
    run(command)
        .await
        .is_refusal(2, &["localhost:7880", "LIVEKIT_URL", "ws://"]);
    for variable in ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"] {
        let mut command = stage.command();
        command.env_remove(variable);
        run(command).await.is_refusal(2, &[variable, "is not set"]);
    }
}
