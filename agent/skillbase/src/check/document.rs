//! From text to untyped data: JSON or YAML, with limits that keep hostile documents harmless.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use serde_saphyr::{Options, from_str_with_options};

/// Longest document, in bytes. The examples have about eight thousand.
pub const DOCUMENT_MAX: usize = 256 * 1024;
/// Deepest nesting; the schema itself needs ten, the schemas of tools' arguments some more.
const DEPTH_MAX: usize = 40;
/// Most values.
const NODES_MAX: usize = 50_000;
/// Most places where YAML repeats an anchored value. As a repeated value may not hold repetitions itself, the largest
/// document grows to a hundred times its size at most.
const ALIASES_MAX: usize = 100;

/// Parses JSON if it looks so, else YAML. The error is a sentence.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    if text.len() > DOCUMENT_MAX {
        return Err(format!(
            "the document has {} bytes, at most {DOCUMENT_MAX} are read",
            text.len()
        ));
    }
    if text.trim().is_empty() {
        return Err("the document is empty".to_owned());
    }
    let looks_like_json = text.trim_start().starts_with('{');
    let json_error = match looks_like_json.then(|| serde_json::from_str::<Document>(text)) {
        Some(Ok(Document(value))) => return Ok(value),
        Some(Err(error)) => Some(error.to_string()),
        None => None,
    };
    // YAML too may begin with a brace; if it is neither, the JSON error is the one that helps.
    match from_str_with_options::<Document>(text, options()) {
        Ok(Document(value)) => Ok(value),
        Err(error) => Err(json_error.unwrap_or_else(|| one_line(&error.without_snippet().to_string()))),
    }
}

fn options() -> Options {
    let mut options = Options::default();
    // `keywords: [yes, no]` means words, not truth values.
    options.strict_booleans = true;
    options.with_snippet = false;
    options.alias_limits.max_total_replayed_events = NODES_MAX;
    options.alias_limits.max_replay_stack_depth = 1;
    if let Some(budget) = options.budget.as_mut() {
        budget.max_depth = DEPTH_MAX;
        budget.flow_nesting_limit = DEPTH_MAX;
        budget.max_nodes = NODES_MAX;
        budget.max_events = 4 * NODES_MAX;
        budget.max_aliases = ALIASES_MAX;
        budget.max_merge_keys = ALIASES_MAX;
        budget.max_recorded_anchor_events = NODES_MAX;
        budget.max_recorded_anchor_bytes = DOCUMENT_MAX;
        budget.max_documents = 1;
    }
    options
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Untyped data in which no key stands twice: of two values one would be lost without a word.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Document, E> {
        Ok(Document(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Document, E> {
        Ok(Document(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        Document::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let mut list = Vec::new();
        while let Some(Document(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Document(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let mut map = Map::new();
        while let Some((key, Document(value))) = entries.next_entry::<String, Document>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "key {} stands twice",
                    crate::read::printable(&key)
                )));
            }
            map.insert(key, value);
        }
        Ok(Document(Value::Object(map)))
    }
}
