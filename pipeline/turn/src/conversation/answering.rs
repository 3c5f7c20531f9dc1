//! The agent's side: from a turn that is over to the last sound of its answer.

use alloc::vec::Vec;
use core::time::Duration;

use super::Conversation;
use crate::{
    AgentState, CallTime, Effect, FloorAct, FloorReason, HistoryItem, Notice, ReplyId, Said, TalkedOver,
    ToolCall, TurnId, TurnTimings,
    answer::{Answer, Early, Hold, Model, Reply, Voice},
    caller::Decided,
    conversation::requests::Occasion,
    timers::Timer,
};

impl Conversation {
    /// Takes up the next turn that waits, if nothing keeps it waiting.
    pub(super) fn advance(&mut self, now: CallTime) {
        // At the end of the call nothing new is begun.
        while self.stopping.is_none() && self.closing.is_none() {
            let show = |turn: &Decided| self.policy.hook && !turn.seen;
            let blocked = self.hooked.is_some() && self.waiting.front().is_some_and(show);
            let Some(mut turn) = self.waiting.pop_front_if(|_| !blocked) else {
                return;
            };
            let show = show(&turn);
            let id = turn.id.unwrap_or_else(|| self.new_turn());
            turn.id = Some(id);
            if show {
                self.order(Effect::Hook {
                    turn: id,
                    text: turn.text.clone(),
                });
                self.hooked = Some((id, turn));
            } else {
                self.commit(id, turn, now);
            }
        }
    }

    pub(super) fn hook_done(&mut self, turn: TurnId, now: CallTime) {
        let Some((_, mut decided)) = self.hooked.take_if(|(id, _)| *id == turn) else {
            return;
        };
        decided.seen = true;
        // Typed text did not wait; its answer gives way to the turn that the application has seen now.
        self.take_turn(decided, now);
    }

    /// The turn enters the history and is answered; one that is already followed by another is not answered itself. What
    /// was typed is not followed by a turn that the application has still to see.
    fn commit(&mut self, id: TurnId, mut turn: Decided, now: CallTime) {
        let version = self.history.version();
        let early = turn.early.take();
        let mut answer = self.enter(id, turn);
        let decided = answer.turn.timings.decided;
        let followed = self.waiting.iter().any(|turn| turn.timings.decided >= decided);
        let text = &answer.turn.user_text;
        let fits = |early: &Early| !followed && early.text == *text && early.history_version == version;
        let reply = match early {
            Some(early) if fits(&early) => Some(early.reply),
            Some(early) => {
                self.give_up(early);
                None
            }
            None => None,
        };
        if followed {
            self.measured(answer.measured(now));
            return;
        }
        let reply = reply.unwrap_or_else(|| self.request(self.history.items(), true, Occasion::Turn, now));
        self.news = None;
        self.early_waste = self.early_waste.saturating_sub(1);
        answer.talked_over = self.policy.talked_over();
        self.begin(answer, reply, now);
    }

    /// The turn enters the history; gives the answer that it may get.
    fn enter(&mut self, id: TurnId, turn: Decided) -> Answer {
        let Decided {
            text, mut timings, ..
        } = turn;
        timings.turn = id;
        self.notice(Notice::TurnCommitted {
            turn: id,
            text: text.clone(),
        });
        self.remember(HistoryItem::Caller { text: text.clone() });
        Answer::new(timings, text, true)
    }

    /// The call ends: what was said and gets no answer any more enters the history all the same.
    pub(super) fn remember_the_rest(&mut self, now: CallTime) {
        self.take_back(now);
        self.caller.settle(now);
        let (text, timings) = self.caller.take();
        let shown = self.hooked.take().map(|(_, turn)| turn);
        let kept = core::mem::take(&mut self.kept);
        let unsaid = (!text.is_blank()).then_some(Decided {
            id: None,
            text,
            timings,
            seen: true,
            early: None,
        });
        let waiting = core::mem::take(&mut self.waiting);
        let mut rest: Vec<Decided> = shown.into_iter().chain(waiting).chain(kept).collect();
        // What was kept may be older than what the application is being shown, and what was typed since newer.
        rest.sort_by_key(|turn| turn.timings.decided);
        for mut turn in rest.into_iter().chain(unsaid) {
            if let Some(early) = turn.early.take() {
                self.give_up(early);
            }
            let id = turn.id.unwrap_or_else(|| self.new_turn());
            let answer = self.enter(id, turn);
            self.measured(answer.measured(now));
        }
    }

