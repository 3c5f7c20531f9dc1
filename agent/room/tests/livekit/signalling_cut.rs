//! The signalling is cut in mid-call; the sound goes on.

use std::time::Duration;

use pipeline::ports::RoomEvent;
use room::livekit::JoinOptions;
use turn::Said;

use crate::stage::{
    Tone, agent, assert_tone, event, event_named, join, listen, person, proxy::Proxy, server,
};

#[tokio::test]
async fn three_seconds_without_signalling_are_not_heard() {
    let server = server().await;
    let proxy = Proxy::to(server.ports().http).await;
    let mut agent = join(JoinOptions {
        url: proxy.url(),
        ..agent(&server)
    })
    .await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    event_named(&mut agent.events, "CallerAudioStarted").await;

    // Seven seconds of sound, three of them without signalling, and what comes after.
    let (by_agent, by_caller, ()) = tokio::join!(
        listen(&mut agent.audio_in, 350),
        listen(&mut caller.audio_in, 350),
        proxy.cut_for(Duration::from_secs(3)),
    );
    assert_tone(&by_agent, 440.0);
    assert_tone(&by_caller, 300.0);
    // Nothing of ours stops. The server looks for a new path to us, and sends nothing until it has chosen one.
    assert!(
        by_caller.missing <= 1,
        "the caller hears the agent all the time: {by_caller:?}"
    );
    assert!(
        by_agent.missing <= 25,
        "the server's search for a path is shorter than half a second: {by_agent:?}"
    );
    assert_eq!(by_agent.track, 1, "it is still the same track");

    event_named(&mut agent.events, "Reconnecting").await;
    event_named(&mut agent.events, "Reconnected").await;
    agent.control.send_text(Said::from("still here")).await;
    let typed = event(&mut caller.events, |event| match event {
        RoomEvent::Text(text) => Some(text),
        _ => None,
    });
    assert_eq!(typed.await.reveal(), "still here");
    // What the server tells after the cut arrives too.
    caller.control.leave(pipeline::ports::Leave::Alone).await;
    event_named(&mut agent.events, "CallerLeft").await;
}
