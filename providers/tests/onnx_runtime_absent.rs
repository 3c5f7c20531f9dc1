//! Without ONNX Runtime the agent still hears that somebody speaks, and still speaks. In a program of its own, because a
//! program loads ONNX Runtime once and keeps it.

use std::fs;

use providers::{OfflineError, OfflineOptions, OfflineSpeech};

#[test]
fn what_does_not_load_is_an_error_and_what_is_absent_is_done_without() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = folder.path().join("onnxruntime/libonnxruntime.so");
    fs::create_dir(library.parent().expect("a folder")).expect("a folder");
    fs::write(&library, b"this is no library").expect("a file");
    let error = OfflineSpeech::load(folder.path(), &OfflineOptions::default()).err();
    let Some(error @ OfflineError::Runtime { .. }) = error else {
        panic!("it was loaded: {error:?}")
    };
    assert!(error.to_string().contains("make setup"), "{error}");

    fs::remove_file(&library).expect("it is there");
    let speech = OfflineSpeech::load(folder.path(), &OfflineOptions::default()).expect("the rest works");
    let mut verdicts = Vec::new();
    speech
        .voice_activity()
        .detector()
        .hear(&[0; 1_600], &mut verdicts);
    assert_eq!(verdicts.len(), 10, "a verdict for each 10 ms");
    let error = speech.recognition("en").err().expect("no recognition");
    assert!(error.to_string().contains("libonnxruntime.so"), "{error}");
    assert_eq!(
        speech
            .voice("en")
            .unwrap_or_else(|error| panic!("{error}"))
            .rate()
            .0,
        16_000
    );
}
