//! The rules that every call keeps, checked on what happened.

use std::{collections::BTreeMap, time::Duration};

use pipeline::simulation::{CallerAct, SimEvent, SimFact};
use turn::{AgentState, CallTime, HistoryItem, Notice, ReplyId, TurnTimings};

use crate::draw::Call;

macro_rules! demand {
    ($holds:expr, $($what:tt)*) => {
        if !$holds {
            return Err(format!($($what)*));
        }
    };
}

#[derive(Clone, Copy, PartialEq)]
enum Sound {
    Audible,
    Paused,
    Over,
}

/// What a reader of the events knows at some moment.
#[derive(Default)]
struct Seen {
    sounds: BTreeMap<ReplyId, Sound>,
    state: Option<AgentState>,
    tools_started: BTreeMap<String, usize>,
    tools_ended: BTreeMap<String, usize>,
    tools_kept: BTreeMap<String, usize>,
    /// Spoken words as they were transcribed, and as they went into turns or were said to be dropped.
    transcribed: Vec<String>,
    accounted: Vec<String>,
    committed: Vec<String>,
    typed: Vec<String>,
}

/// Says which rule is broken.
pub(crate) fn check(call: &Call, events: &[SimEvent]) -> Result<(), String> {
    let mut seen = Seen::default();
    let mut moments = events.iter().peekable();
    let mut last = CallTime::START;
    while let Some(event) = moments.next() {
        demand!(event.at >= last, "time runs backwards at {:?}", event.at);
        last = event.at;
        seen.take(call, event)?;
        if moments.peek().is_none_or(|next| next.at > event.at) {
            seen.between_moments(event.at)?;
        }
    }
    seen.at_the_end(call)
}

