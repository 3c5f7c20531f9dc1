//! Tools that run while the conversation goes on.
//!
//! For the answer that calls it, such a tool ends at once, with an interim result. What it brings in the end, and what it
//! tells on the way, enter the history as calls of their own, since a model takes one result for a call. As soon as nobody
//! speaks, the model is asked to tell it, unless it was asked about something else meanwhile and has read it there; the
//! model may also keep it to itself. While such a tool runs nobody is away; the end of the call gives it up.

use alloc::{format, string::String, vec};

use super::{Conversation, requests::Occasion, tools::CALL_ENDED};
use crate::{
    AgentState, CallEnd, CallTime, Effect, HistoryItem, Notice, Policy, ReplyId, Said, ToolCall, ToolMode,
    ToolRun, TurnTimings, UserState, answer::Answer, timers::Timer,
};

/// Ends the id under which the final result is remembered.
const RESULT: &str = "-result";
/// Stands between the id and the number under which an interim result is remembered.
const INTERIM: &str = "-interim-";

/// A tool that runs in the background.
#[derive(Clone, Debug)]
pub(super) struct Background {
    /// The reply that called it.
    pub(super) reply: ReplyId,
    pub(super) call: ToolCall,
    /// Rounds of tools since the caller's turn. They go on counting when the result is told, so that no model calls tools
    /// for ever.
    pub(super) rounds: u32,
    /// Interim results that it has told.
    pub(super) told: u32,
}

impl Background {
    fn is(&self, reply: ReplyId, id: &Said) -> bool {
        self.reply == reply && self.call.id == id.reveal()
    }
}

/// What a model reads while this call runs, if it runs in the background.
pub(super) fn interim(policy: &Policy, call: &ToolCall) -> Option<Said> {
    match policy.tools.get(&call.name)? {
        ToolMode::Background { interim } => Some(interim.clone()),
        ToolMode::Finish | ToolMode::Cancel => None,
    }
}

impl Conversation {
    /// Takes out a call that runs in the background.
    pub(super) fn take_background(&mut self, reply: ReplyId, id: &Said) -> Option<Background> {
        let at = self.background.iter().position(|tool| tool.is(reply, id))?;
        Some(self.background.remove(at))
    }

    /// A tool in the background tells what it has so far.
    pub(super) fn tool_progress(&mut self, reply: ReplyId, id: &Said, text: Said, now: CallTime) {
        let Some(tool) = self.background.iter_mut().find(|tool| tool.is(reply, id)) else {
            return;
        };
        tool.told += 1;
        let Background {
            call, rounds, told, ..
        } = tool.clone();
        self.notice(Notice::ToolProgress {
            name: call.name.clone(),
            text: text.clone(),
        });
        let id = format!("{}{INTERIM}{told}", call.id);
        self.remember_as(id, call, Ok(text));
        self.news = Some(self.news.unwrap_or_default().max(rounds));
        self.await_news(now);
    }

    /// A tool in the background has ended.
    pub(super) fn background_done(
        &mut self,
        tool: Background,
        result: Result<Said, Said>,
        ends_call: bool,
        now: CallTime,
    ) {
        let rounds = self.news.unwrap_or_default().max(tool.rounds);
        self.remember_background(tool.call, result);
        self.news = Some(rounds);
        if ends_call {
            self.close(CallEnd::Finished, now);
        }
        self.quiet_changed(now);
    }

    /// The call ends: what runs in the background is given up.
    pub(super) fn give_up_background(&mut self) {
        for tool in core::mem::take(&mut self.background) {
            self.order(Effect::CancelTool {
                reply: tool.reply,
                id: tool.call.id.clone(),
            });
            self.remember_background(tool.call, Err(CALL_ENDED.into()));
        }
    }

    fn remember_background(&mut self, call: ToolCall, result: Result<Said, Said>) {
        self.notice(Notice::ToolFinished {
            name: call.name.clone(),
            result: result.clone(),
        });
        let id = format!("{}{RESULT}", call.id);
        self.remember_as(id, call, result);
    }

    /// Remembers what came of a call under an id of its own.
    fn remember_as(&mut self, id: String, call: ToolCall, result: Result<Said, Said>) {
        self.remember(HistoryItem::Tools(vec![ToolRun {
            id,
            name: call.name,
            arguments: call.arguments,
            result,
        }]));
    }

    /// What a tool has brought can be told as soon as nobody speaks. Facts of the same moment come first, so even that is
    /// a deadline.
    pub(super) fn await_news(&mut self, now: CallTime) {
        let quiet = self.agent == AgentState::Listening && self.user != UserState::Speaking && !self.ended;
        if self.news.is_some() && quiet {
            self.timers.set(Timer::News, now);
        } else {
            self.timers.clear(Timer::News);
        }
    }

    /// Asks the model to tell what a tool has brought, unless something else is under way: then the model is asked about
    /// that, and reads it.
    pub(super) fn tell_news(&mut self, now: CallTime) {
        let agent_busy = self.answer.is_some() || self.stopping.is_some() || self.closing.is_some();
        let turn_comes = self.hooked.is_some() || !self.waiting.is_empty() || !self.kept.is_empty();
        let caller_busy = self.caller.speaking || !self.caller.finals.is_blank();
        if agent_busy || turn_comes || caller_busy {
            return;
        }
        let Some(rounds) = self.news.take() else { return };
        let turn = self.new_turn();
        let mut answer = Answer::new(TurnTimings::new(turn), Said::default(), true);
        answer.talked_over = self.policy.talked_over();
        answer.tells_news = true;
        answer.rounds = rounds;
        let tools_allowed = rounds <= self.policy.max_tool_steps;
        let reply = self.request(self.history.items(), tools_allowed, Occasion::News, now);
        self.begin(answer, reply, now);
    }
}
