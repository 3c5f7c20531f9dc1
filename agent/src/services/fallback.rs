//! Services that step in for one another.

use std::sync::Arc;

use async_trait::async_trait;
use pipeline::{
    audio::SampleRate,
    ports::{
        LanguageModel, ModelRequest, ModelStream, ServiceError, TextToSpeech, VoiceOptions, VoiceStream,
    },
};
use turn::{Completeness, HistoryItem, Said};

/// Models in order: the first that takes the request answers it.
pub(super) struct ModelChain(Vec<Arc<dyn LanguageModel>>);

impl ModelChain {
    /// A chain of `models`, or the only one of them.
    pub(super) fn of(mut models: Vec<Arc<dyn LanguageModel>>) -> Arc<dyn LanguageModel> {
        if models.len() == 1 {
            return models.remove(0);
        }
        Arc::new(Self(models))
    }
}

#[async_trait]
impl LanguageModel for ModelChain {
    fn name(&self) -> &'static str {
        self.0[0].name()
    }

    async fn answer(&self, request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let (last, others) = self.0.split_last().expect("a chain has at least two models");
        for model in others {
            match model.answer(request.clone()).await {
                Ok(stream) => return Ok(stream),
                Err(error) => tracing::warn!(%error, "a model is passed over"),
            }
        }
        last.answer(request).await
    }

    /// The first leads the conversation; one that only steps in has asked for nothing.
    fn weigh(&self, history: &[HistoryItem], said: &Said) -> Completeness {
        self.0[0].weigh(history, said)
    }
}

/// Voices in order: the first that opens speaks. All have the rate of the first; one that has not is left out.
pub(super) struct VoiceChain(Vec<Arc<dyn TextToSpeech>>);

impl VoiceChain {
    /// A chain of `voices`, or the only one of them.
    pub(super) fn of(mut voices: Vec<Arc<dyn TextToSpeech>>) -> Arc<dyn TextToSpeech> {
        let rate = voices[0].rate();
        voices.retain(|voice| voice.rate() == rate);
        if voices.len() == 1 {
            return voices.remove(0);
        }
        Arc::new(Self(voices))
    }
}

#[async_trait]
impl TextToSpeech for VoiceChain {
    fn name(&self) -> &'static str {
        self.0[0].name()
    }

    fn rate(&self) -> SampleRate {
        self.0[0].rate()
    }

    async fn open(&self, options: VoiceOptions) -> Result<VoiceStream, ServiceError> {
        let (last, others) = self.0.split_last().expect("a chain has at least two voices");
        for voice in others {
            match voice.open(options.clone()).await {
                Ok(stream) => return Ok(stream),
                Err(error) => tracing::warn!(%error, "a voice is passed over"),
            }
        }
        last.open(options).await
    }
}
