//! Sounds that are hardly words, over an agent that speaks and into its silence.

use pipeline::{audio::HEARING, sound_file};

use crate::listening::{Pace, between_silences, errors, heard, heard_over, models, recognition};

/// A recorded caller's line.
fn line(name: &str) -> Vec<i16> {
    let path = models().join(format!("../speech/{name}.wav"));
    let read = sound_file::read(&path, HEARING);
    let sound = read.unwrap_or_else(|error| panic!("{error}; run `make setup`"));
    between_silences(&sound.samples)
}

async fn over_the_agent(sound: &[i16]) -> String {
    let heard = heard_over(&recognition(), sound, Pace::AtOnce, true).await;
    heard.text().to_lowercase()
}

#[tokio::test]
async fn over_the_agent_a_murmur_is_a_murmur() {
    let murmurs = [
        "uh-huh", "aha", "ah, huh", "ah, ah", "ah-ha", "ah", "oh", "uh", "okay", "ok", "ok,", "yeah",
        "right", "i see",
    ];
    let sounds = ["aha", "uh-huh"].map(str::to_owned).into_iter();
    let words = ["yeah", "okay", "right", "i-see"];
    let by_two = words
        .into_iter()
        .flat_map(|word| [format!("{word}-rms"), format!("{word}-awb")]);
    for sound in sounds.chain(by_two) {
        let text = over_the_agent(&line(&format!("attention/{sound}"))).await;
        assert!(murmurs.contains(&&*text), "{sound} is heard as {text}");
    }
}

#[tokio::test]
async fn in_the_agents_silence_the_likeliest_words_are_taken() {
    let sound = line("attention/okay-awb");
    let alone = heard(&recognition(), &sound, Pace::AtOnce).await.text();
    assert_ne!(alone.to_lowercase(), over_the_agent(&sound).await);
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
        let text = over_the_agent(&line(name)).await;
        assert_eq!(errors(said, &text), 0, "{name} is heard as {text}");
    }
}
