//! The server is killed in mid-call.

use std::time::{Duration, Instant};

use pipeline::ports::{LeftReason, RoomEvent};
use tokio::time::timeout;

use crate::stage::{
    Tone, ToneMaker, agent, assert_tone, attributes, event, event_named, join, listen, person, server, since,
};

#[tokio::test]
async fn a_server_that_comes_back_finds_the_call_again() {
    let mut server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    agent
        .control
        .set_attributes(attributes(&[("lk.agent.state", "listening")]))
        .await;
    event_named(&mut caller.events, "CallerChanged").await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);

    let killed = Instant::now();
    server.kill().await;
    server.restart().await.unwrap();
    event_named(&mut agent.events, "Reconnecting").await;
    event_named(&mut agent.events, "Reconnected").await;
    println!("the agent is back {} after the crash", since(killed));
    event_named(&mut caller.events, "Reconnected").await;
    println!("the caller is back {} after the crash", since(killed));

    while agent.audio_in.recv().await.expect("sound").track < 2 {}
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);
    while caller.audio_in.try_recv().is_ok() {}
    assert_tone(&listen(&mut caller.audio_in, 50).await, 300.0);
    println!("both hear each other {} after the crash", since(killed));
}

#[tokio::test]
async fn a_server_that_stays_away_ends_the_call_within_half_a_minute() {
    let mut server = server().await;
    let mut agent = join(agent(&server)).await;
    let killed = Instant::now();
    server.kill().await;
    event_named(&mut agent.events, "Reconnecting").await;
    let reason = event(&mut agent.events, |event| match event {
        RoomEvent::Closed { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, LeftReason::ConnectionLost);
    assert!(
        killed.elapsed() < Duration::from_secs(36),
        "it took {}",
        since(killed)
    );
    assert!(agent.events.recv().await.is_none(), "no event follows");
    let mut out = agent.audio_out;
    assert_eq!(out.send(ToneMaker::new(300.0).next_packet()), None);
    // Leaving a room that is gone returns at once.
    timeout(
        Duration::from_secs(1),
        agent.control.leave(pipeline::ports::Leave::Alone),
    )
    .await
    .unwrap();
}
