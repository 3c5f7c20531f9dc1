//! Builds the services that a skillbase asks for, before a caller is on the line.

mod fallback;
mod http_tools;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::civil::Date;
use pipeline::{
    call::Services,
    ports::{LanguageModel, ServiceError, SpeechToText, TextToSpeech, Tool},
};
use providers::{
    OfflineError, OfflineSpeech, Secret,
    http_tool::Reach,
    openai::{MaxTokensName, OpenAi, OpenAiOptions},
    tools::EndCall,
};
use skillbase::{Llm, LlmProvider, Plan, Skillbase, SttProvider, ToolKind, TtsProvider};

use crate::flow_model::FlowModel;
use fallback::{ModelChain, VoiceChain};
pub use http_tools::HttpToolError;

/// How long a tool may run before the model is told that it failed.
pub const TOOL_DEADLINE: Duration = Duration::from_secs(10);

/// Where language models are reached, and with which keys.
#[derive(Clone, Debug, Default)]
pub struct ModelServers(BTreeMap<LlmProvider, ModelServer>);

/// A language model server.
#[derive(Clone, Debug)]
pub struct ModelServer {
    /// Its address up to and without `/chat/completions`.
    pub base_url: String,
    /// Its key.
    pub key: Option<Secret>,
}

/// What all calls of the process share.
#[derive(Clone)]
pub struct Workshop {
    /// Speech that needs no network.
    pub offline: OfflineSpeech,
    /// Language models.
    pub models: ModelServers,
    /// Which addresses HTTP tools may reach.
    pub tools_reach: Reach,
}

/// The services of one agent.
#[derive(Clone)]
pub struct AgentServices {
    /// Those of the pipeline.
    pub services: Services,
    /// The tools.
    pub tools: Vec<Arc<dyn Tool>>,
    /// The flow, where it is the model.
    pub flow: Option<FlowModel>,
    /// The model's name in records.
    pub model_name: String,
}

