//! What the caller says: each word is in one turn, or is told to be dropped, or is still held; and the model knows it.

use std::collections::BTreeMap;

use turn::{Effect, Event, HistoryItem, Notice, Policy, Said};

use super::{Verdict, demand};

pub(crate) struct Speech {
    /// Fewer words than these may be held.
    min_words: usize,
    /// Whether the caller speaks.
    speaking: bool,
    /// Spoken and typed words as the world gave them.
    spoken: Vec<u32>,
    typed: Vec<u32>,
    /// Words of interim texts that a final text would have brought.
    interim: Vec<u32>,
    /// Those that are in a turn or were told to be dropped.
    spoken_accounted: Vec<u32>,
    typed_accounted: Vec<u32>,
    /// Spoken words in turns, in the order of the turns.
    spoken_committed: Vec<u32>,
    /// Words that were never more than interim text, in turns.
    interim_accounted: Vec<u32>,
    turns: Vec<Said>,
}

impl Speech {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            min_words: policy.interruption.min_words,
            speaking: false,
            spoken: Vec::new(),
            typed: Vec::new(),
            interim: Vec::new(),
            spoken_accounted: Vec::new(),
            typed_accounted: Vec::new(),
            spoken_committed: Vec::new(),
            interim_accounted: Vec::new(),
            turns: Vec::new(),
        }
    }

    /// Whether the detector hears speech.
    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// Whether words wait to become a turn that cannot wait for others.
    pub(crate) fn waits(&self) -> bool {
        self.spoken.len() > self.spoken_accounted.len() && self.min_words == 0
    }

    pub(crate) fn told(&mut self, fact: &Event) {
        match fact {
            Event::SpeechStarted { .. } => self.speaking = true,
            Event::SpeechStopped { .. } => self.speaking = false,
            Event::Interim { text, .. } => {
                for word in numbers(text, 's') {
                    if !self.interim.contains(&word) {
                        self.interim.push(word);
                    }
                }
            }
            Event::Final { text, .. } => self.spoken.extend(numbers(text, 's')),
            Event::Typed { text } => self.typed.extend(numbers(text, 't')),
            _ => {}
        }
    }

    pub(crate) fn obeyed(&mut self, order: &Effect) -> Verdict {
        match order {
            Effect::Notice(Notice::TurnCommitted { text, .. }) => {
                self.spoken_committed.extend(numbers(text, 's'));
                self.account(text);
                self.turns.push(text.clone());
            }
            Effect::Notice(Notice::TurnDiscarded { text }) => self.account(text),
            // Words that may only have shown attention are no turn, but the model knows them.
            Effect::Notice(Notice::BackChannel { text }) if numbers(text, 's').next().is_some() => {
                let aside: Vec<u32> = numbers(text, 's').collect();
                self.spoken.retain(|word| !aside.contains(word));
                self.turns.push(text.clone());
            }
            Effect::Request { history, early, .. } => {
                let mut said = history.iter().filter_map(|item| match item {
                    HistoryItem::Caller { text } | HistoryItem::Aside { text } => Some(text),
                    HistoryItem::Agent { .. } | HistoryItem::Tools(_) => None,
                });
                let all = self.turns.iter().all(|turn| said.next() == Some(turn));
                let more = said.count();
                demand!(
                    all && more == usize::from(*early),
                    "the model is not asked with what the caller said"
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// `ended`: the call was over before the world was; its end makes final what was interim.
    pub(crate) fn finish(mut self, ended: bool) -> Verdict {
        if ended {
            let settled = self
                .interim
                .iter()
                .filter(|word| self.spoken_accounted.contains(word) && !self.spoken.contains(word));
            let settled: Vec<u32> = settled.copied().collect();
            self.spoken.extend(settled);
        }
        let places: BTreeMap<u32, usize> = self.spoken.iter().copied().zip(0..).collect();
        let place = |word: &u32| places.get(word).copied();
        demand!(
            self.spoken_committed.is_sorted_by_key(place),
            "words are moved from the order in which they were transcribed"
        );
        self.spoken_accounted.sort_by_key(place);
        let accounted = self.spoken_accounted.len().min(self.spoken.len());
        let held = self.spoken.split_off(accounted);
        demand!(
            self.spoken == self.spoken_accounted,
            "spoken words are lost or doubled"
        );
        demand!(
            held.len() < self.min_words.max(1),
            "{} spoken words never become a turn",
            held.len()
        );
        self.typed_accounted.sort_unstable();
        demand!(
            self.typed == self.typed_accounted,
            "typed words are lost or doubled"
        );
        self.interim_accounted.sort_unstable();
        let once = self.interim_accounted.windows(2).all(|pair| pair[0] != pair[1]);
        demand!(once, "interim words are doubled");
        Ok(())
    }

    fn account(&mut self, text: &Said) {
        self.spoken_accounted.extend(numbers(text, 's'));
        self.typed_accounted.extend(numbers(text, 't'));
        self.interim_accounted.extend(numbers(text, 'i'));
    }
}

/// The places of the words of one kind among all.
fn numbers(text: &Said, kind: char) -> impl Iterator<Item = u32> {
    text.reveal()
        .split_whitespace()
        .filter_map(move |word| word.strip_prefix(kind)?.parse().ok())
}
