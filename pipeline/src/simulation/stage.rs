//! Carries out the session's orders in the simulated world.

use turn::{CallTime, Effect, Event, HistoryItem, Mark, Notice, ReplyId, Said};

use super::{
    SimEvent, SimFact,
    agenda::{Agenda, Due, Rank},
    loudspeaker::{Loudspeaker, PlannedEnd},
    script::Script,
    services::{Plan, Services},
};
use crate::{heard, session};

/// The world around the session.
pub(super) struct Stage<'s> {
    script: &'s Script,
    pub(super) agenda: Agenda,
    pub(super) events: Vec<SimEvent>,
    services: Services<'s>,
    loudspeaker: Loudspeaker,
}

impl<'s> Stage<'s> {
    pub(super) fn new(script: &'s Script, agenda: Agenda) -> Self {
        Self {
            script,
            agenda,
            events: Vec::new(),
            services: Services::new(script),
            loudspeaker: Loudspeaker::default(),
        }
    }

    /// The next thing of the agenda happens; gives the fact that comes of it.
    pub(super) fn happens_next(&mut self, now: CallTime) -> Option<Event> {
        match self.agenda.take()? {
            Due::Event(event) => {
                let happens = match &event {
                    Event::ToolProgress { reply, id, text }
                    | Event::ToolDone {
                        reply,
                        id,
                        result: Ok(text) | Err(text),
                        ..
                    } => self.services.tool_told(*reply, id, text),
                    _ => true,
                };
                happens.then_some(event)
            }
            Due::Mark(reply, mark) => self.mark(reply, mark, now),
            Due::Written(reply) => self.written(reply, now),
            Due::ModelFails(reply) => {
                self.services
                    .replies
                    .contains_key(&reply)
                    .then(|| Event::ModelFailed {
                        reply,
                        may_pass: true,
                        text: Said::default(),
                    })
            }
            Due::Voiced(reply) => self.voiced(reply, now),
            Due::VoiceFails(reply) => {
                self.services
                    .replies
                    .contains_key(&reply)
                    .then_some(Event::VoiceFailed {
                        reply,
                        any_sound: false,
                    })
            }
            Due::Played(reply, plan) => {
                self.loudspeaker
                    .reach_end(reply, plan)
                    .map(|position| Event::AudioEnded {
                        reply,
                        position,
                        heard: self.text(reply),
                    })
            }
        }
    }

    fn mark(&self, reply: ReplyId, mark: Mark, now: CallTime) -> Option<Event> {
        self.services
            .replies
            .contains_key(&reply)
            .then_some(Event::Marked { reply, mark, at: now })
    }

    /// The model has written a reply: the whole of it goes to the voice, once it may be heard.
    fn written(&mut self, reply: ReplyId, now: CallTime) -> Option<Event> {
        let making = self.services.replies.get_mut(&reply)?;
        making.written = true;
        let done = Event::ModelDone {
            reply,
            text: making.text.clone(),
            tools: making.tools.clone(),
        };
        if !making.text.is_blank() {
            self.soon(now, Due::Mark(reply, Mark::ClauseReady));
        }
        self.ask_voice(reply, now);
        Some(done)
    }

    fn ask_voice(&mut self, reply: ReplyId, now: CallTime) {
        let Some(making) = self.services.replies.get_mut(&reply) else {
            return;
        };
        if !making.written || !making.released || making.voiced || making.text.is_blank() {
            return;
        }
        making.voiced = true;
        let text = making.text.clone();
        self.soon(now, Due::Mark(reply, Mark::VoiceRequested));
        match self.services.voice(&text) {
            Some(voice) => self.agenda.add(now + voice.ttfb, Rank::Sound, Due::Voiced(reply)),
            None => self.agenda.add(now, Rank::Sound, Due::VoiceFails(reply)),
        }
    }

    /// The voice's sound is there, all of it: its length is known.
    fn voiced(&mut self, reply: ReplyId, now: CallTime) -> Option<Event> {
        let voice = self.services.voice(&self.text(reply))?;
        let making = self.services.replies.get_mut(&reply)?;
        making.length = voice.audio + self.script.tail;
        self.soon(now, Due::Mark(reply, Mark::VoiceFirstByte));
        self.soon(now, Due::Mark(reply, Mark::VoiceFirstAudible));
        self.soon(now, Due::Event(Event::VoiceReady { reply }));
        None
    }

