//! A small world that answers the conversation's orders, and checks it after each step.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;
use turn::{
    AgentState, CallTime, Completeness, Conversation, Effect, Event, HistoryItem, Policy, ReplyId, ToolCall,
    ToolMode,
};

use crate::chance::{Act, Chance, ONE_MOMENT};

/// The world around the conversation: what is due, and what it has seen.
pub(crate) struct World {
    conversation: Conversation,
    chances: Vec<Chance>,
    due: BTreeMap<(u64, u64), Event>,
    added: u64,
    now: u64,
    requests: usize,
    lengths: BTreeMap<ReplyId, u64>,
    /// Which reply sounds, since when, and how much was played before.
    audible: Option<(ReplyId, u64, u64)>,
    paused: BTreeMap<ReplyId, u64>,
    gone: BTreeSet<ReplyId>,
    tools_run: Vec<String>,
    /// Whether tools run in the background.
    background: bool,
    fillers: BTreeSet<ReplyId>,
    speaking: bool,
}

impl World {
    pub(crate) fn new(policy: Policy, chances: Vec<Chance>) -> Self {
        let background = matches!(policy.tools.get("tool"), Some(ToolMode::Background { .. }));
        let mut world = Self {
            conversation: Conversation::new(policy),
            chances,
            due: BTreeMap::new(),
            added: 0,
            now: 0,
            requests: 0,
            lengths: BTreeMap::new(),
            audible: None,
            paused: BTreeMap::new(),
            gone: BTreeSet::new(),
            tools_run: Vec::new(),
            background,
            fillers: BTreeSet::new(),
            speaking: false,
        };
        world.add(
            0,
            Event::Started {
                greeting: "Hello.".into(),
                talked_over: None,
            },
        );
        world
    }

    fn add(&mut self, at: u64, event: Event) {
        self.due.insert((at, self.added), event);
        self.added += 1;
    }

    pub(crate) fn script(&mut self, acts: &[(u64, Act)]) {
        let mut at = 100;
        for (gap, act) in acts {
            at += gap;
            match act {
                Act::Speak { ms, text } => {
                    let (from, to) = (at, at + ms);
                    self.add(from + 50, Event::SpeechStarted { from: time(from) });
                    for report in (from + 100..to + 450).step_by(50) {
                        let speech = Duration::from_millis(report.min(to) - from);
                        self.add(report, Event::SpeechContinues { speech });
                    }
                    if let Some(words) = text {
                        let text = vec!["word"; usize::from(*words)].join(" ");
                        self.add(
                            to + 100,
                            Event::Interim {
                                text: "word".into(),
                                attention: false,
                            },
                        );
                        self.add(
                            to + 200,
                            Event::Final {
                                text: text.into(),
                                attention: false,
                            },
                        );
                    }
                    self.add(
                        to + 500,
                        Event::SpeechStopped {
                            last_voiced: time(to),
                        },
                    );
                    at = to + 500;
                }
                Act::Type => self.add(at, Event::Typed { text: "typed".into() }),
                Act::Interrupt => self.add(at, Event::Interrupt),
                Act::Commit => self.add(at, Event::CommitTurn),
                Act::Clear => self.add(at, Event::ClearTurn),
                Act::Close => self.add(at, Event::Close),
                Act::HangUp => self.add(at, Event::HungUp),
                Act::Wait => {}
            }
        }
    }

    /// Plays everything, and checks after each step.
    pub(crate) fn run(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..20_000 {
            let fact = self.due.keys().next().map(|(at, _)| *at);
            let deadline = self.conversation.poll_timeout().map(nanos);
            match (fact, deadline) {
                (Some(fact), deadline) if deadline.is_none_or(|deadline| fact * 1_000_000 <= deadline) => {
                    let Some((_, event)) = self.due.pop_first() else {
                        break;
                    };
                    self.now = fact;
                    self.meet(event);
                }
                (_, Some(deadline)) => {
                    self.now = deadline / 1_000_000;
                    let at = CallTime::from_nanos(deadline);
                    self.conversation.handle_timeout(at);
                    let next = self.conversation.poll_timeout();
                    prop_assert!(next.is_none_or(|next| next > at), "a deadline does not lie ahead");
                }
                (_, None) => break,
            }
            self.obey()?;
            self.check()?;
        }
        prop_assert!(self.due.is_empty(), "the call never comes to rest");
        self.at_rest()
    }