    /// Puts an answer on the floor with its first reply.
    pub(super) fn begin(&mut self, mut answer: Answer, reply: Reply, now: CallTime) {
        let talked_over = reply.talked_over.unwrap_or(answer.talked_over);
        if self.caller_holds() && !talked_over.is_protected() {
            answer.hold = Some(Hold { enough: false });
        }
        let held = answer.hold.is_some();
        let id = reply.id;
        let thinks = answer.thinks;
        let written = match &reply.model {
            Model::Done(_) => true,
            Model::Writing => false,
        };
        answer.replies.push_back(reply);
        self.answer = Some(answer);
        if held {
            self.decide_floor(FloorAct::Held, FloorReason::Speaking, now);
        }
        if thinks {
            self.set_agent(AgentState::Thinking, now);
            self.order(Effect::Release { reply: id });
        }
        if written {
            self.written(id, now);
        }
        self.play_if_ready();
    }

    /// Says a fixed text, if there is any, after what is being said.
    pub(super) fn say(&mut self, text: Said, now: CallTime) {
        if text.is_blank() {
            return;
        }
        let id = self.new_reply();
        let mut reply = Reply::new(id, Model::Done(Vec::new()), text.clone());
        reply.marks.done = Some(now);
        self.order(Effect::Say {
            reply: id,
            text: text.clone(),
        });
        match &mut self.answer {
            Some(answer) => {
                answer.planned(&text);
                answer.replies.push_back(reply);
            }
            None => {
                let turn = self.new_turn();
                let mut answer = Answer::new(TurnTimings::new(turn), Said::default(), false);
                answer.talked_over = self.policy.talked_over();
                answer.planned(&text);
                if self.caller_holds() && !answer.is_protected() && self.closing.is_none() {
                    answer.hold = Some(Hold { enough: false });
                }
                let held = answer.hold.is_some();
                answer.replies.push_back(reply);
                self.answer = Some(answer);
                if held {
                    self.decide_floor(FloorAct::Held, FloorReason::Speaking, now);
                }
            }
        }
    }

    pub(super) fn model_done(&mut self, id: ReplyId, text: Said, tools: Vec<ToolCall>, now: CallTime) {
        let Some((reply, is_early)) = self.wanted(id) else {
            return;
        };
        if reply.model != Model::Writing {
            return;
        }
        reply.model = Model::Done(tools);
        reply.text = text;
        reply.marks.done = Some(now);
        self.notice(Notice::ModelDone { reply: id });
        if !is_early {
            self.written(id, now);
        }
    }

    /// A committed reply is written: its tools start, and if it has nothing to say it is over.
    pub(super) fn written(&mut self, id: ReplyId, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let Some(reply) = answer.reply(id) else { return };
        let Model::Done(tools) = core::mem::replace(&mut reply.model, Model::Done(Vec::new())) else {
            return;
        };
        let text = reply.text.clone();
        answer.planned(&text);
        // After the last words no tool's answer would be heard.
        let allowed = answer.rounds <= self.policy.max_tool_steps && self.closing.is_none();
        if !tools.is_empty() && allowed {
            if !text.is_blank() {
                self.history.expect(id, text.clone());
            }
            self.run_tools(id, tools, now);
        }
        if text.is_blank() {
            self.retire(id, now);
        }
    }

    /// A reply that will make no sound, or no more, leaves the floor.
    pub(super) fn retire(&mut self, id: ReplyId, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let Some(at) = answer.replies.iter().position(|reply| reply.id == id) else {
            return;
        };
        if let Some(reply) = answer.replies.remove(at) {
            answer.keep_marks(&reply);
        }
        self.next_or_complete(now);
    }

