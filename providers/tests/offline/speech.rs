//! Real and made speech, and the services under test.

use std::{path::PathBuf, process::Command, sync::Arc};

use pipeline::{
    audio::{HEARING, Pcm, SampleRate},
    ports::{TextToSpeech, VoiceItem, VoiceOptions},
    sound_file,
};
use tokio::time::timeout;

use crate::listening::PATIENCE;

/// A telephone announcement recorded by a person, from Debian's `asterisk-core-sounds-en-wav`.
pub(crate) fn prompt(name: &str) -> Vec<i16> {
    let path = PathBuf::from(format!("/usr/share/asterisk/sounds/en_US_f_Allison/{name}.wav"));
    let read = sound_file::read(&path, HEARING);
    read.unwrap_or_else(|error| panic!("{error}; run `make setup`"))
        .samples
        .to_vec()
}

/// What flite's voice `rms` makes of a text.
pub(crate) fn spoken(text: &str) -> Vec<i16> {
    let file = tempfile::Builder::new()
        .suffix(".wav")
        .tempfile()
        .expect("a temporary file");
    let status = Command::new("flite")
        .args(["-voice", "rms", "-t", text, "-o"])
        .arg(file.path())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "flite does not run; run `make setup`"
    );
    sound_file::read(file.path(), HEARING)
        .expect("flite writes sound")
        .samples
        .to_vec()
}

/// What a voice makes of clauses: the sound of each.
pub(crate) async fn said(voice: &Arc<dyn TextToSpeech>, language: &str, clauses: &[&str]) -> Vec<Vec<i16>> {
    let options = VoiceOptions {
        voice: String::new(),
        language: language.into(),
    };
    let stream = voice
        .open(options)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let (text, mut audio) = (stream.text, stream.audio);
    let give = async {
        for clause in clauses {
            text.send((*clause).into()).await.expect("the voice listens");
        }
        drop(text);
    };
    let hear = async {
        let mut sounds = vec![Vec::new()];
        while let Some(item) = timeout(PATIENCE, audio.recv()).await.expect("sound in time") {
            match item.unwrap_or_else(|error| panic!("{error}")) {
                VoiceItem::Audio(pcm) => {
                    assert_eq!(pcm.rate, voice.rate());
                    sounds
                        .last_mut()
                        .expect("never empty")
                        .extend_from_slice(&pcm.samples);
                }
                VoiceItem::ClauseEnd => sounds.push(Vec::new()),
                VoiceItem::Words(_) => {}
            }
        }
        assert_eq!(
            sounds.pop(),
            Some(Vec::new()),
            "no sound after the last clause's end"
        );
        sounds
    };
    tokio::join!(give, hear).1
}

/// Sound at the rate of hearing.
pub(crate) fn at_hearing_rate(sound: &[i16], rate: SampleRate) -> Vec<i16> {
    sound_file::resample(&Pcm::new(rate, sound), HEARING)
        .expect("both rates are known")
        .samples
        .to_vec()
}
