//! What the agent says is heard as it was written, clause by clause, and stops when nobody wants it.

use std::{process::Command, sync::Arc, time::Duration};

use pipeline::{
    audio::SampleRate,
    ports::{TextToSpeech, VoiceItem, VoiceOptions},
};
use providers::flite::Flite;
use tokio::time::{Instant, timeout};

use crate::{
    listening::{PATIENCE, Pace, between_silences, errors, heard, offline, recognition, words},
    speech::{at_hearing_rate, said},
};

const CLAUSES: [&str; 6] = [
    "Sure, I can help with that.",
    "Your appointment is confirmed for Tuesday at three in the afternoon.",
    "Could you please tell me your order number?",
    "I'm sorry, I didn't catch that.",
    "It costs forty two dollars.",
    "Thanks for calling. Goodbye.",
];

fn voice(language: &str) -> Arc<dyn TextToSpeech> {
    offline()
        .voice(language)
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn assert_understood(voice: &Arc<dyn TextToSpeech>, wrong_of_100: usize) {
    let sounds = said(voice, "en", &CLAUSES).await;
    assert_eq!(sounds.len(), CLAUSES.len(), "each clause has its end");
    let (mut wrong, mut all, mut understood) = (0, 0, Vec::new());
    for (clause, sound) in CLAUSES.iter().zip(&sounds) {
        let sound = at_hearing_rate(sound, voice.rate());
        let heard = heard(&recognition(), &between_silences(&sound), Pace::AtOnce).await;
        understood.push(heard.text());
        wrong += errors(clause, &heard.text());
        all += words(clause).len();
    }
    assert!(
        wrong * 100 <= all * wrong_of_100,
        "{wrong} of {all} words are wrong: {understood:?}"
    );
}

#[tokio::test]
async fn the_neural_voice_is_understood_clause_by_clause() {
    let voice = voice("en-US");
    assert_eq!(voice.rate(), SampleRate(24_000));
    assert_understood(&voice, 8).await;
}

#[tokio::test]
async fn the_small_voice_is_understood_clause_by_clause() {
    let voice: Arc<dyn TextToSpeech> = Arc::new(Flite::find().unwrap_or_else(|error| panic!("{error}")));
    assert_eq!(voice.rate(), SampleRate(16_000));
    // Its "your order" is heard as a lord's.
    assert_understood(&voice, 15).await;
}

#[tokio::test]
async fn other_languages_are_spoken_at_a_rate_that_opus_knows() {
    let voice = voice("ru-RU");
    assert!(voice.rate().is_opus());
    let sounds = said(&voice, "ru-RU", &["Здравствуйте!", "Записать вас на стрижку?"]).await;
    let lengths = sounds
        .iter()
        .map(|sound| voice.rate().duration_of(sound.len() as u64));
    assert!(
        lengths
            .clone()
            .all(|length| (300..5_000).contains(&length.as_millis())),
        "{:?}",
        lengths.collect::<Vec<_>>()
    );
    assert!(offline().voice("tlh-x-nobody").is_err(), "nobody speaks this");
}

#[tokio::test]
async fn no_text_can_harm_a_voice() {
    let odd = [
        "-v evil --stdout",
        "--help",
        "$(touch /tmp/harm) `id` ; rm -rf / | cat",
        "[[h@loU]] <break time=\"9s\"/> {x}",
        "日本 привет é 😀 \u{202e}\u{0}\u{7}",
        "…",
        "   ",
        "zqxzqxzqx",
        "line one\nline two\r\nline three",
    ];
    let small: Arc<dyn TextToSpeech> = Arc::new(Flite::find().unwrap_or_else(|error| panic!("{error}")));
    for voice in [voice("en"), small, voice("de")] {
        let language = if Arc::ptr_eq(&voice, &offline().voice("de").expect("German")) {
            "de"
        } else {
            "en"
        };
        let clauses = [&odd[..], &["Goodbye."]].concat();
        let sounds = said(&voice, language, &clauses).await;
        assert_eq!(sounds.len(), clauses.len());
        assert!(
            sounds[5].is_empty() && sounds[6].is_empty(),
            "what cannot be said is silent"
        );
        assert!(
            sounds[9].len() > voice.rate().frame_len() * 10,
            "the next clause is spoken"
        );
    }
}

#[tokio::test]
async fn a_clause_without_an_end_is_heard_soon_and_to_its_end() {
    let long = "and then we went on to the next town which was far away ".repeat(12);
    let sounds = said(&voice("en"), "en", &[long.trim()]).await;
    assert!(
        sounds[0].len() > 24_000 * 25,
        "it is all there: {} s",
        sounds[0].len() / 24_000
    );
}

#[tokio::test]
async fn sound_comes_in_small_stretches() {
    let options = VoiceOptions {
        voice: String::new(),
        language: "en".into(),
    };
    let mut stream = voice("en").open(options).await.expect("it opens");
    let since = Instant::now();
    stream
        .text
        .send("Sure, I can help with that.".into())
        .await
        .expect("it listens");
    drop(stream.text);
    let mut lengths = Vec::new();
    while let Some(item) = timeout(PATIENCE, stream.audio.recv())
        .await
        .expect("sound in time")
    {
        if let VoiceItem::Audio(pcm) = item.expect("it works") {
            if lengths.is_empty() {
                println!("the first sound after {:?}", since.elapsed());
            }
            lengths.push(pcm.duration());
        }
    }
    assert!(
        lengths.iter().all(|length| *length <= Duration::from_millis(60)),
        "{lengths:?}"
    );
}

#[tokio::test]
async fn a_dropped_reply_stops_being_spoken() {
    let options = || VoiceOptions {
        voice: String::new(),
        language: "en".into(),
    };
    let small: Arc<dyn TextToSpeech> = Arc::new(Flite::find().unwrap_or_else(|error| panic!("{error}")));
    for voice in [voice("en"), small] {
        let stream = voice.open(options()).await.expect("it opens");
        stream
            .text
            .send(
                "We went on to the next town, which was far away. "
                    .repeat(30)
                    .into(),
            )
            .await
            .expect("it listens");
        drop(stream.audio);
        timeout(PATIENCE, stream.text.closed()).await.expect("it stops");
    }
    let sounds = said(&voice("en"), "en", &["And the next one is spoken."]).await;
    assert!(sounds[0].len() > 24_000, "the next reply is not harmed");
}

#[tokio::test]
async fn a_voice_outlives_the_death_of_its_child() {
    let voice = voice("en");
    assert!(!said(&voice, "en", &["One."]).await[0].is_empty());
    let children = phoneme_children();
    assert!(!children.is_empty(), "a child spells phonemes");
    for child in children {
        let killed = Command::new("kill").args(["-KILL", &child.to_string()]).status();
        assert!(killed.is_ok(), "it can be killed");
    }
    assert!(!said(&voice, "en", &["Two."]).await[0].is_empty());
}

/// This program's own children that spell phonemes.
fn phoneme_children() -> Vec<u32> {
    let own = format!("/proc/self/task/{}/children", std::process::id());
    let of_main = std::fs::read_to_string(own).unwrap_or_default();
    let of_threads = std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    let mut children: Vec<u32> = of_threads
        .chain([of_main])
        .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|child| child.parse().ok())
        .collect();
    children.sort_unstable();
    children.dedup();
    children.retain(|child| {
        let command = std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        command.contains("espeak-ng") && command.contains("--ipa")
    });
    children
}
