//! What an agent can do during a call.
//!
//! A skillbase declares a tool; the worker runs it. Two kinds are known: `end_call`, and any tool whose config has a `url`,
//! which is called over HTTP. A tool of another kind is kept and shown, but no model is offered it; the check warns.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{INSTRUCTION_MAX, text_map};
use crate::{names::named, read::Node};

const TOOLS_MAX: usize = 50;
/// The longest function name that language model services accept.
const NAME_MAX: usize = 64;
const URL_MAX: usize = 2_000;
/// Nobody waits on the telephone for longer than a minute.
const WAIT_MAX_MS: u32 = 60_000;
/// A tool in the background may take ten minutes.
const BACKGROUND_MAX_MS: u32 = 600_000;
/// Read by the model, as the other messages about tools are.
const INTERIM: &str = "It is under way and will take a while. Its result will follow by itself. Tell the caller so in a few words \
                       and go on with the conversation.";

/// Something an agent can do during a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tool {
    /// What the model calls it by. Unique.
    pub name: String,
    /// Its settings, as they stand in the skillbase.
    pub config: ToolConfig,
    /// Whether it is offered to the model. Default true.
    pub enabled: bool,
    /// What it is.
    #[serde(skip)]
    pub kind: ToolKind,
}

/// A tool's settings as they stand in the skillbase. They may hold keys, so they print as the names of their keys.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ToolConfig(pub Map<String, Value>);

/// What a tool is.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolKind {
    /// Ends the call once what is being said has been heard.
    EndCall {
        /// When to use it, for the model.
        description: Option<String>,
    },
    /// Calls a service.
    Http(Box<HttpTool>),
    /// Not known here: kept, but not offered to a model.
    Unknown,
}

/// A tool that calls a service over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpTool {
    /// Where it is; `http` or `https`.
    pub url: String,
    /// Default POST. With GET and DELETE the arguments go into the query, else they are the JSON body.
    pub method: HttpMethod,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of its arguments: an object.
    pub parameters: Value,
    /// Headers that go with each request.
    pub headers: BTreeMap<String, Secret>,
    /// Sent as bearer token.
    pub api_key: Option<Secret>,
    /// How long an answer may take. Default 5000: a caller does not wait longer in silence. In the background 60000.
    pub timeout_ms: u32,
    /// How it goes together with the conversation. Default `finish`.
    pub mode: ToolMode,
    /// What the model reads in place of the result when the tool begins to run in the background. What it has so far the
    /// service may tell itself, in an answer of lines of JSON (`application/x-ndjson`): `{"interim": …}`, and the result
    /// in the last line.
    pub interim: String,
}

named! {
    /// How a tool goes together with the conversation.
    ToolMode {
        /// It runs to its end though the caller interrupts: for what cannot be undone, such as a booking.
        Finish = "finish",
        /// It is given up when the caller interrupts: for what is only looked up.
        Cancel = "cancel",
        /// The conversation goes on while it runs; the model tells what it brings when nobody speaks. The end of the call
        /// gives it up.
        Background = "background",
    }
}

named! {
    /// How a service is called.
    HttpMethod {
        /// Arguments in the query.
        Get = "GET",
        /// Arguments as JSON body.
        Post = "POST",
        /// Arguments as JSON body.
        Put = "PUT",
        /// Arguments as JSON body.
        Patch = "PATCH",
        /// Arguments in the query.
        Delete = "DELETE",
    }
}

/// A text that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl fmt::Debug for ToolConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Tool {
    pub(super) fn read_all(node: &Node<'_>) -> Option<Vec<Self>> {
        let items = node.items(TOOLS_MAX)?;
        let mut tools: Vec<Self> = Vec::new();
        for item in items {
            let Some(tool) = Self::read(&item) else { continue };
            if let Some(first) = tools.iter().position(|other| other.name == tool.name) {
                item.error(format!(
                    "tool names must be unique: {} is also the name of tools[{first}]",
                    tool.name
                ));
            }
            tools.push(tool);
        }
        Some(tools)
    }

    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let name = fields.required("name", |node| {
            let name = node.text(NAME_MAX)?;
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                node.error("must consist of the letters a to z, digits, _ and -: language models accept no other name");
            }
            Some(name)
        });
        let enabled = fields.or("enabled", true, |node| node.flag());
        let mut kind = Some(ToolKind::Unknown);
        let config = fields.or("config", Some(Map::new()), |node| {
            kind = ToolKind::read(name.as_deref(), &node);
            node.map().cloned().map(Some)
        });
        fields.finish();
        let name = name?;
        if name == "end_call" && matches!(kind, Some(ToolKind::Unknown)) {
            kind = Some(ToolKind::EndCall { description: None });
        }
        if enabled && matches!(kind, Some(ToolKind::Unknown)) {
            node.warning(format!(
                "{name} is not built in and its config has no url, so the agent cannot use it"
            ));
        }
        Some(Self {
            name,
            config: ToolConfig(config?),
            enabled,
            kind: kind?,
        })
    }
}

