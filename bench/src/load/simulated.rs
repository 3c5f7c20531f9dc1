//! The services of a measured call: they hear, think and speak without cost, after delays as real ones have them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use pipeline::{
    call::Services,
    ports::{LanguageModel, ModelItem, ModelRequest, ModelStream, ServiceError, VoiceActivityFactory},
};
use providers::{
    OfflineError, models_folder,
    simulated::{SimulatedRecognition, SimulatedVoice},
    vad::{Silero, SileroOptions, Webrtc},
};
use tokio::time::sleep;

use crate::cli::Vad;

/// What the agent says first.
pub(super) const GREETING: &str = "Hello, this is the dental clinic. How can I help you?";
/// What it answers, whatever was said: two clauses of 4.7 s together, so that it speaks for half of the call.
const ANSWER: &str = "Certainly, let me look. The next free hour is on Tuesday at ten in the morning.";
/// From the question to the first word, as quick models need.
const FIRST_WORD: Duration = Duration::from_millis(150);
/// From word to word: 50 words a second.
const NEXT_WORD: Duration = Duration::from_millis(20);

pub(super) fn services(vad: Vad) -> Result<Services, OfflineError> {
    let voice_activity: Arc<dyn VoiceActivityFactory> = match vad {
        Vad::Webrtc => Webrtc::shared(),
        Vad::Silero => Arc::new(Silero::open(&models_folder(), SileroOptions::default())?),
    };
    Ok(Services {
        voice_activity,
        recogniser: Arc::new(SimulatedRecognition {
            utterances: Arc::from(["I would like to come on Tuesday, please.".into()]),
            interim_delay: Some(Duration::from_millis(300)),
            final_delay: Duration::from_millis(100),
        }),
        end_of_turn: None,
        model: Arc::new(Fluent),
        voice: Arc::new(SimulatedVoice::default()),
    })
}

/// Gives one and the same answer word by word, at the pace of a quick model.
struct Fluent;

#[async_trait]
impl LanguageModel for Fluent {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn answer(&self, _request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let words = ANSWER.split_inclusive(' ').enumerate();
        let spoken = stream::iter(words).then(|(index, word)| async move {
            sleep(if index == 0 { FIRST_WORD } else { NEXT_WORD }).await;
            Ok(ModelItem::Text(word.into()))
        });
        Ok(spoken.boxed())
    }
}
