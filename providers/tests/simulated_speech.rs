//! The simulated services say what they were told to say, when they were told to.

use std::{sync::Arc, time::Duration};

use pipeline::ports::{
    EndOfTurn, RecogniserEvent, RecogniserInput, RecogniserOptions, SpeechToText, TextToSpeech, VoiceItem,
    VoiceOptions,
};
use providers::simulated::{SimulatedEndOfTurn, SimulatedRecognition, SimulatedVoice};
use tokio::time::Instant;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn each_stretch_of_speech_gets_the_next_text_after_the_given_delays() {
    let service = SimulatedRecognition {
        utterances: Arc::new(["I need a cleaning".into(), "Monday".into()]),
        interim_delay: Some(ms(300)),
        final_delay: ms(70),
    };
    let mut recogniser = service
        .open(RecogniserOptions {
            language: "en".into(),
        })
        .await
        .expect("it opens");
    let mut texts = Vec::new();
    for _ in 0..3 {
        let since = Instant::now();
        recogniser
            .input
            .send(RecogniserInput::SpeechStarted {
                position: 0,
                over_agent: false,
            })
            .await
            .expect("it listens");
        let Some(RecogniserEvent::Interim { text, .. }) = recogniser.events.recv().await else {
            panic!("no interim")
        };
        assert_eq!(since.elapsed(), ms(300));
        let stop = Instant::now();
        recogniser
            .input
            .send(RecogniserInput::SpeechStopped { position: 16_000 })
            .await
            .expect("it listens");
        let Some(RecogniserEvent::Final { text: whole, end, .. }) = recogniser.events.recv().await else {
            panic!("no final")
        };
        assert_eq!((stop.elapsed(), end), (ms(70), 16_000));
        assert!(matches!(
            recogniser.events.recv().await,
            Some(RecogniserEvent::Used { .. })
        ));
        texts.push(format!("{} | {}", text.reveal(), whole.reveal()));
    }
    assert_eq!(
        texts,
        [
            "I need | I need a cleaning",
            "Monday | Monday",
            "I need | I need a cleaning"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_clause_hums_as_long_as_its_text() {
    let voice = SimulatedVoice {
        delay: ms(80),
        per_character: ms(50),
        ..SimulatedVoice::default()
    };
    let options = VoiceOptions {
        voice: String::new(),
        language: "en".into(),
    };
    let mut stream = voice.open(options).await.expect("it opens");
    let since = Instant::now();
    stream.text.send("Good morning".into()).await.expect("it listens");
    drop(stream.text);
    let (mut samples, mut first, mut ends) = (0, None, 0);
    while let Some(item) = stream.audio.recv().await {
        match item.expect("it never fails") {
            VoiceItem::Audio(pcm) => {
                first.get_or_insert(since.elapsed());
                samples += pcm.samples.len();
            }
            VoiceItem::ClauseEnd => ends += 1,
            VoiceItem::Words(_) => panic!("it knows no words"),
        }
    }
    assert_eq!((samples, first, ends), (12 * 1_200, Some(ms(80)), 1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_stops_humming() {
    let options = VoiceOptions {
        voice: String::new(),
        language: "en".into(),
    };
    let stream = SimulatedVoice::default().open(options).await.expect("it opens");
    stream
        .text
        .send("A very long text indeed. ".repeat(100).into())
        .await
        .expect("it listens");
    drop(stream.audio);
    stream.text.closed().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_turn_is_as_likely_as_it_was_told() {
    let since = Instant::now();
    let judge = SimulatedEndOfTurn {
        probability: 0.9,
        delay: ms(25),
    };
    assert_eq!(
        judge
            .probability(Arc::new([0; 160]))
            .await
            .expect("it never fails"),
        0.9
    );
    assert_eq!(since.elapsed(), ms(25));
}
