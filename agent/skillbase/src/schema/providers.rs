//! Which services hear, think and speak, and who steps in for them.

use serde::Serialize;
use serde_json::Value;

use crate::{names::named, read::Node};

const NAME_MAX: usize = 200;
const FALLBACKS_MAX: usize = 10;

named! {
    /// Speech recognition services.
    SttProvider {
        /// Runs in this process, without a network.
        Offline = "offline",
        /// Deepgram.
        Deepgram = "deepgram",
        /// Deepgram's model that also finds the end of a turn.
        DeepgramFlux = "deepgram_flux",
        /// AssemblyAI.
        AssemblyAi = "assemblyai",
        /// OpenAI.
        OpenAi = "openai",
    }
}

named! {
    /// Who answers.
    LlmProvider {
        /// The skillbase's own flow: no language model, no network.
        Flow = "flow",
        /// OpenAI.
        OpenAi = "openai",
        /// Groq.
        Groq = "groq",
        /// Anthropic.
        Anthropic = "anthropic",
        /// A local Ollama server.
        Ollama = "ollama",
        /// Any server that speaks OpenAI's protocol.
        OpenAiCompatible = "openai_compatible",
    }
}

named! {
    /// Speech synthesis services.
    TtsProvider {
        /// Runs on this machine, without a network.
        Offline = "offline",
        /// Cartesia.
        Cartesia = "cartesia",
        /// ElevenLabs.
        ElevenLabs = "elevenlabs",
        /// Deepgram.
        Deepgram = "deepgram",
        /// OpenAI.
        OpenAi = "openai",
    }
}

/// Recognition and synthesis of speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Voice {
    /// Who speaks.
    pub tts_provider: TtsProvider,
    /// The service's name of the voice. The offline voice may be left out: `default`.
    pub tts_voice_id: String,
    /// Who listens.
    pub stt_provider: SttProvider,
    /// The language that is listened for; `multi` where a service can tell languages apart. Default `ru`.
    pub stt_language: String,
}

/// Who thinks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Llm {
    /// The service.
    pub provider: LlmProvider,
    /// The service's name of the model. The flow has none and may leave it out: `flow`.
    pub model: String,
    /// 0 to 2, default 0.7: how freely the model chooses its words.
    pub temperature: f64,
    /// Longest answer, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
}

/// Who steps in when a service fails, in this order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fallbacks {
    /// For recognition.
    pub stt: Vec<SttFallback>,
    /// For answers.
    pub llm: Vec<Llm>,
    /// For the voice.
    pub tts: Vec<TtsFallback>,
}

/// Another ear. In a file, a provider's name stands for it in the call's own language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SttFallback {
    /// Who listens.
    pub provider: SttProvider,
    /// The language that is listened for; absent: that of the skillbase's `voice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Another voice. In a file, `offline` alone stands for its default voice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TtsFallback {
    /// Who speaks.
    pub provider: TtsProvider,
    /// The service's name of the voice.
    pub voice_id: String,
}

impl Voice {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let tts_provider = fields.required("tts_provider", |node| node.name::<TtsProvider>());
        let tts_voice_id = match tts_provider {
            Some(TtsProvider::Offline) => {
                Some(fields.or("tts_voice_id", "default".to_owned(), |n| n.text(NAME_MAX)))
            }
            Some(
                TtsProvider::Cartesia | TtsProvider::ElevenLabs | TtsProvider::Deepgram | TtsProvider::OpenAi,
            )
            | None => fields.required("tts_voice_id", |node| node.text(NAME_MAX)),
        };
        let stt_provider = fields.required("stt_provider", |node| node.name::<SttProvider>());
        let stt_language = fields.or("stt_language", "ru".to_owned(), |node| speech_language(&node));
        fields.finish();
        Some(Self {
            tts_provider: tts_provider?,
            tts_voice_id: tts_voice_id?,
            stt_provider: stt_provider?,
            stt_language,
        })
    }
}

impl Llm {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let provider = fields.required("provider", |node| node.name::<LlmProvider>());
        let model = match provider {
            Some(LlmProvider::Flow) => {
                Some(fields.or("model", "flow".to_owned(), |node| node.text(NAME_MAX)))
            }
            Some(
                LlmProvider::OpenAi
                | LlmProvider::Groq
                | LlmProvider::Anthropic
                | LlmProvider::Ollama
                | LlmProvider::OpenAiCompatible,
            )
            | None => fields.required("model", |node| node.text(NAME_MAX)),
        };
        let temperature = fields.or("temperature", 0.7, |node| node.number(0.0..=2.0));
        let max_tokens = fields.optional("max_tokens", |node| node.whole(1..=1_000_000));
        fields.finish();
        Some(Self {
            provider: provider?,
            model: model?,
            temperature,
            max_tokens,
        })
    }

    /// A fallback: `flow` needs no more than its name.
    fn read_fallback(node: &Node<'_>) -> Option<Self> {
        let Value::String(_) = node.value() else {
            return Self::read(node);
        };
        match node.name::<LlmProvider>()? {
            provider @ LlmProvider::Flow => Some(Self {
                provider,
                model: "flow".to_owned(),
                temperature: 0.7,
                max_tokens: None,
            }),
            provider => {
                node.error(format!(
                    "{provider} needs a model: write {{provider: {provider}, model: …}}"
                ));
                None
            }
        }
    }
}

impl Fallbacks {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let stt = fields.or("stt", Vec::new(), |n| {
            n.list(FALLBACKS_MAX, |node| SttFallback::read(&node))
        });
        let llm = fields.or("llm", Vec::new(), |n| {
            n.list(FALLBACKS_MAX, |node| Llm::read_fallback(&node))
        });
        let tts = fields.or("tts", Vec::new(), |n| {
            n.list(FALLBACKS_MAX, |node| TtsFallback::read(&node))
        });
        fields.finish();
        Some(Self { stt, llm, tts })
    }
}

impl SttFallback {
    fn read(node: &Node<'_>) -> Option<Self> {
        if let Value::String(_) = node.value() {
            return Some(Self {
                provider: node.name()?,
                language: None,
            });
        }
        let mut fields = node.fields()?;
        let provider = fields.required("provider", |node| node.name::<SttProvider>());
        let language = fields.optional("language", |node| speech_language(&node));
        fields.finish();
        Some(Self {
            provider: provider?,
            language,
        })
    }
}

impl TtsFallback {
    fn read(node: &Node<'_>) -> Option<Self> {
        if let Value::String(_) = node.value() {
            let provider = node.name::<TtsProvider>()?;
            if provider != TtsProvider::Offline {
                node.error(format!(
                    "{provider} needs a voice: write {{provider: {provider}, voice_id: …}}"
                ));
                return None;
            }
            return Some(Self {
                provider,
                voice_id: "default".to_owned(),
            });
        }
        let mut fields = node.fields()?;
        let provider = fields.required("provider", |node| node.name::<TtsProvider>());
        let voice_id = fields.required("voice_id", |node| node.text(NAME_MAX));
        fields.finish();
        Some(Self {
            provider: provider?,
            voice_id: voice_id?,
        })
    }
}

fn speech_language(node: &Node<'_>) -> Option<String> {
    if node.value().as_str() == Some("multi") {
        return Some("multi".to_owned());
    }
    crate::Language::read(node).map(|language| language.as_str().to_owned())
}
