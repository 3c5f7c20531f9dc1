//! The room in memory, with both ends in one process.

use std::{collections::BTreeMap, time::Instant};

use bytes::Bytes;
use pipeline::{
    audio::OpusPacket,
    ports::{Caller, HeardPacket, Leave, LeftReason, RoomEvent, Speaker, Transcription},
};
use room::memory::{self, AgentAct};
use turn::Said;

fn packet(position: u64) -> OpusPacket {
    OpusPacket {
        position,
        payload: Bytes::from_static(b"sound"),
    }
}

#[tokio::test]
async fn what_one_end_does_the_other_sees() {
    let (mut agent, mut caller) = memory::room();
    let who = Caller {
        identity: "caller".to_owned(),
        sip: false,
        attributes: BTreeMap::new(),
    };
    caller.tell(RoomEvent::CallerJoined(who.clone())).await;
    caller.tell(RoomEvent::Dtmf('5')).await;
    assert!(caller.say(HeardPacket {
        packet: packet(0),
        arrived: Instant::now(),
        track: 1
    }));
    assert!(matches!(agent.events.recv().await, Some(RoomEvent::CallerJoined(joined)) if joined == who));
    assert!(matches!(agent.events.recv().await, Some(RoomEvent::Dtmf('5'))));
    assert_eq!(
        agent.audio_in.recv().await.map(|heard| heard.packet),
        Some(packet(0))
    );

    assert!(agent.audio_out.send(packet(960)).is_some());
    assert_eq!(
        caller.heard.recv().await.map(|spoken| spoken.packet),
        Some(packet(960))
    );
    let piece = Transcription {
        segment: "1".to_owned(),
        speaker: Speaker::Agent,
        text: Said::from("Hello"),
        finished: true,
    };
    agent.control.transcription(piece).await;
    agent.control.send_text(Said::from("Bye")).await;
    assert!(matches!(caller.acts.recv().await, Some(AgentAct::Transcribed(piece)) if piece.finished));
    assert!(matches!(caller.acts.recv().await, Some(AgentAct::Typed(text)) if text.reveal() == "Bye"));
}

#[tokio::test]
async fn a_broken_connection_loses_sound_until_it_is_restored() {
    let (mut agent, caller) = memory::room();
    caller.disconnect().await;
    assert!(matches!(agent.events.recv().await, Some(RoomEvent::Reconnecting)));
    assert_eq!(agent.audio_out.send(packet(0)), None);
    caller.restore().await;
    assert!(matches!(agent.events.recv().await, Some(RoomEvent::Reconnected)));
    assert!(agent.audio_out.send(packet(960)).is_some());
}

#[tokio::test]
async fn who_has_left_is_not_heard_and_leaves_once() {
    let (mut agent, mut caller) = memory::room();
    agent.control.leave(Leave::EndForAll).await;
    agent.control.leave(Leave::Alone).await;
    assert_eq!(agent.audio_out.send(packet(0)), None);
    assert!(matches!(
        caller.acts.recv().await,
        Some(AgentAct::Left(Leave::EndForAll))
    ));
    assert!(matches!(
        agent.events.recv().await,
        Some(RoomEvent::Closed {
            reason: LeftReason::Left
        })
    ));
    drop(agent);
    assert!(caller.acts.recv().await.is_none());
}

#[tokio::test]
async fn a_caller_whom_nobody_hears_does_not_wait() {
    let (agent, mut caller) = memory::room();
    let taken = (0..10_000)
        .filter(|n| {
            caller.say(HeardPacket {
                packet: packet(n * 960),
                arrived: Instant::now(),
                track: 1,
            })
        })
        .count();
    assert_eq!(taken, 250);
    drop(agent);
}

#[tokio::test(start_paused = true)]
async fn moments_are_those_of_paused_time() {
    let (mut agent, _caller) = memory::room();
    let first = agent.audio_out.send(packet(0)).unwrap();
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let second = agent.audio_out.send(packet(960)).unwrap();
    assert_eq!(second - first, std::time::Duration::from_secs(60));
}
