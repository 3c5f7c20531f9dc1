//! Tools in an answer: started once the turn is committed, ended exactly once, never left without a result.

use alloc::vec::Vec;

use super::Conversation;
use crate::{
    CallEnd, CallTime, Effect, HistoryItem, Notice, ReplyId, Said, ToolCall, ToolMode,
    answer::ToolRound,
    conversation::background::{Background, interim},
};

/// What the model reads in place of the result of a tool that was given up with the answer that called it.
pub(super) const TALKED_OVER: &str = "It was cancelled before it had ended, because the caller went on.";
/// And of one whose answer was stopped by order.
pub(super) const STOPPED: &str = "It was cancelled before it had ended, because the answer was stopped.";
/// And of one that the end of the call prevented.
pub(super) const CALL_ENDED: &str = "It was cancelled before it had ended, because the call ended.";

impl Conversation {
    pub(super) fn run_tools(&mut self, reply: ReplyId, tools: Vec<ToolCall>, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let caller = answer.reply(reply);
        let silent = caller.filter(|caller| caller.text.is_blank());
        let talked_over = silent.and_then(|caller| caller.talked_over);
        answer.rounds += 1;
        let rounds = answer.rounds;
        answer.tools = Some(ToolRound {
            reply,
            calls: tools
                .iter()
                .map(|call| (call.clone(), interim(&self.policy, call).map(Ok)))
                .collect(),
            ends_call: false,
            talked_over,
            first_timing: answer.turn.timings.tools.len(),
        });
        for call in tools {
            let in_background = interim(&self.policy, &call).is_some();
            if let Some(answer) = &mut self.answer {
                answer.tool_started(now, in_background);
            }
            if in_background {
                self.background.push(Background {
                    reply,
                    call: call.clone(),
                    rounds,
                    told: 0,
                });
            }
            self.notice(Notice::ToolStarted {
                name: call.name.clone(),
            });
            self.order(Effect::RunTool { reply, call });
        }
        self.go_on_without_waiting(now);
        self.quiet_changed(now);
    }

    /// Where all of the answer's tools run in the background, nothing is waited for. What was said with the calls is the
    /// answer; where nothing was said, the model is asked for it.
    fn go_on_without_waiting(&mut self, now: CallTime) {
        let Some(answer) = &mut self.answer else { return };
        let Some(runs) = answer.tools.as_ref().and_then(ToolRound::runs) else {
            return;
        };
        let Some(round) = answer.tools.take() else { return };
        let spoken = answer
            .reply(round.reply)
            .is_some_and(|reply| !reply.text.is_blank());
        self.remember(HistoryItem::Tools(runs));
        if !spoken {
            self.answer_tools(round.talked_over, now);
        }
    }

    pub(super) fn tool_done(
        &mut self,
        reply: ReplyId,
        id: &Said,
        result: Result<Said, Said>,
        ends_call: bool,
        now: CallTime,
    ) {
        if let Some(tool) = self.take_background(reply, id) {
            self.background_done(tool, result, ends_call, now);
            return;
        }
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
        let talked_over = round.talked_over;
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
            self.answer_tools(talked_over, now);
        }
        self.quiet_changed(now);
    }

    /// The answer that called these tools is over before they are: those that may be given up are, and the model reads
    /// why; the others run on.
    pub(super) fn let_go(&mut self, round: Option<ToolRound>, why: &str) {
        let Some(mut round) = round else { return };
        for (call, slot) in round.calls.iter_mut().filter(|(_, slot)| slot.is_none()) {
            if self.policy.tools.get(&call.name) == Some(&ToolMode::Cancel) {
                let result = Err(Said::from(why));
                *slot = Some(result.clone());
                self.effects.push_back(Effect::CancelTool {
                    reply: round.reply,
                    id: call.id.clone(),
                });
                self.effects.push_back(Effect::Notice(Notice::ToolFinished {
                    name: call.name.clone(),
                    result,
                }));
            }
        }
        match round.runs() {
            Some(runs) => self.remember(HistoryItem::Tools(runs)),
            None => self.orphans.push(round),
        }
    }

    pub(super) fn tools_run(&self) -> bool {
        !self.orphans.is_empty()
            || !self.background.is_empty()
            || self.answer.as_ref().is_some_and(|answer| answer.tools.is_some())
    }
}
