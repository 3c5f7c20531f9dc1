//! What is heard: one reply at a time, none that was told to be silent, and nothing else is remembered.

use std::{collections::BTreeMap, time::Duration};

use turn::{CallTime, Effect, Event, HistoryItem, Notice, ReplyId, Said};

use super::{Verdict, demand};

/// So long a loudspeaker may fade.
const FADE: Duration = Duration::from_millis(20);

/// A reply at the loudspeaker.
#[derive(Clone, Copy)]
struct Playing {
    /// Since when it sounds; `None` while it is silent.
    since: Option<CallTime>,
    /// Sounded before that.
    played: Duration,
    /// Told to be silent for good.
    stopped: bool,
}

#[derive(Default)]
pub(crate) struct Sound {
    /// What each reply is to say, as far as it is not over.
    texts: BTreeMap<ReplyId, Said>,
    playing: BTreeMap<ReplyId, Playing>,
    /// Since when the core wants which reply to be silent.
    silenced: BTreeMap<ReplyId, CallTime>,
    /// What was heard of the reply that has just ended, until it is told and remembered.
    over: Option<(ReplyId, Duration, Said)>,
    remembered: Vec<Said>,
}

impl Sound {
    /// Whether a reply is paused, and may go on.
    pub(crate) fn is_paused(&self) -> bool {
        self.playing
            .values()
            .any(|playing| playing.since.is_none() && !playing.stopped)
    }

    /// Whether a reply is at the loudspeaker.
    pub(crate) fn is_taken(&self) -> bool {
        !self.playing.is_empty()
    }

    /// Nothing sounds 20 ms after the order to be silent.
    pub(crate) fn time_passes(&self, now: CallTime) -> Verdict {
        for (reply, playing) in &self.playing {
            let silenced = self.silenced.get(reply);
            let late = silenced.is_some_and(|at| playing.since.is_some() && now > *at + FADE);
            demand!(
                !late,
                "{reply:?} is heard more than 20 ms after it was told to be silent"
            );
        }
        Ok(())
    }

    pub(crate) fn told(&mut self, fact: &Event, now: CallTime) -> Verdict {
        if let Some((reply, _, heard)) = self.over.take() {
            demand!(heard.is_blank(), "what was heard of {reply:?} is not remembered");
        }
        match fact {
            Event::ModelDone { reply, text, .. } => {
                self.texts.insert(*reply, text.clone());
            }
            // One that a decision of the same moment has dropped does not sound.
            Event::AudioStarted { reply } if self.texts.contains_key(reply) => {
                let begun = Playing {
                    since: Some(now),
                    played: Duration::ZERO,
                    stopped: false,
                };
                self.playing.insert(*reply, begun);
                demand!(self.playing.len() == 1, "{reply:?} is played over another");
            }
            Event::AudioEnded {
                reply,
                position,
                heard,
            }
            | Event::AudioStopped {
                reply,
                position,
                heard,
                ..
            } => self.ends(*reply, *position, heard, now)?,
            _ => {}
        }
        Ok(())
    }

    /// What the core wants, whether or not the world hears of it.
    pub(crate) fn ordered(&mut self, order: &Effect, now: CallTime) {
        match order {
            Effect::Pause { reply } | Effect::Stop { reply } | Effect::Drop { reply } => {
                self.silenced.entry(*reply).or_insert(now);
            }
            Effect::Resume { reply } => {
                self.silenced.remove(reply);
            }
            _ => {}
        }
    }

    pub(crate) fn obeyed(&mut self, order: &Effect, now: CallTime) -> Verdict {
        match order {
            Effect::Say { reply, text } => {
                self.texts.insert(*reply, text.clone());
            }
            Effect::Play { reply } => {
                demand!(!self.is_taken(), "{reply:?} is played over another");
            }
            Effect::Pause { reply } | Effect::Stop { reply } => {
                if let Some(playing) = self.playing.get_mut(reply) {
                    playing.fall_silent(now);
                    playing.stopped = matches!(order, Effect::Stop { .. });
                }
            }
            Effect::Resume { reply } => {
                let playing = self.playing.get_mut(reply).filter(|playing| !playing.stopped);
                demand!(playing.is_some(), "{reply:?} goes on and was not paused");
                if let Some(playing) = playing {
                    playing.since.get_or_insert(now);
                }
            }
            Effect::Drop { reply } => {
                demand!(
                    !self.playing.contains_key(reply),
                    "{reply:?} is dropped and was heard"
                );
                self.texts.remove(reply);
            }
            Effect::Request { history, .. } => {
                for item in history {
                    self.may_be_remembered(item)?;
                }
            }
            Effect::Notice(Notice::AudioStopped {
                reply,
                position,
                heard,
                ..
            }) => {
                let told = Some((*reply, *position, heard.clone()));
                demand!(
                    told == self.over,
                    "{reply:?} is told to have been heard otherwise"
                );
            }
            Effect::Notice(Notice::History(HistoryItem::Agent { text, .. })) => {
                let over = self.over.take();
                demand!(
                    over.is_some_and(|(_, _, heard)| heard == *text),
                    "something is remembered that was not heard"
                );
                self.remembered.push(text.clone());
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn finish(&self, until: CallTime) -> Verdict {
        self.time_passes(until)?;
        demand!(self.playing.is_empty(), "a reply never ends");
        Ok(())
    }

    /// Of a reply that is over nothing counts but what was heard.
    fn ends(&mut self, reply: ReplyId, position: Duration, heard: &Said, now: CallTime) -> Verdict {
        let Some(mut playing) = self.playing.remove(&reply) else {
            return Err(format!("{reply:?} ends and was not played"));
        };
        playing.fall_silent(now);
        demand!(
            position == playing.played,
            "{reply:?} is said to have sounded for {position:?}, and sounded for {:?}",
            playing.played
        );
        let text = self.texts.remove(&reply).unwrap_or_default();
        demand!(
            text.reveal().starts_with(heard.reveal()),
            "what was heard of {reply:?} is not the beginning of what was said"
        );
        self.silenced.remove(&reply);
        self.over = Some((reply, position, heard.clone()));
        Ok(())
    }

    /// What the model is told that the agent said was heard, or may still be heard.
    fn may_be_remembered(&self, item: &HistoryItem) -> Verdict {
        if let HistoryItem::Agent { text, .. } = item {
            let known = self.remembered.contains(text) || self.texts.values().any(|planned| planned == text);
            demand!(known, "the model is told of words that nobody heard");
        }
        Ok(())
    }
}

impl Playing {
    fn fall_silent(&mut self, now: CallTime) {
        if let Some(since) = self.since.take() {
            self.played += now.since(since);
        }
    }
}
