//! Asking the model: when a turn is over, or before.

use alloc::vec::Vec;

use super::Conversation;
use crate::{
    CallTime, Effect, EndpointingMode, HistoryItem, Notice, ReplyId, Said,
    answer::{Answer, Early, Model, Reply},
};

/// Why a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The caller's turn may be over.
    Early,
    /// The caller waits for an answer.
    Turn,
    /// A tool in the background has brought something.
    News,
}

impl Occasion {
    /// Why this answer is given.
    pub(super) fn of(answer: &Answer) -> Self {
        if answer.tells_news { Self::News } else { Self::Turn }
    }
}

impl Conversation {
    pub(super) fn request(
        &mut self,
        history: Vec<HistoryItem>,
        tools: bool,
        occasion: Occasion,
        now: CallTime,
    ) -> Reply {
        let id = self.new_reply();
        let early = occasion == Occasion::Early;
        let voice = !early || self.policy.preemptive.tts;
        self.order(Effect::Request {
            reply: id,
            history,
            tools,
            early,
            voice,
            may_be_silent: occasion == Occasion::News,
        });
        self.notice(Notice::ModelRequested { reply: id, early });
        let mut reply = Reply::new(id, Model::Writing, Said::default());
        reply.marks.requested = Some(now);
        reply
    }

    /// Asks the model before the turn is over. `cut`: the text that asks has just cut a reply.
    pub(super) fn ask_early(&mut self, cut: bool, now: CallTime) {
        let rules = self.policy.preemptive;
        let manual = self.policy.endpointing.mode == EndpointingMode::Manual;
        let busy = cut || self.answer.is_some() || self.stopping.is_some() || !self.kept.is_empty();
        if !rules.llm || manual || busy || self.caller.finals.is_blank() {
            return;
        }
        self.drop_early();
        let speech = now.since(self.caller.worded_from);
        let wasted = self.caller.early_requests >= rules.max_retries || self.early_waste >= rules.max_waste;
        if speech > rules.max_speech || wasted {
            return;
        }
        self.caller.early_requests += 1;
        let text = self.caller.text();
        let mut history = self.history.items();
        history.push(HistoryItem::Caller { text: text.clone() });
        let reply = self.request(history, true, Occasion::Early, now);
        self.early = Some(Early {
            reply,
            text,
            history_version: self.history.version(),
        });
    }

    /// Gives up what was asked early for the present turn.
    pub(super) fn drop_early(&mut self) {
        if let Some(early) = self.early.take() {
            self.give_up(early);
        }
    }

    pub(super) fn give_up(&mut self, early: Early) {
        self.early_waste = self.early_waste.saturating_add(1);
        let reply = early.reply.id;
        self.order(Effect::Drop { reply });
        self.notice(Notice::ReplyDiscarded { reply, early: true });
    }

    /// A reply that may still be heard, and whether its turn is still to be committed.
    pub(super) fn wanted(&mut self, id: ReplyId) -> Option<(&mut Reply, bool)> {
        let over = self.hooked.iter_mut().map(|(_, turn)| turn);
        let over = over
            .chain(&mut self.waiting)
            .filter_map(|turn| turn.early.as_mut());
        let earlies = self.early.iter_mut().chain(over);
        let earlies = earlies.map(|early| (&mut early.reply, true));
        let answer = self.answer.iter_mut().flat_map(|answer| &mut answer.replies);
        let mut all = earlies.chain(answer.map(|reply| (reply, false)));
        all.find(|(reply, _)| reply.id == id)
    }

    /// Whether it was an early reply that failed: it is forgotten, and asked for anew when the turn is over.
    pub(super) fn early_failed(&mut self, id: ReplyId) -> bool {
        let over = self.hooked.iter_mut().map(|(_, turn)| turn);
        let over = over.chain(&mut self.waiting).map(|turn| &mut turn.early);
        let mut slots = core::iter::once(&mut self.early).chain(over);
        let Some(failed) = slots.find_map(|slot| slot.take_if(|early| early.reply.id == id)) else {
            return false;
        };
        self.give_up(failed);
        true
    }
}
