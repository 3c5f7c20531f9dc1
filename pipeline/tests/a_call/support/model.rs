//! A model that answers by script.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use pipeline::ports::*;
use tokio::time::sleep;
use turn::{Completeness, HistoryItem, Said, TalkedOver};

/// A piece of a scripted answer.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    After(u64),
    TalkedOver(TalkedOver),
    Text(&'static str),
    Call(&'static str, &'static str),
    Fail(ServiceErrorKind),
    Panic,
}

/// What the scripted model takes as all of an answer.
pub(crate) const WHOLE_ANSWER: &str = "The blue one.";

/// A model that answers its requests one after another by script.
pub(crate) struct Scripted {
    pub(crate) answers: Mutex<VecDeque<Vec<Piece>>>,
}

#[async_trait]
impl LanguageModel for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn answer(&self, _request: ModelRequest) -> Result<ModelStream, ServiceError> {
        let pieces = self
            .answers
            .lock()
            .expect("nobody panics with it locked")
            .pop_front()
            .unwrap_or_default();
        let items = stream::iter(pieces).filter_map(|piece| async move {
            match piece {
                Piece::After(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    None
                }
                Piece::TalkedOver(how) => Some(Ok(ModelItem::TalkedOver(how))),
                Piece::Text(text) => Some(Ok(ModelItem::Text(text.into()))),
                Piece::Call(name, arguments) => Some(Ok(ModelItem::ToolCall(ToolCall {
                    id: format!("call-{name}"),
                    name: name.to_owned(),
                    arguments: arguments.into(),
                }))),
                Piece::Fail(kind) => Some(Err(ServiceError::new("scripted", kind, "it was told to fail"))),
                Piece::Panic => panic!("it was told to break down"),
            }
        });
        Ok(items.boxed())
    }

    fn weigh(&self, _history: &[HistoryItem], said: &Said) -> Completeness {
        match said.reveal() {
            WHOLE_ANSWER => Completeness::Complete,
            _ => Completeness::Unknown,
        }
    }
}
