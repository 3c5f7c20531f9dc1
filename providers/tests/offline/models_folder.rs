//! A models folder that lacks something, or in which something was changed.

use std::{fs, os::unix::fs::symlink, path::Path};

use providers::{OfflineError, OfflineOptions, OfflineSpeech, State, examine};

use crate::listening::models;

/// A folder like the models folder, in which one file is another or is not there.
fn folder_with(path: &str, contents: Option<&[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let models =
        fs::canonicalize(models()).unwrap_or_else(|error| panic!("no models ({error}); run `make setup`"));
    for part in fs::read_dir(&models)
        .expect("a folder")
        .map(|part| part.expect("a part").path())
    {
        let name = part.file_name().expect("a name");
        fs::create_dir(folder.path().join(name)).expect("a folder");
        for file in fs::read_dir(&part)
            .expect("a folder")
            .map(|file| file.expect("a file").path())
        {
            let relative = Path::new(name).join(file.file_name().expect("a name"));
            match contents {
                _ if relative != Path::new(path) => {
                    symlink(&file, folder.path().join(relative)).expect("a link")
                }
                Some(contents) => fs::write(folder.path().join(relative), contents).expect("a file"),
                None => {}
            }
        }
    }
    folder
}

const FILES: [&str; 7] = [
    "silero/silero_vad.onnx",
    "moonshine-tiny-en/encoder_model.ort",
    "moonshine-tiny-en/decoder_model_merged.ort",
    "moonshine-tiny-en/tokenizer.bin",
    "smart-turn/smart-turn-v3.2-cpu.onnx",
    "piper-joe/en_US-joe-medium.onnx",
    "piper-joe/en_US-joe-medium.onnx.json",
];

#[test]
fn an_altered_file_is_refused_with_its_name_and_what_to_do() {
    for file in FILES {
        let folder = folder_with(file, Some(b"something else"));
        let error = OfflineSpeech::load(folder.path(), &OfflineOptions::default()).err();
        let Some(error @ OfflineError::Altered { .. }) = error else {
            panic!("{file} was taken: {error:?}")
        };
        let message = error.to_string();
        assert!(
            message.contains(file) && message.contains("make setup"),
            "{message}"
        );
    }
}

#[test]
fn a_missing_file_is_missed_by_the_service_that_needs_it() {
    let folder = folder_with("moonshine-tiny-en/tokenizer.bin", None);
    let speech = OfflineSpeech::load(folder.path(), &OfflineOptions::default()).expect("the rest works");
    let message = speech
        .recognition("en")
        .err()
        .expect("no recognition")
        .to_string();
    assert!(
        message.contains("tokenizer.bin") && message.contains("make setup"),
        "{message}"
    );
    assert!(speech.end_of_turn().is_ok() && speech.voice("en").is_ok());
}

#[test]
fn without_the_neural_voice_english_is_spoken_by_the_small_one() {
    let folder = folder_with("piper-joe/en_US-joe-medium.onnx", None);
    let speech = OfflineSpeech::load(folder.path(), &OfflineOptions::default()).expect("the rest works");
    let voice = speech.voice("en-GB").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(voice.rate().0, 16_000);
}

#[test]
fn the_examination_names_everything_one_by_one() {
    let folder = folder_with("silero/silero_vad.onnx", None);
    fs::remove_file(folder.path().join("smart-turn/smart-turn-v3.2-cpu.onnx")).expect("it is there");
    fs::write(folder.path().join("smart-turn/smart-turn-v3.2-cpu.onnx"), b"x").expect("it can be written");
    let findings = examine(folder.path());
    let wrong: Vec<_> = findings
        .iter()
        .filter_map(|finding| match &finding.state {
            State::Present(_) => None,
            State::Wrong(error) => Some((finding.what, error.to_string())),
        })
        .collect();
    for finding in &findings {
        println!("{finding:?}");
    }
    assert_eq!(findings.len(), 10);
    let [(silero, missing), (smart_turn, altered)] = &wrong[..] else {
        panic!("{wrong:?}")
    };
    assert!(
        silero.contains("Silero") && missing.contains("missing"),
        "{missing}"
    );
    assert!(
        smart_turn.contains("smart-turn") && altered.contains("sha256"),
        "{altered}"
    );
}