    fn request(&mut self, reply: ReplyId, history: &[HistoryItem], tools: bool, voice: bool, now: CallTime) {
        match self.services.ask(reply, history, tools, voice) {
            Plan::Nothing => self.soon(now, Due::Written(reply)),
            Plan::Fail(after) => self
                .agenda
                .add(now + after, Rank::Service, Due::ModelFails(reply)),
            Plan::Answer(entry) => {
                if let Some(talked_over) = entry.talked_over {
                    let how = Event::HowTalkedOver { reply, talked_over };
                    self.soon(now, Due::Event(how));
                }
                let says_anything = !entry.text.is_blank() || !entry.tools.is_empty();
                if says_anything {
                    let first = now + entry.ttft.min(entry.duration);
                    self.agenda
                        .add(first, Rank::Service, Due::Mark(reply, Mark::ModelFirst));
                }
                self.agenda
                    .add(now + entry.duration, Rank::Service, Due::Written(reply));
            }
        }
    }

    fn play(&mut self, reply: ReplyId, now: CallTime) {
        let Some(making) = self.services.replies.get(&reply) else {
            return;
        };
        let end = self.loudspeaker.start(reply, making.length, now);
        // A decision of this moment may still drop it.
        let started = Due::Event(Event::AudioStarted { reply });
        self.agenda.add(now, Rank::Sound, started);
        self.agenda
            .add(now, Rank::Sound, Due::Mark(reply, Mark::AudioOut));
        self.plan_end(reply, end);
    }

    fn plan_end(&mut self, reply: ReplyId, end: PlannedEnd) {
        self.agenda.add(end.at, Rank::Sound, Due::Played(reply, end.plan));
    }

    fn stop(&mut self, reply: ReplyId, now: CallTime) {
        if let Some((position, total)) = self.loudspeaker.stop(reply, now) {
            let heard = heard::share(self.text(reply).reveal(), nanos(position), nanos(total)).into();
            let stopped = Event::AudioStopped {
                reply,
                position,
                heard,
                at: now,
            };
            self.soon(now, Due::Event(stopped));
        }
        self.services.replies.remove(&reply);
    }

    fn text(&self, reply: ReplyId) -> Said {
        let making = self.services.replies.get(&reply);
        making.map_or_else(Said::default, |making| making.text.clone())
    }

    /// Still in this moment, before anything else.
    fn soon(&mut self, now: CallTime, due: Due) {
        self.agenda.add(now, Rank::Confirmation, due);
    }

    fn tell(&mut self, fact: SimFact, now: CallTime) {
        self.events.push(SimEvent { at: now, fact });
    }
}

impl session::Stage for Stage<'_> {
    fn perform(&mut self, order: Effect, now: CallTime) {
        match order {
            Effect::Request {
                reply,
                history,
                tools,
                early: _,
                voice,
                may_be_silent: _,
            } => self.request(reply, &history, tools, voice, now),
            Effect::Say { reply, text } => {
                self.services.place(reply, text, Vec::new(), true);
                if let Some(making) = self.services.replies.get_mut(&reply) {
                    making.written = true;
                }
                self.ask_voice(reply, now);
            }
            Effect::Release { reply } => {
                if let Some(making) = self.services.replies.get_mut(&reply) {
                    making.released = true;
                }
                self.ask_voice(reply, now);
            }
            Effect::Play { reply } => self.play(reply, now),
            Effect::Pause { reply } => {
                if let Some(position) = self.loudspeaker.pause(reply, now) {
                    self.tell(SimFact::AudioPaused { reply, position }, now);
                }
            }
            Effect::Resume { reply } => {
                if let Some((position, end)) = self.loudspeaker.resume(reply, now) {
                    self.tell(SimFact::AudioResumed { reply, position }, now);
                    self.plan_end(reply, end);
                }
            }
            Effect::Stop { reply } => self.stop(reply, now),
            Effect::Drop { reply } => {
                self.loudspeaker.stop(reply, now);
                self.services.replies.remove(&reply);
            }
            Effect::RunTool { reply, call } => {
                for (at, event) in self.services.run_tool(reply, &call, now) {
                    self.agenda.add(at, Rank::Service, Due::Event(event));
                }
            }
            Effect::CancelTool { reply, id } => self.services.cancel_tool(reply, id),
            Effect::Hook { turn, .. } => {
                let done = Due::Event(Event::HookDone { turn });
                self.agenda.add(now + self.script.hook, Rank::Decision, done);
            }
            // The script knows answers, but not what they answer.
            Effect::Weigh { .. } => {}
            // The scripted recogniser keeps to its own times.
            Effect::FlushRecogniser => {}
            Effect::EndCall { reason } => self.tell(SimFact::Ended(reason), now),
            // Told with their positions, as the loudspeaker carries them out.
            Effect::Notice(Notice::AudioPaused { .. } | Notice::AudioResumed { .. }) => {}
            Effect::Notice(notice) => self.tell(SimFact::Notice(notice), now),
        }
    }
}

fn nanos(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
