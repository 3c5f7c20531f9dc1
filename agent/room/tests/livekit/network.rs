//! Bad networks: UDP that does not get through, from the start or from some moment on, and packets that are lost.

use std::time::{Duration, Instant};

use pipeline::{audio::OpusPacket, ports::RoomEvent};
use room::livekit::{JoinOptions, MediaPath};

use crate::stage::{
    Tone, agent, assert_tone, event_named, join, listen,
    lossy::{self, block, heal, lose},
    person, server, since,
};

#[tokio::test]
async fn a_call_over_tcp_is_a_call() {
    let server = server().await;
    let mut agent = join(JoinOptions {
        media: MediaPath::TcpOnly,
        ..agent(&server)
    })
    .await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    let (by_agent, by_caller) = tokio::join!(
        listen(&mut agent.audio_in, 100),
        listen(&mut caller.audio_in, 100)
    );
    assert_tone(&by_agent, 440.0);
    assert_tone(&by_caller, 300.0);
    assert_eq!((by_agent.missing, by_caller.missing), (0, 0));
}

#[tokio::test]
async fn udp_that_is_blocked_costs_half_a_second() {
    if !lossy::inside("network::udp_that_is_blocked_costs_half_a_second") {
        return;
    }
    let server = server().await;
    block(server.ports().media_udp);
    let start = Instant::now();
    let mut agent = join(agent(&server)).await;
    let joining = start.elapsed();
    assert!(joining < Duration::from_secs(3), "joining took {joining:?}");
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    let (by_agent, by_caller) = tokio::join!(
        listen(&mut agent.audio_in, 100),
        listen(&mut caller.audio_in, 100)
    );
    assert_tone(&by_agent, 440.0);
    assert_tone(&by_caller, 300.0);
}

#[tokio::test]
async fn a_path_that_is_lost_in_mid_call_is_replaced() {
    if !lossy::inside("network::a_path_that_is_lost_in_mid_call_is_replaced") {
        return;
    }
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);

    let lost = Instant::now();
    block(server.ports().media_udp);
    event_named(&mut agent.events, "Reconnecting").await;
    println!("noticed after {}", since(lost));
    event_named(&mut agent.events, "Reconnected").await;
    event_named(&mut caller.events, "Reconnected").await;
    println!("both back after {}", since(lost));
    while agent.audio_in.try_recv().is_ok() {}
    while caller.audio_in.try_recv().is_ok() {}
    let (by_agent, by_caller) =
        tokio::join!(listen(&mut agent.audio_in, 50), listen(&mut caller.audio_in, 50));
    println!("both hear each other after {}", since(lost));
    assert!(
        lost.elapsed() < Duration::from_secs(13),
        "the way back took {}",
        since(lost)
    );
    assert_tone(&by_agent, 440.0);
    assert_tone(&by_caller, 300.0);
}

#[tokio::test]
async fn an_agent_learns_how_much_of_its_voice_was_lost() {
    if !lossy::inside("network::an_agent_learns_how_much_of_its_voice_was_lost") {
        return;
    }
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    assert_eq!(agent.audio_out.loss(), 0.0);
    lose(10, server.ports().media_udp);
    let mut frames = tokio::time::interval(Duration::from_millis(20));
    let start = Instant::now();
    let mut position = 0;
    while agent.audio_out.loss() < 0.03 {
        assert!(
            start.elapsed() < Duration::from_secs(40),
            "the server tells nothing"
        );
        frames.tick().await;
        let payload = bytes::Bytes::from_static(&[0xF8, 0xFF, 0xFE]);
        agent.audio_out.send(OpusPacket { position, payload });
        position += 960;
    }
    println!("told after {}: {}", since(start), agent.audio_out.loss());
    heal();
}

#[tokio::test]
async fn ten_percent_of_loss_is_ten_percent_of_loss() {
    if !lossy::inside("network::ten_percent_of_loss_is_ten_percent_of_loss") {
        return;
    }
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);
    lose(10, server.ports().media_udp);
    let heard = listen(&mut agent.audio_in, 800).await;
    heal();
    println!("of {} packets {} were lost", 800 + heard.missing, heard.missing);
    // Once on its way to the server and once on its way here: 19 of 100.
    assert!((80..=300).contains(&heard.missing), "{heard:?}");
    // A packet that was lost just before the healing leaves its gap after it.
    listen(&mut agent.audio_in, 25).await;
    assert_eq!(listen(&mut agent.audio_in, 100).await.missing, 0);
    while let Ok(event) = agent.events.try_recv() {
        assert!(
            !matches!(event, RoomEvent::Reconnecting | RoomEvent::Closed { .. }),
            "{event:?}"
        );
    }
}
