//! Who has left has left nothing behind: no task, and so no socket and no connection either.

use std::time::Duration;

use pipeline::ports::Leave;
use tokio::{runtime::Handle, time::timeout};

use crate::stage::{PATIENCE, agent, event_named, join, person, server};

/// Waits until this test's runtime runs as few tasks as it did before.
async fn only_these_tasks_are_left(before: usize) {
    let all_gone = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let gone = timeout(PATIENCE, all_gone).await;
    assert!(
        gone.is_ok(),
        "{} tasks are left",
        Handle::current().metrics().num_alive_tasks() - before
    );
}

#[tokio::test]
async fn after_leaving() {
    let server = server().await;
    let before = Handle::current().metrics().num_alive_tasks();
    let mut agent = join(agent(&server)).await;
    let caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    agent.control.leave(Leave::Alone).await;
    caller.control.leave(Leave::Alone).await;
    only_these_tasks_are_left(before).await;
}

#[tokio::test]
async fn after_the_handles_were_dropped() {
    let server = server().await;
    let before = Handle::current().metrics().num_alive_tasks();
    let mut caller = join(person(&server, "caller")).await;
    let agent = join(agent(&server)).await;
    event_named(&mut caller.events, "CallerJoined").await;
    drop(agent);
    event_named(&mut caller.events, "CallerLeft { reason: Left }").await;
    drop(caller);
    only_these_tasks_are_left(before).await;
}

#[tokio::test]
async fn after_joining_was_given_up_half_way() {
    let server = server().await;
    let before = Handle::current().metrics().num_alive_tasks();
    for ms in [1, 5, 10, 20, 40, 80] {
        let _ = timeout(Duration::from_millis(ms), room::livekit::join(agent(&server))).await;
    }
    only_these_tasks_are_left(before).await;
}
