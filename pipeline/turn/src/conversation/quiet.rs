//! Silence of both sides, and the end of the call.

use core::time::Duration;

use super::{Conversation, tools::CALL_ENDED};
use crate::{AgentState, CallEnd, CallTime, Effect, FloorReason, IdleAct, Notice, UserState, timers::Timer};

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
        if let Some(step) = self.policy.idle.get(self.idle_step) {
            self.timers.set(Timer::Idle, now + step.after);
        }
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
        if self.answer.is_some() || self.stopping.is_some() || self.is_hearing() {
            return;
        }
        self.idle_step += 1;
        match step.act {
            IdleAct::Say(text) => self.say(text, now),
            IdleAct::HangUp => self.close(CallEnd::Idle, now),
        }
    }

    /// The call has lasted long enough: say so and go; if even that takes too long, go.
    pub(super) fn call_too_long(&mut self, now: CallTime) {
        if self.closing.is_some() {
            self.end(now);
            return;
        }
        let warning = self.policy.phrases.time_is_up.clone();
        if !warning.is_blank() {
            self.say(warning, now);
        }
        self.close(CallEnd::MaxDuration, now);
    }

    /// Ends the call once what is being said, and the closing sentence, have been heard.
    pub(super) fn close(&mut self, reason: CallEnd, now: CallTime) {
        if self.closing.is_some() {
            return;
        }
        self.closing = Some(reason);
        self.timers.set(Timer::MaxCall, now + GOODBYE);
        self.drop_early();
        let goodbye = self.policy.phrases.closing.clone();
        if !goodbye.is_blank() {
            self.say(goodbye, now);
        }
        if let Some(answer) = &mut self.answer {
            answer.protect(self.policy.protected_speech);
            self.play_if_ready();
        } else {
            self.end_if_closing(now);
        }
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
