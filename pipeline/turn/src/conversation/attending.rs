//! Attention shown while the agent speaks ("mm-hm", "угу") takes no floor ([`BackChannels::Ignore`]).
//!
//! Such words are set aside. When the agent still speaks a while later, they were nothing more, and that is told. When the
//! agent has finished by then, they were an answer to its last words, and become a turn. In the first moment of a reply
//! they were said before it, and count as any others.
//!
//! They are known before the voice falls where the recogniser is quick. Then the agent goes on while they are still drawn out,
//! and falls silent again when other words follow in the same breath.
//!
//! A recogniser may also hear a sound that only shows attention and be unsure of its words ("uh-huh" becomes "but her"). It
//! is treated so too; but because those may have been words after all, they stay in the history.

use super::{Conversation, pausing::REPORTS};
use crate::{
    BackChannels, CallTime, FloorAct, FloorReason, HistoryItem, InterruptionMode, Notice, Said,
    answer::Answer, attention::is_back_channel, timers::Timer,
};

impl Conversation {
    /// Sets a final text aside if it only shows attention; a paused reply goes on.
    pub(super) fn sets_aside(&mut self, text: &Said, attention: bool, now: CallTime) -> bool {
        if !self.shows_attention(text, attention, now) || !self.caller.finals.is_blank() {
            return false;
        }
        self.caller.set_aside(text);
        self.caller.aside_to = self.answer.as_ref().map(|answer| answer.turn.timings.turn);
        let end = self.policy.interruption.boundary.1;
        let said = self.caller.burst_from + self.caller.burst_speech;
        self.timers.set(Timer::BackChannel, now.max(said + end));
        if self.answer.as_ref().is_some_and(|answer| answer.pause.is_some()) {
            self.resume(FloorReason::BackChannel, now);
        } else {
            self.decide_floor(FloorAct::Kept, FloorReason::BackChannel, now);
        }
        true
    }

    /// Whether the interim text only shows attention, and comes while that can be.
    pub(super) fn interim_shows_attention(&self, now: CallTime) -> bool {
        self.shows_attention(&self.caller.interim, self.caller.interim_attention, now)
    }

    /// Whether a text only shows attention, by its words or as it sounds, and comes while that can be.
    fn shows_attention(&self, text: &Said, attention: bool, now: CallTime) -> bool {
        let rules = &self.policy.interruption;
        let sounds_since = self.answer.as_ref().and_then(|answer| answer.sounds_since);
        rules.back_channels == BackChannels::Ignore
            && self.may_interrupt(now)
            && sounds_since.is_some_and(|since| self.caller.burst_from >= since + rules.boundary.0)
            && ((attention && !text.is_blank()) || is_back_channel(text, &self.policy.phrases.language))
    }

    /// Whether the interim text shows attention by its words, and not only as it sounds.
    pub(super) fn interim_is_back_channel(&self) -> bool {
        is_back_channel(&self.caller.interim, &self.policy.phrases.language)
    }

    /// Why a text interrupts that is no back-channel now: because of what it says, or of when.
    pub(super) fn why_words_count(&self, text: &Said) -> FloorReason {
        let ignored = self.policy.interruption.back_channels == BackChannels::Ignore;
        if ignored && is_back_channel(text, &self.policy.phrases.language) {
            FloorReason::Boundary
        } else {
            FloorReason::Words
        }
    }

    /// Interim words only show attention: a paused reply waits no longer than for a noise.
    pub(super) fn only_attention_so_far(&mut self, now: CallTime) {
        if self.caller.has_shown_attention() {
            self.caller.only_attention_so_far();
        }
        let early = self.policy.interruption.early_pause;
        if early.and_then(|early| early.resume_after).is_none() {
            return;
        }
        let Some(pause) = self.answer.as_mut().and_then(|answer| answer.pause.as_mut()) else {
            return;
        };
        pause.early = true;
        self.timers.clear(Timer::Resume);
        self.await_early_resume(now);
    }

    /// Words follow what showed attention in the same breath: the agent that went on falls silent again.
    pub(super) fn pause_for_what_follows(&mut self, now: CallTime) {
        let rules = &self.policy.interruption;
        let follows = self.caller.speaking && self.caller.has_shown_attention();
        let audible = |answer: &Answer| answer.is_audible() && answer.pause.is_none();
        if follows
            && rules.early_pause.is_some()
            && rules.mode != InterruptionMode::Words
            && self.pauses_first()
            && self.may_interrupt(now)
            && self.answer.as_ref().is_some_and(audible)
        {
            self.pause(FloorReason::Words, now);
        }
    }

    /// If the same answer goes on, what was set aside is no turn. If it is paused, that will show; if the caller's voice has
    /// silenced it, they were the first words against it.
    pub(super) fn was_back_channel(&mut self, now: CallTime) {
        let to = self.caller.aside_to;
        let same = |answer: &&Answer| Some(answer.turn.timings.turn) == to;
        match self.answer.as_ref().filter(same) {
            Some(answer) if answer.pause.is_some() => {
                let again = now + self.policy.interruption.boundary.1.max(REPORTS);
                self.timers.set(Timer::BackChannel, again);
            }
            Some(_) => self.tell_back_channel(),
            None => self.take_back(now),
        }
    }

    /// What was set aside is no turn.
    pub(super) fn tell_back_channel(&mut self) {
        self.timers.clear(Timer::BackChannel);
        let text = core::mem::take(&mut self.caller.aside);
        if text.is_blank() {
            return;
        }
        self.notice(Notice::BackChannel { text: text.clone() });
        if !is_back_channel(&text, &self.policy.phrases.language) {
            self.remember(HistoryItem::Aside { text });
        }
    }

    /// What was set aside is to be forgotten.
    pub(super) fn forget_aside(&mut self) {
        self.timers.clear(Timer::BackChannel);
        let text = core::mem::take(&mut self.caller.aside);
        if is_back_channel(&text, &self.policy.phrases.language) {
            self.notice(Notice::BackChannel { text });
        } else if !text.is_blank() {
            self.notice(Notice::TurnDiscarded { text });
        }
    }

    /// What was set aside belongs to the turn after all.
    pub(super) fn take_back(&mut self, now: CallTime) {
        self.timers.clear(Timer::BackChannel);
        let text = core::mem::take(&mut self.caller.aside);
        if !text.is_blank() {
            self.add_to_turn(&text, now);
            self.await_end_of_turn(now);
        }
    }
}
