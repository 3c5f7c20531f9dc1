//! Tool calls put together from their pieces.

use pipeline::ports::ToolCall;
use serde_json::{Map, Value};

use super::frame::CallPiece;

/// The calls of one answer, as far as they have come.
#[derive(Debug)]
pub(super) struct Calls {
    open: Vec<Call>,
    /// Calls made earlier in the conversation: made-up ids count on from there, so that none occurs twice in a history.
    earlier: usize,
}

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: String,
}

/// A call came without a tool's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nameless;

impl Calls {
    pub(super) fn new(earlier: usize) -> Self {
        Self {
            open: Vec::new(),
            earlier,
        }
    }

    pub(super) fn take(&mut self, piece: CallPiece) {
        let same_index = |call: &&mut Call| piece.index.is_none() || call.index == piece.index;
        match self.open.iter_mut().rev().find(same_index) {
            Some(call) if !call.is_followed_by(&piece) => call.append(piece),
            Some(_) | None => {
                let CallPiece {
                    index,
                    id,
                    name,
                    arguments,
                } = piece;
                self.open.push(Call {
                    index,
                    id,
                    name,
                    arguments,
                });
            }
        }
    }

    /// The calls, now that the answer is finished.
    pub(super) fn finish(&mut self) -> Result<Vec<ToolCall>, Nameless> {
        let mut finished: Vec<ToolCall> = Vec::new();
        for (place, call) in std::mem::take(&mut self.open).into_iter().enumerate() {
            let name = call.name.ok_or(Nameless)?;
            let id = call
                .id
                .filter(|id| finished.iter().all(|other| &other.id != id))
                .unwrap_or_else(|| format!("call_{}", self.earlier + place + 1));
            let arguments = if call.arguments.trim().is_empty() {
                "{}".to_owned()
            } else {
                call.arguments
            };
            finished.push(ToolCall {
                id,
                name,
                arguments: arguments.into(),
            });
        }
        Ok(finished)
    }
}

impl Call {
    /// Whether `piece`, which has this call's index or none, begins another call. Only a piece with a name can; servers
    /// that number every call 0 tell them apart by id, and those that send no ids send whole calls.
    fn is_followed_by(&self, piece: &CallPiece) -> bool {
        if piece.name.is_none() {
            return false;
        }
        match (&self.id, &piece.id) {
            (Some(own), Some(other)) => own != other,
            (None, _) | (_, None) => self.name.is_some() && self.is_whole(),
        }
    }

    fn is_whole(&self) -> bool {
        serde_json::from_str::<Map<String, Value>>(&self.arguments).is_ok()
    }

    fn append(&mut self, piece: CallPiece) {
        self.id = self.id.take().or(piece.id);
        self.name = self.name.take().or(piece.name);
        self.arguments.push_str(&piece.arguments);
    }
}
