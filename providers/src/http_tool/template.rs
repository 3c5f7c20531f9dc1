//! Addresses and bodies with places for arguments.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::ports::ToolError;
use reqwest::Url;
use serde_json::{Map, Value};

/// Everything but the characters that mean themselves wherever they stand in a URL (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Where a tool's service is.
#[derive(Debug)]
pub(super) struct AddressTemplate {
    pieces: Vec<Piece>,
    /// The address with `x` for every argument.
    probe: Url,
}

#[derive(Debug)]
enum Piece {
    Literal(String),
    Argument { name: String, place: Place },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Path,
    Query,
}

impl AddressTemplate {
    pub(super) fn parse(text: &str, parameters: &Value) -> Result<Self, String> {
        let host_at = ["https://", "http://"]
            .into_iter()
            .find(|scheme| text.starts_with(scheme))
            .map(str::len);
        let host_at = host_at.ok_or("its address must begin with https:// or http://")?;
        if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return Err("its address must not contain spaces, control characters or backslashes".into());
        }
        let path_at = text[host_at..]
            .find(['/', '?', '#'])
            .map_or(text.len(), |at| host_at + at);
        let query_at = text.find('?').unwrap_or(text.len());
        let mut pieces = Vec::new();
        for (at, part) in placeholders(text) {
            match part {
                Part::Literal(text) => pieces.push(Piece::Literal(text.to_owned())),
                Part::Argument(_) if at < path_at => {
                    return Err("placeholders must stand after the host".into());
                }
                Part::Argument(name) => {
                    check_placeholder(name, parameters)?;
                    let place = if at < query_at { Place::Path } else { Place::Query };
                    pieces.push(Piece::Argument {
                        name: name.to_owned(),
                        place,
                    });
                }
            }
        }
        let probe: String = pieces
            .iter()
            .map(|piece| piece.written(|_| "x".to_owned()))
            .collect();
        let probe = Url::parse(&probe).map_err(|error| format!("its address cannot be read ({error})"))?;
        if !probe.username().is_empty() || probe.password().is_some() {
            return Err("its address must not carry a user name or password: put them into a header".into());
        }
        Ok(Self { pieces, probe })
    }

    pub(super) fn probe(&self) -> &Url {
        &self.probe
    }

    pub(super) fn uses(&self, argument: &str) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Argument { name, .. } if name == argument))
    }

    /// The address with its arguments in place.
    pub(super) fn fill(&self, arguments: &Map<String, Value>) -> Result<Url, ToolError> {
        let value = |name: &str| arguments.get(name).map(as_text).unwrap_or_default();
        for piece in &self.pieces {
            // `DELETE /appointments/` is another request than `DELETE /appointments/{id}`.
            if let Piece::Argument {
                name,
                place: Place::Path,
            } = piece
                && value(name).is_empty()
            {
                return Err(ToolError(format!("The argument {name} must not be empty.")));
            }
        }
        let encoded = |name: &str| utf8_percent_encode(&value(name), RESERVED).to_string();
        let text: String = self.pieces.iter().map(|piece| piece.written(encoded)).collect();
        // Dots alone stay on a level of the path or climb it, even when encoded: it then has another shape than the
        // operator wrote.
        Url::parse(&text)
            .ok()
            .filter(|url| self.has_shape_of(url))
            .ok_or_else(|| {
                ToolError("An argument has a value that cannot stand in the service's address.".into())
            })
    }

    fn has_shape_of(&self, url: &Url) -> bool {
        url.origin() == self.probe.origin() && shape(url).eq(shape(&self.probe))
    }
}

/// For each level of the path whether there is a name on it.
fn shape(url: &Url) -> impl Iterator<Item = bool> {
    url.path_segments()
        .into_iter()
        .flatten()
        .map(|segment| !segment.is_empty())
}

impl Piece {
    fn written(&self, argument: impl Fn(&str) -> String) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Argument { name, place: _ } => argument(name),
        }
    }
}

/// A body in which `"{name}"` stands for an argument as it is, and `"… {name} …"` for its text.
#[derive(Debug)]
pub(super) struct BodyTemplate(Value);

impl BodyTemplate {
    pub(super) fn parse(template: Value, parameters: &Value) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        collect_names(&template, &mut names);
        match names
            .iter()
            .find(|name| parameters["properties"].get(name).is_none())
        {
            Some(name) => Err(format!(
                "its body names {{{name}}}, which is not among the parameters"
            )),
            None => Ok(Self(template)),
        }
    }

    pub(super) fn fill(&self, arguments: &Map<String, Value>) -> Value {
        filled(&self.0, arguments).unwrap_or(Value::Null)
    }
}

/// The text of an argument: its own if it is one, else JSON.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `None`: the template is an argument that was not given.
fn filled(template: &Value, arguments: &Map<String, Value>) -> Option<Value> {
    match template {
        Value::String(text) => {
            let parts: Vec<Part<'_>> = placeholders(text).into_iter().map(|(_, part)| part).collect();
            if let [Part::Argument(name)] = parts[..] {
                return arguments.get(name).cloned();
            }
            let text = parts.into_iter().map(|part| match part {
                Part::Literal(text) => text.to_owned(),
                Part::Argument(name) => arguments.get(name).map(as_text).unwrap_or_default(),
            });
            Some(Value::String(text.collect()))
        }
        Value::Array(items) => Some(items.iter().filter_map(|item| filled(item, arguments)).collect()),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), filled(value, arguments)?)));
            Some(Value::Object(fields.collect()))
        }
        other => Some(other.clone()),
    }
}

fn collect_names<'a>(template: &'a Value, names: &mut BTreeSet<&'a str>) {
    match template {
        Value::String(text) => {
            names.extend(placeholders(text).into_iter().filter_map(|(_, part)| match part {
                Part::Argument(name) => Some(name),
                Part::Literal(_) => None,
            }))
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        Value::Object(fields) => fields.values().for_each(|value| collect_names(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// An argument in an address is there in every call and has a text.
fn check_placeholder(name: &str, parameters: &Value) -> Result<(), String> {
    let Some(schema) = parameters["properties"].get(name) else {
        return Err(format!(
            "its address names {{{name}}}, which is not among the parameters"
        ));
    };
    let required = parameters["required"]
        .as_array()
        .is_some_and(|names| names.iter().any(|other| other == name));
    if !required {
        return Err(format!(
            "the parameter {name} stands in the address, so it must be among the required ones"
        ));
    }
    match schema["type"].as_str() {
        Some("string" | "integer" | "number" | "boolean") => Ok(()),
        _ => Err(format!(
            "the parameter {name} stands in the address, so its type must be string, number or boolean"
        )),
    }
}

#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Literal(&'a str),
    Argument(&'a str),
}

/// The text cut at its placeholders, each part with its position. Braces around anything but a name mean themselves.
fn placeholders(text: &str) -> Vec<(usize, Part<'_>)> {
    let mut parts = Vec::new();
    let mut literal_at = 0;
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|offset| at + offset) {
        let name = text[open + 1..]
            .split_once('}')
            .map(|(name, _)| name)
            .filter(|name| is_name(name));
        let Some(name) = name else {
            at = open + 1;
            continue;
        };
        if literal_at < open {
            parts.push((literal_at, Part::Literal(&text[literal_at..open])));
        }
        parts.push((open, Part::Argument(name)));
        at = open + name.len() + 2;
        literal_at = at;
    }
    if literal_at < text.len() {
        parts.push((literal_at, Part::Literal(&text[literal_at..])));
    }
    parts
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
