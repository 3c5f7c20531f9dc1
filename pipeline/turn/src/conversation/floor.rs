//! Who holds the floor: what pauses, holds, cuts and resumes what the agent says.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::{
    Conversation, Stopping,
    tools::{STOPPED, TALKED_OVER},
};
use crate::{
    AgentState, CallTime, Effect, Failure, FloorAct, FloorDecision, FloorReason, InterruptionMode, Notice,
    ReplyId, Said, TalkedOver,
    answer::{Hold, Reply, Voice},
    timers::Timer,
};

/// A loudspeaker fades for at most 20 ms; one that has not confirmed a stop after 200 ms is broken.
const STOP_DEADLINE: Duration = Duration::from_millis(200);

impl Conversation {
    /// The detector's report: has the caller said enough to take the floor?
    pub(super) fn weigh_speech(&mut self, now: CallTime) {
        let speech = self.caller.speech_that_counts();
        let rules = &self.policy.interruption;
        let min_duration = rules.min_duration;
        let early = rules.early_pause;
        if self.caller.burst_spent || self.answer.is_none() {
            return;
        }
        if let Some(reason) = self.immunity(now) {
            if speech > early.map_or(min_duration, |early| early.after) {
                self.decide_floor(FloorAct::Kept, reason, now);
            }
            return;
        }
        if rules.mode == InterruptionMode::Words || self.caller.words() < rules.min_words {
            if speech > min_duration {
                self.decide_floor(FloorAct::Kept, FloorReason::FewWords, now);
            }
            return;
        }
        // Words that only show attention take no floor, unless the voice goes on for so long after them as words would.
        let drawn_out = self.interim_shows_attention(now) && !self.caller.has_shown_attention();
        let enough = speech > min_duration && !drawn_out;
        if !self.pauses_first() {
            if enough {
                self.cut(FloorReason::Duration, false, now);
            }
            return;
        }
        let burst_paused = self.caller.burst_paused;
        let Some(answer) = &mut self.answer else { return };
        if !answer.is_audible() {
            if enough {
                answer.hold = Some(Hold { enough: true });
                self.decide_floor(FloorAct::Held, FloorReason::Duration, now);
                self.set_agent(AgentState::Listening, now);
            }
            return;
        }
        match &mut answer.pause {
            None if enough => self.pause(FloorReason::Duration, now),
            None => {
                if early.is_some_and(|early| speech > early.after) && !burst_paused {
                    self.pause(FloorReason::Early, now);
                    self.await_early_resume(now);
                }
            }
            Some(pause) if pause.early && enough => {
                pause.early = false;
                self.timers.clear(Timer::EarlyResume);
            }
            Some(_) => self.await_early_resume(now),
        }
    }

    /// Interim words interrupt only where a number of words is asked for; but they end the hope that it was a noise.
    pub(super) fn weigh_interim(&mut self, now: CallTime) {
        let interim = self.caller.interim.clone();
        if interim.is_blank() {
            return;
        }
        if self.interim_shows_attention(now) {
            self.only_attention_so_far(now);
            return;
        }
        self.words_came(now);
        let min_words = self.policy.interruption.min_words;
        if min_words == 0 {
            self.pause_for_what_follows(now);
            return;
        }
        if self.caller.words() < min_words || !self.may_interrupt(now) {
            return;
        }
        if !self.pauses_first() {
            self.cut(FloorReason::Words, false, now);
            return;
        }
        let Some(answer) = &mut self.answer else { return };
        if !answer.is_audible() {
            answer.hold = Some(Hold { enough: true });
            self.decide_floor(FloorAct::Held, FloorReason::Words, now);
            self.set_agent(AgentState::Listening, now);
        } else if answer.pause.is_none() {
            self.pause(FloorReason::Words, now);
        }
        self.await_resume(now);
    }

    /// A final text interrupts, however short the speech was. Whether it did on an output that cannot pause: such a text is
    /// not asked about early.
    pub(super) fn weigh_final(&mut self, text: &Said, now: CallTime) -> bool {
        self.words_came(now);
        if self.answer.is_none() {
            return false;
        }
        let few = self.caller.words() < self.policy.interruption.min_words;
        let kept = self.immunity(now).or(few.then_some(FloorReason::FewWords));
        if let Some(reason) = kept {
            self.decide_floor(FloorAct::Kept, reason, now);
            return false;
        }
        self.cut(self.why_words_count(text), true, now);
        !self.policy.output.can_pause
    }

