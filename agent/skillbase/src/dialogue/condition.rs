//! When a transition is taken, as far as it can be told without a language model.

use std::collections::BTreeMap;

use crate::{
    extract::Value,
    language::Tongue,
    words::{Utterance, Word},
};

/// A transition's condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As soon as the stage has what it collects.
    Always,
    /// When the caller was not understood, however often the question was put.
    NotUnderstood,
    /// When a field has been answered.
    Set(String),
    /// When a field has not been answered.
    NotSet(String),
    /// When a field has this value.
    Equals(String, String),
    /// When a field has been answered with another value.
    Differs(String, String),
    /// Something that only a language model can judge.
    Prose(String),
}

impl Condition {
    /// Reads a condition: `always`, `not_understood`, `FIELD is set`, `FIELD is not set`, `FIELD = VALUE`,
    /// `FIELD != VALUE`; everything else is prose.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.to_lowercase().as_str() {
            "always" | "всегда" => return Self::Always,
            "not_understood" => return Self::NotUnderstood,
            _ => {}
        }
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let field = |name: &str| Some(name.trim()).filter(is_name).map(str::to_owned);
        if let Some(name) = text.strip_suffix(" is not set").and_then(field) {
            return Self::NotSet(name);
        }
        if let Some(name) = text.strip_suffix(" is set").and_then(field) {
            return Self::Set(name);
        }
        for (sign, differs) in [("!=", true), ("==", false), ("=", false)] {
            let Some((name, value)) = text.split_once(sign) else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            return match field(name) {
                Some(name) if differs => Self::Differs(name, value),
                Some(name) => Self::Equals(name, value),
                None => Self::Prose(text.to_owned()),
            };
        }
        Self::Prose(text.to_owned())
    }

    /// The field that it asks about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Set(field) | Self::NotSet(field) | Self::Equals(field, _) | Self::Differs(field, _) => {
                Some(field)
            }
            Self::Always | Self::NotUnderstood | Self::Prose(_) => None,
        }
    }

    /// Whether what is known so far meets it. What cannot be told is not met.
    pub(super) fn is_met(&self, known: &BTreeMap<String, Value>, tongue: Tongue) -> bool {
        match self {
            Self::Always => true,
            Self::Set(field) => known.contains_key(field),
            Self::NotSet(field) => !known.contains_key(field),
            Self::Equals(field, wanted) => known
                .get(field)
                .is_some_and(|value| is_same(value, wanted, tongue)),
            Self::Differs(field, wanted) => known
                .get(field)
                .is_some_and(|value| !is_same(value, wanted, tongue)),
            Self::NotUnderstood | Self::Prose(_) => false,
        }
    }
}

/// Whether a value is the one that a condition names, in records' or in people's way of writing.
fn is_same(value: &Value, wanted: &str, tongue: Tongue) -> bool {
    match value {
        Value::Boolean(yes) => match wanted.to_lowercase().as_str() {
            "yes" | "true" | "да" => *yes,
            "no" | "false" | "нет" => !*yes,
            _ => false,
        },
        Value::Number(number) => wanted.parse::<f64>().is_ok_and(|wanted| wanted == *number),
        Value::Text(_)
        | Value::Phone(_)
        | Value::Email(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Choice(_) => {
            let letters = |text: &str| -> Vec<String> {
                Utterance::new(text)
                    .words()
                    .iter()
                    .map(|word: &Word| word.text.clone())
                    .collect()
            };
            let wanted = letters(wanted);
            letters(&value.record()) == wanted || letters(&value.spoken(tongue)) == wanted
        }
    }
}
