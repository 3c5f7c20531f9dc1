//! Every setting of the program, and the only reader of the environment.
//!
//! The environment counts over `newvoice.toml` in the working folder, and that over the defaults. Well-known names are read
//! as everybody writes them (`LIVEKIT_URL`, `DATABASE_URL`, …); ours begin with `NEWVOICE_`, with `__` between a table and
//! its key. A name that is not known is an error: a slip of the pen must not go unnoticed.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use figment::{
    Figment,
    error::Kind,
    providers::{Env, Format, Serialized, Toml},
};
use providers::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use skillbase::LlmProvider;
use telemetry::PriceTable;

use crate::services::{ModelServer, ModelServers};

/// The file with settings, in the working folder.
pub const FILE: &str = "newvoice.toml";

/// The settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `LIVEKIT_URL`: the LiveKit server, `ws://…` or `wss://…`.
    pub livekit_url: Option<String>,
    /// `LIVEKIT_API_KEY`.
    pub livekit_api_key: Option<String>,
    /// `LIVEKIT_API_SECRET`.
    pub livekit_api_secret: Option<Key>,
    /// `DATABASE_URL`: PostgreSQL; absent: records stay on disk.
    pub database_url: Option<Key>,
    /// `OPENAI_API_KEY`.
    pub openai_api_key: Option<Key>,
    /// `GROQ_API_KEY`.
    pub groq_api_key: Option<Key>,
    /// `OPENAI_BASE_URL`.
    pub openai_base_url: String,
    /// `GROQ_BASE_URL`.
    pub groq_base_url: String,
    /// `OLLAMA_BASE_URL`.
    pub ollama_base_url: String,
    /// `OPENAI_COMPATIBLE_BASE_URL`: any other server of that protocol.
    pub openai_compatible_base_url: Option<String>,
    /// `OPENAI_COMPATIBLE_API_KEY`, where that server wants one.
    pub openai_compatible_api_key: Option<Key>,
    /// `BASE_PROMPT_PATH`: rules for every agent; absent: the built-in ones.
    pub base_prompt_path: Option<PathBuf>,
    /// `RECORDINGS_PATH`: where calls leave their files.
    pub recordings_path: PathBuf,
    /// `NEWVOICE_MODELS`: the folder of offline models.
    pub models: PathBuf,
    /// `NEWVOICE_SKILLBASE`: who answers when a job names nobody: a file, a slug or an id; empty: the built-in agent.
    pub skillbase: String,
    /// `NEWVOICE_AGENT_NAME`: for dispatch by name; empty: every room.
    pub agent_name: String,
    /// `NEWVOICE_MAX_CALLS`: calls at once.
    pub max_calls: u32,
    /// `NEWVOICE_DRAIN_TIMEOUT`: seconds that calls may go on after a stop was asked for.
    pub drain_timeout: u64,
    /// `NEWVOICE_LISTEN`: where health and metrics are served.
    pub listen: SocketAddr,
    /// `NEWVOICE_ALLOW_PRIVATE_TOOLS`: whether tools of skillbases may reach private addresses, such as a service beside the
    /// worker. Off: whoever writes a skillbase could otherwise ask any server that only the worker can reach.
    pub allow_private_tools: bool,
    /// `NEWVOICE_PRICES__…`: what services cost.
    pub prices: PriceTable,
}

/// A text that prints as a mask.
#[derive(Clone)]
pub struct Key(Secret);

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value or a name is wrong.
    #[error("the settings are wrong: {0}")]
    Wrong(String),
    /// Something that this command needs is not set.
    #[error("{name} is not set: {what}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What to do.
        what: &'static str,
    },
    /// The base prompt cannot be read.
    #[error("BASE_PROMPT_PATH names {path}, which cannot be read: {source}")]
    BasePrompt {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Well-known names, as they are set, without a prefix of ours.
const KNOWN: [&str; 13] = [
    "livekit_url",
    "livekit_api_key",
    "livekit_api_secret",
    "database_url",
    "openai_api_key",
    "groq_api_key",
    "openai_base_url",
    "groq_base_url",
    "ollama_base_url",
    "openai_compatible_base_url",
    "openai_compatible_api_key",
    "base_prompt_path",
    "recordings_path",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            livekit_url: None,
            livekit_api_key: None,
            livekit_api_secret: None,
            database_url: None,
            openai_api_key: None,
            groq_api_key: None,
            openai_base_url: "https://api.openai.com/v1".to_owned(),
            groq_base_url: "https://api.groq.com/openai/v1".to_owned(),
            ollama_base_url: "http://127.0.0.1:11434/v1".to_owned(),
            openai_compatible_base_url: None,
            openai_compatible_api_key: None,
            base_prompt_path: None,
            recordings_path: "recordings".into(),
            models: ".dev/models".into(),
            skillbase: String::new(),
            agent_name: String::new(),
            max_calls: 50,
            drain_timeout: 3_600,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            allow_private_tools: false,
            prices: PriceTable::default(),
        }
    }
}