/// Why an agent's services cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// A provider that this build cannot serve.
    #[error("{path}: the provider {provider} is not supported yet; use {instead}")]
    Unsupported {
        /// Where the skillbase names it.
        path: &'static str,
        /// The provider.
        provider: String,
        /// What can be used instead.
        instead: &'static str,
    },
    /// A provider without its key.
    #[error("{path}: the provider {provider} needs a key: set {variable}")]
    NoKey {
        /// Where the skillbase names it.
        path: &'static str,
        /// The provider.
        provider: String,
        /// The variable that holds the key.
        variable: &'static str,
    },
    /// Offline speech lacks something.
    #[error("{path}: {source}")]
    Offline {
        /// Where the skillbase names it.
        path: &'static str,
        /// What is missing.
        source: Arc<OfflineError>,
    },
    /// A server's address or key cannot be used.
    #[error("llm: {0}")]
    Model(#[from] ServiceError),
    /// A tool's settings cannot be used.
    #[error(transparent)]
    Tool(#[from] HttpToolError),
}

impl ModelServers {
    /// Adds a server.
    #[must_use]
    pub fn with(mut self, provider: LlmProvider, server: ModelServer) -> Self {
        self.0.insert(provider, server);
        self
    }
}

impl Workshop {
    /// The services of an agent for a call. `seed` and `today` are for the dialogue graph.
    ///
    /// # Errors
    /// When a provider cannot be had: it is not supported, its key is missing, or a model file is.
    pub fn services(
        &self,
        skillbase: &Skillbase,
        seed: u64,
        today: Date,
    ) -> Result<AgentServices, ServicesError> {
        let flow = FlowModel::new(Plan::new(skillbase), seed, today);
        let own = self.model(&skillbase.llm, &flow)?;
        let uses_flow = skillbase.llm.provider == LlmProvider::Flow;
        let fallbacks = skillbase.fallbacks.llm.iter().map(|llm| self.model(llm, &flow));
        let models = std::iter::once(Ok(own))
            .chain(fallbacks)
            .collect::<Result<Vec<_>, _>>()?;
        let model_name = match skillbase.llm.provider {
            LlmProvider::Flow => "flow".to_owned(),
            provider => format!("{}/{}", provider.as_str(), skillbase.llm.model),
        };
        let services = Services {
            voice_activity: self.offline.voice_activity(),
            recogniser: self.recogniser(skillbase)?,
            end_of_turn: self.offline.end_of_turn().ok(),
            model: ModelChain::of(models),
            voice: self.voice(skillbase)?,
        };
        let tools = tools(skillbase, self.tools_reach)?;
        Ok(AgentServices {
            services,
            tools,
            flow: uses_flow.then_some(flow),
            model_name,
        })
    }

    fn recogniser(&self, skillbase: &Skillbase) -> Result<Arc<dyn SpeechToText>, ServicesError> {
        match skillbase.voice.stt_provider {
            SttProvider::Offline => {
                self.offline
                    .recognition(&skillbase.voice.stt_language)
                    .map_err(|source| ServicesError::Offline {
                        path: "voice.stt_provider",
                        source,
                    })
            }
            provider => Err(ServicesError::Unsupported {
                path: "voice.stt_provider",
                provider: provider.as_str().to_owned(),
                instead: "offline",
            }),
        }
    }

    fn voice(&self, skillbase: &Skillbase) -> Result<Arc<dyn TextToSpeech>, ServicesError> {
        let own = self.one_voice(skillbase.voice.tts_provider, "voice.tts_provider", skillbase);
        let fallbacks = &skillbase.fallbacks.tts;
        let others = fallbacks
            .iter()
            .map(|other| self.one_voice(other.provider, "fallbacks.tts", skillbase));
        Ok(VoiceChain::of(
            std::iter::once(own)
                .chain(others)
                .collect::<Result<Vec<_>, _>>()?,
        ))
    }

    fn one_voice(
        &self,
        provider: TtsProvider,
        path: &'static str,
        skillbase: &Skillbase,
    ) -> Result<Arc<dyn TextToSpeech>, ServicesError> {
        match provider {
            TtsProvider::Offline => self
                .offline
                .voice(skillbase.language.as_str())
                .map_err(|source| ServicesError::Offline { path, source }),
            provider => Err(ServicesError::Unsupported {
                path,
                provider: provider.as_str().to_owned(),
                instead: "offline",
            }),
        }
    }

    fn model(&self, llm: &Llm, flow: &FlowModel) -> Result<Arc<dyn LanguageModel>, ServicesError> {
        let provider = llm.provider;
        let (service, variable) = match provider {
            LlmProvider::Flow => return Ok(Arc::new(flow.clone())),
            LlmProvider::OpenAi => ("openai", "OPENAI_API_KEY"),
            LlmProvider::Groq => ("groq", "GROQ_API_KEY"),
            LlmProvider::Ollama => ("ollama", "OLLAMA_BASE_URL"),
            LlmProvider::OpenAiCompatible => ("openai_compatible", "OPENAI_COMPATIBLE_BASE_URL"),
            LlmProvider::Anthropic => {
                return Err(ServicesError::Unsupported {
                    path: "llm.provider",
                    provider: provider.as_str().to_owned(),
                    instead: "openai_compatible, openai, groq, ollama or flow",
                });
            }
        };
        let server = self.models.0.get(&provider).ok_or_else(|| ServicesError::NoKey {
            path: "llm.provider",
            provider: provider.as_str().to_owned(),
            variable,
        })?;
        let mut options = OpenAiOptions::new(service, &server.base_url, &llm.model);
        options.key = server.key.clone();
        options.temperature = Some(llm.temperature as f32);
        options.max_tokens = llm.max_tokens;
        if provider == LlmProvider::OpenAi {
            options.max_tokens_name = MaxTokensName::MaxCompletionTokens;
        }
        Ok(Arc::new(OpenAi::new(options)?))
    }
}

/// The tools of a skillbase. The flow ends its calls by `end_call`, so that one is always there.
fn tools(skillbase: &Skillbase, reach: Reach) -> Result<Vec<Arc<dyn Tool>>, ServicesError> {
    let mut tools: Vec<Arc<dyn Tool>> = Vec::new();
    let mut ends = false;
    for tool in skillbase.tools.iter().filter(|tool| tool.enabled) {
        match &tool.kind {
            ToolKind::EndCall { description } => {
                ends = true;
                tools.push(match description {
                    Some(description) => Arc::new(EndCall::described(description)),
                    None => Arc::new(EndCall::new()),
                });
            }
            ToolKind::Http(http) => tools.push(Arc::new(http_tools::tool(&tool.name, http, reach)?)),
            ToolKind::Unknown => {}
        }
    }
    if !ends {
        tools.push(Arc::new(EndCall::new()));
    }
    Ok(tools)
}
