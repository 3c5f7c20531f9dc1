//! What came of a call.

use pipeline::{call::CallOutcome, facts::CallFact};
use turn::{CallTime, HistoryItem, MeasuredTurn, Notice};

/// What came of a call.
pub(crate) struct Played {
    pub(crate) outcome: CallOutcome,
    pub(crate) facts: Vec<(CallTime, CallFact)>,
    /// The agent's packets.
    pub(crate) packets: Vec<Sent>,
    pub(crate) openings: u32,
    /// What the caller's packets sound like.
    pub(crate) said: Vec<i16>,
    /// What the recogniser was given.
    pub(crate) recognised: Vec<i16>,
}

/// A packet of the agent.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    /// When it was handed over, in milliseconds of the call.
    pub(crate) at_ms: f64,
    /// Its position.
    pub(crate) position: u64,
    /// Whether anything is heard of it.
    pub(crate) audible: bool,
    /// Whether it carries a copy of the frame before it (RFC 6716, 4.2.3: the second bit behind the first byte).
    pub(crate) copy: bool,
}

impl Played {
    /// When each packet with sound in it was handed over, in milliseconds of the call.
    pub(crate) fn audible_ms(&self) -> Vec<f64> {
        let audible = self.packets.iter().filter(|packet| packet.audible);
        audible.map(|packet| packet.at_ms).collect()
    }

    /// The longest silence between two packets with sound, in milliseconds.
    pub(crate) fn longest_silence_ms(&self) -> f64 {
        let audible = self.audible_ms();
        audible
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .fold(0.0, f64::max)
    }

    /// Notices that `pick` picks, with their times in milliseconds.
    pub(crate) fn notices<T>(&self, pick: impl Fn(&Notice) -> Option<T>) -> Vec<(f64, T)> {
        self.facts
            .iter()
            .filter_map(|(at, fact)| match fact {
                CallFact::Notice(notice) => Some((at.as_millis_f64(), pick(notice)?)),
                _ => None,
            })
            .collect()
    }

    /// What entered the history: who and what.
    pub(crate) fn history(&self) -> Vec<String> {
        let entries = self.notices(|notice| match notice {
            Notice::History(HistoryItem::Caller { text }) => Some(format!("caller: {}", text.reveal())),
            Notice::History(HistoryItem::Aside { text }) => Some(format!("caller, aside: {}", text.reveal())),
            Notice::History(HistoryItem::Agent { text, interrupted }) => Some(format!(
                "agent{}: {}",
                if *interrupted { " (cut)" } else { "" },
                text.reveal()
            )),
            Notice::History(HistoryItem::Tools(runs)) => Some(format!(
                "tools: {}",
                runs.iter()
                    .map(|run| format!(
                        "{}={}",
                        run.name,
                        match &run.result {
                            Ok(text) => text.reveal().to_owned(),
                            Err(text) => format!("error {}", text.reveal()),
                        }
                    ))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            _ => None,
        });
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
    /// The caller's turns and what their answers took.
    pub(crate) fn turns(&self) -> Vec<MeasuredTurn> {
        let turns = self.notices(|notice| match notice {
            Notice::TurnMeasured(turn) => Some((**turn).clone()),
            _ => None,
        });
        turns.into_iter().map(|(_, turn)| turn).collect()
    }
}
