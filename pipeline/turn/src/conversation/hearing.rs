//! The caller's side: from the first voiced sample to the decision that the turn is over.

use core::time::Duration;

use super::Conversation;
use crate::{
    CallTime, Completeness, Effect, EndReason, EndpointingMode, Event, FloorAct, FloorReason, Notice, Said,
    TalkedOver, UserState, caller::Decided, endpointing, timers::Timer,
};

/// How long a turn that was ended by order waits for its last words, as livekit-agents' flush of the recogniser does.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl Conversation {
    pub(super) fn speech_started(&mut self, from: CallTime, now: CallTime) {
        self.notice(Notice::UserSpeechStarted);
        let stale = self.caller.take_stale(now);
        if !stale.is_blank() {
            self.notice(Notice::TurnDiscarded { text: stale });
        }
        self.caller.start(from);
        self.timers.clear(Timer::EndOfTurn);
        self.timers.clear(Timer::Transcription);
        // A noise before the first words is no part of the turn.
        if !self.timers.is_set(Timer::TurnLimit) || self.caller.is_wordless() {
            self.limit_turn(from);
        }
        self.pauses.speech_started(from, &self.policy.endpointing);
        self.idle_step = 0;
        self.set_user(UserState::Speaking, now);
        self.hold_or_keep_paused(now);
    }

    pub(super) fn speech_continues(&mut self, speech: Duration, now: CallTime) {
        if !self.caller.speaking {
            return;
        }
        self.caller.speaks_on(speech);
        self.weigh_speech(now);
    }

    pub(super) fn speech_stopped(&mut self, last_voiced: CallTime, now: CallTime) {
        if !self.caller.speaking {
            return;
        }
        self.notice(Notice::UserSpeechStopped);
        self.caller.stop(last_voiced, now);
        self.pauses.speech_ended(last_voiced);
        self.set_user(UserState::Listening, now);
        self.caller_fell_silent(now);
        if let Some(timeout) = self.policy.transcription_timeout
            && self.caller.untranscribed > Duration::ZERO
        {
            self.timers
                .set(Timer::Transcription, now.max(last_voiced + timeout));
        }
        self.await_end_of_turn(now);
    }

    pub(super) fn interim(&mut self, text: Said, attention: bool, now: CallTime) {
        self.notice(Notice::Interim(text.clone()));
        self.caller.interim(text, attention, now);
        self.weigh_interim(now);
        self.check_turn_words(now);
    }

    pub(super) fn final_text(&mut self, text: Said, attention: bool, now: CallTime) {
        if text.is_blank() {
            self.caller.interim = Said::default();
            self.caller.was_forgotten();
            self.last_words_came(now);
            return;
        }
        self.notice(Notice::Final(text.clone()));
        self.timers.clear(Timer::Transcription);
        let text = self.caller.fresh(&text, now);
        let forgotten = self.caller.was_forgotten();
        if text.is_blank() || forgotten {
            self.caller.transcribed();
            if !text.is_blank() {
                self.notice(Notice::TurnDiscarded { text });
            }
            self.last_words_came(now);
            return;
        }
        if !self.timers.is_set(Timer::Commit) && self.sets_aside(&text, attention, now) {
            return;
        }
        self.take_back(now);
        self.add_to_turn(&text, now);
        let cut = self.weigh_final(&text, now);
        if self.last_words_came(now) {
            return;
        }
        self.ask_early(cut, now);
        self.await_end_of_turn(now);
        self.check_turn_words(now);
    }

    /// Final text becomes part of the turn, which may be all of an answer now.
    pub(super) fn add_to_turn(&mut self, text: &Said, now: CallTime) {
        self.caller.push_final(text, now);
        self.order(Effect::Weigh {
            text: self.caller.text(),
            history: self.history.items(),
        });
    }

    pub(super) fn judged(&mut self, probability: f32, now: CallTime) {
        if self.caller.speaking {
            return;
        }
        self.caller.probability = Some(probability);
        self.await_end_of_turn(now);
    }

    pub(super) fn weighed(&mut self, text: &Said, completeness: Completeness, now: CallTime) {
        self.caller.weighed(text, completeness);
        self.await_end_of_turn(now);
    }

    pub(super) fn provider_end_of_turn(&mut self, now: CallTime) {
        if self.policy.endpointing.mode == EndpointingMode::Stt && !self.caller.finals.is_blank() {
            self.timers.clear(Timer::EndOfTurn);
            // The detector may still be on the same words.
            self.caller.burst_spent = self.caller.speaking;
            self.decide(EndReason::Provider, now);
        }
    }

    /// A typed turn is whole: it waits for nothing.
    pub(super) fn typed(&mut self, text: Said, now: CallTime) {
        if text.is_blank() {
            return;
        }
        self.idle_step = 0;
        if self.user == UserState::Away {
            self.set_user(UserState::Listening, now);
        }
        self.take_turn(Decided::typed(text, now), now);
    }

    /// Ends the caller's turn by order. Where nothing else ends turns, it waits for the last words, if they come soon: the
    /// rest would wait for another order.
    pub(super) fn commit_turn(&mut self, now: CallTime) {
        self.take_back(now);
        let manual = self.policy.endpointing.mode == EndpointingMode::Manual;
        if manual && self.caller.lacks_final() {
            self.order(Effect::FlushRecogniser);
            self.caller.ordered_burst = self.caller.burst_from;
            self.timers.set(Timer::Commit, now + LAST_WORDS);
        } else {
            self.force_turn(now);
        }
    }

    /// Ends the turn that waits for its last words, if one does.
    fn last_words_came(&mut self, now: CallTime) -> bool {
        if !self.timers.is_set(Timer::Commit) {
            return false;
        }
        self.timers.clear(Timer::Commit);
        if self.caller.burst_from == self.caller.ordered_burst {
            self.force_turn(now);
        } else if !self.caller.text().is_blank() {
            // The caller speaks again, and that is not of this turn.
            self.timers.clear(Timer::EndOfTurn);
            self.decide(EndReason::Manual, now);
        }
        true
    }

    /// Ends the caller's turn with whatever text there is.
    pub(super) fn force_turn(&mut self, now: CallTime) {
        if self.caller.is_wordless() {
            return;
        }
        self.caller.settle(now);
        self.timers.clear(Timer::EndOfTurn);
        self.decide(EndReason::Manual, now);
        self.caller.unanswered_words = 0;
        // What is still being said begins the next turn.
        if self.caller.speaking {
            self.limit_turn(now);
        }
    }

    /// The turn that begins at `from` may last so long.
    pub(super) fn limit_turn(&mut self, from: CallTime) {
        if let Some(max) = self.policy.turn_limit.max_duration {
            self.timers.set(Timer::TurnLimit, from + max);
        }
    }

    pub(super) fn clear_turn(&mut self, now: CallTime) {
        self.timers.clear(Timer::EndOfTurn);
        self.timers.clear(Timer::Commit);
        self.timers.clear(Timer::TurnLimit);
        self.drop_early();
        self.forget_aside();
        let text = self.caller.clear(now);
        if !text.is_blank() {
            self.notice(Notice::TurnDiscarded { text });
        }
        self.await_news(now);
    }

    pub(super) fn end_of_turn(&mut self, now: CallTime) {
        let (_, reason) = self.silence_wanted();
        self.decide(reason, now);
    }

    /// Of a turn that has no words yet, the first that come are enough.
    pub(super) fn turn_too_long(&mut self, now: CallTime) {
        self.caller.overdue = self.caller.is_wordless() && self.caller.speaking;
        self.force_turn(now);
    }

    pub(super) fn no_transcription(&mut self) {
        let speech = self.caller.untranscribed;
        self.notice(Notice::TranscriptionTimeout { speech });
    }

    fn check_turn_words(&mut self, now: CallTime) {
        let words = self.caller.words();
        let all = words + self.caller.unanswered_words;
        if self.interim_shows_attention(now) {
            return;
        }
        let max = self.policy.turn_limit.max_words;
        let too_many = words > 0 && max.is_some_and(|max| all >= max);
        if too_many || self.caller.overdue && words > 0 {
            self.force_turn(now);
        }
    }

    /// Sets the moment at which the turn is over, if nothing more is heard. Decisions come after everything else of the
    /// same moment, so even a moment that has passed is a deadline and not a call.
    pub(super) fn await_end_of_turn(&mut self, now: CallTime) {
        let manual = self.policy.endpointing.mode == EndpointingMode::Manual;
        if manual || self.caller.speaking || self.caller.text().is_blank() {
            self.timers.clear(Timer::EndOfTurn);
            return;
        }
        let (delay, _) = self.silence_wanted();
        let silent_from = self.caller.last_voiced.unwrap_or(now);
        self.timers.set(Timer::EndOfTurn, now.max(silent_from + delay));
    }

    fn silence_wanted(&self) -> (Duration, EndReason) {
        let signs = self.caller.signs(&self.policy.phrases.language);
        endpointing::delay(&self.policy.endpointing, &self.pauses, signs)
    }

    /// The turn is over.
    fn decide(&mut self, reason: EndReason, now: CallTime) {
        self.timers.clear(Timer::TurnLimit);
        self.timers.clear(Timer::Commit);
        let too_few = self.caller.text().word_count() < self.policy.interruption.min_words;
        if too_few && self.answer.is_some() && !self.is_protected() {
            self.drop_early();
            self.caller.hold_back();
            return;
        }
        let (text, mut timings) = self.caller.take();
        timings.decided = Some(now);
        timings.reason = Some(reason);
        self.order(Effect::FlushRecogniser);
        let early = self.early.take();
        self.take_turn(
            Decided {
                id: None,
                text,
                timings,
                seen: false,
                early,
            },
            now,
        );
    }

    /// A turn that is over takes the floor, unless what the agent says is protected.
    pub(super) fn take_turn(&mut self, turn: Decided, now: CallTime) {
        let talked_over = self
            .answer
            .as_ref()
            .map_or(TalkedOver::Allow, |answer| answer.talked_over());
        if talked_over.is_protected() {
            self.decide_floor(FloorAct::Kept, FloorReason::Protected, now);
            self.put_off(turn, talked_over);
            self.advance(now);
            return;
        }
        self.cut(FloorReason::Turn, false, now);
        // What needs no showing does not wait for what is being shown.
        if turn.seen {
            self.waiting.push_front(turn);
        } else {
            self.waiting.push_back(turn);
        }
        // What was kept of a protected part that is over was said before.
        if let Some(kept) = self.take_kept() {
            self.waiting.push_front(kept);
        }
        self.advance(now);
    }

    /// Keeps a turn that was said over protected speech until that ends, or drops it. The application may look meanwhile
    /// at one that is kept.
    fn put_off(&mut self, mut turn: Decided, talked_over: TalkedOver) {
        // Its answer is asked for when what is said now is part of the history.
        if let Some(early) = turn.early.take() {
            self.give_up(early);
        }
        // What the application was shown was said before.
        let dropped = talked_over == TalkedOver::Block && turn.id.is_none();
        if dropped {
            self.notice(Notice::TurnDiscarded { text: turn.text });
        } else if talked_over == TalkedOver::Defer && self.policy.hook && !turn.seen {
            self.waiting.push_back(turn);
        } else {
            self.kept.push(turn);
        }
    }

    /// What was kept, as one turn.
    pub(super) fn take_kept(&mut self) -> Option<Decided> {
        let mut kept = core::mem::take(&mut self.kept);
        kept.sort_by_key(|turn| turn.timings.decided);
        kept.into_iter().reduce(Decided::followed_by)
    }

    /// Whether what is under way must not be interrupted now.
    pub(super) fn is_protected(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.is_protected())
    }

    /// Whether an event of the caller's side would begin or go on with a turn.
    pub(super) fn is_hearing(&self) -> bool {
        self.caller.speaking || !self.caller.text().is_blank()
    }
}

impl Event {
    /// Whether the event comes from the caller rather than from the making of a reply.
    pub fn is_from_caller(&self) -> bool {
        matches!(
            self,
            Self::SpeechStarted { .. }
                | Self::SpeechContinues { .. }
                | Self::SpeechStopped { .. }
                | Self::Interim { .. }
                | Self::Final { .. }
                | Self::Typed { .. }
        )
    }
}
