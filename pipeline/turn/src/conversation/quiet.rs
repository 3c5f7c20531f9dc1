//! Silence of both sides, and the end of the call.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Conversation, tools::CALL_ENDED};
use crate::{
    AgentState, CallEnd, CallTime, Effect, FloorReason, IdleAct, Notice, ProtectedSpeech, ReplyId, Said,
    UserState, timers::Timer,
};

/// How long a goodbye may take before the call ends without it.
const GOODBYE: Duration = Duration::from_secs(20);

impl Conversation {
    /// A state has changed, or a tool has started or ended: silence is counted from now, if it is silence.
    pub(super) fn quiet_changed(&mut self, now: CallTime) {
        self.await_filler(now);
        self.await_news(now);
        let quiet = self.agent == AgentState::Listening
            && self.user != UserState::Speaking
            && !self.tools_run()
            && !self.ended;
        self.timers.clear(Timer::Away);
        self.timers.clear(Timer::Idle);
        if !quiet {
            return;
        }
        if let (Some(after), UserState::Listening) = (self.policy.user_away, self.user) {
            self.timers.set(Timer::Away, now + after);
        }
        self.await_idle(now);
    }

    pub(super) fn away(&mut self) {
        self.user = UserState::Away;
        self.notice(Notice::UserAway);
        self.notice(Notice::User(UserState::Away));
    }

    pub(super) fn idle(&mut self, now: CallTime) {
        let Some(step) = self.policy.idle.get(self.idle_step).cloned() else {
            return;
        };
        if self.answer.is_some() || self.stopping.is_some() || self.caller.speaking {
            return;
        }
        let turn_comes = self.hooked.is_some() || !self.waiting.is_empty();
        if self.timers.is_set(Timer::EndOfTurn) || turn_comes {
            // A turn too short to be answered leaves all as it is.
            self.timers.set(Timer::Idle, now + step.after);
            return;
        }
        self.idle_step += 1;
        match step.act {
            IdleAct::Say(text) if text.is_blank() => self.await_idle(now),
            IdleAct::Say(text) => self.say(text, now),
            IdleAct::HangUp => self.close(CallEnd::Idle, now),
        }
    }

    fn await_idle(&mut self, now: CallTime) {
        if let Some(step) = self.policy.idle.get(self.idle_step) {
            self.timers.set(Timer::Idle, now + step.after);
        }
    }

    /// The call has lasted long enough: say so and go. If what is being said takes too long, it gives way to the last
    /// words; if even they do, go.
    pub(super) fn call_too_long(&mut self, now: CallTime) {
        let audible = self.answer.as_ref().and_then(|answer| answer.audible());
        match self.closing {
            None => self.close(CallEnd::MaxDuration, now),
            Some(reason) if audible.is_some_and(|reply| Some(reply) < self.goodbye) => {
                self.cut(FloorReason::Order, false, now);
                self.say_goodbye(reason, now);
            }
            Some(_) => self.end(now),
        }
    }

    /// Ends the call once what is being said, and the last words, have been heard. Nothing else is begun any more.
    pub(super) fn close(&mut self, reason: CallEnd, now: CallTime) {
        if self.closing.is_some() {
            return;
        }
        self.closing = Some(reason);
        self.drop_early();
        self.drop_unheard(now);
        self.say_goodbye(reason, now);
    }

    fn say_goodbye(&mut self, reason: CallEnd, now: CallTime) {
        self.timers.set(Timer::MaxCall, now + GOODBYE);
        let phrases = &self.policy.phrases;
        let warning = Some(&phrases.time_is_up).filter(|_| reason == CallEnd::MaxDuration);
        let words: Vec<Said> = warning.into_iter().chain([&phrases.closing]).cloned().collect();
        self.goodbye = Some(ReplyId(self.next_reply));
        for words in words {
            self.say(words, now);
        }
        if let Some(answer) = &mut self.answer {
            // Nothing is answered any more, but everything is remembered.
            answer.protect(ProtectedSpeech::Keep);
            self.play_if_ready();
        } else if self.stopping.is_none() {
            self.end_if_closing(now);
        }
    }

    /// Lets go of all of the answer but what is being said. What is paused is not being said.
    fn drop_unheard(&mut self, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let round = answer.tools.take();
        self.let_go(round, CALL_ENDED);
        let Some(answer) = &mut self.answer else { return };
        if answer.audible().is_none() || answer.pause.is_some() {
            self.cut(FloorReason::Order, false, now);
            return;
        }
        let unheard = answer.replies.split_off(1);
        self.drop_replies(unheard);
    }

    /// Ends the call if that is due.
    pub(super) fn end_if_closing(&mut self, now: CallTime) -> bool {
        if self.closing.is_none() || self.answer.is_some() {
            return false;
        }
        self.end(now);
        true
    }

    pub(super) fn end(&mut self, now: CallTime) {
        if self.ended {
            return;
        }
        let reason = self.closing.unwrap_or(CallEnd::Finished);
        self.drop_early();
        let round = self.answer.as_mut().and_then(|answer| answer.tools.take());
        self.let_go(round, CALL_ENDED);
        self.cut(FloorReason::Order, false, now);
        self.give_up_background();
        self.remember_the_rest(now);
        self.ended = true;
        self.timers = crate::timers::Timers::default();
        self.order(Effect::EndCall { reason });
    }
}
