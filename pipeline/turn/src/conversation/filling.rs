//! A phrase while an answer takes long, so that the caller does not take the line for dead.
//!
//! It does not speak over the caller, gives way to an answer that is ready first, and can be interrupted as the answer
//! could. It is remembered as far as it was heard, and has no part in the turn's times: it is no answer.

use alloc::vec::Vec;
use core::time::Duration;

use super::Conversation;
use crate::{
    AgentState, CallTime, Effect, Notice, Said, UserState,
    answer::{Model, Reply, Voice},
    timers::Timer,
};

impl Conversation {
    /// A state has changed, or a tool has started or ended: the wait begins, goes on or is over.
    pub(super) fn await_filler(&mut self, now: CallTime) {
        self.timers.clear(Timer::Filler);
        if self.user == UserState::Speaking {
            self.drop_filler();
        } else if let (AgentState::Thinking, Some((_, dwell))) = (self.agent, self.next_filler()) {
            let due = self.silent_since() + dwell;
            self.timers.set(Timer::Filler, due.max(now));
        }
    }

    /// The wait has lasted long enough.
    pub(super) fn fill(&mut self, now: CallTime) {
        let Some((phrase, _)) = self.next_filler() else {
            return;
        };
        let Some(answer) = &self.answer else { return };
        if answer.hold.is_some() || answer.pause.is_some() || answer.is_coming() {
            return;
        }
        // Before protected speech nothing is heard that could be cut together with it.
        let talked_over = answer.talked_over();
        let id = self.new_reply();
        let mut reply = Reply::new(id, Model::Done(Vec::new()), phrase.clone());
        reply.filler = true;
        reply.talked_over = Some(talked_over);
        reply.marks.done = Some(now);
        self.history.expect(id, phrase.clone());
        self.order(Effect::Say {
            reply: id,
            text: phrase,
        });
        if let Some(answer) = &mut self.answer {
            answer.fillers += 1;
            answer.replies.push_front(reply);
        }
    }

    /// Takes back a phrase that has not begun to sound.
    pub(super) fn drop_filler(&mut self) {
        let silent = |reply: &mut Reply| reply.filler && matches!(reply.voice, Voice::Waiting | Voice::Ready);
        let Some(answer) = &mut self.answer else { return };
        let Some(reply) = answer.replies.pop_front_if(silent) else {
            return;
        };
        answer.fillers -= 1;
        self.history.heard(reply.id, Said::default(), true);
        self.order(Effect::Drop { reply: reply.id });
        self.notice(Notice::ReplyDiscarded {
            reply: reply.id,
            early: false,
        });
    }

    /// The phrase that would come next in this answer, and the silence before it.
    fn next_filler(&self) -> Option<(Said, Duration)> {
        let (filler, phrases) = (self.policy.filler?, &self.policy.phrases);
        let (phrase, dwell) = match self.answer.as_ref()?.fillers {
            0 => (&phrases.one_moment, filler.after),
            1 => (&phrases.still_busy, filler.again_after?),
            _ => return None,
        };
        (!phrase.is_blank()).then(|| (phrase.clone(), dwell))
    }

    /// When either side was last heard; typed text counts from its arrival.
    fn silent_since(&self) -> CallTime {
        let typed = self
            .answer
            .as_ref()
            .map(|answer| &answer.turn.timings)
            .filter(|timings| timings.speech_end.is_none())
            .and_then(|timings| timings.decided);
        let heard = [Some(self.agent_fell_silent), self.caller.last_voiced, typed];
        heard.into_iter().flatten().max().unwrap_or(CallTime::START)
    }
}
