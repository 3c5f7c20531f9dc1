//! A text as the network writes it: token by token, each with what may come after it.

use std::borrow::Cow;

use ort::{
    memory::Allocator,
    session::{InMemorySession, SessionInputValue},
    value::{DynValue, Tensor, TensorRef},
};

const LAYERS: usize = 6;
const HEADS: usize = 8;
const HEAD_LEN: usize = 36;

/// A sound, as the network has understood it.
pub(super) struct Encoded {
    pub(super) samples: usize,
    pub(super) states: DynValue,
}

/// A text that is being written.
pub(super) struct Writing<'a> {
    decoder: &'a mut InMemorySession<'static>,
    encoded: &'a Encoded,
    every_sample: Vec<i64>,
    past: Past,
    begun: bool,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(
        decoder: &'a mut InMemorySession<'static>,
        encoded: &'a Encoded,
    ) -> ort::Result<Self> {
        Ok(Self {
            decoder,
            encoded,
            every_sample: vec![1; encoded.samples],
            past: Past::empty()?,
            begun: false,
        })
    }

    /// Writes tokens, and says of each what may come after it. Only at the beginning can they be several.
    pub(super) fn write(&mut self, tokens: &[usize]) -> ort::Result<Vec<Next>> {
        let tokens: Vec<i64> = tokens.iter().map(|&token| token as i64).collect();
        let tokens = Tensor::from_array(([1_usize, tokens.len()], tokens))?;
        // The mask of the samples, not of the encoder's steps: the graph itself takes every 384th of it. With the other it
        // works too, until the sound is longer than 9.4 s.
        let mask = TensorRef::from_array_view(([1, self.encoded.samples], &self.every_sample[..]))?;
        let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = vec![
            ("input_ids".into(), tokens.into()),
            ("encoder_hidden_states".into(), (&self.encoded.states).into()),
            ("encoder_attention_mask".into(), mask.into()),
            (
                "use_cache_branch".into(),
                Tensor::from_array(([1_usize], vec![self.begun]))?.into(),
            ),
        ];
        inputs.extend(
            self.past
                .entries
                .iter()
                .map(|entry| (entry.input.as_str().into(), (&entry.value).into())),
        );
        let mut outputs = self.decoder.run(inputs)?;
        let (shape, logits) = outputs["logits"].try_extract_tensor::<f32>()?;
        let vocabulary = usize::try_from(shape.last().copied().unwrap_or(0)).unwrap_or(0);
        let next = logits
            .chunks_exact(vocabulary.max(1))
            .map(Next::of_logits)
            .collect::<Vec<_>>();
        if next.is_empty() {
            return Err(missing("logits"));
        }
        self.past.advance(!self.begun, |name| {
            outputs.remove(name).ok_or_else(|| missing(name))
        })?;
        self.begun = true;
        Ok(next)
    }
}

/// What the network thinks may come next.
pub(super) struct Next {
    logits: Vec<f32>,
    /// The logarithm of the sum of their exponentials.
    sum: f32,
}

impl Next {
    fn of_logits(logits: &[f32]) -> Self {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
        Self {
            logits: logits.to_vec(),
            sum: highest + sum.ln(),
        }
    }

    /// The likeliest token.
    pub(super) fn likeliest(&self) -> usize {
        let mut best = 0;
        for (token, logit) in self.logits.iter().enumerate() {
            if *logit > self.logits[best] {
                best = token;
            }
        }
        best
    }

    /// The logarithm of the probability of a token.
    pub(super) fn of(&self, token: usize) -> f32 {
        self.logits
            .get(token)
            .map_or(f32::NEG_INFINITY, |logit| logit - self.sum)
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

/// The network gave less than it should.
pub(super) fn missing(name: &str) -> ort::Error {
    ort::Error::new(format!("the Moonshine network gave no `{name}`"))
}