    fn meet(&mut self, event: Event) {
        match &event {
            Event::SpeechStarted { .. } => self.speaking = true,
            Event::SpeechStopped { .. } => self.speaking = false,
            Event::AudioEnded { reply, .. } => {
                // Only what really sounds can end, at the time that the last start planned.
                let ends = self.audible.filter(|(audible, since, before)| {
                    audible == reply && since + self.lengths[reply] - before == self.now
                });
                if ends.is_none() {
                    return;
                }
                self.audible = None;
                self.gone.insert(*reply);
            }
            _ => {}
        }
        self.conversation.handle(event, time(self.now));
    }

    fn obey(&mut self) -> Result<(), TestCaseError> {
        while let Some(effect) = self.conversation.poll_effect() {
            match effect {
                Effect::Request { reply, tools, .. } => self.request(reply, tools),
                Effect::Say { reply, text } => {
                    if text.reveal() == ONE_MOMENT {
                        self.fillers.insert(reply);
                    }
                    self.lengths.insert(reply, 500);
                    self.add(self.now + 100, Event::VoiceReady { reply });
                }
                Effect::Play { reply } => {
                    prop_assert!(
                        !self.gone.contains(&reply),
                        "something of a dropped reply is played"
                    );
                    prop_assert!(
                        !(self.speaking && self.fillers.contains(&reply)),
                        "a filler is said over the caller"
                    );
                    prop_assert!(
                        self.audible.is_none() && self.paused.is_empty(),
                        "two replies are audible"
                    );
                    self.conversation
                        .handle(Event::AudioStarted { reply }, time(self.now));
                    self.sound(reply, 0);
                }
                Effect::Pause { reply } => {
                    let (audible, since, before) = self.audible.take().expect("what is paused sounds");
                    prop_assert_eq!(audible, reply);
                    self.paused.insert(reply, before + self.now - since);
                }
                Effect::Resume { reply } => {
                    let before = self.paused.remove(&reply).expect("what resumes was paused");
                    self.sound(reply, before);
                }
                Effect::Stop { reply } => {
                    let played = match self.audible.take() {
                        Some((audible, since, before)) => {
                            prop_assert_eq!(audible, reply);
                            before + self.now - since
                        }
                        None => self
                            .paused
                            .remove(&reply)
                            .expect("what stops sounds or is paused"),
                    };
                    self.gone.insert(reply);
                    let stopped = Event::AudioStopped {
                        reply,
                        position: Duration::from_millis(played),
                        heard: if played > 100 { "heard" } else { "" }.into(),
                        at: time(self.now),
                    };
                    let delay = self.chance(reply).stop_ms;
                    self.add(self.now + delay, stopped);
                }
                Effect::Drop { reply } => {
                    prop_assert!(self.audible.is_none_or(|(audible, ..)| audible != reply));
                    self.gone.insert(reply);
                }
                Effect::RunTool { reply, call } => {
                    prop_assert!(!self.gone.contains(&reply), "a tool of a dropped reply runs");
                    self.tools_run.push(call.id.clone());
                    let delay = self.chance(reply).tool_ms;
                    let so_far = Event::ToolProgress {
                        reply,
                        id: call.id.as_str().into(),
                        text: "so far".into(),
                    };
                    self.add(self.now + delay / 2, so_far);
                    let done = Event::ToolDone {
                        reply,
                        id: call.id.as_str().into(),
                        result: Ok("result".into()),
                        ends_call: false,
                    };
                    self.add(self.now + delay, done);
                }
                // Its end may come all the same, and must change nothing.
                Effect::CancelTool { .. } => {}
                Effect::Hook { turn, .. } => self.add(self.now + 300, Event::HookDone { turn }),
                Effect::Weigh { text, .. } => {
                    let chance = &self.chances[text.word_count() % self.chances.len()];
                    let completeness = match chance.tools {
                        0 => Completeness::Complete,
                        1 => Completeness::Incomplete,
                        _ => Completeness::Unknown,
                    };
                    self.add(self.now + chance.stop_ms, Event::Weighed { text, completeness });
                }
                Effect::Release { .. } | Effect::FlushRecogniser | Effect::EndCall { .. } => {}
                Effect::Notice(_) => {}
            }
        }
        Ok(())
    }

