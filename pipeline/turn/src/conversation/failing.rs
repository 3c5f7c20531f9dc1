//! When the model or the voice fails: once more, then an apology; never silence.

use alloc::vec::Vec;

use super::{Conversation, requests::Occasion};
use crate::{
    CallTime, Effect, Failure, Notice, ReplyId, Said,
    answer::{Answer, Model},
};

impl Conversation {
    pub(super) fn model_failed(&mut self, id: ReplyId, may_pass: bool, text: Said, now: CallTime) {
        if self.early_failed(id) {
            return;
        }
        let Some(answer) = &mut self.answer else { return };
        let Some(at) = answer.replies.iter().position(|reply| reply.id == id) else {
            return;
        };
        if answer.replies[at].model != Model::Writing {
            return;
        }
        let closing = self.closing.is_some();
        let retry = may_pass && text.is_blank() && !answer.retried && !closing;
        let apologise = !retry && !answer.apologised && !closing;
        answer.apologised |= apologise;
        answer.retried = true;
        let tools_allowed = answer.rounds <= self.policy.max_tool_steps;
        let occasion = Occasion::of(answer);
        self.notice(Notice::Failed(Failure::Model));
        if retry {
            self.order(Effect::Drop { reply: id });
            let mut anew = self.request(self.history.items(), tools_allowed, occasion, now);
            let anew_id = anew.id;
            if let Some(answer) = &mut self.answer {
                anew.talked_over = answer.replies[at].talked_over;
                answer.replies[at] = anew;
            }
            self.order(Effect::Release { reply: anew_id });
            return;
        }
        let apology = self.policy.phrases.apology.clone();
        if apologise && !apology.is_blank() {
            self.say(apology, now);
        }
        if let Some(reply) = self.answer.as_mut().and_then(|answer| answer.reply(id)) {
            reply.model = Model::Done(Vec::new());
            reply.text = text;
            self.written(id, now);
        }
    }

    /// A reply whose voice failed before any sound is over; one that sounds ends by itself.
    pub(super) fn voice_failed(&mut self, id: ReplyId, any_sound: bool, now: CallTime) {
        self.notice(Notice::Failed(Failure::Voice));
        if self.early_failed(id) {
            return;
        }
        if !any_sound {
            self.apologise_for(id, now);
            self.history.heard(id, Said::default(), true);
            self.retire(id, now);
        }
    }

    /// Says the apology in place of the last reply, once in an answer. It takes being talked over as the reply would have.
    fn apologise_for(&mut self, id: ReplyId, now: CallTime) {
        let apology = self.policy.phrases.apology.clone();
        let may = |answer: &&mut Answer| !answer.apologised && !apology.is_blank();
        let Some(answer) = self.answer.as_mut().filter(may) else {
            return;
        };
        let mut own = answer.replies.iter().rev().filter(|reply| !reply.filler);
        let Some(talked_over) = own
            .next()
            .filter(|last| last.id == id)
            .map(|last| last.talked_over)
        else {
            return;
        };
        if self.closing.is_some() {
            return;
        }
        answer.apologised = true;
        self.say(apology, now);
        if let Some(said) = self.answer.as_mut().and_then(|answer| answer.replies.back_mut()) {
            said.talked_over = talked_over;
        }
    }
}
