//! LiveKit's own client as the caller: what it hears and reads from us, and what we hear and read from it.

use pipeline::ports::{LeftReason, RoomEvent, Speaker, Transcription};
use room::token::PassKind;
use turn::Said;

use crate::stage::{
    Tone, agent, assert_tone, attributes, event, event_named, foreign::ForeignCaller, join, listen, pass,
    server,
};

#[tokio::test]
async fn it_hears_and_is_heard_reads_and_is_read() {
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = ForeignCaller::call(&server.url(), &pass(&server, "caller", PassKind::Standard));
    // The server may tell about a caller only after what the caller has typed.
    let (mut joined, mut typed) = (false, false);
    event(&mut agent.events, |event| {
        match event {
            RoomEvent::CallerJoined(caller) => joined = caller.identity == "caller",
            RoomEvent::Text(text) => typed = text.reveal() == "hello from outside",
            _ => {}
        }
        (joined && typed).then_some(())
    })
    .await;
    let _agent_speaks = Tone::speak(agent.audio_out, 300.0);

    let heard = listen(&mut agent.audio_in, 150).await;
    assert_tone(&heard, 440.0);
    assert_eq!(heard.missing, 0);
    let subscribed = caller.tells(|said| said["subscribed"].as_str().map(str::to_owned));
    assert_eq!(subscribed.await, "agent");
    caller.hears(300.0).await;

    for speaker in [Speaker::Agent, Speaker::Caller] {
        let piece = Transcription {
            segment: format!("SG_{speaker:?}"),
            speaker,
            text: Said::from("Добрый день, hello"),
            finished: true,
        };
        agent.control.transcription(piece).await;
        let (text, sender, attributes) = caller
            .tells(|said| {
                (said["topic"] == "lk.transcription").then(|| {
                    (
                        said["text"].clone(),
                        said["sender"].clone(),
                        said["attributes"].clone(),
                    )
                })
            })
            .await;
        assert_eq!(text, "Добрый день, hello");
        assert_eq!(
            sender,
            if speaker == Speaker::Agent {
                "agent"
            } else {
                "caller"
            }
        );
        assert_eq!(attributes["lk.segment_id"], format!("SG_{speaker:?}"));
        assert_eq!(attributes["lk.transcription_final"], "true");
        assert!(
            attributes["lk.transcribed_track_id"]
                .as_str()
                .is_some_and(|track| track.starts_with("TR_"))
        );
    }

    agent
        .control
        .set_attributes(attributes(&[("lk.agent.state", "speaking")]))
        .await;
    let state = caller.tells(|said| said["attributes"]["lk.agent.state"].as_str().map(str::to_owned));
    assert_eq!(state.await, "speaking");
}

#[tokio::test]
async fn its_keys_its_mute_and_its_new_track_are_told() {
    let server = server().await;
    let mut agent = join(agent(&server)).await;
    let mut caller = ForeignCaller::call(&server.url(), &pass(&server, "caller", PassKind::Standard));
    event_named(&mut agent.events, "CallerAudioStarted { track: 1 }").await;

    agent.control.send_text(Said::from("press")).await;
    event_named(&mut agent.events, "Dtmf('#')").await;

    agent.control.send_text(Said::from("mute")).await;
    event_named(&mut agent.events, "CallerAudioStopped").await;
    agent.control.send_text(Said::from("unmute")).await;
    event_named(&mut agent.events, "CallerAudioStarted { track: 1 }").await;

    // A picture is nobody's business here: the sound goes on.
    agent.control.send_text(Said::from("picture")).await;
    caller
        .tells(|said| (said["done"] == "picture").then_some(()))
        .await;
    while agent.audio_in.try_recv().is_ok() {}
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);

    agent.control.send_text(Said::from("republish")).await;
    event_named(&mut agent.events, "CallerAudioStopped").await;
    event_named(&mut agent.events, "CallerAudioStarted { track: 2 }").await;
    while agent.audio_in.recv().await.expect("sound").track < 2 {}
    assert_tone(&listen(&mut agent.audio_in, 50).await, 440.0);

    agent.control.send_text(Said::from("leave")).await;
    let reason = event(&mut agent.events, |event| match event {
        RoomEvent::CallerLeft { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, LeftReason::Left);
}