impl Seen {
    fn take(&mut self, call: &Call, event: &SimEvent) -> Result<(), String> {
        let at = event.at;
        match &event.fact {
            SimFact::AudioPaused { reply, .. } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Paused) == Some(Sound::Audible),
                    "{reply:?} is paused in silence"
                );
            }
            SimFact::AudioResumed { reply, .. } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Audible) == Some(Sound::Paused),
                    "{reply:?} resumes unpaused"
                );
            }
            SimFact::Ended(_) => {}
            SimFact::Notice(notice) => self.told(call, notice, at)?,
        }
        let sounding = self
            .sounds
            .values()
            .filter(|sound| **sound != Sound::Over)
            .count();
        demand!(sounding <= 1, "{sounding} replies hold the floor at {at:?}");
        Ok(())
    }

    fn told(&mut self, call: &Call, notice: &Notice, at: CallTime) -> Result<(), String> {
        match notice {
            Notice::Agent(state) => self.state = Some(*state),
            Notice::AudioStarted { reply } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Audible).is_none(),
                    "{reply:?} starts again at {at:?}"
                );
            }
            Notice::AudioStopped {
                reply,
                position,
                heard,
                ..
            } => {
                let before = self.sounds.insert(*reply, Sound::Over);
                demand!(
                    matches!(before, Some(Sound::Audible | Sound::Paused)),
                    "{reply:?} stops in silence at {at:?}"
                );
                longest(call, heard.reveal(), *position)?;
            }
            Notice::ReplyDiscarded { reply } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Over).is_none(),
                    "{reply:?} was heard and is discarded"
                );
            }
            Notice::ToolStarted { name } => *self.tools_started.entry(name.clone()).or_default() += 1,
            Notice::ToolFinished { name, .. } => *self.tools_ended.entry(name.clone()).or_default() += 1,
            Notice::History(HistoryItem::Tools(runs)) => {
                for run in runs {
                    *self.tools_kept.entry(run.name.clone()).or_default() += 1;
                }
            }
            Notice::Final(text) => self.transcribed.extend(words(text.reveal(), 's')),
            Notice::TurnCommitted { text, .. } | Notice::TurnDiscarded { text } => {
                if matches!(notice, Notice::TurnCommitted { .. }) {
                    self.committed.extend(words(text.reveal(), 's'));
                }
                self.accounted.extend(words(text.reveal(), 's'));
                self.typed.extend(words(text.reveal(), 't'));
            }
            Notice::TurnMeasured(turn) => in_order(&turn.timings)?,
            _ => {}
        }
        Ok(())
    }

    /// The agent says that it speaks exactly while something sounds.
    fn between_moments(&self, at: CallTime) -> Result<(), String> {
        let audible = self.sounds.values().any(|sound| *sound == Sound::Audible);
        let speaks = self.state == Some(AgentState::Speaking);
        demand!(
            audible == speaks,
            "at {at:?} the agent's state and its sound differ"
        );
        Ok(())
    }

    fn at_the_end(self, call: &Call) -> Result<(), String> {
        demand!(
            self.state == Some(AgentState::Listening),
            "the call never comes to rest"
        );
        demand!(
            !self.sounds.values().any(|sound| *sound != Sound::Over),
            "a reply never ends"
        );
        demand!(self.tools_started == self.tools_ended, "a tool does not end once");
        demand!(
            self.tools_ended == self.tools_kept,
            "the result of a tool is not remembered once"
        );
        // Nothing that was said is lost: it is in a turn, or it was dropped and that was told, or it is still held.
        let in_order = |words: &[String]| words.is_sorted_by_key(|word| number(word));
        demand!(in_order(&self.committed), "spoken words are moved");
        let mut accounted = self.accounted;
        accounted.sort_by_key(|word| number(word));
        let mut transcribed = self.transcribed;
        let held = transcribed.split_off(accounted.len().min(transcribed.len()));
        demand!(transcribed == accounted, "spoken words are lost or doubled");
        let may_hold = call.policy.interruption.min_words > 0;
        demand!(
            held.is_empty() || may_hold,
            "spoken words never become a turn: {}",
            held.len()
        );
        demand!(
            held.len() < call.policy.interruption.min_words.max(1),
            "more words are held than needed"
        );
        let typed = call.script.caller.iter().filter_map(|act| match act {
            CallerAct::Types { text, .. } => Some(words(text.reveal(), 't')),
            CallerAct::Speaks { .. } | CallerAct::Commands { .. } => None,
        });
        let mut wanted: Vec<String> = typed.flatten().collect();
        let mut kept = self.typed;
        wanted.sort();
        kept.sort();
        demand!(wanted == kept, "typed words are lost or doubled");
        Ok(())
    }
}

/// What was heard is the beginning of a text of the voice, and no longer than its sound.
fn longest(call: &Call, heard: &str, position: Duration) -> Result<(), String> {
    let script = &call.script;
    let fits = script
        .voice
        .iter()
        .any(|voice| voice.text.reveal().starts_with(heard) && position <= voice.audio + script.tail);
    demand!(fits, "what was heard is not the beginning of what was said");
    Ok(())
}

/// Stamps follow each other.
fn in_order(timings: &TurnTimings) -> Result<(), String> {
    let chains: [&[Option<CallTime>]; 4] = [
        &[timings.speech_start, timings.speech_end, timings.vad_end],
        &[timings.speech_end, timings.decided],
        &[timings.llm_request, timings.llm_first, timings.llm_done],
        &[
            timings.tts_request,
            timings.tts_first_byte,
            timings.tts_first_audible,
            timings.audio_out,
            timings.audio_end,
        ],
    ];
    for chain in chains {
        let stamps: Vec<CallTime> = chain.iter().flatten().copied().collect();
        demand!(
            stamps.is_sorted(),
            "the stamps of a turn are out of order: {stamps:?}"
        );
    }
    Ok(())
}

/// The place of a word among all that are spoken.
fn number(word: &str) -> u32 {
    word[1..].parse().unwrap_or_default()
}

fn words(text: &str, kind: char) -> Vec<String> {
    text.split_whitespace()
        .filter(|word| word.starts_with(kind))
        .map(str::to_owned)
        .collect()
}
