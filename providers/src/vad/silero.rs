//! Silero's voice activity network.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ort::{session::Session, value::TensorRef};
use pipeline::ports::{VoiceActivity, VoiceActivityFactory, VoiceVerdict};

use super::{WINDOW, gate::Watch, narrow::Halver};
use crate::{OfflineError, models, onnx::Runtime};

/// Numbers of the network's memory: two layers of 128.
const STATE: usize = 256;
/// Windows kept while the gate is shut, to be heard when it opens, so that the network's memory is right again: half a
/// second. Its memory of what lies further back is faint (see the example `vad_gate`).
const HISTORY: usize = 16;

/// How Silero is run.
#[derive(Clone, Copy, Debug)]
pub struct SileroOptions {
    /// Which variant of the network.
    pub band: Band,
    /// Whether it sleeps in silence.
    pub gate: Gate,
    /// Copies of the network (2 MB each). A detector uses whichever is free; the default is one for each core.
    pub copies: usize,
}

impl Default for SileroOptions {
    fn default() -> Self {
        let copies = thread::available_parallelism().map_or(2, usize::from);
        Self {
            band: Band::Wide,
            gate: Gate::Webrtc,
            copies,
        }
    }
}

/// The two variants of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// 16 kHz.
    Wide,
    /// 8 kHz: a little better on telephone lines, which carry no more.
    Narrow,
}

/// Whether the network hears everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It hears every window.
    None,
    /// It sleeps while WebRTC's detector is sure of silence.
    Webrtc,
}

/// Makes Silero detectors that share the network.
pub struct Silero {
    network: Arc<Network>,
    options: SileroOptions,
}

impl Silero {
    /// Loads the network from the folder `models`, and ONNX Runtime unless this process has it.
    ///
    /// # Errors
    /// When a file is missing or not what it should be.
    pub fn open(models: &Path, options: SileroOptions) -> Result<Self, OfflineError> {
        Self::load(&Runtime::load(models)?, models, options)
    }

    pub(crate) fn load(
        runtime: &Runtime,
        models: &Path,
        options: SileroOptions,
    ) -> Result<Self, OfflineError> {
        let contents = models::SILERO.read(models)?;
        let copies = (0..options.copies.max(1))
            .map(|_| Ok(Mutex::new(runtime.session(models::SILERO.what, &contents)?)))
            .collect::<Result<_, OfflineError>>()?;
        let network = Network {
            copies,
            next: AtomicUsize::new(0),
        };
        Ok(Self {
            network: Arc::new(network),
            options,
        })
    }

    /// The same network with other options; the number of copies stays.
    pub fn with(&self, options: SileroOptions) -> Self {
        Self {
            network: self.network.clone(),
            options,
        }
    }
}

impl VoiceActivityFactory for Silero {
    fn detector(&self) -> Box<dyn VoiceActivity> {
        let copy = self.network.next.fetch_add(1, Ordering::Relaxed);
        Box::new(Detector::new(self.network.clone(), copy, self.options))
    }
}

struct Network {
    copies: Box<[Mutex<Session>]>,
    next: AtomicUsize,
}

impl Network {
    /// Probability of speech in one window, its context before it; `memory` is what the network carries on.
    fn hear(&self, copy: usize, rate: i64, input: &[f32], memory: &mut [f32; STATE]) -> ort::Result<f32> {
        let mut run = |session: &mut Session| {
            let outputs = session.run(ort::inputs![
                "input" => TensorRef::from_array_view(([1, input.len()], input))?,
                "state" => TensorRef::from_array_view(([2usize, 1, 128], &memory[..]))?,
                "sr" => TensorRef::from_array_view(([0usize; 0], &[rate][..]))?,
            ])?;
            let (_, next) = outputs["stateN"].try_extract_tensor::<f32>()?;
            let (_, speech) = outputs["output"].try_extract_tensor::<f32>()?;
            if next.len() == STATE {
                memory.copy_from_slice(next);
            }
            speech
                .first()
                .copied()
                .ok_or_else(|| ort::Error::new("Silero gave no probability"))
        };
        run(&mut self.free_copy(copy))
    }

