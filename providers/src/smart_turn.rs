//! End of turn from the sound alone: smart-turn, a small network that listens to how the last seconds were said.

mod mel;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use ort::{session::Session, value::TensorRef};
use pipeline::ports::{EndOfTurn, ServiceError, ServiceErrorKind};

pub use self::mel::{BANDS, FRAMES, Mel};
use crate::{
    OfflineError,
    inference::{Inference, Model, Seat, Urgency},
    models,
    onnx::Runtime,
};

/// The network, shared by all calls. A question takes about 25 ms of one thread of the pool.
pub struct SmartTurn {
    judge: Arc<Judge>,
    pool: Arc<Inference>,
}

impl SmartTurn {
    pub(crate) fn load(runtime: &Runtime, models: &Path, pool: Arc<Inference>) -> Result<Self, OfflineError> {
        let contents = models::SMART_TURN.read(models)?;
        let session = runtime.session(models::SMART_TURN.what, &contents)?;
        Ok(Self {
            judge: Arc::new(Judge {
                session: Mutex::new(session),
                mel: Mel::new(),
            }),
            pool,
        })
    }
}

#[async_trait]
impl EndOfTurn for SmartTurn {
    async fn probability(&self, audio: Arc<[i16]>) -> Result<f32, ServiceError> {
        let judge = self.judge.clone();
        let work = move |seat: &Seat<'_>| judge.probability(&audio, seat);
        self.pool
            .ask(Model::EndOfTurn, Urgency::EndOfTurn, work)
            .await?
            .map_err(|error| {
                let message = format!("end of turn failed: {error}");
                ServiceError::new("offline", ServiceErrorKind::Unavailable, message)
            })
    }
}

struct Judge {
    session: Mutex<Session>,
    mel: Mel,
}

impl Judge {
    fn probability(&self, audio: &[i16], seat: &Seat<'_>) -> ort::Result<f32> {
        let features = self.mel.features(audio);
        if seat.abandoned() {
            return Err(ort::Error::new("nobody waits for the answer"));
        }
        // The pool lets one question run at a time, so nobody waits here.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(ort::inputs![
            "input_features" => TensorRef::from_array_view(([1usize, BANDS, FRAMES], &features[..]))?,
        ])?;
        // The output is called logits but is a probability already.
        let (_, probability) = outputs[0].try_extract_tensor::<f32>()?;
        probability
            .first()
            .copied()
            .ok_or_else(|| ort::Error::new("smart-turn gave no probability"))
    }
}
