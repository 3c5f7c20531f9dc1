//! What was said and heard, in the form a language model is asked with.

use alloc::{string::String, vec::Vec};

use crate::{ReplyId, Said};

/// One entry of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryItem {
    /// The caller's turn.
    Caller {
        /// What was said or typed.
        text: Said,
    },
    /// Words of the caller over the agent's that may only have shown attention. They are no turn and ask for no answer, but a
    /// model should know them.
    Aside {
        /// What was understood.
        text: Said,
    },
    /// What the caller heard from the agent.
    Agent {
        /// The heard part of the reply.
        text: Said,
        /// Whether the reply was cut off after it.
        interrupted: bool,
    },
    /// Tools that the model asked for, together, with what came of each: there is never a call without its result.
    Tools(Vec<ToolRun>),
}

/// A tool call and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRun {
    /// The model's id of the call.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them.
    pub arguments: Said,
    /// The tool's output or its error, in words for the model.
    pub result: Result<Said, Said>,
}

/// The conversation so far. What is still being played has a place in it, with the text that is meant to be said, so that
/// a model asked meanwhile does not say it again; when it has been heard, the heard text takes that place.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    entries: Vec<(HistoryItem, Option<ReplyId>)>,
    version: u32,
}

impl History {
    /// Grows with every change of what was said and heard.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Everything, oldest first.
    pub(crate) fn items(&self) -> Vec<HistoryItem> {
        self.entries.iter().map(|(item, _)| item.clone()).collect()
    }

    pub(crate) fn push(&mut self, item: HistoryItem) {
        self.entries.push((item, None));
        self.version += 1;
    }

    /// Keeps a place for a reply that is still to be heard.
    pub(crate) fn expect(&mut self, reply: ReplyId, text: Said) {
        self.entries.push((
            HistoryItem::Agent {
                text,
                interrupted: false,
            },
            Some(reply),
        ));
    }

    /// Puts what was heard of a reply in its place, or at the end. Nothing heard leaves nothing.
    pub(crate) fn heard(&mut self, reply: ReplyId, text: Said, interrupted: bool) -> Option<HistoryItem> {
        let place = self
            .entries
            .iter()
            .position(|(_, expected)| *expected == Some(reply));
        if text.is_blank() {
            if let Some(place) = place {
                self.entries.remove(place);
            }
            return None;
        }
        let item = HistoryItem::Agent { text, interrupted };
        match place {
            Some(place) => self.entries[place] = (item.clone(), None),
            None => self.entries.push((item.clone(), None)),
        }
        self.version += 1;
        Some(item)
    }
}
