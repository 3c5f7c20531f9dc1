//! The gate before Silero: it is shut while there is surely no speech.
//!
//! WebRTC's detector in its laxest mode hears the onset of speech earlier than Silero does (27 ms against 59 ms in the
//! middle), and costs a twentieth. So the gate opens at its first vote, or when the sound becomes much louder than the
//! floor, which catches what the vote misses. It shuts only after both have been sure for a while.

use super::webrtc::{FRAME, Vote};

/// Windows that must be sure silence before the gate shuts: 15 × 32 ms ≈ 0.5 s, longer than the pauses inside speech, so
/// that Silero hears whole utterances. Half of it saves no more and delayed one onset of fifty.
const SHUT_AFTER: u32 = 15;
/// Above this probability Silero is not sure that nobody speaks.
const UNSURE: f32 = 0.1;
/// Sound opens the gate when it is this much louder than the floor, in power: 8, that is 9 dB.
const LOUDER: f32 = 8.0;
/// Power of what is never taken as loud, whatever the floor: a root mean square of 10, −70 dB of full scale.
const FAINT: f32 = 100.0;

/// Decides for each window whether Silero has to hear it.
pub(super) struct Watch {
    vote: Vote,
    pending: Vec<i16>,
    floor: f32,
    sure_windows: u32,
}

impl Watch {
    /// A gate that is open until it has heard silence.
    pub(super) fn new() -> Self {
        Self {
            vote: Vote::lax(),
            pending: Vec::with_capacity(2 * FRAME),
            floor: FAINT,
            sure_windows: 0,
        }
    }

    /// Takes a window and says whether Silero has to hear it.
    pub(super) fn open_for(&mut self, window: &[i16]) -> bool {
        self.pending.extend_from_slice(window);
        let whole = self.pending.len() / FRAME * FRAME;
        let mut voice = false;
        for frame in self.pending[..whole].chunks_exact(FRAME) {
            // Every frame is heard: the detector adapts to the noise.
            voice |= self.vote.is_voice(frame);
        }
        self.pending.drain(..whole);
        if voice | self.is_loud(window) {
            self.sure_windows = 0;
        } else {
            self.sure_windows += 1;
        }
        self.sure_windows < SHUT_AFTER
    }

    /// Takes Silero's opinion on the window: while it is unsure the gate stays open.
    pub(super) fn opinion(&mut self, speech: f32) {
        if speech > UNSURE {
            self.sure_windows = 0;
        }
    }

    fn is_loud(&mut self, window: &[i16]) -> bool {
        let power = window
            .iter()
            .map(|&sample| f32::from(sample).powi(2))
            .sum::<f32>()
            / window.len() as f32;
        let loud = power > FAINT.max(self.floor * LOUDER);
        // The floor falls with the sound at once and rises by 1 % a window (doubling in 2 s), as noise that sets in does.
        self.floor = power.min(self.floor * 1.01).max(1.0);
        loud
    }
}