    /// Ends the answer that is under way. What of it was audible stops and is remembered as far as it was heard; the rest
    /// is dropped; tools run on. `by_text`: a final text did it, and may be asked about early.
    pub(super) fn cut(&mut self, reason: FloorReason, by_text: bool, now: CallTime) {
        self.decide_floor(FloorAct::Cut, reason, now);
        if matches!(reason, FloorReason::Order | FloorReason::Turn) {
            // Not the caller's voice has silenced it.
            self.tell_back_channel();
        }
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        self.timers.clear(Timer::Resume);
        self.timers.clear(Timer::EarlyResume);
        answer.turn.timings.interrupted = true;
        // A paused reply was silenced by the pause; the cut only makes it final.
        let paused = answer.pause.map(|pause| (pause.barge_in, pause.at));
        let (start, decided) = paused.unwrap_or((self.caller.burst_from, now));
        answer.turn.timings.barge_in_decided = Some(decided);
        answer.turn.timings.barge_in_start = (paused.is_some() || self.is_hearing()).then_some(start);
        let why = match reason {
            FloorReason::Order => STOPPED,
            _ => TALKED_OVER,
        };
        self.let_go(answer.tools.take(), why);
        let then_ask = by_text && self.policy.output.can_pause;
        let audible = answer.is_audible().then(|| answer.replies.pop_front()).flatten();
        let unheard = core::mem::take(&mut answer.replies);
        unheard.iter().for_each(|reply| answer.keep_marks(reply));
        self.drop_replies(unheard);
        match audible {
            Some(reply) => {
                self.order(Effect::Stop { reply: reply.id });
                self.stopping = Some(Stopping {
                    reply,
                    answer,
                    then_ask,
                });
                self.timers.set(Timer::Stopped, now + STOP_DEADLINE);
            }
            None => self.measured(answer.measured(now)),
        }
        self.set_agent(AgentState::Listening, now);
    }

    /// Drops replies that nobody has heard anything of.
    pub(super) fn drop_replies(&mut self, unheard: VecDeque<Reply>) {
        for Reply { id: reply, .. } in unheard {
            self.history.heard(reply, Said::default(), true);
            self.order(Effect::Drop { reply });
            self.notice(Notice::ReplyDiscarded { reply, early: false });
        }
    }

    /// The loudspeaker confirms that a reply is silent, and says how far it came.
    pub(super) fn audio_stopped(
        &mut self,
        reply: ReplyId,
        position: Duration,
        heard: Said,
        at: CallTime,
        now: CallTime,
    ) {
        let Some(mut stopping) = self.stopping.take_if(|stopping| stopping.reply.id == reply) else {
            return;
        };
        self.timers.clear(Timer::Stopped);
        self.notice(Notice::AudioStopped {
            reply,
            position,
            interrupted: true,
            heard: heard.clone(),
        });
        if let Some(item) = self.history.heard(reply, heard.clone(), true) {
            self.notice(Notice::History(item));
        }
        let answer = &mut stopping.answer;
        answer.keep_marks(&stopping.reply);
        answer.heard(&heard);
        if !stopping.reply.filler {
            answer.turn.timings.audio_end = Some(at);
        }
        answer.turn.timings.barge_in_stopped = Some(at);
        if self.is_hearing() {
            self.pauses.agent_was_cut();
        } else {
            self.pauses.agent_ended(at);
        }
        self.agent_fell_silent = at;
        self.measured(stopping.answer.measured(now));
        if self.ended || self.end_if_closing(now) {
            return;
        }
        if stopping.then_ask {
            self.ask_early(false, now);
        }
        self.advance(now);
        // What was to be said next may have become ready meanwhile.
        self.play_if_ready();
    }

    pub(super) fn stop_unconfirmed(&mut self, now: CallTime) {
        let Some(reply) = self.stopping.as_ref().map(|stopping| stopping.reply.id) else {
            return;
        };
        self.notice(Notice::Failed(Failure::Loudspeaker));
        self.audio_stopped(reply, Duration::ZERO, Said::default(), now, now);
    }

