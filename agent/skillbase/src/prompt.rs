//! The system prompt, in two levels: rules for every agent, and this agent's own.
//!
//! What is the same for every call of a skillbase comes first: services keep a prompt's beginning in their cache, and its hash tells
//! which calls were held with the same instructions. What belongs to one call (who calls whom, the contact's data, the
//! stage) comes last.

mod base;
mod contact;
mod sections;
mod words;

use std::{collections::BTreeMap, fmt};

use sha2::{Digest, Sha256};

pub use self::base::base_prompt;
use crate::schema::Skillbase;

/// A system prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    /// All of it.
    pub text: String,
    /// SHA-256 of the part that is the same for every call, in hexadecimal; the version of the instructions.
    pub hash: String,
    /// Length of that part in bytes.
    pub shared_bytes: usize,
}

/// What a prompt knows besides the skillbase.
#[derive(Clone, Debug, Default)]
pub struct Occasion<'o> {
    /// The rules for every agent; absent: [`base_prompt`] in the skillbase's language.
    pub base: Option<&'o str>,
    /// The company's name.
    pub company: Option<&'o str>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// What is known about the person on the line: name, phone, and whatever the customer imported. It comes from
    /// outside and is given to the model as data, never as instructions.
    pub contact: Option<&'o BTreeMap<String, String>>,
    /// Id of the state in which the conversation stands.
    pub state: Option<&'o str>,
    /// The day at the caller's place, so that "tomorrow" means something.
    pub today: Option<jiff::civil::Date>,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The person called the company.
    Inbound,
    /// The company called the person.
    Outbound,
}

impl Prompt {
    /// The prompt of a skillbase for one call.
    pub fn new(skillbase: &Skillbase, occasion: &Occasion<'_>) -> Self {
        let own_base = occasion.base.map(str::trim).filter(|text| !text.is_empty());
        let mut text = own_base
            .unwrap_or_else(|| base_prompt(skillbase.language.tongue()))
            .trim()
            .to_owned();
        sections::of_agent(&mut text, skillbase, occasion.company);
        let shared_bytes = text.len();
        let hash = sha256_hex(text.as_bytes());
        sections::of_call(&mut text, skillbase, occasion);
        Self {
            text,
            hash,
            shared_bytes,
        }
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Prints the hash: the text may hold a contact's data.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("hash", &self.hash)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}
