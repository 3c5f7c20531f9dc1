//! A model file that is missing, or is not what it should be.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::support::{
    Stage,
    program::{Program, run},
    workspace,
};

/// The models, of which `but` is left out.
fn models(folder: &Path, but: &str) -> PathBuf {
    let models = folder.join("models");
    let from = fs::canonicalize(workspace().join(".dev/models")).expect("`make setup` installs the models");
    for kind in fs::read_dir(&from)
        .expect("the models")
        .map(|kind| kind.expect("an entry"))
    {
        let place = models.join(kind.file_name());
        fs::create_dir_all(&place).expect("a folder");
        for file in fs::read_dir(kind.path())
            .expect("files")
            .map(|file| file.expect("an entry"))
        {
            if !file.path().ends_with(but) {
                symlink(file.path(), place.join(file.file_name())).expect("a link");
            }
        }
    }
    models
}

#[tokio::test]
async fn a_model_that_is_missing_is_named_before_anybody_calls() {
    let stage = Stage::new().await;
    let missing = "moonshine-tiny-en/encoder_model.ort";
    let mut command = stage.command();
    command.env("NEWVOICE_MODELS", models(stage.folder(), missing));
    run(command)
        .await
        .is_refusal(2, &["voice.stt_provider", "is missing", missing, "make setup"]);
}

#[tokio::test]
async fn a_model_that_can_be_done_without_is_named_and_done_without() {
    let stage = Stage::new().await;
    let missing = "smart-turn/smart-turn-v3.2-cpu.onnx";
    let mut command = stage.command();
    command.env("NEWVOICE_MODELS", models(stage.folder(), missing));
    let mut worker = Program::start(command);
    worker.registered(1).await;
    let log = worker.log();
    let line = log.lines().find(|line| line.contains(missing)).expect(&log);
    assert!(
        line.contains("silence alone") && line.contains("make setup"),
        "{line}"
    );
}

#[tokio::test]
async fn a_model_that_was_altered_is_refused() {
    let stage = Stage::new().await;
    let altered = "silero/silero_vad.onnx";
    let models = models(stage.folder(), altered);
    let mut contents = fs::read(workspace().join(".dev/models").join(altered)).expect("the model");
    contents[1_000] ^= 1;
    fs::write(models.join(altered), contents).expect("a file");
    let mut command = stage.command();
    command.env("NEWVOICE_MODELS", &models);
    run(command)
        .await
        .is_refusal(1, &[altered, "not the expected file", "make setup"]);
}
