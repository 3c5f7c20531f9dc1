//! What a turn is said to have taken: the stages add up, and begin and end where the world says.

use std::collections::BTreeMap;

use telemetry::{TurnDetails, TurnRecord};
use turn::{CallTime, Effect, Event, MeasuredTurn, Notice, ReplyId};

use super::{Verdict, demand};

#[derive(Default)]
pub(crate) struct Measures {
    /// When each reply began to sound.
    sounded: BTreeMap<ReplyId, CallTime>,
    /// When the detector was sure of silence, and the last voiced sample before it.
    stretches: Vec<(CallTime, CallTime)>,
}

impl Measures {
    pub(crate) fn told(&mut self, fact: &Event, now: CallTime) {
        match fact {
            Event::AudioStarted { reply } => {
                self.sounded.insert(*reply, now);
            }
            Event::SpeechStopped { last_voiced } => self.stretches.push((now, *last_voiced)),
            _ => {}
        }
    }

    pub(crate) fn obeyed(&self, order: &Effect) -> Verdict {
        match order {
            Effect::Notice(Notice::TurnMeasured(turn)) => self.check(turn),
            _ => Ok(()),
        }
    }

    fn check(&self, turn: &MeasuredTurn) -> Verdict {
        let timings = &turn.timings;
        let record = TurnRecord::new(timings, TurnDetails::default());
        demand!(
            record.details.errors.is_empty(),
            "the stamps of a turn contradict each other: {}",
            record.details.errors.join("; ")
        );
        if let (Some(latency), Some(waterfall)) = (record.derived.eou_latency, record.waterfall()) {
            let stages = waterfall.total().as_secs_f64() * 1e3;
            let adds_up = (stages - latency).abs() <= 1.0;
            demand!(adds_up, "a waterfall of {stages} ms explains {latency} ms");
        }
        if let (Some(out), Some(reply)) = (timings.audio_out, timings.reply) {
            demand!(
                self.sounded.get(&reply) == Some(&out),
                "{reply:?} is said to have begun when it did not"
            );
        }
        if let (Some(end), Some(decided)) = (timings.speech_end, timings.decided) {
            let last = self.stretches.iter().rfind(|(noticed, _)| *noticed <= decided);
            demand!(
                last.is_some_and(|(_, voiced)| *voiced == end),
                "a turn is measured from another moment than its last voiced sample"
            );
        }
        Ok(())
    }
}
