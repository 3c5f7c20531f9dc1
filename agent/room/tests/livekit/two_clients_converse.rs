//! Two clients of this crate in a room of a real LiveKit server: one as agent, one as caller.

use std::time::Duration;

use pipeline::ports::{Leave, LeftReason, RoomEvent, Speaker, Transcription};
use room::livekit::{AfterCaller, JoinOptions};
use tokio::time::timeout;
use turn::Said;

use crate::stage::{
    Tone, ToneMaker, agent, assert_tone, attributes, event, event_named, join, listen, person, server,
};

#[tokio::test]
async fn each_hears_the_other_without_a_gap() {
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = join(person(&server, "caller")).await;
    let identity = event(&mut agent.events, |event| match event {
        RoomEvent::CallerJoined(caller) => Some(caller.identity),
        _ => None,
    });
    assert_eq!(identity.await, "caller");
    event_named(&mut caller.events, "CallerJoined").await;

    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);
    let _caller_speaks = Tone::speak(caller.audio_out, 440.0);
    let (by_agent, by_caller) = tokio::join!(
        listen(&mut agent.audio_in, 150),
        listen(&mut caller.audio_in, 150)
    );
    assert_tone(&by_agent, 440.0);
    assert_tone(&by_caller, 300.0);
    assert_eq!((by_agent.missing, by_caller.missing), (0, 0));
    assert_eq!((by_agent.track, by_caller.track), (1, 1));
    event_named(&mut agent.events, "CallerAudioStarted { track: 1 }").await;
}

#[tokio::test]
async fn the_first_word_reaches_a_caller_who_was_there_before() {
    let server = server().await;
    let mut caller = join(person(&server, "caller")).await;
    let mut agent = join(agent(&server)).await;
    event_named(&mut agent.events, "CallerJoined").await;
    // Ten packets are all that is ever spoken, so a lost first one would be waited for in vain. Silence leads the
    // track in; packets with sound are larger.
    let mut tone = ToneMaker::new(300.0);
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..10 {
        clock.tick().await;
        assert!(agent.audio_out.send(tone.next_packet()).is_some());
    }
    let all = async {
        let mut heard = 0;
        while heard < 10 {
            let packet = caller.audio_in.recv().await.expect("the room is open").packet;
            heard += usize::from(packet.payload.len() > 10);
        }
    };
    timeout(Duration::from_secs(5), all)
        .await
        .expect("the first words were lost");
}

#[tokio::test]
async fn text_attributes_and_departure_are_told() {
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut caller.events, "CallerJoined").await;
    event_named(&mut agent.events, "CallerJoined").await;

    let long = "Здравствуйте! ".repeat(2_000);
    caller.control.send_text(Said::from(long.as_str())).await;
    let typed = event(&mut agent.events, |event| match event {
        RoomEvent::Text(text) => Some(text),
        _ => None,
    });
    assert_eq!(typed.await.reveal(), long);

    agent
        .control
        .set_attributes(attributes(&[("lk.agent.state", "listening")]))
        .await;
    let changed = event(&mut caller.events, |event| match event {
        RoomEvent::CallerChanged(agent) => Some(agent.attributes),
        _ => None,
    });
    assert_eq!(
        changed.await.get("lk.agent.state").map(String::as_str),
        Some("listening")
    );

    // Transcription goes its way without disturbing a client that does not read it.
    let piece = Transcription {
        segment: "SG_1".to_owned(),
        speaker: Speaker::Agent,
        text: Said::from("Hello"),
        finished: true,
    };
    agent.control.transcription(piece).await;

    caller.control.leave(Leave::Alone).await;
    let reason = event(&mut agent.events, |event| match event {
        RoomEvent::CallerLeft { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, LeftReason::Left);
}

#[tokio::test]
async fn a_second_caller_is_not_heard() {
    let server = server().await;
    let options = JoinOptions {
        after_caller: AfterCaller::LinkNext,
        ..agent(&server)
    };
    let mut agent = join(options).await;
    let first = join(person(&server, "first")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    let mut second = join(person(&server, "second")).await;
    event_named(&mut second.events, "CallerJoined").await;
    let _second_speaks = Tone::speak(second.audio_out, 1_000.0);
    let first_speaks = Tone::speak(first.audio_out, 440.0);
    assert_tone(&listen(&mut agent.audio_in, 100).await, 440.0);

    drop(first_speaks);
    first.control.leave(Leave::Alone).await;
    event_named(&mut agent.events, "CallerLeft").await;
    event_named(&mut agent.events, "CallerJoined(Caller { identity: \"second\"").await;
    let later = loop {
        let heard = agent
            .audio_in
            .recv()
            .await
            .expect("the second caller is heard now");
        if heard.track > 1 {
            break listen(&mut agent.audio_in, 50).await;
        }
    };
    assert_tone(&later, 1_000.0);
}

#[tokio::test]
async fn ending_the_call_for_all_deletes_the_room() {
    let server = server().await;
    let options = JoinOptions {
        credentials: Some(server.credentials().clone()),
        ..agent(&server)
    };
    let mut agent = join(options).await;
    let mut caller = join(person(&server, "caller")).await;
    event_named(&mut agent.events, "CallerJoined").await;
    agent.control.leave(Leave::EndForAll).await;
    let reason = event(&mut caller.events, |event| match event {
        RoomEvent::Closed { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, LeftReason::RoomEnded);
    event_named(&mut agent.events, "Closed").await;
    let mut out = agent.audio_out;
    assert_eq!(
        out.send(ToneMaker::new(300.0).next_packet()),
        None,
        "who has left is not heard"
    );
}
