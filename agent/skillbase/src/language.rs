//! The language of a conversation.

use serde::Serialize;

use crate::{phrases::Phrases, read::Node};

/// A language as BCP 47 writes it: `en`, `ru`, `pt-BR`.
///
/// Prompts can be held in any language. What the agent says by itself and what it understands without a language model
/// exists in English and Russian; other languages fall back to English.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Language(String);

/// A language that the flow speaks and understands by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tongue {
    /// English.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// English.
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// Russian.
    pub fn russian() -> Self {
        Self("ru".to_owned())
    }

    /// The tag, as in `en-US`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language that the flow uses for it.
    pub fn tongue(&self) -> Tongue {
        if self.primary().eq_ignore_ascii_case("ru") {
            Tongue::Russian
        } else {
            Tongue::English
        }
    }

    /// The part before the first hyphen: `en` of `en-US`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// What the agent says by itself in this language.
    pub fn phrases(&self) -> &'static Phrases {
        Phrases::of(self.tongue())
    }

    /// The conversation's language when only the recogniser's is given.
    pub(crate) fn of_speech(stt_language: &str) -> Self {
        if stt_language == "multi" {
            Self::english()
        } else {
            Self(stt_language.to_owned())
        }
    }

    pub(crate) fn read(node: &Node<'_>) -> Option<Self> {
        let tag = node.text(35)?;
        let mut parts = tag.split('-');
        let primary = parts.next().unwrap_or_default();
        let well_formed = (2..=3).contains(&primary.len())
            && primary.chars().all(|c| c.is_ascii_alphabetic())
            && parts
                .all(|part| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()));
        if !well_formed {
            node.error("must be a language such as en, ru or en-US");
            return None;
        }
        Some(Self(tag))
    }
}
