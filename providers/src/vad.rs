//! Voice activity: which stretches of the caller's sound are speech.
//!
//! Two detectors stand behind the port. [`Silero`] is a neural network, run where the sound is heard (a window of 32 ms
//! costs about 60 µs), behind a gate of WebRTC's detector that lets it sleep while nobody speaks.
//! [`Webrtc`] is that old detector alone, for machines without ONNX Runtime.

mod gate;
mod narrow;
mod silero;
mod webrtc;

use std::sync::Arc;

use pipeline::ports::{VoiceActivity, VoiceActivityFactory, VoiceVerdict};

pub use self::silero::{Band, Gate, Silero, SileroOptions};
use self::webrtc::{FRAME, Vote};

/// Window of both detectors at 16 kHz: 32 ms.
const WINDOW: usize = 512;

/// WebRTC's detector alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Webrtc;

impl VoiceActivityFactory for Webrtc {
    fn detector(&self) -> Box<dyn VoiceActivity> {
        // The strictest mode: the laxer ones take most noise for speech, and no second opinion follows here.
        Box::new(WebrtcDetector {
            vote: Vote::strict(),
            heard: 0,
            pending: Vec::new(),
        })
    }
}

impl Webrtc {
    /// The detectors as the port wants them.
    pub fn shared() -> Arc<dyn VoiceActivityFactory> {
        Arc::new(Self)
    }
}

struct WebrtcDetector {
    vote: Vote,
    heard: u64,
    pending: Vec<i16>,
}

impl VoiceActivity for WebrtcDetector {
    fn hear(&mut self, samples: &[i16], verdicts: &mut Vec<VoiceVerdict>) {
        self.pending.extend_from_slice(samples);
        let whole = self.pending.len() / FRAME * FRAME;
        for frame in self.pending[..whole].chunks_exact(FRAME) {
            self.heard += FRAME as u64;
            // It knows yes and no only; both stay clear of every threshold that anybody may set.
            let speech = if self.vote.is_voice(frame) { 0.95 } else { 0.05 };
            verdicts.push(VoiceVerdict {
                end: self.heard,
                len: FRAME as u32,
                speech,
            });
        }
        self.pending.drain(..whole);
    }

    fn reset(&mut self) {
        *self = Self {
            vote: Vote::strict(),
            heard: 0,
            pending: Vec::new(),
        };
    }
}