    /// After a reply has left the floor: the next one, a tool's answer, or the end.
    pub(super) fn next_or_complete(&mut self, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        if answer.is_audible() {
            return;
        }
        if answer.tools.is_none() && answer.replies.iter().all(|reply| reply.filler) {
            self.drop_filler();
        }
        if self.give_way_to_kept(now) {
            return;
        }
        let Some(answer) = &mut self.answer else { return };
        if !answer.is_complete() {
            let waits = answer.hold.is_some_and(|hold| hold.enough);
            if answer.thinks && !waits {
                self.set_agent(AgentState::Thinking, now);
            }
            self.play_if_ready();
            return;
        }
        let Some(answer) = self.answer.take() else { return };
        self.caller.unanswered_words = 0;
        self.timers.clear(Timer::Resume);
        self.timers.clear(Timer::EarlyResume);
        let (spoke, then_end) = (answer.spoke, answer.then_end);
        self.measured(answer.measured(now));
        self.set_agent(AgentState::Listening, now);
        self.quiet_changed(now);
        self.take_back(now);
        match then_end {
            Some(reason) if spoke => self.closing = Some(self.closing.unwrap_or(reason)),
            Some(reason) => self.close(reason, now),
            None => {}
        }
        if self.end_if_closing(now) {
            return;
        }
        if let Some(kept) = self.take_kept() {
            self.waiting.push_front(kept);
            self.advance(now);
        }
    }

    /// The protected part of an answer may be over: then the rest gives way to what was said meanwhile.
    pub(super) fn give_way_to_kept(&mut self, now: CallTime) -> bool {
        let rest = |answer: &Answer| !answer.is_complete() && !answer.is_protected();
        if !self.answer.as_ref().is_some_and(rest) {
            return false;
        }
        let Some(kept) = self.take_kept() else {
            return false;
        };
        self.cut(FloorReason::Turn, false, now);
        self.waiting.push_front(kept);
        self.advance(now);
        true
    }

    pub(super) fn voice_ready(&mut self, id: ReplyId) {
        let Some((reply, _)) = self.wanted(id) else { return };
        if reply.voice == Voice::Waiting {
            reply.voice = Voice::Ready;
            if !reply.filler {
                self.drop_filler();
            }
            self.play_if_ready();
        }
    }

    pub(super) fn audio_started(&mut self, id: ReplyId, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let Some(reply) = answer.replies.front_mut().filter(|reply| reply.id == id) else {
            return;
        };
        if reply.voice == Voice::Audible {
            return;
        }
        reply.voice = Voice::Audible;
        if reply.filler {
            let text = reply.text.clone();
            answer.planned(&text);
        }
        answer.hold = None;
        answer.sounds_since.get_or_insert(now);
        self.first_sound.get_or_insert(now);
        self.pauses.agent_started(now);
        self.caller.unanswered_words = 0;
        self.caller.overdue = false;
        self.timers.clear(Timer::TurnLimit);
        if self.caller.speaking {
            self.limit_turn(now);
        }
        self.notice(Notice::AudioStarted { reply: id });
        self.set_agent(AgentState::Speaking, now);
    }

    pub(super) fn audio_ended(&mut self, id: ReplyId, position: Duration, heard: Said, now: CallTime) {
        if self
            .stopping
            .as_ref()
            .is_some_and(|stopping| stopping.reply.id == id)
        {
            // It came to its end before the order to stop arrived.
            self.audio_stopped(id, position, heard, now, now);
            return;
        }
        let Some(answer) = &mut self.answer else { return };
        let Some(reply) = answer.replies.pop_front_if(|reply| reply.id == id) else {
            return;
        };
        answer.pause = None;
        answer.keep_marks(&reply);
        answer.heard(&heard);
        if !reply.filler {
            answer.spoke |= !heard.is_blank();
            answer.turn.timings.audio_end = Some(now);
        }
        self.agent_fell_silent = now;
        self.timers.clear(Timer::Resume);
        self.timers.clear(Timer::EarlyResume);
        self.pauses.agent_ended(now);
        self.notice(Notice::AudioStopped {
            reply: id,
            position,
            interrupted: false,
            heard: heard.clone(),
        });
        if let Some(item) = self.history.heard(id, heard, false) {
            self.notice(Notice::History(item));
        }
        self.next_or_complete(now);
    }

    /// Asks the model for the answer to the tools that have just ended.
    pub(super) fn answer_tools(&mut self, talked_over: Option<TalkedOver>, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let allowed = answer.rounds <= self.policy.max_tool_steps;
        let occasion = Occasion::of(answer);
        self.news = None;
        let mut reply = self.request(self.history.items(), allowed, occasion, now);
        reply.talked_over = talked_over;
        let id = reply.id;
        if let Some(answer) = &mut self.answer {
            answer.replies.push_back(reply);
        }
        self.order(Effect::Release { reply: id });
    }
}
