//! Halving the rate, for the 8 kHz variant of Silero: telephone speech has nothing above 4 kHz.

/// Taps of a half-band low-pass (Hamming window, 31 taps): 0 dB up to 3 kHz, −6 dB at 4 kHz, −55 dB from 5 kHz. Every
/// second tap is zero except the one in the middle, so only the odd offsets are kept, from the middle outwards.
const SIDE: [f32; 8] = [
    0.315_620, -0.096_938, 0.049_099, -0.026_785, 0.014_094, -0.006_730, 0.002_937, -0.001_700,
];
const MIDDLE: f32 = 0.500_808;
/// Offset of the middle tap.
const CENTRE: usize = 15;

/// Keeps every second sample of what it is given, after a low-pass; the result lags by 15 samples of 16 kHz, about 1 ms.
pub(super) struct Halver {
    past: [f32; 2 * CENTRE],
}

impl Halver {
    pub(super) fn new() -> Self {
        Self {
            past: [0.0; 2 * CENTRE],
        }
    }

    /// Halves an even number of samples.
    pub(super) fn halve(&mut self, samples: &[f32]) -> Vec<f32> {
        let mut line = self.past.to_vec();
        line.extend_from_slice(samples);
        let filtered = |at: usize| {
            let sides = SIDE.iter().enumerate().map(|(index, tap)| {
                let offset = 2 * index + 1;
                tap * (line[at + CENTRE - offset] + line[at + CENTRE + offset])
            });
            MIDDLE * line[at + CENTRE] + sides.sum::<f32>()
        };
        let halved = (0..samples.len()).step_by(2).map(filtered).collect();
        let keep = line.len() - self.past.len();
        self.past.copy_from_slice(&line[keep..]);
        halved
    }
}
