//! Asking the model: when a turn is over, or before.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Conversation, Early};
use crate::{
    CallTime, Effect, EndpointingMode, HistoryItem, Notice, Said,
    answer::{Model, Reply},
};

impl Conversation {
    pub(super) fn request(
        &mut self,
        history: Vec<HistoryItem>,
        tools: bool,
        early: bool,
        now: CallTime,
    ) -> Reply {
        let id = self.new_reply();
        let voice = !early || self.policy.preemptive.tts;
        self.order(Effect::Request {
            reply: id,
            history,
            tools,
            early,
            voice,
        });
        self.notice(Notice::ModelRequested { reply: id });
        let mut reply = Reply::new(id, Model::Writing, Said::default());
        reply.marks.requested = Some(now);
        reply
    }

    /// Asks the model before the turn is over. `cut`: the text that asks has just cut a reply.
    pub(super) fn ask_early(&mut self, cut: bool, now: CallTime) {
        let rules = self.policy.preemptive;
        let manual = self.policy.endpointing.mode == EndpointingMode::Manual;
        let busy = cut || self.answer.is_some() || self.stopping.is_some() || self.kept.is_some();
        if !rules.llm || manual || busy || self.caller.finals.is_blank() {
            return;
        }
        self.drop_early();
        let speech = self
            .caller
            .timings
            .speech_start
            .map_or(Duration::ZERO, |start| now.since(start));
        if speech > rules.max_speech || self.caller.early_requests >= rules.max_retries {
            return;
        }
        self.caller.early_requests += 1;
        let text = self.caller.text();
        let mut history = self.history.items();
        history.push(HistoryItem::Caller { text: text.clone() });
        let reply = self.request(history, true, true, now);
        self.early = Some(Early {
            reply,
            text,
            history_version: self.history.version(),
        });
    }

    pub(super) fn drop_early(&mut self) {
        if let Some(early) = self.early.take() {
            self.order(Effect::Drop {
                reply: early.reply.id,
            });
            self.notice(Notice::ReplyDiscarded {
                reply: early.reply.id,
            });
        }
    }
}
