//! A conversation under test: facts go in at their times, and what it orders and tells is kept as lines.

use std::time::Duration;

use turn::{
    CallTime, Conversation, Effect, Event, HistoryItem, Mark, Notice, Policy, ReplyId, Said, TalkedOver,
    ToolCall,
};

/// The detector's events come so long after the true start and end.
const START_DELAY: u64 = 50;
const END_DELAY: u64 = 500;
const REPORT_EVERY: u64 = 50;

pub(crate) struct Call {
    conversation: Conversation,
    lines: Vec<String>,
    reached: u64,
}

impl Call {
    pub(crate) fn new(policy: Policy) -> Self {
        Self::greeted(policy, "")
    }

    pub(crate) fn greeted(policy: Policy, greeting: &str) -> Self {
        Self::greeted_as(policy, greeting, None)
    }

    /// A greeting that says how it takes being talked over.
    pub(crate) fn greeted_as(policy: Policy, greeting: &str, talked_over: Option<TalkedOver>) -> Self {
        let mut call = Self {
            conversation: Conversation::new(policy),
            lines: Vec::new(),
            reached: 0,
        };
        let greeting = greeting.into();
        call.at(
            0,
            Event::Started {
                greeting,
                talked_over,
            },
        );
        call
    }

    /// A fact at this time, after every deadline before it.
    pub(crate) fn at(&mut self, ms: u64, event: Event) -> &mut Self {
        assert!(ms >= self.reached, "{ms} lies before {}", self.reached);
        while let Some(due) = self.conversation.poll_timeout().filter(|due| *due < time(ms)) {
            self.conversation.handle_timeout(due);
            self.collect(due);
        }
        self.reached = ms;
        self.conversation.handle(event, time(ms));
        self.collect(time(ms));
        self
    }

    /// Lets time pass, with every deadline up to this time.
    pub(crate) fn until(&mut self, ms: u64) -> &mut Self {
        while let Some(due) = self.conversation.poll_timeout().filter(|due| *due <= time(ms)) {
            self.conversation.handle_timeout(due);
            self.collect(due);
        }
        self.reached = self.reached.max(ms);
        self
    }

    /// A noise, or speech whose text comes from elsewhere.
    pub(crate) fn speech(&mut self, from: u64, to: u64) -> &mut Self {
        self.speaks(from, to, None)
    }

    /// Speech whose final text comes 200 ms after its end.
    pub(crate) fn says(&mut self, from: u64, to: u64, text: &str) -> &mut Self {
        self.speaks(from, to, Some(text))
    }

    fn speaks(&mut self, from: u64, to: u64, text: Option<&str>) -> &mut Self {
        let mut facts = vec![(from + START_DELAY, Event::SpeechStarted { from: time(from) })];
        let end = to + END_DELAY;
        let mut report = from + START_DELAY + REPORT_EVERY;
        while report + REPORT_EVERY <= end {
            let speech = Duration::from_millis(report.min(to) - from);
            facts.push((report, Event::SpeechContinues { speech }));
            report += REPORT_EVERY;
        }
        facts.push((end, stopped_speaking(to)));
        if let Some(text) = text {
            facts.push((to + 200, said(text)));
        }
        facts.sort_by_key(|(at, event)| (*at, !matches!(event, Event::Final { .. })));
        for (at, event) in facts {
            self.at(at, event);
        }
        self
    }

    /// A reply is written and begins to sound.
    pub(crate) fn sounds(&mut self, reply: u32, text: &str, at: u64) -> &mut Self {
        self.at(at, written(reply, text));
        self.at(at, ready(reply));
        self.at(
            at,
            Event::AudioStarted {
                reply: ReplyId(reply),
            },
        );
        self.at(
            at,
            Event::Marked {
                reply: ReplyId(reply),
                mark: Mark::AudioOut,
                at: time(at),
            },
        )
    }

    /// A reply has been heard to its end.
    pub(crate) fn ends(&mut self, reply: u32, text: &str, at: u64, position: u64) -> &mut Self {
        self.at(
            at,
            Event::AudioEnded {
                reply: ReplyId(reply),
                position: Duration::from_millis(position),
                heard: text.into(),
            },
        )
    }

    /// The loudspeaker confirms a stop.
    pub(crate) fn confirms(&mut self, reply: u32, heard: &str, at: u64, position: u64) -> &mut Self {
        self.at(
            at,
            Event::AudioStopped {
                reply: ReplyId(reply),
                position: Duration::from_millis(position),
                heard: heard.into(),
                at: time(at),
            },
        )
    }

    /// Everything so far that begins with one of these words, after its time.
    pub(crate) fn lines(&self, kinds: &[&str]) -> Vec<&str> {
        let wanted = |line: &&String| {
            let what = line.split_once(' ').map_or("", |(_, what)| what);
            kinds.iter().any(|kind| what.starts_with(kind))
        };
        self.lines.iter().filter(wanted).map(String::as_str).collect()
    }

    /// The conversation as a model would see it.
    pub(crate) fn history(&self) -> Vec<String> {
        self.conversation.history().iter().map(entry).collect()
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.conversation
            .poll_timeout()
            .map(|due| due.as_nanos() / 1_000_000)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.conversation.has_ended()
    }

    fn collect(&mut self, now: CallTime) {
        while let Some(effect) = self.conversation.poll_effect() {
            if let Some(line) = line(&effect) {
                self.lines.push(format!("{} {line}", now.as_nanos() / 1_000_000));
            }
        }
    }
}

