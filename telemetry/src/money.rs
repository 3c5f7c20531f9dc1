//! Money without floats.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Billionths in one unit of the currency.
const UNIT: i64 = 1_000_000_000;

/// An amount in whole billionths of a currency unit.
///
/// Nine places because prices are quoted per million tokens: one token at 0.05 a million costs 0.00000005, and it must not
/// vanish. Written as a decimal with all nine places, in JSON as a string, so that no reader makes a float of it unasked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It is not a decimal number.
    #[error("`{0}` is not an amount: write a decimal such as 0.0043")]
    NotDecimal(String),
    /// It has more than nine places.
    #[error("`{0}` has more than nine decimal places")]
    TooFine(String),
    /// It is beyond nine billion.
    #[error("`{0}` is too large an amount")]
    TooLarge(String),
    /// It is less than nothing, where that makes no sense.
    #[error("`{0}` is negative: a price cannot be")]
    Negative(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `nanos` billionths.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The amount in billionths.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// This amount times `count / per`, rounded once, half to even, so that no direction is favoured; the largest amount
    /// there is when the result is beyond it.
    pub fn times(self, count: u64, per: u64) -> Self {
        let (count, per) = (i128::from(count), i128::from(per.max(1)));
        let product = i128::from(self.0).saturating_mul(count);
        let (whole, rest) = (product.div_euclid(per), product.rem_euclid(per));
        let up = match (rest * 2).cmp(&per) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        let limit = if product < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(whole + up).unwrap_or(limit))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        write!(
            f,
            "{sign}{}.{:09}",
            nanos / UNIT.unsigned_abs(),
            nanos % UNIT.unsigned_abs()
        )
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let (sign, digits) = match trimmed.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, trimmed),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !numeric(whole) || !numeric(fraction) {
            return Err(MoneyError::NotDecimal(text.to_owned()));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 9 {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        format!("{whole}{fraction:0<9}")
            .parse::<i64>()
            .map(|nanos| Self(sign * nanos))
            .map_err(|_| MoneyError::TooLarge(text.to_owned()))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    /// Takes a decimal as text or as a number. A number is read by its shortest decimal spelling, which is what the author
    /// of the settings typed.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Decimal;
        impl de::Visitor<'_> for Decimal {
            type Value = Money;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal amount")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Decimal)
    }
}
