//! What the services cost.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{CallUsage, Money, MoneyError, Tokens};

const MS_PER_MINUTE: u64 = 60_000;

/// A price: an amount that is not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Price(Money);

impl Price {
    /// The amount.
    pub const fn amount(self) -> Money {
        self.0
    }

    fn from_money(amount: Money) -> Result<Self, MoneyError> {
        if amount < Money::ZERO {
            return Err(MoneyError::Negative(amount.to_string()));
        }
        Ok(Self(amount))
    }
}

impl FromStr for Price {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::from_money(text.parse()?)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_money(Money::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Prices by service, as settings give them. A service is looked up by its whole name (`groq/llama-3.1-8b-instant`), then
/// by what stands before the slash (`groq`).
///
/// The default holds public list prices for the services that the product began with, and zero for those that run on the
/// machine itself. Whoever pays other prices writes them into the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceTable {
    /// The currency of all prices, as ISO 4217.
    pub currency: String,
    /// Recognition, per minute of sound.
    pub stt_per_minute: BTreeMap<String, Price>,
    /// Models, per million tokens.
    pub llm_per_million_tokens: BTreeMap<String, LlmPrice>,
    /// Voices, per thousand characters.
    pub tts_per_thousand_characters: BTreeMap<String, Price>,
    /// The room, per minute of the call.
    pub room_per_minute: Price,
}

/// What a model's tokens cost, per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LlmPrice {
    /// Of the questions.
    pub input: Price,
    /// Of the questions' cached part; the same as `input` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<Price>,
    /// Of the answers.
    pub output: Price,
}

impl Default for PriceTable {
    fn default() -> Self {
        let free = Price::default();
        let nanos = |nanos| Price(Money::from_nanos(nanos));
        let llm = |input, output| LlmPrice {
            input,
            cached_input: None,
            output,
        };
        let named = |name: &str, price| (name.to_owned(), price);
        Self {
            currency: "USD".to_owned(),
            // 0.0043 a minute.
            stt_per_minute: [named("offline", free), named("deepgram", nanos(4_300_000))].into(),
            // 0.05 in, 0.08 out.
            llm_per_million_tokens: [
                ("flow".to_owned(), LlmPrice::default()),
                ("groq".to_owned(), llm(nanos(50_000_000), nanos(80_000_000))),
            ]
            .into(),
            // 0.015 a thousand characters.
            tts_per_thousand_characters: [named("offline", free), named("cartesia", nanos(15_000_000))]
                .into(),
            // 0.004 a minute at LiveKit's cloud; a server of one's own costs nothing by the minute.
            room_per_minute: free,
        }
    }
}

/// What a call cost. `total` is the sum of the four parts, exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCost {
    /// Currency of the amounts, as ISO 4217.
    pub currency: String,
    /// Recognition.
    pub stt: Money,
    /// Language model.
    pub llm: Money,
    /// Voice.
    pub tts: Money,
    /// Room.
    pub livekit: Money,
    /// All of it.
    pub total: Money,
    /// Services that were used but have no price: the true cost is higher. Empty when all is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced: Vec<String>,
}

impl PriceTable {
    /// What `usage` costs: recognition `minutes × price`, model `tokens / 10⁶ × price` for questions and answers, voice
    /// `characters / 10³ × price`, room `minutes × price`.
    ///
    /// Each product is rounded once, to the billionth, half to even. Nothing is rounded to four places on the way, so a
    /// call of 500 tokens costs what it costs and not nothing, and the sum of many calls is not biased upwards.
    pub fn cost(&self, usage: &CallUsage) -> CallCost {
        let mut unpriced = Vec::new();
        let mut stt = Money::ZERO;
        for (service, ms) in &usage.stt_ms {
            match look_up(&self.stt_per_minute, service) {
                Some(price) => stt += price.0.times(*ms, MS_PER_MINUTE),
                None => unpriced.push(format!("stt {service}")),
            }
        }
        let mut llm = Money::ZERO;
        for (service, tokens) in &usage.llm {
            match look_up(&self.llm_per_million_tokens, service) {
                Some(price) => llm += price.of(*tokens),
                None => unpriced.push(format!("llm {service}")),
            }
        }
        let mut tts = Money::ZERO;
        for (service, characters) in &usage.tts_characters {
            match look_up(&self.tts_per_thousand_characters, service) {
                Some(price) => tts += price.0.times(*characters, 1_000),
                None => unpriced.push(format!("tts {service}")),
            }
        }
        let livekit = self.room_per_minute.0.times(usage.room_ms, MS_PER_MINUTE);
        let total = stt + llm + tts + livekit;
        CallCost {
            currency: self.currency.clone(),
            stt,
            llm,
            tts,
            livekit,
            total,
            unpriced,
        }
    }
}

impl LlmPrice {
    fn of(self, tokens: Tokens) -> Money {
        const MILLION: u64 = 1_000_000;
        let cached = tokens.cached.min(tokens.input);
        self.input.0.times(tokens.input - cached, MILLION)
            + self.cached_input.unwrap_or(self.input).0.times(cached, MILLION)
            + self.output.0.times(tokens.output, MILLION)
    }
}

fn look_up<P: Copy>(prices: &BTreeMap<String, P>, service: &str) -> Option<P> {
    let family = service.split('/').next().unwrap_or(service);
    prices.get(service).or_else(|| prices.get(family)).copied()
}
