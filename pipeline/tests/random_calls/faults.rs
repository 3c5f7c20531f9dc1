//! Rules broken on purpose, to see whether the search finds them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use turn::{CallTime, Effect, Event, HistoryItem, Notice, ReplyId, Said, TurnId};

/// What is wrong by a little is wrong by this much.
const EARLIER: Duration = Duration::from_millis(5);

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A reply that was told to stop sounds on.
    StopIsNotPassedOn,
    /// What the caller says while the application looks at a turn is lost.
    TextIsLostDuringTheHook,
    /// Of a reply that was cut everything is remembered.
    UnheardTextIsRemembered,
    /// A tool that ends while the caller speaks has never ended.
    ToolNeverEnds,
    /// A reply begins as soon as its sound is there, whatever sounds.
    ReplyIsPlayedOverAnother,
    /// Nobody is woken while a reply is paused.
    DeadlineIsLost,
    /// The core is woken a moment before it wanted to be, and so again and again.
    DeadlineComesTooEarly,
    /// The first sound of an answer is said to have come a little earlier than it did.
    LatencyIsFlattered,
}

impl Fault {
    pub(crate) const ALL: [Self; 8] = [
        Self::StopIsNotPassedOn,
        Self::TextIsLostDuringTheHook,
        Self::UnheardTextIsRemembered,
        Self::ToolNeverEnds,
        Self::ReplyIsPlayedOverAnother,
        Self::DeadlineIsLost,
        Self::DeadlineComesTooEarly,
        Self::LatencyIsFlattered,
    ];

    /// Its name, fit for a file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::StopIsNotPassedOn => "a-stop-is-not-passed-on",
            Self::TextIsLostDuringTheHook => "text-is-lost-during-the-hook",
            Self::UnheardTextIsRemembered => "unheard-text-is-remembered",
            Self::ToolNeverEnds => "a-tool-never-ends",
            Self::ReplyIsPlayedOverAnother => "a-reply-is-played-over-another",
            Self::DeadlineIsLost => "a-deadline-is-lost",
            Self::DeadlineComesTooEarly => "a-deadline-comes-too-early",
            Self::LatencyIsFlattered => "a-latency-is-flattered",
        }
    }
}

/// Passes everything on, but for what its fault does.
pub(crate) struct Faulty {
    fault: Option<Fault>,
    speaking: bool,
    paused: bool,
    hooks: BTreeSet<TurnId>,
    texts: BTreeMap<ReplyId, Said>,
    sounding: BTreeSet<ReplyId>,
    /// Has its sound while another is heard.
    eager: Option<ReplyId>,
}

impl Faulty {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self {
            fault,
            speaking: false,
            paused: false,
            hooks: BTreeSet::new(),
            texts: BTreeMap::new(),
            sounding: BTreeSet::new(),
            eager: None,
        }
    }

    /// When the core is woken that wants to be woken then.
    pub(crate) fn deadline(&self, deadline: CallTime) -> Option<CallTime> {
        match self.fault {
            Some(Fault::DeadlineIsLost) if self.paused => None,
            Some(Fault::DeadlineComesTooEarly) => Some(earlier(deadline)),
            _ => Some(deadline),
        }
    }

    pub(crate) fn fact(&mut self, fact: Event) -> Vec<Event> {
        let Some(fault) = self.fault else {
            return vec![fact];
        };
        match &fact {
            Event::SpeechStarted { .. } => self.speaking = true,
            Event::SpeechStopped { .. } => self.speaking = false,
            Event::HookDone { turn } => drop(self.hooks.remove(turn)),
            Event::ModelDone { reply, text, .. } => drop(self.texts.insert(*reply, text.clone())),
            Event::AudioStarted { reply } => drop(self.sounding.insert(*reply)),
            Event::AudioEnded { reply, .. } | Event::AudioStopped { reply, .. } => {
                self.sounding.remove(reply);
            }
            Event::VoiceReady { reply } => self.eager = Some(*reply),
            _ => {}
        }
        let lost = match fault {
            Fault::TextIsLostDuringTheHook => matches!(fact, Event::Final { .. }) && !self.hooks.is_empty(),
            Fault::ToolNeverEnds => matches!(fact, Event::ToolDone { .. }) && self.speaking,
            _ => false,
        };
        if lost { Vec::new() } else { vec![fact] }
    }

    pub(crate) fn order(&mut self, order: Effect) -> Vec<Effect> {
        let Some(fault) = self.fault else {
            return vec![order];
        };
        match &order {
            Effect::Hook { turn, .. } => drop(self.hooks.insert(*turn)),
            Effect::Pause { .. } => self.paused = true,
            Effect::Resume { .. } | Effect::Stop { .. } => self.paused = false,
            _ => {}
        }
        match (fault, order) {
            (Fault::StopIsNotPassedOn, Effect::Stop { .. }) => Vec::new(),
            (Fault::UnheardTextIsRemembered, Effect::Notice(Notice::History(item))) => {
                vec![Effect::Notice(Notice::History(self.unheard(item)))]
            }
            (Fault::LatencyIsFlattered, Effect::Notice(Notice::TurnMeasured(mut turn))) => {
                turn.timings.audio_out = turn.timings.audio_out.map(earlier);
                vec![Effect::Notice(Notice::TurnMeasured(turn))]
            }
            (Fault::ReplyIsPlayedOverAnother, order) => {
                let over = self.eager.take().filter(|_| !self.sounding.is_empty());
                let over = over.map(|reply| Effect::Play { reply });
                [order].into_iter().chain(over).collect()
            }
            (_, order) => vec![order],
        }
    }

    /// The whole text in place of the heard one.
    fn unheard(&self, item: HistoryItem) -> HistoryItem {
        match item {
            HistoryItem::Agent {
                text,
                interrupted: true,
            } => {
                let begins = |whole: &&Said| whole.reveal().starts_with(text.reveal());
                let whole = self.texts.values().find(begins).unwrap_or(&text).clone();
                HistoryItem::Agent {
                    text: whole,
                    interrupted: true,
                }
            }
            other => other,
        }
    }
}

fn earlier(at: CallTime) -> CallTime {
    CallTime::START + at.since(CallTime::START).saturating_sub(EARLIER)
}
