//! WebRTC's voice activity detector, frame by frame.

use webrtc_vad::{SampleRate, Vad, VadMode};

/// Samples of one frame at 16 kHz: 10 ms, the shortest that the detector takes.
pub(super) const FRAME: usize = 160;

/// One caller's detector.
pub(super) struct Vote {
    detector: Vad,
}

// The binding keeps a raw pointer and therefore is not `Send` by itself.
// SAFETY: the pointer is to plain memory that the detector allocates, owns and frees; it has no thread-local or global
// state, and `Vote` hands the detector to nobody.
#[expect(
    unsafe_code,
    reason = "the binding forgot to say that its detector may move between threads"
)]
unsafe impl Send for Vote {}

impl Vote {
    /// A detector that calls speech whatever might be speech.
    pub(super) fn lax() -> Self {
        Self {
            detector: Vad::new_with_rate_and_mode(SampleRate::Rate16kHz, VadMode::Quality),
        }
    }

    /// A detector that calls speech what is very likely speech.
    pub(super) fn strict() -> Self {
        Self {
            detector: Vad::new_with_rate_and_mode(SampleRate::Rate16kHz, VadMode::VeryAggressive),
        }
    }

    /// Whether the next [`FRAME`] samples are voice.
    pub(super) fn is_voice(&mut self, frame: &[i16]) -> bool {
        // A frame of another length is refused; then the answer that costs nobody a word is yes.
        self.detector.is_voice_segment(frame).unwrap_or(true)
    }
}
