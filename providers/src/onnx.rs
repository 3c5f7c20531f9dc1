//! ONNX Runtime, loaded while the program runs, so that the program also starts where it is absent.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::{
    environment::Environment,
    session::{InMemorySession, Session, builder::SessionBuilder},
};

use crate::{OfflineError, models};

/// ONNX Runtime in this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Runtime {
    environment: Environment,
}

/// ONNX Runtime allows one environment per process and none after it, so the first one is kept for good.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

impl Runtime {
    /// Loads the library under `models`, unless this process already has one.
    pub(crate) fn load(models: &Path) -> Result<Self, OfflineError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = &*loaded {
            return Ok(Self {
                environment: environment.clone(),
            });
        }
        let path = models.join(models::RUNTIME);
        if !path.is_file() {
            return Err(OfflineError::Missing {
                what: "ONNX Runtime",
                path,
            });
        }
        let refused = |reason: String| OfflineError::Runtime {
            path: path.clone(),
            reason,
        };
        // The loader takes a relative path as relative to the program's own file, which is never meant here.
        let absolute = path.canonicalize().map_err(|error| refused(error.to_string()))?;
        let environment = ort::init_from(&absolute)
            .map_err(|error| refused(error.to_string()))?
            .with_name("newvoice")
            .with_telemetry(false)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        // Warnings of graph optimisation are of no use to the operator; failures come back as errors anyway.
        environment.set_log_level(ort::logging::LogLevel::Error);
        *loaded = Some(environment.clone());
        Ok(Self { environment })
    }

    /// A session of the model whose file contents are `model`. It computes on the thread that asks: parallel work comes
    /// from several askers, which keeps the time of one piece of work predictable.
    pub(crate) fn session(&self, what: &'static str, model: &[u8]) -> Result<Session, OfflineError> {
        let open = || self.builder()?.commit_from_memory(model);
        open().map_err(|error| OfflineError::Model {
            what,
            reason: error.to_string(),
        })
    }

    /// A session over a model in ONNX Runtime's own format, which is used where it lies: all sessions over the same
    /// contents share its weights. The contents stay for the life of the process.
    pub(crate) fn shared_session(
        &self,
        what: &'static str,
        model: &'static [u8],
    ) -> Result<InMemorySession<'static>, OfflineError> {
        let open = || self.builder()?.commit_from_memory_directly(model);
        open().map_err(|error| OfflineError::Model {
            what,
            reason: error.to_string(),
        })
    }

    fn builder(&self) -> ort::Result<SessionBuilder> {
        Ok(Session::builder(&self.environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?)
    }
}

/// The version of the library under `models`, which names its symbols after it.
pub(crate) fn version(models: &Path) -> Option<String> {
    const NAME: &[u8] = b"VERS_1.";
    let library = fs::read(models.join(models::RUNTIME)).ok()?;
    let at = library.windows(NAME.len()).position(|bytes| bytes == NAME)?;
    let version = library[at + b"VERS_".len()..].split(|&byte| byte == 0).next()?;
    String::from_utf8(version.to_vec()).ok()
}
