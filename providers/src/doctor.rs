//! Looks at everything that offline speech needs, one by one.

use std::{path::Path, process::Command};

use crate::{OfflineError, espeak, flite, models, onnx, phonemes::ESPEAK, program};

/// What was found of one thing.
#[derive(Debug)]
pub struct Finding {
    /// The thing.
    pub what: &'static str,
    /// How it is.
    pub state: State,
}

/// How a thing is.
#[derive(Debug)]
pub enum State {
    /// As it should be; with its version, or where it was found.
    Present(String),
    /// Not there, or not as it should be; the error says what to do.
    Wrong(OfflineError),
}

/// Examines the models folder and the speech programs. Reads every model file once, which takes about half a second.
pub fn examine(models: &Path) -> Vec<Finding> {
    let runtime = onnx::Runtime::load(models).map(|_| {
        let version = onnx::version(models).unwrap_or_else(|| "of unknown version".into());
        format!("{}; {version}", models.join(models::RUNTIME).display())
    });
    let files = models::ALL.map(|file| {
        let found = file
            .read(models)
            .map(|_| file.under(models).display().to_string());
        (file.what, found)
    });
    let programs = [("flite", version_of_flite()), (ESPEAK, version_of_espeak())];
    std::iter::once(("ONNX Runtime", runtime))
        .chain(files)
        .chain(programs)
        .map(|(what, found)| Finding {
            what,
            state: found.map_or_else(State::Wrong, State::Present),
        })
        .collect()
}

fn version_of_flite() -> Result<String, OfflineError> {
    let absent = OfflineError::Program {
        program: flite::FLITE,
    };
    let (Some(file), Some(voices)) = (program::on_path(flite::FLITE), flite::voices()) else {
        return Err(absent);
    };
    Ok(format!("{}; {}", file.display(), voices.trim()))
}

fn version_of_espeak() -> Result<String, OfflineError> {
    let absent = || OfflineError::Program { program: ESPEAK };
    let file = program::on_path(ESPEAK).ok_or_else(absent)?;
    let said = Command::new(&file)
        .arg("--version")
        .output()
        .map_err(|_| absent())?;
    let languages = espeak::languages().ok_or_else(absent)?.len();
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    Ok(format!("{}; {languages} languages; {version}", file.display()))
}