    /// An order from outside to stop speaking.
    pub(super) fn interrupt(&mut self, now: CallTime) {
        self.cut(FloorReason::Order, false, now);
        if self.end_if_closing(now) {
            return;
        }
        if let Some(kept) = self.take_kept() {
            self.waiting.push_front(kept);
            self.advance(now);
        }
    }

    /// A reply says how it takes being talked over: what held it may do so no longer, or only now.
    pub(super) fn how_talked_over(&mut self, reply: ReplyId, talked_over: TalkedOver, now: CallTime) {
        // What leads to the end of the call stays protected.
        if self.closing.is_some() && !talked_over.is_protected() {
            return;
        }
        let was_protected = self.is_protected();
        let Some((reply, early)) = self.wanted(reply) else {
            return;
        };
        reply.talked_over = Some(talked_over);
        let Some(answer) = self.answer.as_mut().filter(|_| !early) else {
            return;
        };
        // A phrase that is to be said before it takes the same.
        let silent =
            |reply: &&mut Reply| reply.filler && matches!(reply.voice, Voice::Waiting | Voice::Ready);
        for phrase in answer.replies.iter_mut().filter(silent) {
            phrase.talked_over = Some(talked_over);
        }
        if answer.is_protected() {
            answer.hold = None;
            self.play_if_ready();
            return;
        }
        if !was_protected || self.give_way_to_kept(now) {
            return;
        }
        let caller_holds = self.caller_holds();
        let Some(answer) = &mut self.answer else { return };
        if caller_holds && answer.hold.is_none() && !answer.is_audible() {
            answer.hold = Some(Hold { enough: false });
            self.decide_floor(FloorAct::Held, FloorReason::Speaking, now);
        }
    }

    /// Whether the caller's voice can act on what is under way at this moment.
    pub(super) fn may_interrupt(&self, now: CallTime) -> bool {
        self.answer.is_some() && self.immunity(now).is_none()
    }

    /// Why the caller's voice cannot act on what is under way at this moment; `None`: it can.
    fn immunity(&self, now: CallTime) -> Option<FloorReason> {
        let guarded = self
            .first_sound
            .is_some_and(|first| now < first + self.policy.interruption.echo_guard);
        if self.is_protected() {
            Some(FloorReason::Protected)
        } else if guarded {
            Some(FloorReason::EchoGuard)
        } else {
            None
        }
    }

    /// Tells a decision about what has the floor, and keeps it for the turn's record. What is kept or held for one
    /// reason during one stretch of speech is told once.
    pub(super) fn decide_floor(&mut self, act: FloorAct, reason: FloorReason, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let last = self.caller.burst_decision.replace((act, reason));
        let lasts = matches!(act, FloorAct::Kept | FloorAct::Held);
        if lasts && last == Some((act, reason)) {
            return;
        }
        let decision = FloorDecision { at: now, act, reason };
        answer.turn.timings.floor.push(decision);
        let reply = answer.replies.front().map(|reply| reply.id);
        self.notice(Notice::Floor { reply, decision });
    }

    /// Whether the caller speaks now, so that what has not begun to sound waits.
    pub(super) fn caller_holds(&self) -> bool {
        self.policy.output.can_pause && self.caller.speaking && !self.caller.burst_spent
    }

    /// Whether an interruption first pauses, and is decided later.
    pub(super) fn pauses_first(&self) -> bool {
        self.policy.output.can_pause
            && self.policy.interruption.resume
            && self.policy.interruption.false_timeout.is_some()
    }

    /// Begins to play the first reply, when it is ready and nothing speaks against it.
    pub(super) fn play_if_ready(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        let Some(answer) = &mut self.answer else { return };
        if answer.hold.is_some() || answer.pause.is_some() {
            return;
        }
        let Some(reply) = answer
            .replies
            .front_mut()
            .filter(|reply| reply.voice == Voice::Ready)
        else {
            return;
        };
        reply.voice = Voice::Starting;
        let reply = reply.id;
        self.order(Effect::Play { reply });
    }
}
