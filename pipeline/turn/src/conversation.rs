//! The state machine: facts in, orders out.

mod answering;
mod attending;
mod background;
mod failing;
mod filling;
mod floor;
mod hearing;
mod pausing;
mod quiet;
mod requests;
mod tools;

use alloc::{
    collections::{BTreeSet, VecDeque},
    vec::Vec,
};

use crate::{
    AgentState, CallEnd, CallTime, Effect, Event, FloorReason, HistoryItem, Mark, MeasuredTurn, Notice,
    Policy, ReplyId, Said, TalkedOver, TurnId, UserState,
    answer::{Answer, Early, Reply, ToolRound},
    caller::{Caller, Decided},
    endpointing::PauseMemory,
    history::History,
    timers::{Timer, Timers},
};
use background::Background;

/// One call's conversation. See the crate's page for how it is driven.
#[derive(Clone, Debug)]
pub struct Conversation {
    policy: Policy,
    timers: Timers,
    effects: VecDeque<Effect>,
    next_turn: u32,
    next_reply: u32,
    history: History,
    caller: Caller,
    pauses: PauseMemory,
    user: UserState,
    agent: AgentState,
    /// Asked for before the caller's present turn was over. A turn that is over takes its own along.
    early: Option<Early>,
    /// Early requests that were thrown away, less one for each turn answered since.
    early_waste: u32,
    /// What the agent is doing with the floor.
    answer: Option<Answer>,
    /// A reply that was told to stop and has not confirmed it yet; its answer is over.
    stopping: Option<Stopping>,
    /// Turns that are over and wait: for the loudspeaker to confirm a stop, or for the hook.
    waiting: VecDeque<Decided>,
    /// The turn that the application looks at.
    hooked: Option<(TurnId, Decided)>,
    /// Turns that were over while protected speech lasted.
    kept: Vec<Decided>,
    /// Tools of answers that were cut; their results still enter the history.
    orphans: Vec<ToolRound>,
    /// Tools that run while the conversation goes on.
    background: Vec<Background>,
    /// One of them has brought something that no model has been asked about yet, after so many rounds of tools.
    news: Option<u32>,
    /// When the agent was last heard.
    agent_fell_silent: CallTime,
    /// When the first reply of the call began to sound.
    first_sound: Option<CallTime>,
    /// The next step of the idle ladder.
    idle_step: usize,
    /// The call is to end: why.
    closing: Option<CallEnd>,
    /// The first of the last words.
    goodbye: Option<ReplyId>,
    ended: bool,
}

/// A reply on its way to silence.
#[derive(Clone, Debug)]
struct Stopping {
    reply: Reply,
    answer: Answer,
    /// A final text cut the reply and may be asked about early once the history is complete.
    then_ask: bool,
}

