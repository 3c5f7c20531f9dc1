//! The model, the voice and the tools, as the script has them.

use std::{collections::BTreeMap, time::Duration};

use turn::{CallTime, Event, HistoryItem, ReplyId, Said, ToolCall, ToolRun};

use super::script::{Fault, Script, ScriptedReply, ScriptedTool, ScriptedVoice};

/// A reply in the making.
#[derive(Debug)]
pub(super) struct Making {
    /// What it says.
    pub(super) text: Said,
    /// What it calls.
    pub(super) tools: Vec<ToolCall>,
    /// Whether the model has written it.
    pub(super) written: bool,
    /// Whether the voice may speak it.
    pub(super) released: bool,
    /// Whether the voice was asked.
    pub(super) voiced: bool,
    /// Length of its sound.
    pub(super) length: Duration,
}

/// What the script's services know of the call.
pub(super) struct Services<'s> {
    script: &'s Script,
    /// Replies that were asked for and not given up.
    pub(super) replies: BTreeMap<ReplyId, Making>,
    /// Text of the tool result that came last.
    last_output: Said,
    calls: u32,
    /// Calls of tools that were given up.
    cancelled: Vec<(ReplyId, String)>,
    /// Entries that have failed once already.
    failed: Vec<usize>,
}

/// What the model will do with a request.
pub(super) enum Plan<'s> {
    /// It has nothing to say.
    Nothing,
    /// It answers so.
    Answer(&'s ScriptedReply),
    /// It fails after this time.
    Fail(Duration),
}

impl<'s> Services<'s> {
    pub(super) fn new(script: &'s Script) -> Self {
        Self {
            script,
            replies: BTreeMap::new(),
            last_output: Said::default(),
            calls: 0,
            cancelled: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Asks the model, and makes a place for its reply.
    pub(super) fn ask(
        &mut self,
        reply: ReplyId,
        history: &[HistoryItem],
        tools: bool,
        voice: bool,
    ) -> Plan<'s> {
        let asked = history.iter().rev().find_map(|item| match item {
            HistoryItem::Caller { text } => Some(text),
            HistoryItem::Tools(runs) => self.output(runs),
            HistoryItem::Aside { .. } | HistoryItem::Agent { .. } => None,
        });
        let entries = &self.script.model;
        let found = asked.and_then(|asked| entries.iter().position(|entry| entry.to == *asked));
        let plan = match found {
            None => Plan::Nothing,
            Some(at) => {
                let entry = &entries[at];
                let again = self.failed.contains(&at);
                match entry.fault {
                    Some(Fault::Always) => Plan::Fail(entry.duration),
                    Some(Fault::Once) if !again => {
                        self.failed.push(at);
                        Plan::Fail(entry.duration)
                    }
                    Some(Fault::Once) | None => Plan::Answer(entry),
                }
            }
        };
        let (text, called) = match &plan {
            Plan::Answer(entry) => (entry.text.clone(), entry.tools.as_slice()),
            Plan::Nothing | Plan::Fail(_) => (Said::default(), [].as_slice()),
        };
        let called = if tools { called } else { &[] };
        let calls = called.iter().map(|name| self.call(name)).collect();
        self.place(reply, text, calls, voice);
        plan
    }

    /// Of tools that ran together, the output of the one that ended last.
    fn output<'h>(&self, runs: &'h [ToolRun]) -> Option<&'h Said> {
        let text = |run: &'h ToolRun| match &run.result {
            Ok(text) | Err(text) => text,
        };
        let last = runs.iter().map(text).find(|text| **text == self.last_output);
        last.or_else(|| runs.last().map(text))
    }

    /// Makes a place for a reply.
    pub(super) fn place(&mut self, reply: ReplyId, text: Said, tools: Vec<ToolCall>, released: bool) {
        self.replies.insert(
            reply,
            Making {
                text,
                tools,
                written: false,
                released,
                voiced: false,
                length: Duration::ZERO,
            },
        );
    }

    /// The voice for a text.
    pub(super) fn voice(&self, text: &Said) -> Option<&'s ScriptedVoice> {
        self.script.voice.iter().find(|voice| voice.text == *text)
    }

    /// What a call of a tool tells and comes to, and when.
    pub(super) fn run_tool(&self, reply: ReplyId, call: &ToolCall, now: CallTime) -> Vec<(CallTime, Event)> {
        let tool = self.script.tools.iter().find(|tool| tool.name == call.name);
        let missing = || ScriptedTool {
            name: call.name.clone(),
            takes: Some(Duration::ZERO),
            progress: Vec::new(),
            result: Err(format!("There is no tool named {}.", call.name).into()),
            ends_call: false,
        };
        let tool = tool.cloned().unwrap_or_else(missing);
        let id = Said::from(call.id.as_str());
        let told = tool.progress.into_iter().map(|(after, text)| {
            let id = id.clone();
            (now + after, Event::ToolProgress { reply, id, text })
        });
        let mut events: Vec<_> = told.collect();
        let (result, ends_call) = (tool.result, tool.ends_call);
        events.extend(tool.takes.map(|takes| {
            let done = Event::ToolDone {
                reply,
                id,
                result,
                ends_call,
            };
            (now + takes, done)
        }));
        events
    }

    /// A tool has told something or ended, unless it was given up.
    pub(super) fn tool_told(&mut self, reply: ReplyId, id: &Said, text: &Said) -> bool {
        let given_up = |(of, call): &(ReplyId, String)| *of == reply && call == id.reveal();
        if self.cancelled.iter().any(given_up) {
            return false;
        }
        self.last_output = text.clone();
        true
    }

    /// A tool is given up: it never ends.
    pub(super) fn cancel_tool(&mut self, reply: ReplyId, id: String) {
        self.cancelled.push((reply, id));
    }

    fn call(&mut self, name: &str) -> ToolCall {
        self.calls += 1;
        ToolCall {
            id: format!("call-{}", self.calls),
            name: name.to_owned(),
            arguments: "{}".into(),
        }
    }
}
