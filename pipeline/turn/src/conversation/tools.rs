//! Tools in an answer: started once the turn is committed, ended exactly once, never left without a result.

use alloc::vec::Vec;

use super::Conversation;
use crate::{CallEnd, CallTime, Effect, HistoryItem, Notice, ReplyId, Said, ToolCall, answer::ToolRound};

impl Conversation {
    pub(super) fn run_tools(&mut self, reply: ReplyId, tools: Vec<ToolCall>, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let caller = answer.reply(reply);
        let protected = caller.is_some_and(|caller| caller.protected && caller.text.is_blank());
        answer.rounds += 1;
        answer.tools = Some(ToolRound {
            reply,
            calls: tools.iter().map(|call| (call.clone(), None)).collect(),
            ends_call: false,
            protected,
            first_timing: answer.turn.timings.tools.len(),
        });
        for call in tools {
            if let Some(answer) = &mut self.answer {
                answer.tool_started(now);
            }
            self.notice(Notice::ToolStarted {
                name: call.name.clone(),
            });
            self.order(Effect::RunTool { reply, call });
        }
        self.quiet_changed(now);
    }

    pub(super) fn tool_done(
        &mut self,
        reply: ReplyId,
        id: &Said,
        result: Result<Said, Said>,
        ends_call: bool,
        now: CallTime,
    ) {
        let own = self
            .answer
            .as_mut()
            .and_then(|answer| answer.tools.as_mut())
            .filter(|r| r.reply == reply);
        let is_own = own.is_some();
        let Some(round) = own.or(self.orphans.iter_mut().find(|round| round.reply == reply)) else {
            return;
        };
        let open = round.calls.iter_mut().enumerate();
        let Some((index, (call, slot))) = open
            .into_iter()
            .find(|(_, (call, slot))| call.id == id.reveal() && slot.is_none())
        else {
            return;
        };
        let name = call.name.clone();
        *slot = Some(result.clone());
        round.ends_call |= ends_call;
        let (timing, ends_call) = (round.first_timing + index, round.ends_call);
        let protected = round.protected;
        let runs = round.runs();
        self.notice(Notice::ToolFinished { name, result });
        if is_own
            && let Some(answer) = &mut self.answer
            && let Some(timing) = answer.turn.timings.tools.get_mut(timing)
        {
            timing.end = Some(now);
        }
        let Some(runs) = runs else { return };
        self.remember(HistoryItem::Tools(runs));
        if !is_own {
            self.orphans.retain(|round| round.reply != reply);
            self.quiet_changed(now);
            return;
        }
        if let Some(answer) = &mut self.answer {
            answer.tools = None;
            if ends_call {
                answer.then_end = Some(CallEnd::Finished);
            }
        }
        if ends_call {
            self.next_or_complete(now);
        } else {
            self.answer_tools(protected, now);
        }
        self.quiet_changed(now);
    }

    pub(super) fn tools_run(&self) -> bool {
        !self.orphans.is_empty() || self.answer.as_ref().is_some_and(|answer| answer.tools.is_some())
    }
}