impl Conversation {
    /// A conversation that has not begun.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            timers: Timers::default(),
            effects: VecDeque::new(),
            next_turn: 1,
            next_reply: 1,
            history: History::default(),
            caller: Caller::new(),
            pauses: PauseMemory::default(),
            user: UserState::Listening,
            agent: AgentState::Initializing,
            early: None,
            early_waste: 0,
            answer: None,
            stopping: None,
            waiting: VecDeque::new(),
            hooked: None,
            kept: Vec::new(),
            orphans: Vec::new(),
            background: Vec::new(),
            news: None,
            agent_fell_silent: CallTime::START,
            first_sound: None,
            idle_step: 0,
            closing: None,
            goodbye: None,
            ended: false,
        }
    }

    /// Takes a fact. `now` must not be earlier than that of any call before.
    pub fn handle(&mut self, event: Event, now: CallTime) {
        if self.ended {
            self.handle_after_end(event, now);
            return;
        }
        match event {
            Event::Started {
                greeting,
                talked_over,
            } => self.start(greeting, talked_over, now),
            Event::SpeechStarted { from } => self.speech_started(from, now),
            Event::SpeechContinues { speech } => self.speech_continues(speech, now),
            Event::SpeechStopped { last_voiced } => self.speech_stopped(last_voiced, now),
            Event::Interim { text, attention } => self.interim(text, attention, now),
            Event::Final { text, attention } => self.final_text(text, attention, now),
            Event::EndOfTurn { probability } => self.judged(probability, now),
            Event::Weighed { text, completeness } => self.weighed(&text, completeness, now),
            Event::ProviderEndOfTurn => self.provider_end_of_turn(now),
            Event::Typed { text } => self.typed(text, now),
            Event::CommitTurn => self.commit_turn(now),
            Event::ClearTurn => self.clear_turn(now),
            Event::Interrupt => self.interrupt(now),
            Event::HookDone { turn } => self.hook_done(turn, now),
            Event::HowTalkedOver { reply, talked_over } => self.how_talked_over(reply, talked_over, now),
            Event::Marked { reply, mark, at } => self.marked(reply, mark, at),
            Event::ModelDone { reply, text, tools } => self.model_done(reply, text, tools, now),
            Event::ModelFailed {
                reply,
                may_pass,
                text,
            } => self.model_failed(reply, may_pass, text, now),
            Event::ToolProgress { reply, id, text } => self.tool_progress(reply, &id, text, now),
            Event::ToolDone {
                reply,
                id,
                result,
                ends_call,
            } => {
                self.tool_done(reply, &id, result, ends_call, now);
            }
            Event::VoiceReady { reply } => self.voice_ready(reply),
            Event::VoiceFailed { reply, any_sound } => self.voice_failed(reply, any_sound, now),
            Event::AudioStarted { reply } => self.audio_started(reply, now),
            Event::AudioEnded {
                reply,
                position,
                heard,
            } => self.audio_ended(reply, position, heard, now),
            Event::AudioStopped {
                reply,
                position,
                heard,
                at,
            } => {
                self.audio_stopped(reply, position, heard, at, now);
            }
            Event::Close => self.close(CallEnd::Finished, now),
            Event::HungUp => self.end(now),
        }
    }

    /// A deadline has passed. Afterwards [`Self::poll_timeout`] lies after `now`.
    pub fn handle_timeout(&mut self, now: CallTime) {
        while let Some(timer) = self.timers.expire(now) {
            if self.ended {
                continue;
            }
            match timer {
                Timer::EndOfTurn => self.end_of_turn(now),
                Timer::Commit => self.force_turn(now),
                Timer::TurnLimit => self.turn_too_long(now),
                Timer::Stopped => self.stop_unconfirmed(now),
                Timer::BackChannel => self.was_back_channel(now),
                Timer::EarlyResume => self.resume_early(now),
                Timer::Resume => self.resume(FloorReason::Silence, now),
                Timer::Transcription => self.no_transcription(),
                Timer::News => self.tell_news(now),
                Timer::Filler => self.fill(now),
                Timer::Away => self.away(),
                Timer::Idle => self.idle(now),
                Timer::MaxCall => self.call_too_long(now),
            }
        }
    }

    /// The next order, oldest first.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        self.timers.next()
    }

    /// What was said and heard so far.
    pub fn history(&self) -> Vec<HistoryItem> {
        self.history.items()
    }

    /// What the agent does now.
    pub fn agent_state(&self) -> AgentState {
        self.agent
    }

    /// Whether the conversation has ended: no order but notices follows.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Every reply that may still make a sound or cost money: at most one of them is audible.
    pub fn live_replies(&self) -> BTreeSet<ReplyId> {
        let answer = self.answer.iter().flat_map(|answer| answer.replies.iter());
        let over = self.hooked.iter().map(|(_, turn)| turn).chain(&self.waiting);
        let earlies = self
            .early
            .iter()
            .chain(over.filter_map(|turn| turn.early.as_ref()));
        let stopping = self.stopping.iter().map(|stopping| &stopping.reply);
        answer
            .chain(earlies.map(|early| &early.reply))
            .chain(stopping)
            .map(|reply| reply.id)
            .collect()
    }

    fn start(&mut self, greeting: Said, talked_over: Option<TalkedOver>, now: CallTime) {
        self.set_agent(AgentState::Listening, now);
        self.notice(Notice::User(UserState::Listening));
        if let Some(max) = self.policy.max_call {
            self.timers.set(Timer::MaxCall, now + max);
        }
        if greeting.is_blank() {
            return;
        }
        self.say(greeting, now);
        if let Some(answer) = &mut self.answer {
            answer.talked_over = talked_over.unwrap_or(answer.talked_over);
        }
    }

    /// Late facts after the end: only what completes the records counts.
    fn handle_after_end(&mut self, event: Event, now: CallTime) {
        match event {
            Event::AudioStopped {
                reply,
                position,
                heard,
                at,
            } => {
                self.audio_stopped(reply, position, heard, at, now);
            }
            Event::ToolDone {
                reply,
                id,
                result,
                ends_call,
            } => {
                self.tool_done(reply, &id, result, ends_call, now);
            }
            _ => {}
        }
    }

    fn order(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    fn notice(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notice(notice));
    }

    fn measured(&mut self, turn: MeasuredTurn) {
        self.notice(Notice::TurnMeasured(turn.into()));
    }

    fn remember(&mut self, item: HistoryItem) {
        self.history.push(item.clone());
        self.notice(Notice::History(item));
    }

    fn new_turn(&mut self) -> TurnId {
        let turn = TurnId(self.next_turn);
        self.next_turn += 1;
        turn
    }

    fn new_reply(&mut self) -> ReplyId {
        let reply = ReplyId(self.next_reply);
        self.next_reply += 1;
        reply
    }

    fn set_agent(&mut self, state: AgentState, now: CallTime) {
        if self.agent != state {
            self.agent = state;
            self.notice(Notice::Agent(state));
            self.quiet_changed(now);
        }
    }

    fn set_user(&mut self, state: UserState, now: CallTime) {
        if self.user != state {
            self.user = state;
            self.notice(Notice::User(state));
            self.quiet_changed(now);
        }
    }

    fn marked(&mut self, reply: ReplyId, mark: Mark, at: CallTime) {
        let stopping = self.stopping.as_mut().map(|stopping| &mut stopping.reply);
        if let Some(found) = stopping.filter(|stopping| stopping.id == reply) {
            found.marks.stamp(mark, at);
        } else if let Some((found, _)) = self.wanted(reply) {
            found.marks.stamp(mark, at);
        } else {
            return;
        }
        match mark {
            Mark::ModelFirst => self.notice(Notice::ModelFirst { reply }),
            Mark::VoiceRequested => self.notice(Notice::VoiceRequested { reply }),
            Mark::VoiceFirstByte => self.notice(Notice::VoiceFirst { reply }),
            Mark::ClauseReady | Mark::VoiceFirstAudible | Mark::AudioOut => {}
        }
    }
}
