//! How long a silence must be to end a turn.

use core::time::Duration;

use crate::{
    CallTime, Completeness, EndReason,
    ending::Ending,
    policy::{Endpointing, EndpointingMode},
};

/// A caller who starts to speak this soon after the agent did was not interrupting: they were going on. 250 ms is about
/// the shortest time in which a person reacts to a voice.
const GRACE: Duration = Duration::from_millis(250);

/// What speaks for and against the end of a turn, besides silence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signs {
    /// The end-of-turn model's judgement of the sound.
    pub(crate) probability: Option<f32>,
    /// How much of the awaited answer the text is.
    pub(crate) completeness: Completeness,
    /// How the text ends; absent while words of the last stretch of speech are still to come.
    pub(crate) ending: Option<Ending>,
}

/// The silence after which the turn is over, and why that is enough.
///
/// What was asked for says more than any sound: who waits for a yes and hears one need not wait on, and who waits for a
/// telephone number waits for all of it. Else the sound is judged, and the text where the sound leaves doubt.
pub(crate) fn delay(policy: &Endpointing, pauses: &PauseMemory, signs: Signs) -> (Duration, EndReason) {
    let min = pauses.min_delay(policy);
    let max = policy.max_delay.max(min);
    let judged = matches!(policy.mode, EndpointingMode::Auto | EndpointingMode::Model);
    match (signs.completeness, signs.probability) {
        (Completeness::Complete, _) if judged => (policy.sure_delay.min(min), EndReason::Model),
        (Completeness::Incomplete, _) if judged => (max, EndReason::MaxDelay),
        // The sound has not been judged yet, but the text says enough.
        (_, None) if judged && policy.model && signs.ending == Some(Ending::Hanging) => {
            (max, EndReason::MaxDelay)
        }
        (_, Some(probability)) if judged && policy.model => by_sound(policy, min, probability, signs.ending),
        _ if policy.mode == EndpointingMode::Stt => (min, EndReason::Provider),
        _ => (min, EndReason::Silence),
    }
}

/// The silence that the model's judgement asks for, corrected by how the text ends.
fn by_sound(
    policy: &Endpointing,
    min: Duration,
    probability: f32,
    ending: Option<Ending>,
) -> (Duration, EndReason) {
    let max = policy.max_delay.max(min);
    let Some(ending) = ending else {
        // However sure the model is: a turn that ends now lacks its last words. They may never come, of a cough.
        return if probability < policy.likely {
            (max, EndReason::MaxDelay)
        } else {
            (min, EndReason::Model)
        };
    };
    match ending {
        Ending::Hanging if probability < policy.sure => (max, EndReason::MaxDelay),
        // Sound and text contradict each other.
        Ending::Hanging => (min, EndReason::Model),
        Ending::Closed if probability < policy.likely => {
            (policy.unsure_delay.clamp(min, max), EndReason::Model)
        }
        Ending::Open if probability < policy.likely => (max, EndReason::MaxDelay),
        Ending::Closed | Ending::Open => {
            // The surer the model, the shorter the silence: from `min_delay` where the end is just likely down to
            // `sure_delay`.
            let doubt =
                (policy.sure - probability).max(0.0) / (policy.sure - policy.likely).max(f32::EPSILON);
            let shortest = policy.sure_delay.min(min);
            (
                shortest + (min - shortest).mul_f32(doubt.min(1.0)),
                EndReason::Model,
            )
        }
    }
}

/// Learns how long this caller pauses inside a turn.
///
/// Only pauses that certainly lay inside a turn teach it: the agent had not begun to speak, or the caller went on so soon
/// after it began that they cannot have meant to interrupt.
#[derive(Clone, Debug, Default)]
pub(crate) struct PauseMemory {
    learned: Option<Duration>,
    silence_from: Option<CallTime>,
    agent_from: Option<CallTime>,
    agent_until: Option<CallTime>,
}

impl PauseMemory {
    /// The shortest silence that ends a turn.
    pub(crate) fn min_delay(&self, policy: &Endpointing) -> Duration {
        if !policy.dynamic {
            return policy.min_delay;
        }
        self.learned
            .unwrap_or(policy.min_delay)
            .max(policy.min_delay)
            .min(policy.max_delay)
    }

    pub(crate) fn speech_ended(&mut self, at: CallTime) {
        self.silence_from = Some(at);
        // An agent that still speaks was speaking in this pause too.
        if self.agent_until.is_some() {
            self.agent_from = None;
            self.agent_until = None;
        }
    }

    pub(crate) fn agent_started(&mut self, at: CallTime) {
        self.agent_from = Some(at);
        self.agent_until = None;
    }

    pub(crate) fn agent_ended(&mut self, at: CallTime) {
        self.agent_until = Some(at);
    }

    /// The caller has silenced it: the pauses that follow are theirs.
    pub(crate) fn agent_was_cut(&mut self) {
        self.agent_from = None;
        self.agent_until = None;
    }

    /// The caller speaks again.
    pub(crate) fn speech_started(&mut self, at: CallTime, policy: &Endpointing) {
        let Some(silence_from) = self.silence_from.take() else {
            return;
        };
        let pause = at.since(silence_from);
        let inside_a_turn = match (self.agent_from, self.agent_until) {
            (None, _) => true,
            (Some(_), Some(_)) => false,
            (Some(agent_from), None) => {
                let reaction = at.since(agent_from);
                reaction <= GRACE.max(self.min_delay(policy))
            }
        };
        if inside_a_turn && policy.dynamic {
            let before = self.min_delay(policy).as_secs_f64();
            let learned = policy.alpha * before + (1.0 - policy.alpha) * pause.as_secs_f64();
            self.learned = Some(Duration::from_secs_f64(learned.max(0.0)));
        }
    }
}
