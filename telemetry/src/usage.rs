//! What the services delivered, in the units they are paid by.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Providers, TurnRecord};

/// What one turn used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnUsage {
    /// Sound taken by the recogniser, milliseconds.
    pub stt_ms: u64,
    /// Tokens of the questions to the model, the cached ones included.
    pub llm_input_tokens: u64,
    /// Those of them that the service had cached.
    pub llm_cached_tokens: u64,
    /// Tokens of the model's answers.
    pub llm_output_tokens: u64,
    /// Characters sent to the voice.
    pub tts_characters: u64,
}

/// What a call used, by service: a call that switched to a fallback has used two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallUsage {
    /// Sound taken by each recogniser, milliseconds.
    pub stt_ms: BTreeMap<String, u64>,
    /// Tokens of each model.
    pub llm: BTreeMap<String, Tokens>,
    /// Characters sent to each voice.
    pub tts_characters: BTreeMap<String, u64>,
    /// Time in the room, milliseconds.
    pub room_ms: u64,
}

/// What was asked of a call's services before the caller's turn was over, and what of it was for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EarlyRequests {
    /// Requests to the model.
    pub made: u64,
    /// Those that became the answer to their turn.
    pub used: u64,
    /// Those that were thrown away.
    pub wasted: u64,
    /// What was used for those that were thrown away.
    pub waste: EarlyWaste,
}

/// What was used for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EarlyWaste {
    /// Characters that the model wrote.
    pub llm_characters: u64,
    /// Tokens of the questions, where the model counted them: one that is broken off counts none.
    pub llm_input_tokens: u64,
    /// Tokens of the answers, where the model counted them.
    pub llm_output_tokens: u64,
    /// Characters sent to the voice.
    pub tts_characters: u64,
}

/// Tokens of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Of the questions, the cached ones included.
    pub input: u64,
    /// Of the questions, those that the service had cached.
    pub cached: u64,
    /// Of the answers.
    pub output: u64,
}

/// The name under which use is booked when a turn does not say which service it was.
const UNNAMED: &str = "unnamed";

impl CallUsage {
    /// The use of all `turns`, in a room for `in_room`.
    pub fn of(turns: &[TurnRecord], in_room: Duration) -> Self {
        let room_ms = u64::try_from(in_room.as_millis()).unwrap_or(u64::MAX);
        let mut usage = Self {
            room_ms,
            ..Self::default()
        };
        for turn in turns {
            usage.add(&turn.details.providers, &turn.details.usage);
        }
        usage
    }

    /// Books `used` to `providers`. Also for what belongs to no turn, such as the silence that a recogniser heard.
    pub fn add(&mut self, providers: &Providers, used: &TurnUsage) {
        let named = |provider: &Option<String>| provider.as_deref().unwrap_or(UNNAMED).to_owned();
        if used.stt_ms > 0 {
            *self.stt_ms.entry(named(&providers.stt)).or_default() += used.stt_ms;
        }
        if used.llm_input_tokens + used.llm_output_tokens > 0 {
            let tokens = self.llm.entry(named(&providers.llm)).or_default();
            tokens.input += used.llm_input_tokens;
            tokens.cached += used.llm_cached_tokens;
            tokens.output += used.llm_output_tokens;
        }
        if used.tts_characters > 0 {
            *self.tts_characters.entry(named(&providers.tts)).or_default() += used.tts_characters;
        }
    }

    /// The sum over all services.
    pub fn total(&self) -> TurnUsage {
        TurnUsage {
            stt_ms: self.stt_ms.values().sum(),
            llm_input_tokens: self.llm.values().map(|tokens| tokens.input).sum(),
            llm_cached_tokens: self.llm.values().map(|tokens| tokens.cached).sum(),
            llm_output_tokens: self.llm.values().map(|tokens| tokens.output).sum(),
            tts_characters: self.tts_characters.values().sum(),
        }
    }
}