fn line(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Request {
            reply, tools, early, ..
        } => {
            let early = if *early { " early" } else { "" };
            let tools = if *tools { "" } else { " without tools" };
            format!("request {}{early}{tools}", reply.0)
        }
        Effect::Say { reply, text } => format!("say {} {}", reply.0, text.reveal()),
        Effect::Release { reply } => format!("release {}", reply.0),
        Effect::Play { reply } => format!("play {}", reply.0),
        Effect::Pause { reply } => format!("pause {}", reply.0),
        Effect::Resume { reply } => format!("resume {}", reply.0),
        Effect::Stop { reply } => format!("stop {}", reply.0),
        Effect::Drop { reply } => format!("drop {}", reply.0),
        Effect::RunTool { reply, call } => format!("run {} for {}", call.name, reply.0),
        Effect::CancelTool { reply, id } => format!("cancel {id} for {}", reply.0),
        Effect::Hook { turn, text } => format!("hook {} {}", turn.0, text.reveal()),
        Effect::Weigh { text, .. } => format!("weigh {}", text.reveal()),
        Effect::FlushRecogniser => "flush".to_owned(),
        Effect::EndCall { reason } => format!("end {reason:?}"),
        Effect::Notice(notice) => return told(notice),
    })
}

fn told(notice: &Notice) -> Option<String> {
    Some(match notice {
        Notice::User(state) => format!("user {}", state.name()),
        Notice::Agent(state) => format!("agent {}", state.name()),
        Notice::TurnCommitted { text, .. } => format!("turn {}", text.reveal()),
        Notice::TurnDiscarded { text } => format!("discarded {}", text.reveal()),
        Notice::AudioStopped {
            reply,
            position,
            interrupted,
            ..
        } => {
            let how = if *interrupted { "cut" } else { "whole" };
            format!("silent {} after {} {how}", reply.0, position.as_millis())
        }
        Notice::ToolFinished { name, .. } => format!("finished {name}"),
        Notice::Floor { decision, .. } => format!("floor {:?} {:?}", decision.act, decision.reason),
        Notice::FalseInterruption { .. } => "false interruption".to_owned(),
        Notice::BackChannel { text } => format!("back channel {}", text.reveal()),
        Notice::UserAway => "away".to_owned(),
        Notice::TranscriptionTimeout { speech } => format!("no text for {}", speech.as_millis()),
        Notice::TurnMeasured(turn) => format!(
            "measured {} {}",
            turn.timings.turn.0,
            turn.timings.reason.map_or("", turn::EndReason::name)
        ),
        Notice::Failed(failure) => format!("failed {failure:?}"),
        _ => return None,
    })
}

fn entry(item: &HistoryItem) -> String {
    match item {
        HistoryItem::Caller { text } => format!("caller: {}", text.reveal()),
        HistoryItem::Aside { text } => format!("caller, aside: {}", text.reveal()),
        HistoryItem::Agent {
            text,
            interrupted: false,
        } => format!("agent: {}", text.reveal()),
        HistoryItem::Agent {
            text,
            interrupted: true,
        } => format!("agent: {} -", text.reveal()),
        HistoryItem::Tools(runs) => {
            let runs: Vec<String> = runs
                .iter()
                .map(|run| match &run.result {
                    Ok(text) => format!("{} = {}", run.name, text.reveal()),
                    Err(text) => format!("{} failed: {}", run.name, text.reveal()),
                })
                .collect();
            format!("tools: {}", runs.join(", "))
        }
    }
}

pub(crate) fn time(ms: u64) -> CallTime {
    CallTime::from_millis(ms)
}

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A policy whose output can pause, without the early pause.
pub(crate) fn plain() -> Policy {
    let mut policy = Policy::default();
    policy.interruption.early_pause = None;
    policy
}

/// A policy whose output cannot pause.
pub(crate) fn unpausing() -> Policy {
    let mut policy = Policy::default();
    policy.output.can_pause = false;
    policy
}

/// A tool tells what it has so far.
pub(crate) fn so_far(reply: u32, tool: &str, text: &str) -> Event {
    Event::ToolProgress {
        reply: ReplyId(reply),
        id: tool.into(),
        text: text.into(),
    }
}

/// The reply says how it takes being talked over.
pub(crate) fn talked_over(reply: u32, talked_over: TalkedOver) -> Event {
    let reply = ReplyId(reply);
    Event::HowTalkedOver { reply, talked_over }
}

pub(crate) fn stopped_speaking(last_voiced: u64) -> Event {
    Event::SpeechStopped {
        last_voiced: time(last_voiced),
    }
}

pub(crate) fn said(text: &str) -> Event {
    Event::Final {
        text: text.into(),
        attention: false,
    }
}

pub(crate) fn interim(text: &str) -> Event {
    Event::Interim {
        text: text.into(),
        attention: false,
    }
}

pub(crate) fn typed(text: &str) -> Event {
    Event::Typed { text: text.into() }
}

pub(crate) fn written(reply: u32, text: &str) -> Event {
    calls(reply, text, &[])
}

/// A reply that calls tools; each call's id is its name.
pub(crate) fn calls(reply: u32, text: &str, tools: &[&str]) -> Event {
    let call = |name: &&str| ToolCall {
        id: (*name).to_owned(),
        name: (*name).to_owned(),
        arguments: "{}".into(),
    };
    Event::ModelDone {
        reply: ReplyId(reply),
        text: text.into(),
        tools: tools.iter().map(call).collect(),
    }
}

pub(crate) fn returned(reply: u32, tool: &str, output: &str) -> Event {
    tool_done(reply, tool, Ok(output.into()), false)
}

pub(crate) fn tool_done(reply: u32, tool: &str, result: Result<Said, Said>, ends_call: bool) -> Event {
    Event::ToolDone {
        reply: ReplyId(reply),
        id: tool.into(),
        result,
        ends_call,
    }
}

pub(crate) fn ready(reply: u32) -> Event {
    Event::VoiceReady {
        reply: ReplyId(reply),
    }
}