impl ToolKind {
    fn read(name: Option<&str>, node: &Node<'_>) -> Option<Self> {
        let map = node.map()?;
        if name == Some("end_call") {
            let mut fields = node.fields()?;
            let description = fields.optional("description", |node| node.text(INSTRUCTION_MAX));
            fields.finish();
            return Some(Self::EndCall { description });
        }
        if map.contains_key("url") {
            HttpTool::read(node).map(Box::new).map(Self::Http)
        } else {
            Some(Self::Unknown)
        }
    }
}

impl HttpTool {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut fields = node.fields()?;
        let url = fields.required("url", |node| web_address(&node));
        let method = fields.or("method", HttpMethod::Post, |node| node.name());
        let description = fields.optional("description", |node| node.text(INSTRUCTION_MAX));
        let parameters = fields.or("parameters", no_parameters(), |node| parameters(&node));
        let headers = fields.or("headers", BTreeMap::new(), |node| text_map(&node, URL_MAX));
        let api_key = fields.optional("api_key", |node| node.text(URL_MAX));
        let mode = fields.or("mode", ToolMode::Finish, |node| node.name());
        let in_background = mode == ToolMode::Background;
        let (usual, longest) = if in_background {
            (60_000, BACKGROUND_MAX_MS)
        } else {
            (5_000, WAIT_MAX_MS)
        };
        let timeout_ms = fields.or("timeout_ms", usual, |node| node.whole(100..=longest));
        let interim = fields.optional("interim", |node| {
            if !in_background {
                node.error("only a tool with mode: background has an interim result");
            }
            node.text(INSTRUCTION_MAX)
        });
        fields.finish();
        if description.is_none() {
            node.warning("without a description the model has to guess from the name when to use this tool");
        }
        Some(Self {
            url: url?,
            method,
            description: description.unwrap_or_default(),
            parameters,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name, Secret(value)))
                .collect(),
            api_key: api_key.map(Secret),
            timeout_ms,
            mode,
            interim: interim.unwrap_or_else(|| INTERIM.to_owned()),
        })
    }
}

/// The schema of a tool without arguments.
fn no_parameters() -> Value {
    json!({"type": "object", "properties": {}})
}

fn web_address(node: &Node<'_>) -> Option<String> {
    let url = node.text(URL_MAX)?;
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let well_formed = host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'))
        && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if !well_formed {
        node.error("must be an address such as https://example.com/book");
        return None;
    }
    Some(url)
}

/// The part of JSON schema that every language model service asks for.
fn parameters(node: &Node<'_>) -> Option<Value> {
    let map = node.map()?;
    if map.get("type") != Some(&json!("object")) {
        node.error("the schema of a tool's arguments must have type: object");
        return None;
    }
    let no_properties = Map::new();
    let properties = match map.get("properties") {
        None => &no_properties,
        Some(Value::Object(properties)) => properties,
        Some(_) => {
            node.error("properties must be keys with values");
            return None;
        }
    };
    for (name, schema) in properties.iter().filter(|(_, schema)| !schema.is_object()) {
        node.error(format!(
            "properties.{}: must be a schema, is {schema}",
            crate::read::printable(name)
        ));
    }
    match map.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            for name in names {
                if !name.as_str().is_some_and(|name| properties.contains_key(name)) {
                    node.error(format!(
                        "required names {name}, which is not among the properties"
                    ));
                }
            }
        }
        Some(_) => node.error("required must be a list of property names"),
    }
    Some(node.value().clone())
}
