//! What a reply says: a model's stream or a fixed text, cut into clauses.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use turn::{Event, Mark, Said, ToolCall};

use super::Reply;
use crate::{
    clauses::Clauses,
    facts::CallFact,
    ports::{LanguageModel, ModelItem, ModelRequest, ServiceError, ServiceErrorKind},
};

impl Reply {
    /// Gives a fixed text clause by clause.
    pub(super) async fn recite(&self, text: &Said, clauses: mpsc::Sender<Said>) {
        let mut pieces = Clauses::default();
        pieces.push(text.reveal());
        while let Some(piece) = pieces.finish() {
            if clauses.send(piece).await.is_err() {
                return;
            }
        }
    }

    /// Follows the model's stream.
    pub(super) async fn write(
        &self,
        model: Arc<dyn LanguageModel>,
        request: ModelRequest,
        may_be_silent: bool,
        clauses: mpsc::Sender<Said>,
    ) {
        let mut written = Written {
            reply: self,
            text: String::new(),
        };
        let mut spoken = String::new();
        let mut calls: Vec<ToolCall> = Vec::new();
        let mut pieces = Clauses::default();
        let mut stream = match model.answer(request).await {
            Ok(stream) => stream,
            Err(error) => return self.model_failed(error, Said::default()).await,
        };
        while let Some(item) = stream.next().await {
            match item {
                Ok(ModelItem::TalkedOver(talked_over)) => {
                    let reply = self.reply;
                    self.post(Event::HowTalkedOver { reply, talked_over }).await;
                }
                Ok(ModelItem::Text(more)) => {
                    self.mark(Mark::ModelFirst).await;
                    written.text.push_str(more.reveal());
                    pieces.push(more.reveal());
                    while let Some(piece) = pieces.next_complete() {
                        self.mark(Mark::ClauseReady).await;
                        append(&mut spoken, &piece);
                        if clauses.send(piece).await.is_err() {
                            return;
                        }
                    }
                }
                Ok(ModelItem::ToolCall(call)) => {
                    self.mark(Mark::ModelFirst).await;
                    calls.push(call);
                }
                Ok(ModelItem::Usage(tokens)) => {
                    self.tell(CallFact::ModelUsed {
                        reply: self.reply,
                        tokens,
                    });
                }
                // What is complete is spoken; half a sentence is not.
                Err(error) => return self.model_failed(error, spoken.into()).await,
            }
        }
        drop(stream);
        if written.text.trim().is_empty() && calls.is_empty() && !may_be_silent {
            // A caller who is answered by silence thinks that the line is dead.
            let error = ServiceError::new(model.name(), ServiceErrorKind::Garbled, "the answer was empty");
            return self.model_failed(error, Said::default()).await;
        }
        let rest = pieces.finish();
        if rest.is_some() {
            self.mark(Mark::ClauseReady).await;
        }
        // The conversation learns that the text is complete before the last of it can have been heard.
        let done = Event::ModelDone {
            reply: self.reply,
            text: written.text.trim().into(),
            tools: calls,
        };
        self.post(done).await;
        let mut rest = rest;
        while let Some(piece) = rest {
            if clauses.send(piece).await.is_err() {
                return;
            }
            rest = pieces.finish();
        }
    }

    async fn model_failed(&self, error: ServiceError, text: Said) {
        let may_pass = error.may_pass();
        self.tell(CallFact::Problem(error));
        self.post(Event::ModelFailed {
            reply: self.reply,
            may_pass,
            text,
        })
        .await;
    }
}

/// What the model has written of a reply. However that ends, it is told how much it was: also when the reply is dropped and
/// the request broken off.
struct Written<'a> {
    reply: &'a Reply,
    text: String,
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.reply.tell(CallFact::ModelWrote {
                reply: self.reply.reply,
                characters: self.text.chars().count() as u64,
            });
        }
    }
}

fn append(text: &mut String, piece: &Said) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(piece.reveal());
}
