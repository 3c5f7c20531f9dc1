//! The ear of a recorded caller: whether the agent is speaking.

use std::time::Duration;

use pipeline::{
    audio::HEARING,
    codec::{CodecError, Decoder},
};
use tokio::time::Instant;

/// The agent has finished when it has been silent for this long; people answer that fast.
pub(crate) const TURN_GAP: Duration = Duration::from_millis(700);
/// Louder than this is the agent's voice.
const VOICE: u16 = 300;

/// Listens whether the agent speaks.
pub(crate) struct Ear {
    decoder: Decoder,
    last: Option<Instant>,
    since: Option<Instant>,
}

impl Ear {
    pub(crate) fn new() -> Result<Self, CodecError> {
        Ok(Self {
            decoder: Decoder::new(HEARING)?,
            last: None,
            since: None,
        })
    }

    /// Hears a packet of the agent, which may be silence.
    pub(crate) fn hear(&mut self, payload: &[u8]) {
        let mut sound = Vec::new();
        if self.decoder.decode(payload, &mut sound).is_err() {
            return;
        }
        if sound.iter().any(|sample| sample.unsigned_abs() > VOICE) {
            let now = Instant::now();
            if self.silent_for() > TURN_GAP {
                self.since = Some(now);
            }
            self.since.get_or_insert(now);
            self.last = Some(now);
        }
    }

    /// Forgets the agent's last words: the next line answers the next ones.
    pub(crate) fn forget(&mut self) {
        self.last = None;
        self.since = None;
    }

    /// When the agent was heard last.
    pub(crate) fn heard_last(&self) -> Option<Instant> {
        self.last
    }

    /// Since when the agent has been speaking without a longer pause, as far as it was heard.
    pub(crate) fn speaking_since(&self) -> Option<Instant> {
        self.since
    }

    /// How long the agent has been silent; for ever, if it has not been heard.
    pub(crate) fn silent_for(&self) -> Duration {
        self.last.map_or(Duration::MAX, |last| last.elapsed())
    }
}
