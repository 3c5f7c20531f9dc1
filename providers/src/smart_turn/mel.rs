//! What smart-turn listens to: the log-mel spectrogram of Whisper, over 8 s.

use std::{f32::consts::TAU, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex};

/// Mel bands of the features.
pub const BANDS: usize = 80;
/// Frames of the features: one for each 10 ms.
pub const FRAMES: usize = 800;

/// Samples that count: 8 s at 16 kHz.
const SAMPLES: usize = FRAMES * HOP;
const HOP: usize = 160;
/// Samples under one Fourier transform: 25 ms.
const WINDOW: usize = 400;
const BINS: usize = WINDOW / 2 + 1;
/// Hertz from one bin to the next.
const BIN_HZ: f64 = 16_000.0 / WINDOW as f64;

/// Turns sound into features.
pub struct Mel {
    window: [f32; WINDOW],
    filters: Vec<Filter>,
    fourier: Arc<dyn RealToComplex<f32>>,
}

/// One band: how much each bin from `first` on counts.
struct Filter {
    first: usize,
    weights: Vec<f32>,
}

impl Mel {
    /// Prepares the tables.
    pub fn new() -> Self {
        let hann = |at: usize| 0.5 - 0.5 * (TAU * at as f32 / WINDOW as f32).cos();
        Self {
            window: std::array::from_fn(hann),
            filters: (0..BANDS).map(Filter::of_band).collect(),
            fourier: RealFftPlanner::new().plan_fft_forward(WINDOW),
        }
    }

    /// The features of the last 8 s of `audio` (16 kHz), band after band, each of [`FRAMES`] numbers. Shorter sound stands
    /// at the end, after silence.
    pub fn features(&self, audio: &[i16]) -> Vec<f32> {
        let padded = reflected(&normalised(audio));
        let mut frame = self.fourier.make_input_vec();
        let mut spectrum = self.fourier.make_output_vec();
        let mut scratch = self.fourier.make_scratch_vec();
        let mut features = vec![0.0; BANDS * FRAMES];
        let mut power = [0.0; BINS];
        for at in 0..FRAMES {
            let sound = &padded[at * HOP..][..WINDOW];
            for ((value, sample), weight) in frame.iter_mut().zip(sound).zip(&self.window) {
                *value = sample * weight;
            }
            // It fails only for buffers of a wrong length, and these are its own.
            let _ = self
                .fourier
                .process_with_scratch(&mut frame, &mut spectrum, &mut scratch);
            for (power, bin) in power.iter_mut().zip(&spectrum) {
                *power = bin.norm_sqr();
            }
            for (band, filter) in self.filters.iter().enumerate() {
                features[band * FRAMES + at] = filter.of(&power).max(1e-10).log10();
            }
        }
        compressed(features)
    }
}

impl Default for Mel {
    fn default() -> Self {
        Self::new()
    }
}

impl Filter {
    /// A triangle on Slaney's mel scale with an area that does not depend on its width.
    fn of_band(band: usize) -> Self {
        let top = mel(8_000.0);
        let edge = |index: usize| hertz(top * index as f64 / (BANDS + 1) as f64);
        let (low, middle, high) = (edge(band), edge(band + 1), edge(band + 2));
        let weight = |bin: usize| {
            let f = bin as f64 * BIN_HZ;
            let height = ((f - low) / (middle - low))
                .min((high - f) / (high - middle))
                .max(0.0);
            (height * 2.0 / (high - low)) as f32
        };
        let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
        let weights = (first..BINS)
            .map(weight)
            .take_while(|&weight| weight > 0.0)
            .collect();
        Self { first, weights }
    }

    fn of(&self, power: &[f32; BINS]) -> f32 {
        self.weights
            .iter()
            .zip(&power[self.first..])
            .map(|(weight, power)| weight * power)
            .sum()
    }
}

/// Slaney's mel scale: linear up to 1 kHz, logarithmic above.
fn mel(hertz: f64) -> f64 {
    if hertz < 1_000.0 {
        hertz * 3.0 / 200.0
    } else {
        15.0 + (hertz / 1_000.0).ln() * 27.0 / 6.4_f64.ln()
    }
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 {
        mel * 200.0 / 3.0
    } else {
        1_000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp()
    }
}

/// The last 8 s with mean 0 and variance 1, silence before them where there is less.
fn normalised(audio: &[i16]) -> Vec<f32> {
    let last = &audio[audio.len().saturating_sub(SAMPLES)..];
    let mut sound = vec![0.0; SAMPLES - last.len()];
    sound.extend(last.iter().map(|&sample| f32::from(sample) / 32_768.0));
    let mean = sound.iter().map(|&sample| f64::from(sample)).sum::<f64>() / SAMPLES as f64;
    let variance = sound
        .iter()
        .map(|&sample| (f64::from(sample) - mean).powi(2))
        .sum::<f64>()
        / SAMPLES as f64;
    let scale = 1.0 / (variance + 1e-7).sqrt();
    sound
        .iter_mut()
        .for_each(|sample| *sample = ((f64::from(*sample) - mean) * scale) as f32);
    sound
}

/// Half a window of mirrored sound at each end, so that the first frame is centred on the first sample.
fn reflected(sound: &[f32]) -> Vec<f32> {
    let half = WINDOW / 2;
    let before = sound[1..=half].iter().rev();
    let after = sound[sound.len() - 1 - half..sound.len() - 1].iter().rev();
    before.chain(sound).chain(after).copied().collect()
}

/// Nothing is more than 8 powers of ten below the loudest; then scaled to about −1 … 1.
fn compressed(mut features: Vec<f32>) -> Vec<f32> {
    let loudest = features.iter().copied().fold(f32::MIN, f32::max);
    features
        .iter_mut()
        .for_each(|value| *value = (value.max(loudest - 8.0) + 4.0) / 4.0);
    features
}
