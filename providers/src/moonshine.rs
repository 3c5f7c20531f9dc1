//! Speech recognition on this machine: Moonshine tiny, for English.
//!
//! The model takes a whole utterance and gives its text; it cannot go on where it stopped. So interim results come from
//! decoding the growing utterance again and again, and of two such texts only the beginning in which they agree is shown.
//! The final decode begins as soon as the voice falls; when the detector becomes sure, a third of a second later, the text
//! has been waiting.

mod decoder;
mod murmurs;
mod recogniser;
mod sound;
mod tokens;
mod utterance;
mod writing;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use pipeline::ports::{Recogniser, RecogniserOptions, ServiceError, ServiceErrorKind, SpeechToText};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use self::{decoder::Decoder, recogniser::Hearing};
use crate::{OfflineError, inference::Inference, language, onnx::Runtime};

/// The recogniser, shared by all calls.
pub struct Moonshine {
    decoder: Arc<Decoder>,
    pool: Arc<Inference>,
    calls: TaskTracker,
}

impl Moonshine {
    pub(crate) fn load(
        runtime: &Runtime,
        models: &Path,
        copies: usize,
        pool: Arc<Inference>,
    ) -> Result<Self, OfflineError> {
        let decoder = Arc::new(Decoder::load(runtime, models, copies)?);
        Ok(Self {
            decoder,
            pool,
            calls: TaskTracker::new(),
        })
    }
}

#[async_trait]
impl SpeechToText for Moonshine {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn open(&self, options: RecogniserOptions) -> Result<Recogniser, ServiceError> {
        if language::primary(&options.language) != "en" {
            let language = options.language;
            let error = OfflineError::Language {
                service: "recognition",
                language,
            };
            return Err(ServiceError::new("offline", ServiceErrorKind::Rejected, error));
        }
        // Five seconds of sound in frames of 20 ms: more than the longest final decode takes.
        let (input, inputs) = mpsc::channel(256);
        let (events, heard) = mpsc::channel(32);
        let hearing = Hearing::new(self.decoder.clone(), self.pool.clone(), events);
        // Ends with the recogniser: both of its channels are this task's.
        self.calls.spawn(hearing.run(inputs));
        Ok(Recogniser { input, events: heard })
    }
}
