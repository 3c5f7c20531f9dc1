//! The Moonshine network: sound in, text out.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::{session::InMemorySession, value::TensorRef};

use super::{
    murmurs::{self, Likeness, Murmur, Murmurs},
    tokens::Tokens,
    writing::{Encoded, Next, Writing, missing},
};
use crate::{
    OfflineError,
    inference::Seat,
    models::{MOONSHINE_DECODER, MOONSHINE_ENCODER, MOONSHINE_TOKENS},
    onnx::Runtime,
};

/// Tokens that begin and end a text.
const BEGIN: usize = 1;
const END: usize = 2;
/// Speech has at most this many tokens a second; a text that grows beyond is a loop of the decoder.
const TOKENS_PER_SECOND: f64 = 6.5;
const SPARE_TOKENS: usize = 4;
/// Sound that is nowhere louder than this, −60 dB of full scale, is silence: the model would make a "You" of it.
const FAINT: f32 = 0.001;

/// The network, in as many copies as decodes may run at once.
pub(super) struct Decoder {
    copies: Vec<Mutex<Copy>>,
    tokens: Tokens,
    murmurs: Murmurs,
}

/// What may be expected of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Words.
    Words,
    /// A murmur as well as words: somebody else is speaking.
    Murmurs,
}

/// What was heard in a sound.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) text: String,
    /// How much it sounds like a murmur, whatever the text says.
    pub(super) murmur: Likeness,
}

/// A murmur that was possible.
struct Possible {
    /// The murmur, if it is to be taken instead of the likeliest text.
    instead: Option<&'static str>,
}

struct Copy {
    encoder: InMemorySession<'static>,
    decoder: InMemorySession<'static>,
}

impl Decoder {
    pub(super) fn load(runtime: &Runtime, models: &Path, copies: usize) -> Result<Self, OfflineError> {
        let encoder = for_good(MOONSHINE_ENCODER.read(models)?);
        let decoder = for_good(MOONSHINE_DECODER.read(models)?);
        let tokens = Tokens::read(&MOONSHINE_TOKENS.read(models)?);
        let copy = |_| {
            Ok(Mutex::new(Copy {
                encoder: runtime.shared_session(MOONSHINE_ENCODER.what, encoder)?,
                decoder: runtime.shared_session(MOONSHINE_DECODER.what, decoder)?,
            }))
        };
        let copies = (0..copies.max(1))
            .map(copy)
            .collect::<Result<_, OfflineError>>()?;
        let murmurs = Murmurs::new(&tokens);
        Ok(Self {
            copies,
            tokens,
            murmurs,
        })
    }

    /// What is heard in `sound` (16 kHz, −1 … 1); the text is empty when nothing was said or nobody waits for it any more.
    pub(super) fn hear(&self, sound: &[f32], expected: Expected, seat: &Seat<'_>) -> ort::Result<Heard> {
        if sound.iter().all(|sample| sample.abs() < FAINT) {
            return Ok(Heard::default());
        }
        let copy = &self.copies[seat.copy % self.copies.len()];
        // The pool gives a copy to one decode at a time, so nobody waits here.
        let mut copy = copy.lock().unwrap_or_else(PoisonError::into_inner);
        let encoded = copy.encode(sound)?;
        let likeliest = copy.likeliest(&encoded, seat)?;
        let text = self.tokens.text(&likeliest.tokens);
        let heard = |text, murmur| Ok(Heard { text, murmur });
        if expected == Expected::Words || sound.len() > murmurs::LONGEST {
            return heard(text, Likeness::Words);
        }
        if murmurs::is_phrase(&text) {
            return heard(text, Likeness::Murmur);
        }
        let Some(margin) = murmurs::margin(&text) else {
            return heard(text, Likeness::Words);
        };
        match copy.murmur(&encoded, &likeliest, margin, &self.murmurs, seat)? {
            Some(Possible {
                instead: Some(murmur),
            }) => heard(murmur.to_owned(), Likeness::Murmur),
            Some(Possible { instead: None }) => heard(text, Likeness::Perhaps),
            None => heard(text, Likeness::Words),
        }
    }
}

/// Keeps a model's contents until the process ends, as the process keeps its model.
fn for_good(contents: Vec<u8>) -> &'static [u8] {
    Box::leak(contents.into_boxed_slice())
}

/// A text and how likely it is.
struct Likeliest {
    tokens: Vec<usize>,
    /// The natural logarithm of its probability.
    likelihood: f32,
    /// What the text may begin with.
    first: Next,
}

