//! Deadlines: the next one lies ahead, and whatever is not idle has one, or somebody who owes the next fact.

use std::{collections::BTreeSet, time::Duration};

use turn::{AgentState, CallTime, Effect, Event, Mark, Policy, ReplyId, TurnId};

use super::{Verdict, demand, sound::Sound, speech::Speech, tools::Tools};

/// A deadline further away than this is about something else: the caller's absence, or the longest call.
const FAR: Duration = Duration::from_secs(5);

pub(crate) struct Deadlines {
    /// Replies that the model writes.
    writing: BTreeSet<ReplyId>,
    /// Replies that wait for the voice.
    voicing: BTreeSet<ReplyId>,
    /// Turns that the application looks at.
    hooks: BTreeSet<TurnId>,
    /// What nobody would ever end, if nothing else happened; found at this moment.
    stuck: Option<(CallTime, &'static str)>,
    /// A deadline as near as this counts.
    near: Duration,
}

impl Deadlines {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            writing: BTreeSet::new(),
            voicing: BTreeSet::new(),
            hooks: BTreeSet::new(),
            stuck: None,
            near: FAR.max(policy.endpointing.max_delay),
        }
    }

    pub(crate) fn told(&mut self, fact: &Event) {
        match fact {
            Event::ModelDone { reply, .. } | Event::ModelFailed { reply, .. } => {
                self.writing.remove(reply);
            }
            Event::Marked {
                reply,
                mark: Mark::VoiceRequested,
                ..
            } => {
                self.voicing.insert(*reply);
            }
            Event::VoiceReady { reply } | Event::VoiceFailed { reply, .. } => {
                self.voicing.remove(reply);
            }
            Event::HookDone { turn } => {
                self.hooks.remove(turn);
            }
            _ => {}
        }
    }

    pub(crate) fn obeyed(&mut self, order: &Effect) {
        match order {
            Effect::Request { reply, .. } => {
                self.writing.insert(*reply);
            }
            Effect::Drop { reply } | Effect::Stop { reply } => {
                self.writing.remove(reply);
                self.voicing.remove(reply);
            }
            Effect::Hook { turn, .. } => {
                self.hooks.insert(*turn);
            }
            _ => {}
        }
    }

    /// After each step. `woken`: the step was a deadline.
    #[expect(
        clippy::too_many_arguments,
        reason = "it compares what all the others have seen"
    )]
    pub(crate) fn settled(
        &mut self,
        agent: AgentState,
        deadline: Option<CallTime>,
        woken: bool,
        now: CallTime,
        sound: &Sound,
        speech: &Speech,
        tools: &Tools,
    ) -> Verdict {
        let ahead = deadline.is_none_or(|deadline| if woken { deadline > now } else { deadline >= now });
        demand!(ahead, "at {now:?} the next deadline lies behind");
        let near = deadline.is_some_and(|deadline| deadline <= now + self.near);
        let owed =
            !self.writing.is_empty() || !self.voicing.is_empty() || !self.hooks.is_empty() || tools.run();
        let stuck = if near || speech.is_speaking() {
            None
        } else if sound.is_paused() {
            Some("a pause")
        } else if owed || sound.is_taken() {
            None
        } else if agent == AgentState::Thinking {
            Some("thinking")
        } else if speech.waits() {
            Some("a turn that was begun")
        } else {
            None
        };
        self.stuck = stuck.map(|what| (now, what));
        Ok(())
    }

    /// Within a moment anything may still follow; once it is over, nothing may be stuck.
    pub(crate) fn moment_is_over(&self, now: CallTime) -> Verdict {
        match self.stuck {
            Some((since, what)) if since < now => Err(format!("{what} has no deadline at {since:?}")),
            _ => Ok(()),
        }
    }
}
