//! Falling silent for now: what is held before its first sound, paused in the middle, and goes on.

use core::time::Duration;

use super::Conversation;
use crate::{
    AgentState, CallTime, Effect, FloorAct, FloorReason, Notice,
    answer::{Hold, Pause},
    timers::Timer,
};

/// Twice the time between two of the detector's reports: so long its silence means nothing.
pub(super) const REPORTS: Duration = Duration::from_millis(100);
/// A reply that is paused for attention goes on after so long, though the voice may go on too: whoever draws out an
/// "I see" is not to wait for the agent longer than half a second.
const ATTENTION: Duration = Duration::from_millis(380);

impl Conversation {
    /// The caller begins to speak: a reply that nobody has heard yet waits; one that is paused stays so.
    pub(super) fn hold_or_keep_paused(&mut self, now: CallTime) {
        self.timers.clear(Timer::Resume);
        let can_pause = self.policy.output.can_pause;
        let Some(answer) = &mut self.answer else { return };
        if let Some(pause) = &mut answer.pause {
            if self.timers.is_set(Timer::EarlyResume) {
                self.timers.clear(Timer::EarlyResume);
                pause.early = true;
            }
        } else if can_pause && !answer.is_protected() && !answer.is_audible() {
            let enough = answer.hold.is_some_and(|hold| hold.enough);
            answer.hold = Some(Hold { enough });
            self.decide_floor(FloorAct::Held, FloorReason::Speaking, now);
        }
    }

    /// A reply that was paused early goes on soon after the last voiced sample, if that brings no words but some that only
    /// show attention.
    pub(super) fn await_early_resume(&mut self, now: CallTime) {
        let pause = self.answer.as_ref().and_then(|answer| answer.pause);
        let early = self.policy.interruption.early_pause;
        let (Some(pause), Some(resume_after)) = (
            pause.filter(|pause| pause.early),
            early.and_then(|early| early.resume_after),
        ) else {
            return;
        };
        let attention = self.interim_shows_attention(now);
        let caller = &self.caller;
        let enough = caller.speech_that_counts() > self.policy.interruption.min_duration;
        if (caller.burst_texted || enough) && !attention {
            return;
        }
        let last_voiced = caller.burst_from + caller.burst_speech;
        // Of words that show attention it need only be seen that no others follow. While the voice goes on, the
        // detector's next report must come first.
        let wait = if attention { REPORTS } else { resume_after };
        let wait = if caller.speaking && last_voiced >= now {
            wait.max(REPORTS)
        } else {
            wait
        };
        let mut due = last_voiced + wait;
        // Once for each stretch of speech, and not for what merely sounds like it: voice that goes on may say more.
        if attention && self.interim_is_back_channel() && !caller.has_shown_attention() {
            due = due.min(pause.at + ATTENTION);
        }
        self.timers.set(Timer::EarlyResume, now.max(due));
    }

    /// It was no noise: a reply that was paused early waits as any other.
    pub(super) fn words_came(&mut self, now: CallTime) {
        self.timers.clear(Timer::EarlyResume);
        let Some(answer) = &mut self.answer else { return };
        let Some(pause) = &mut answer.pause else { return };
        pause.early = false;
        self.await_resume(now);
    }

    /// The detector is sure that the caller is silent: what was held or paused may go on, at once or after a while.
    pub(super) fn caller_fell_silent(&mut self, now: CallTime) {
        self.await_early_resume(now);
        let timeout = self.policy.interruption.false_timeout;
        let unweighed = self.caller.burst_decision.is_none();
        let Some(answer) = &mut self.answer else { return };
        let wait = match (answer.hold, answer.pause) {
            // At once, but after the decisions of this moment: they may drop it.
            (Some(hold), _) if !hold.enough => Some(Duration::ZERO),
            (Some(_), _) => timeout,
            (None, Some(_)) if self.timers.is_set(Timer::EarlyResume) => None,
            (None, Some(_)) => timeout,
            (None, None) => None,
        };
        let kept = unweighed && answer.hold.is_none() && answer.pause.is_none();
        if let Some(wait) = wait {
            self.timers.set(Timer::Resume, now + wait);
        } else if kept {
            self.decide_floor(FloorAct::Kept, FloorReason::Short, now);
        }
    }

    /// It was a noise, or only showed attention.
    pub(super) fn resume_early(&mut self, now: CallTime) {
        let attention = self.interim_shows_attention(now);
        let reason = if attention {
            FloorReason::BackChannel
        } else {
            FloorReason::Silence
        };
        self.resume(reason, now);
    }

    /// Nothing was said after all.
    pub(super) fn resume(&mut self, reason: FloorReason, now: CallTime) {
        self.timers.clear(Timer::EarlyResume);
        self.timers.clear(Timer::Resume);
        let Some(answer) = &mut self.answer else { return };
        if answer.pause.take().is_some() {
            let Some(reply) = answer.replies.front().map(|reply| reply.id) else {
                return;
            };
            match reason {
                FloorReason::BackChannel => self.caller.only_attention_so_far(),
                _ => self.caller.burst_paused = true,
            }
            self.decide_floor(FloorAct::Resumed, reason, now);
            self.order(Effect::Resume { reply });
            self.notice(Notice::FalseInterruption { resumed: true });
            self.notice(Notice::AudioResumed { reply });
            self.set_agent(AgentState::Speaking, now);
        } else if let Some(hold) = answer.hold.take() {
            let thinks = answer.thinks;
            self.decide_floor(FloorAct::Resumed, reason, now);
            if hold.enough {
                self.notice(Notice::FalseInterruption { resumed: true });
            }
            if hold.enough && thinks {
                self.set_agent(AgentState::Thinking, now);
            }
            self.play_if_ready();
        }
    }

    pub(super) fn pause(&mut self, reason: FloorReason, now: CallTime) {
        self.caller.burst_paused = true;
        let Some(answer) = &mut self.answer else { return };
        let Some(reply) = answer.replies.front().map(|reply| reply.id) else {
            return;
        };
        answer.pause = Some(Pause {
            early: reason == FloorReason::Early,
            barge_in: self.caller.burst_from,
            at: now,
        });
        self.decide_floor(FloorAct::Paused, reason, now);
        self.order(Effect::Pause { reply });
        self.notice(Notice::AudioPaused { reply });
        self.set_agent(AgentState::Listening, now);
    }

    /// A reply that is paused while the caller is silent goes on after the timeout, unless it is cut before.
    pub(super) fn await_resume(&mut self, now: CallTime) {
        let Some(timeout) = self.policy.interruption.false_timeout else {
            return;
        };
        if !self.caller.speaking && !self.timers.is_set(Timer::Resume) {
            let due = self.caller.fell_silent + timeout;
            self.timers.set(Timer::Resume, due.max(now));
        }
    }
}