impl Copy {
    fn encode(&mut self, sound: &[f32]) -> ort::Result<Encoded> {
        let every_sample = vec![1_i64; sound.len()];
        let mut encoded = self.encoder.run(ort::inputs![
            "input_values" => TensorRef::from_array_view(([1, sound.len()], sound))?,
            "attention_mask" => TensorRef::from_array_view(([1, sound.len()], &every_sample[..]))?,
        ])?;
        let states = encoded
            .remove("last_hidden_state")
            .ok_or_else(|| missing("last_hidden_state"))?;
        let samples = sound.len();
        Ok(Encoded { samples, states })
    }

    fn likeliest(&mut self, encoded: &Encoded, seat: &Seat<'_>) -> ort::Result<Likeliest> {
        let most = (encoded.samples as f64 / 16_000.0 * TOKENS_PER_SECOND) as usize + SPARE_TOKENS;
        let mut text = Writing::begin(&mut self.decoder, encoded)?;
        let first = text.write(&[BEGIN])?.remove(0);
        let mut tokens = vec![first.likeliest()];
        let mut likelihood = first.of(tokens[0]);
        while let Some(&last) = tokens.last().filter(|&&last| last != END)
            && tokens.len() <= most
            && !seat.abandoned()
        {
            let next = text.write(&[last])?.remove(0);
            let token = next.likeliest();
            likelihood += next.of(token);
            tokens.push(token);
        }
        tokens.pop_if(|last| *last == END);
        tokens.truncate(most);
        Ok(Likeliest {
            tokens,
            likelihood,
            first,
        })
    }

    /// Whether murmurs fit almost as well as the likeliest text.
    fn murmur(
        &mut self,
        encoded: &Encoded,
        likeliest: &Likeliest,
        margin: f32,
        murmurs: &Murmurs,
        seat: &Seat<'_>,
    ) -> ort::Result<Option<Possible>> {
        let sure = likeliest.likelihood - murmurs::SURE;
        let possible = likeliest.likelihood - margin;
        let mut together = f32::NEG_INFINITY;
        let mut best = None;
        let begins = |murmur: &&Murmur| {
            let first = murmur.tokens.first();
            first.map_or(f32::NEG_INFINITY, |&token| likeliest.first.of(token))
        };
        let mut candidates: Vec<&Murmur> = murmurs
            .all
            .iter()
            .filter(|murmur| begins(murmur) >= possible)
            .collect();
        // The likeliest beginnings first: mostly one or two tell, and each costs as much as a word.
        candidates.sort_by(|a, b| begins(b).total_cmp(&begins(a)));
        for (number, murmur) in candidates.iter().enumerate() {
            // No murmur is likelier than its beginning.
            let rest = candidates[number..].iter().map(begins).fold(together, either);
            let decided = together >= sure || rest < possible || (together >= possible && rest < sure);
            if seat.abandoned() || decided {
                break;
            }
            let Some(likelihood) = self.likelihood(encoded, murmur, murmurs)? else {
                continue;
            };
            together = either(together, likelihood);
            if best.is_none_or(|(likeliest, _)| likelihood > likeliest) {
                best = Some((likelihood, murmur.text));
            }
        }
        if together < possible {
            return Ok(None);
        }
        for order in murmurs.orders.iter().filter(|order| begins(order) >= together) {
            let likelihood = self.likelihood(encoded, order, murmurs)?;
            if likelihood.is_some_and(|likelihood| likelihood >= together) {
                return Ok(None);
            }
        }
        Ok(Some(Possible {
            instead: best.filter(|_| together >= sure).map(|(_, text)| text),
        }))
    }

    /// The logarithm of the probability that this is the whole text.
    fn likelihood(&mut self, encoded: &Encoded, text: &Murmur, marks: &Murmurs) -> ort::Result<Option<f32>> {
        let tokens = [&[BEGIN], &text.tokens[..], &[marks.comma]].concat();
        let mut next = Writing::begin(&mut self.decoder, encoded)?.write(&tokens)?;
        let (Some(after_comma), Some(after_text)) = (next.pop(), next.pop()) else {
            return Ok(None);
        };
        let words = next.iter().zip(&text.tokens);
        let words: f32 = words.map(|(next, &token)| next.of(token)).sum();
        // More may follow after a comma, which is then not all; after another mark nothing does.
        let ends = marks.ends.iter().chain([&END]);
        let ends: f32 = ends.map(|&end| after_text.of(end).exp()).sum();
        let ends_with_comma = (after_text.of(marks.comma) + after_comma.of(END)).exp();
        Ok(Some(words + (ends + ends_with_comma).ln()))
    }
}

/// The logarithm of the probability of one or the other.
fn either(one: f32, other: f32) -> f32 {
    let (less, more) = (one.min(other), one.max(other));
    if less == f32::NEG_INFINITY {
        more
    } else {
        more + (less - more).exp().ln_1p()
    }
}
