//! Sounds that are hardly words, over an agent that speaks and into its silence.

use std::time::Duration;

use pipeline::{
    audio::HEARING,
    ports::{RecogniserEvent, RecogniserInput},
    sound_file,
};
use tokio::time::timeout;

use crate::listening::{
    PATIENCE, Pace, between_silences, errors, heard, heard_over, models, opened, recognition,
};

/// Where a line begins after the silence.
const ONSET: u64 = 9_600;

/// A recorded caller's line.
fn line(name: &str) -> Vec<i16> {
    let path = models().join(format!("../speech/{name}.wav"));
    let read = sound_file::read(&path, HEARING);
    let sound = read.unwrap_or_else(|error| panic!("{error}; run `make setup`"));
    between_silences(&sound.samples)
}

/// The text of a line that is said over the agent, and whether its sound may be a murmur.
async fn over_the_agent(name: &str) -> (String, bool) {
    let heard = heard_over(&recognition(), &line(name), Pace::AtOnce, true).await;
    (heard.text().to_lowercase(), heard.attention)
}

#[tokio::test]
async fn over_the_agent_a_murmur_is_one_whatever_its_text() {
    let words = ["aha", "uh-huh", "yeah", "okay", "right", "i-see"];
    let by_two = words
        .into_iter()
        .flat_map(|word| [format!("{word}-rms"), format!("{word}-awb")]);
    let sounds = ["aha", "uh-huh"].map(str::to_owned).into_iter();
    for sound in sounds.chain(by_two) {
        let (text, may_be_one) = over_the_agent(&format!("attention/{sound}")).await;
        assert!(may_be_one, "{sound} is heard as {text}");
    }
}

#[tokio::test]
async fn what_fits_about_as_well_as_the_likeliest_text_is_taken_instead() {
    let murmurs = ["okay", "ok", "yeah", "right", "i see"];
    for name in ["yeah-rms", "okay-rms", "okay-awb", "right-awb", "i-see-rms"] {
        let (text, _) = over_the_agent(&format!("attention/{name}")).await;
        assert!(murmurs.contains(&&*text), "{name} is heard as {text}");
    }
}

#[tokio::test]
async fn in_the_agents_silence_the_likeliest_words_are_taken() {
    let sound = line("attention/okay-awb");
    let alone = heard(&recognition(), &sound, Pace::AtOnce).await;
    let (over_the_agent, _) = over_the_agent("attention/okay-awb").await;
    assert_ne!(alone.text().to_lowercase(), over_the_agent);
    assert!(!alone.attention);
}

#[tokio::test]
async fn short_words_over_the_agent_stay_words() {
    for (name, said) in [
        ("clinic/yes", "yes"),
        ("clinic/no", "no"),
        ("clinic/yeah", "yeah"),
        ("clinic/hello", "hello"),
        ("clinic/stop", "stop please"),
        ("clinic/friday", "on friday"),
        ("attention/right", "right"),
        ("attention/i-see", "i see"),
    ] {
        let (text, may_be_a_murmur) = over_the_agent(name).await;
        assert_eq!(errors(said, &text), 0, "{name} is heard as {text}");
        let is_one = ["yeah", "right", "i see"].contains(&said);
        assert_eq!(may_be_a_murmur, is_one, "{name}");
    }
}

#[tokio::test]
async fn a_misheard_order_is_no_murmur() {
    // Cut off behind its first word, "Stop, please." is heard as "Stuff" or "Stuck".
    let stop = line("clinic/stop");
    let first_word = ONSET as usize + HEARING.samples_in(Duration::from_millis(440)) as usize;
    let sound = [&stop[..first_word], &vec![0; 16_000]].concat();
    let heard = heard_over(&recognition(), &sound, Pace::AtOnce, true).await;
    assert!(!heard.attention, "{} is taken for a murmur", heard.text());
}

#[tokio::test]
async fn a_drawn_out_murmur_is_known_before_the_voice_falls() {
    let mut recogniser = opened(&recognition()).await;
    let sound = line("attention/i-see-rms");
    // The voice lasts 603 ms.
    let heard = ONSET + HEARING.samples_in(Duration::from_millis(580));
    let mut frames = sound[..heard as usize].chunks_exact(HEARING.frame_len());
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    let mut position = 0;
    let told = async {
        loop {
            clock.tick().await;
            if position == ONSET {
                let over_agent = true;
                let began = RecogniserInput::SpeechStarted { position, over_agent };
                recogniser.input.send(began).await.expect("it listens");
            }
            // When everything has been said, nothing more follows, but a busy machine may still have to look.
            let frame = frames.next().unwrap_or_default();
            let pcm = frame.into();
            let audio = RecogniserInput::Audio { position, pcm };
            recogniser.input.send(audio).await.expect("it listens");
            position += frame.len() as u64;
            if let Ok(RecogniserEvent::Interim {
                text,
                attention: true,
            }) = recogniser.events.try_recv()
            {
                break text;
            }
        }
    };
    let text = timeout(PATIENCE, told).await.expect("a murmur in time");
    assert_eq!(text.reveal(), "I see");
}

#[tokio::test]
async fn sentences_are_taken_for_no_murmur_while_the_voice_goes_on() {
    let lines = ["interrupt", "price", "person", "another-day"];
    let heard = lines.map(|name| async move {
        let sound = line(&format!("clinic/{name}"));
        (
            name,
            heard_over(&recognition(), &sound, Pace::RealTime, true).await,
        )
    });
    for (name, heard) in futures_util::future::join_all(heard).await {
        assert!(heard.interims.len() > 1, "{name}: {:?}", heard.interims);
        assert_eq!(heard.attention_so_far, 0, "{name}: {:?}", heard.interims);
    }
}