    /// The detector's own copy, or any that is free now, or its own when it becomes free (within microseconds).
    fn free_copy(&self, own: usize) -> std::sync::MutexGuard<'_, Session> {
        let count = self.copies.len();
        for step in 0..count {
            match self.copies[(own + step) % count].try_lock() {
                Ok(session) => return session,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.copies[own % count]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

struct Detector {
    network: Arc<Network>,
    copy: usize,
    options: SileroOptions,
    watch: Watch,
    halver: Halver,
    pending: Vec<i16>,
    heard: u64,
    memory: [f32; STATE],
    /// Sound at the network's rate: the context of the next window, before it the windows that the network slept through.
    history: Vec<f32>,
    slept: usize,
}

impl Detector {
    fn new(network: Arc<Network>, copy: usize, options: SileroOptions) -> Self {
        Self {
            network,
            copy,
            options,
            watch: Watch::new(),
            halver: Halver::new(),
            pending: Vec::with_capacity(2 * WINDOW),
            heard: 0,
            memory: [0.0; STATE],
            history: vec![0.0; Self::context(options.band)],
            slept: 0,
        }
    }

    fn window(&mut self, window: &[i16]) -> f32 {
        let open = self.options.gate == Gate::None || self.watch.open_for(window);
        self.remember(window);
        if !open {
            self.slept = (self.slept + 1).min(HISTORY);
            return 0.0;
        }
        let mut speech = 0.0;
        for window in (0..=std::mem::take(&mut self.slept)).rev() {
            match self.network_hears(window) {
                Ok(probability) => speech = probability,
                Err(error) => {
                    tracing::error!(%error, "Silero failed; the gate's opinion stands for it");
                    return 1.0;
                }
            }
        }
        self.watch.opinion(speech);
        speech
    }

    /// Appends a window to the history, whose oldest part goes.
    fn remember(&mut self, window: &[i16]) {
        let samples: Vec<f32> = window
            .iter()
            .map(|&sample| f32::from(sample) / 32_768.0)
            .collect();
        match self.options.band {
            Band::Wide => self.history.extend(samples),
            Band::Narrow => self.history.extend(self.halver.halve(&samples)),
        }
        let most = Self::context(self.options.band) + (HISTORY + 1) * Self::len(self.options.band);
        let surplus = self.history.len().saturating_sub(most);
        self.history.drain(..surplus);
    }

    /// Lets the network hear the window that ends `ago` windows before now.
    fn network_hears(&mut self, ago: usize) -> ort::Result<f32> {
        let (len, context) = (Self::len(self.options.band), Self::context(self.options.band));
        let end = self.history.len() - ago * len;
        let rate = match self.options.band {
            Band::Wide => 16_000,
            Band::Narrow => 8_000,
        };
        self.network.hear(
            self.copy,
            rate,
            &self.history[end - len - context..end],
            &mut self.memory,
        )
    }

    /// Samples of a window at the network's rate.
    fn len(band: Band) -> usize {
        match band {
            Band::Wide => WINDOW,
            Band::Narrow => WINDOW / 2,
        }
    }

    /// Samples before a window that the network hears again with it.
    fn context(band: Band) -> usize {
        Self::len(band) / 8
    }
}

impl VoiceActivity for Detector {
    fn hear(&mut self, samples: &[i16], verdicts: &mut Vec<VoiceVerdict>) {
        self.pending.extend_from_slice(samples);
        let pending = std::mem::take(&mut self.pending);
        let mut windows = pending.chunks_exact(WINDOW);
        for window in &mut windows {
            let speech = self.window(window);
            self.heard += WINDOW as u64;
            verdicts.push(VoiceVerdict {
                end: self.heard,
                len: WINDOW as u32,
                speech,
            });
        }
        self.pending.extend_from_slice(windows.remainder());
    }

    fn reset(&mut self) {
        *self = Self::new(self.network.clone(), self.copy, self.options);
    }
}
