//! A number, such as how many people come.

use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{Joint, Utterance, cardinal_at},
};

/// The first number that was said.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
    (0..heard.words().len()).find_map(|index| {
        let (whole, length) = cardinal_at(heard, index, tongue)?;
        let end = index + length;
        let fraction = fraction_at(heard, end);
        let number = match fraction {
            Some(digits) => format!("{whole}.{digits}").parse().ok()?,
            None => f64::from(whole),
        };
        let words = index..end + usize::from(fraction.is_some());
        Some(Found {
            value: Value::Number(number),
            words,
            certain: false,
        })
    })
}

/// The digits after a decimal sign.
fn fraction_at<'h>(heard: &'h Utterance<'_>, index: usize) -> Option<&'h str> {
    let word = heard.words().get(index)?;
    let digits =
        matches!(word.joint, Joint::Tight('.' | ',')) && word.text.chars().all(|c| c.is_ascii_digit());
    (digits && word.text.len() < 10).then_some(word.text.as_str())
}