    fn chance(&self, reply: ReplyId) -> Chance {
        self.chances[reply.0 as usize % self.chances.len()].clone()
    }

    fn request(&mut self, reply: ReplyId, tools_allowed: bool) {
        self.requests += 1;
        let chance = self.chance(reply);
        if let Some(talked_over) = chance.talked_over {
            self.add(self.now, Event::HowTalkedOver { reply, talked_over });
        }
        let written = self.now + chance.model_ms;
        if chance.fails == 0 {
            let failed = Event::ModelFailed {
                reply,
                may_pass: true,
                text: "".into(),
            };
            self.add(written, failed);
            return;
        }
        // A model that calls tools for ever would talk for ever.
        let count = if tools_allowed && self.requests < 40 {
            chance.tools
        } else {
            0
        };
        let tools = (0..count)
            .map(|n| ToolCall {
                id: format!("{}-{n}", reply.0),
                name: "tool".into(),
                arguments: "{}".into(),
            })
            .collect();
        let text = if chance.silent { "" } else { "some words to say" };
        self.add(
            written,
            Event::ModelDone {
                reply,
                text: text.into(),
                tools,
            },
        );
        if chance.silent {
            return;
        }
        self.lengths.insert(reply, chance.audio_ms);
        let voiced = written + chance.voice_ms;
        if chance.fails == 1 {
            self.add(
                voiced,
                Event::VoiceFailed {
                    reply,
                    any_sound: false,
                },
            );
        } else {
            self.add(voiced, Event::VoiceReady { reply });
        }
    }

    fn sound(&mut self, reply: ReplyId, before: u64) {
        self.audible = Some((reply, self.now, before));
        let position = self.lengths[&reply];
        let ended = Event::AudioEnded {
            reply,
            position: Duration::from_millis(position),
            heard: "some words to say".into(),
        };
        self.add(self.now + position - before, ended);
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let speaks = self.conversation.agent_state() == AgentState::Speaking;
        prop_assert_eq!(
            speaks,
            self.audible.is_some(),
            "the state `speaking` and sound go together"
        );
        let busy = self.conversation.agent_state() == AgentState::Thinking || !self.paused.is_empty();
        if busy {
            let waits = self.conversation.poll_timeout().is_some() || !self.due.is_empty() || self.speaking;
            prop_assert!(waits, "nothing will ever end this state");
        }
        if let Some((audible, ..)) = self.audible {
            prop_assert!(self.conversation.live_replies().contains(&audible));
        }
        Ok(())
    }

    /// Nothing is due any more: everything was answered.
    fn at_rest(&self) -> Result<(), TestCaseError> {
        let mut remembered: Vec<String> = Vec::new();
        for item in self.conversation.history() {
            if let HistoryItem::Tools(runs) = item {
                let ended = runs.into_iter().filter(|run| run.result != Ok("so far".into()));
                remembered.extend(ended.map(|run| run.id));
            }
        }
        // A tool in the background is remembered when it starts and when it ends.
        let (results, mut kept): (Vec<String>, _) =
            remembered.into_iter().partition(|id| id.ends_with("-result"));
        let mut run = self.tools_run.clone();
        if self.background {
            let of = |id: &String| id.trim_end_matches("-result").to_owned();
            let mut ended: Vec<String> = results.iter().map(of).collect();
            ended.sort();
            kept.sort();
            prop_assert_eq!(&ended, &kept, "each tool in the background ends once");
        } else {
            prop_assert_eq!(results, Vec::<String>::new());
        }
        run.sort();
        kept.sort();
        prop_assert_eq!(run, kept, "each tool that ran is remembered once");
        prop_assert!(self.audible.is_none() && self.paused.is_empty());
        prop_assert_eq!(self.conversation.agent_state(), AgentState::Listening);
        prop_assert!(
            self.conversation.live_replies().len() <= 1,
            "only an early reply may be left"
        );
        Ok(())
    }
}

pub(crate) fn time(ms: u64) -> CallTime {
    CallTime::from_millis(ms)
}

fn nanos(at: CallTime) -> u64 {
    at.as_nanos()
}
