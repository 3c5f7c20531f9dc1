//! The Moonshine network: sound in, text out.

use std::{
    borrow::Cow,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::{
    memory::Allocator,
    session::{InMemorySession, SessionInputValue},
    value::{DynValue, Tensor, TensorRef},
};

use crate::{
    OfflineError,
    inference::Seat,
    models::{MOONSHINE_DECODER, MOONSHINE_ENCODER, MOONSHINE_TOKENS},
    onnx::Runtime,
};

/// Tokens that begin and end a text.
const BEGIN: i64 = 1;
const END: usize = 2;
/// Speech has at most this many tokens a second; a text that grows beyond is a loop of the decoder.
const TOKENS_PER_SECOND: f64 = 6.5;
const SPARE_TOKENS: usize = 4;
/// Sound that is nowhere louder than this, −60 dB of full scale, is silence: the model would make a "You" of it.
const FAINT: f32 = 0.001;
const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_LEN: usize = 36;

/// The network, in as many copies as decodes may run at once.
pub(super) struct Decoder {
    copies: Vec<Mutex<Copy>>,
    tokens: Vec<Vec<u8>>,
}

struct Copy {
    encoder: InMemorySession<'static>,
    decoder: InMemorySession<'static>,
}

impl Decoder {
    pub(super) fn load(runtime: &Runtime, models: &Path, copies: usize) -> Result<Self, OfflineError> {
        let encoder = for_good(MOONSHINE_ENCODER.read(models)?);
        let decoder = for_good(MOONSHINE_DECODER.read(models)?);
        let tokens = tokens(&MOONSHINE_TOKENS.read(models)?);
        let copy = |_| {
            Ok(Mutex::new(Copy {
                encoder: runtime.shared_session(MOONSHINE_ENCODER.what, encoder)?,
                decoder: runtime.shared_session(MOONSHINE_DECODER.what, decoder)?,
            }))
        };
        let copies = (0..copies.max(1))
            .map(copy)
            .collect::<Result<_, OfflineError>>()?;
        Ok(Self { copies, tokens })
    }

    /// The text of `sound` (16 kHz, −1 … 1); empty when nothing was said or nobody waits for it any more.
    pub(super) fn text(&self, sound: &[f32], seat: &Seat<'_>) -> ort::Result<String> {
        if sound.iter().all(|sample| sample.abs() < FAINT) {
            return Ok(String::new());
        }
        let copy = &self.copies[seat.copy % self.copies.len()];
        // The pool gives a copy to one decode at a time, so nobody waits here.
        let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = copy.decode(sound, seat)?;
        let bytes: Vec<u8> = tokens
            .iter()
            .filter_map(|&token| self.tokens.get(token))
            .flatten()
            .copied()
            .collect();
        // The tokens' alphabet writes a space as ▁.
        Ok(String::from_utf8_lossy(&bytes)
            .replace('\u{2581}', " ")
            .trim()
            .to_owned())
    }
}

/// Keeps a model's contents until the process ends, as the process keeps its model.
fn for_good(contents: Vec<u8>) -> &'static [u8] {
    Box::leak(contents.into_boxed_slice())
}

impl Copy {
    fn decode(&mut self, sound: &[f32], seat: &Seat<'_>) -> ort::Result<Vec<usize>> {
        let every_sample = vec![1_i64; sound.len()];
        let whole = || TensorRef::from_array_view(([1, sound.len()], &every_sample[..]));
        let mut encoded = self.encoder.run(ort::inputs![
            "input_values" => TensorRef::from_array_view(([1, sound.len()], sound))?,
            "attention_mask" => whole()?,
        ])?;
        let encoded = encoded
            .remove("last_hidden_state")
            .ok_or_else(|| missing("last_hidden_state"))?;

        let mut past = Past::empty()?;
        let mut tokens = Vec::new();
        let mut token = BEGIN;
        let most = (sound.len() as f64 / 16_000.0 * TOKENS_PER_SECOND) as usize + SPARE_TOKENS;
        while tokens.len() < most && !seat.abandoned() {
            let first = tokens.is_empty();
            let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = vec![
                (
                    "input_ids".into(),
                    Tensor::from_array(([1_usize, 1], vec![token]))?.into(),
                ),
                ("encoder_hidden_states".into(), (&encoded).into()),
                // The mask of the samples, not of the encoder's steps: the graph itself takes every 384th of it. With the
                // other it works too, until the sound is longer than 9.4 s.
                ("encoder_attention_mask".into(), whole()?.into()),
                (
                    "use_cache_branch".into(),
                    Tensor::from_array(([1_usize], vec![!first]))?.into(),
                ),
            ];
            inputs.extend(
                past.entries
                    .iter()
                    .map(|entry| (entry.input.as_str().into(), (&entry.value).into())),
            );
            let mut outputs = self.decoder.run(inputs)?;
            let (shape, logits) = outputs["logits"].try_extract_tensor::<f32>()?;
            let vocabulary = usize::try_from(shape.last().copied().unwrap_or(0)).unwrap_or(0);
            let next = likeliest(&logits[logits.len() - vocabulary.min(logits.len())..]);
            if next == END {
                break;
            }
            past.advance(first, |name| outputs.remove(name).ok_or_else(|| missing(name)))?;
            tokens.push(next);
            token = next as i64;
        }
        Ok(tokens)
    }
}

/// Keys and values of what was decoded so far.
struct Past {
    entries: Vec<PastEntry>,
}

struct PastEntry {
    input: String,
    output: String,
    of_encoder: bool,
    value: DynValue,
}

impl Past {
    fn empty() -> ort::Result<Self> {
        let mut entries = Vec::with_capacity(LAYERS * 4);
        for layer in 0..LAYERS {
            for side in ["decoder", "encoder"] {
                for kind in ["key", "value"] {
                    let value = Tensor::<f32>::new(&Allocator::default(), [1_usize, HEADS, 0, HEAD_LEN])?;
                    entries.push(PastEntry {
                        input: format!("past_key_values.{layer}.{side}.{kind}"),
                        output: format!("present.{layer}.{side}.{kind}"),
                        of_encoder: side == "encoder",
                        value: value.into_dyn(),
                    });
                }
            }
        }
        Ok(Self { entries })
    }

    /// Takes over what the step computed. The encoder's part is the same in every step; only the first step gives it.
    fn advance(
        &mut self,
        first: bool,
        mut output: impl FnMut(&str) -> ort::Result<DynValue>,
    ) -> ort::Result<()> {
        for entry in self.entries.iter_mut().filter(|entry| first || !entry.of_encoder) {
            entry.value = output(&entry.output)?;
        }
        Ok(())
    }
}

fn likeliest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    best
}

fn missing(name: &str) -> ort::Error {
    ort::Error::new(format!("the Moonshine network gave no `{name}`"))
}

/// The token table: for each token its length (one byte, or two from 128 on) and its bytes.
fn tokens(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    while let Some((len, rest)) = token_len(file) {
        let (token, rest) = rest.split_at(len.min(rest.len()));
        tokens.push(token.to_vec());
        file = rest;
    }
    tokens
}

fn token_len(file: &[u8]) -> Option<(usize, &[u8])> {
    match file {
        [short, rest @ ..] if *short < 128 => Some((usize::from(*short), rest)),
        [low, high, rest @ ..] => Some((usize::from(*high) * 128 + usize::from(*low) - 128, rest)),
        _ => None,
    }
}
