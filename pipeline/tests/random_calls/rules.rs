//! What a reader of a call's events may rely on, whatever happens in it.

use std::collections::BTreeMap;

use pipeline::simulation::{SimEvent, SimFact};
use turn::{AgentState, CallTime, Notice, ReplyId, TurnTimings};

use crate::witness::{Verdict, demand};

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
}

/// Says which rule is broken.
pub(crate) fn check(events: &[SimEvent]) -> Verdict {
    let mut seen = Seen::default();
    let mut moments = events.iter().peekable();
    let mut last = CallTime::START;
    while let Some(event) = moments.next() {
        demand!(event.at >= last, "time runs backwards at {:?}", event.at);
        last = event.at;
        seen.take(event)?;
        if moments.peek().is_none_or(|next| next.at > event.at) {
            seen.between_moments(event.at)?;
        }
    }
    seen.at_the_end()
}

impl Seen {
    fn take(&mut self, event: &SimEvent) -> Verdict {
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
            SimFact::Notice(notice) => self.told(notice, at)?,
        }
        let sounding = self
            .sounds
            .values()
            .filter(|sound| **sound != Sound::Over)
            .count();
        demand!(sounding <= 1, "{sounding} replies hold the floor at {at:?}");
        Ok(())
    }

    fn told(&mut self, notice: &Notice, at: CallTime) -> Verdict {
        match notice {
            Notice::Agent(state) => self.state = Some(*state),
            Notice::AudioStarted { reply } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Audible).is_none(),
                    "{reply:?} starts again at {at:?}"
                );
            }
            Notice::AudioStopped { reply, .. } => {
                let before = self.sounds.insert(*reply, Sound::Over);
                demand!(
                    matches!(before, Some(Sound::Audible | Sound::Paused)),
                    "{reply:?} stops in silence at {at:?}"
                );
            }
            Notice::ReplyDiscarded { reply, .. } => {
                demand!(
                    self.sounds.insert(*reply, Sound::Over).is_none(),
                    "{reply:?} was heard and is discarded"
                );
            }
            Notice::TurnMeasured(turn) => in_order(&turn.timings)?,
            _ => {}
        }
        Ok(())
    }

    /// The agent says that it speaks exactly while something sounds.
    fn between_moments(&self, at: CallTime) -> Verdict {
        let audible = self.sounds.values().any(|sound| *sound == Sound::Audible);
        let speaks = self.state == Some(AgentState::Speaking);
        demand!(
            audible == speaks,
            "at {at:?} the agent's state and its sound differ"
        );
        Ok(())
    }

    fn at_the_end(self) -> Verdict {
        demand!(
            self.state == Some(AgentState::Listening),
            "the call never comes to rest"
        );
        demand!(
            !self.sounds.values().any(|sound| *sound != Sound::Over),
            "a reply never ends"
        );
        Ok(())
    }
}

/// Stamps follow each other.
fn in_order(timings: &TurnTimings) -> Verdict {
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
