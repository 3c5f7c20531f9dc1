//! Texts with `{field}` in them.

use std::collections::BTreeMap;

use crate::{extract::Value, language::Tongue, phrases::Phrases};

/// The fields that a text names, in order. Braces around anything else are just braces.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    Pieces(text).filter_map(|piece| match piece {
        Piece::Field(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// The text with the values filled in. A sentence about a value that is not known is left out where others remain; else
/// the language's stand-in is said in its place. A vocative disappears with its comma: "Thank you, {name}."
pub(super) fn fill(text: &str, known: &BTreeMap<String, Value>, tongue: Tongue) -> String {
    let filled: Vec<(String, bool)> = sentences(text)
        .map(|sentence| fill_sentence(sentence, known, tongue))
        .collect();
    let any_complete = filled.iter().any(|(_, complete)| *complete);
    let kept = filled
        .into_iter()
        .filter(|(_, complete)| *complete || !any_complete);
    kept.map(|(sentence, _)| sentence).collect::<Vec<_>>().join(" ")
}

/// The sentence with the values filled in, and whether all of them were known.
fn fill_sentence(sentence: &str, known: &BTreeMap<String, Value>, tongue: Tongue) -> (String, bool) {
    let mut filled = String::new();
    let mut complete = true;
    for piece in Pieces(sentence) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Field(name) => match known.get(name) {
                Some(value) => filled.push_str(&value.spoken(tongue)),
                None if filled.ends_with(", ") => filled.truncate(filled.len() - 2),
                None => {
                    complete = false;
                    filled.push_str(Phrases::of(tongue).unknown_value);
                }
            },
        }
    }
    (filled, complete)
}

/// Text cut after each full stop, question mark and exclamation mark that space follows.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .zip(rest.chars().skip(1))
            .find(|((_, sign), next)| matches!(sign, '.' | '!' | '?' | '…') && next.is_whitespace())
            .map_or(rest.len(), |((at, sign), _)| at + sign.len_utf8());
        let (sentence, more) = rest.split_at(end);
        rest = more.trim_start();
        Some(sentence)
    })
}

enum Piece<'t> {
    Text(&'t str),
    Field(&'t str),
}

struct Pieces<'t>(&'t str);

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        if self.0.is_empty() {
            return None;
        }
        if let Some(inside) = self.0.strip_prefix('{')
            && let Some((name, rest)) = inside.split_once('}')
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            self.0 = rest;
            return Some(Piece::Field(name));
        }
        let first = self.0.chars().next().map_or(0, char::len_utf8);
        let end = self.0[first..].find('{').map_or(self.0.len(), |at| at + first);
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(Piece::Text(text))
    }
}
