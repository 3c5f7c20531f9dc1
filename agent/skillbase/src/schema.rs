//! The agent definition as plain data.
//!
//! Reading stands beside each type: it names the keys, their limits and their defaults. Writing is `serde`'s: what is
//! written reads back as the same value.

mod flow;
mod limits;
mod providers;
mod tools;
mod turn;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

pub use self::{
    flow::{ANY_STATE, Choice, Collect, FieldKind, Flow, FlowKind, State, Transition},
    limits::{IdleStep, Limits},
    providers::{Fallbacks, Llm, LlmProvider, SttFallback, SttProvider, TtsFallback, TtsProvider, Voice},
    tools::{HttpMethod, HttpTool, Secret, Tool, ToolConfig, ToolKind, ToolMode},
    turn::{
        BackChannels, EarlyPause, EndpointingMode, EndpointingSettings, FillerSettings, InterruptionMode,
        InterruptionSettings, PreemptiveSettings, ProtectedSpeech, TalkedOver, TurnSettings, UserTurnLimit,
    },
};
use crate::{
    Language, check,
    read::{Fields, Node},
};

/// Longest text that is spoken at once, in characters: about half a minute of speech.
pub(crate) const SPOKEN_MAX: usize = 500;
/// Longest instruction to a language model, in characters.
const INSTRUCTION_MAX: usize = 5_000;
/// Most variants of one spoken text.
pub(crate) const VARIANTS_MAX: usize = 20;

/// What an agent is: whom it speaks for, how it leads a conversation, and with which voice, ear and mind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skillbase {
    /// Who the agent is and what it knows.
    pub context: Context,
    /// The stages of the conversation.
    pub flow: Flow,
    /// Dealings with people and systems behind the agent.
    pub agent: Agent,
    /// What the agent can do during a call.
    pub tools: Vec<Tool>,
    /// Recognition and synthesis of speech.
    pub voice: Voice,
    /// Who thinks: a language model, or the flow itself.
    pub llm: Llm,
    /// The first words of a call: one of these. Empty: the first state says what it has to say.
    pub greeting: Vec<String>,
    /// How the greeting takes being talked over. Absent: as `turn` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_talked_over: Option<TalkedOver>,
    /// The language of the conversation and of the prompt. Default: that of `voice.stt_language`.
    pub language: Language,
    /// Who may speak, and when.
    pub turn: TurnSettings,
    /// Silence and length of the call.
    pub limits: Limits,
    /// Who steps in when a service fails.
    pub fallbacks: Fallbacks,
    /// The last words of a call: one of these. Empty: the last state's words are the last.
    pub closing: Vec<String>,
}

/// Who the agent is and what it knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Whose work the agent does; 1 to 500 characters.
    pub role: String,
    /// How it speaks; 1 to 500 characters.
    pub style: String,
    /// What it must never do.
    pub safety_rules: Vec<String>,
    /// What it knows about the company.
    pub facts: Vec<String>,
}

/// Dealings with people and systems behind the agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agent {
    /// When to hand the caller to a person; names and their meaning are free.
    pub handoff_criteria: Map<String, Value>,
    /// Which collected field goes into which field of the customer's own system.
    pub crm_field_mapping: BTreeMap<String, String>,
}

impl Skillbase {
    /// What to do in a long silence, in order: as the skillbase says, else as [`IdleStep::usual`].
    pub fn idle_steps(&self) -> Vec<IdleStep> {
        self.limits
            .idle
            .clone()
            .unwrap_or_else(|| IdleStep::usual(&self.language))
    }

    pub(crate) fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let context = fields.required("context", |node| Context::read(&node));
        let flow = fields.required("flow", |node| Flow::read(&node));
        let agent = fields.or("agent", Agent::default(), |node| Agent::read(&node));
        let tools = fields.or("tools", Vec::new(), |node| Tool::read_all(&node));
        let voice = fields.required("voice", |node| Voice::read(&node));
        let llm = fields.required("llm", |node| Llm::read(&node));
        let greeting = spoken(&mut fields, "greeting");
        let greeting_talked_over = fields.optional("greeting_talked_over", |node| node.name());
        let language = fields.optional("language", |node| Language::read(&node));
        let turn = fields.or("turn", TurnSettings::default(), |node| TurnSettings::read(&node));
        let limits = fields.or("limits", Limits::default(), |node| Limits::read(&node));
        let fallbacks = fields.or("fallbacks", Fallbacks::default(), |node| Fallbacks::read(&node));
        let closing = spoken(&mut fields, "closing");
        fields.finish();
        let voice = voice?;
        Some(Self {
            context: context?,
            flow: flow?,
            agent,
            tools,
            language: language.unwrap_or_else(|| Language::of_speech(&voice.stt_language)),
            voice,
            llm: llm?,
            greeting,
            greeting_talked_over,
            turn,
            limits,
            fallbacks,
            closing,
        })
    }
}

impl Context {
    fn read(node: &Node<'_>) -> Option<Self> {
        const LINES_MAX: usize = 500;
        let mut fields = node.fields()?;
        let role = fields.required("role", |node| node.text(500));
        let style = fields.required("style", |node| node.text(500));
        let safety_rules = fields.or("safety_rules", Vec::new(), |node| {
            node.texts(LINES_MAX, INSTRUCTION_MAX)
        });
        let facts = fields.or("facts", Vec::new(), |node| node.texts(LINES_MAX, INSTRUCTION_MAX));
        fields.finish();
        Some(Self {
            role: role?,
            style: style?,
            safety_rules,
            facts,
        })
    }
}

impl Agent {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let handoff_criteria = fields.or("handoff_criteria", Map::new(), |node| node.map().cloned());
        let crm_field_mapping = fields.or("crm_field_mapping", BTreeMap::new(), |node| {
            text_map(&node, SPOKEN_MAX)
        });
        fields.finish();
        Some(Self {
            handoff_criteria,
            crm_field_mapping,
        })
    }
}

/// A spoken text with its variants, absent or empty: none.
pub(crate) fn spoken(fields: &mut Fields<'_>, key: &'static str) -> Vec<String> {
    fields
        .optional(key, |node| node.text_or_texts(VARIANTS_MAX, SPOKEN_MAX))
        .unwrap_or_default()
}

/// An object whose keys are free and whose values are texts.
pub(crate) fn text_map(node: &Node<'_>, longest: usize) -> Option<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for (key, value) in node.map()? {
        match value.as_str() {
            Some(text) if text.chars().count() <= longest => {
                texts.insert(key.clone(), text.to_owned());
            }
            Some(_) => node.error(format!(
                "{}: must have at most {longest} characters",
                crate::read::printable(key)
            )),
            None => node.error(format!("{}: must be text", crate::read::printable(key))),
        }
    }
    Some(texts)
}

/// Reads as [`check::check_value`] does; the message names every error.
impl<'de> Deserialize<'de> for Skillbase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        check::check_value(&value).accepted().map_err(D::Error::custom)
    }
}