impl Settings {
    /// Reads file and environment.
    ///
    /// # Errors
    /// [`SettingsError::Wrong`] names the setting and what is wrong with it.
    pub fn read() -> Result<Self, SettingsError> {
        // `NEWVOICE_DEMO_…` and the like are for scripts around the program.
        let own = Env::prefixed("NEWVOICE_").split("__");
        Self::from_sources(Toml::file(FILE), Env::raw().only(&KNOWN), own)
    }

    fn from_sources(
        file: figment::providers::Data<Toml>,
        known: Env,
        own: Env,
    ) -> Result<Self, SettingsError> {
        Figment::from(Serialized::defaults(Self::default()))
            .merge(file)
            .merge(known)
            .merge(own)
            .extract()
            .map_err(|error| SettingsError::Wrong(in_words(&error)))
    }

    /// The LiveKit server and its key.
    ///
    /// # Errors
    /// [`SettingsError::Missing`] names what is not set.
    pub fn livekit(&self) -> Result<(String, room::token::Credentials), SettingsError> {
        let missing = |name, what| SettingsError::Missing { name, what };
        let url = self
            .livekit_url
            .clone()
            .ok_or(missing("LIVEKIT_URL", "give the address of a LiveKit server"))?;
        let key = self
            .livekit_api_key
            .clone()
            .ok_or(missing("LIVEKIT_API_KEY", "give a key of that server"))?;
        let secret = self
            .livekit_api_secret
            .clone()
            .ok_or(missing("LIVEKIT_API_SECRET", "give the secret of that key"))?;
        Ok((url, room::token::Credentials::new(key, secret.0.reveal())))
    }

    /// The language model servers that can be used.
    pub fn model_servers(&self) -> ModelServers {
        let key = |key: &Option<Key>| key.as_ref().map(|key| key.0.clone());
        let server = |base_url: &str, key| ModelServer {
            base_url: base_url.to_owned(),
            key,
        };
        let mut servers =
            ModelServers::default().with(LlmProvider::Ollama, server(&self.ollama_base_url, None));
        if self.openai_api_key.is_some() {
            let own = server(&self.openai_base_url, key(&self.openai_api_key));
            servers = servers.with(LlmProvider::OpenAi, own);
        }
        if self.groq_api_key.is_some() {
            servers = servers.with(
                LlmProvider::Groq,
                server(&self.groq_base_url, key(&self.groq_api_key)),
            );
        }
        if let Some(base_url) = &self.openai_compatible_base_url {
            let own = server(base_url, key(&self.openai_compatible_api_key));
            servers = servers.with(LlmProvider::OpenAiCompatible, own);
        }
        servers
    }

    /// The rules for every agent.
    ///
    /// # Errors
    /// [`SettingsError::BasePrompt`] when they are named but cannot be read.
    pub fn base_prompt(&self) -> Result<Option<String>, SettingsError> {
        let Some(path) = &self.base_prompt_path else {
            return Ok(None);
        };
        std::fs::read_to_string(path)
            .map(Some)
            .map_err(|source| SettingsError::BasePrompt {
                path: path.display().to_string(),
                source,
            })
    }

    /// How long calls may go on after a stop was asked for.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout)
    }

    /// Every setting and its value, secrets masked.
    pub fn effective(&self) -> String {
        toml_of(self)
    }
}

impl Key {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(Secret::new(text))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Secret::new(String::deserialize(deserializer)?)))
    }
}

/// What figment found wrong, with the setting's name and place, without its value.
fn in_words(error: &figment::Error) -> String {
    let sentences = error.clone().into_iter().map(|one| {
        let fault = match &one.kind {
            Kind::UnknownField(..) => "is not known".to_owned(),
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("must be {expected}"),
            // A file that cannot be read at all: the lines between quote it, and it may hold secrets.
            Kind::Message(text) => match (text.lines().next(), text.lines().last()) {
                (Some(first), Some(last)) if first != last => format!("({first}: {last})"),
                _ => format!("({text})"),
            },
            kind => format!("({kind})"),
        };
        format!("{} {fault}", place(&one))
    });
    sentences.collect::<Vec<_>>().join("; ")
}

/// Which setting it is, as whoever set it wrote it.
fn place(error: &figment::Error) -> String {
    let mut path = error.path.clone();
    if let Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    let metadata = error.metadata.as_ref();
    let in_file = metadata.is_some_and(|metadata| metadata.source.is_some());
    let in_environment = metadata.is_some_and(|metadata| metadata.name.contains("environment"));
    match path.first() {
        None => FILE.to_owned(),
        Some(_) if in_file => format!("{} in {FILE}", path.join(".")),
        Some(name) if in_environment && KNOWN.contains(&name.as_str()) => name.to_uppercase(),
        Some(_) if in_environment => format!("NEWVOICE_{}", path.join("__").to_uppercase()),
        Some(_) => path.join("."),
    }
}

/// A flat listing, `name = value` a line.
fn toml_of(settings: &Settings) -> String {
    let value = serde_json::to_value(settings).unwrap_or_default();
    let entries = value.as_object().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect()
}
