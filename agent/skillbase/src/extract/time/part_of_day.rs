//! Morning, afternoon, evening: with an hour, or instead of one.

use std::ops::Range;

use super::{is_hour_word, is_minute_word};
use crate::{
    language::Tongue,
    words::{Utterance, number_word, ordinal_word},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PartOfDay {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
}

impl PartOfDay {
    /// The part of the day that was said, with an hour or by itself.
    pub(super) fn said(heard: &Utterance<'_>, tongue: Tongue) -> Option<Self> {
        let half = (0..heard.words().len()).find_map(|index| {
            let after_number = index > 0
                && (heard.words()[index - 1].text.chars().all(|c| c.is_ascii_digit())
                    || number_word(&heard.words()[index - 1].text, tongue).is_some()
                    || is_hour_word(Some(&heard.words()[index - 1].text), tongue)
                    || is_minute_word(Some(&heard.words()[index - 1].text))
                    || ordinal_word(&heard.words()[index - 1].text, tongue).is_some());
            let word = heard.words()[index].text.as_str();
            match word {
                "am" if after_number => Some(PartOfDay::Morning),
                "pm" if after_number => Some(PartOfDay::Evening),
                "a" if after_number && heard.has_at(index + 1, &["m"]) => Some(PartOfDay::Morning),
                "p" if after_number && heard.has_at(index + 1, &["m"]) => Some(PartOfDay::Evening),
                "утра" if after_number => Some(PartOfDay::Morning),
                "дня" if after_number => Some(PartOfDay::Afternoon),
                "вечера" if after_number => Some(PartOfDay::Evening),
                "ночи" if after_number => Some(PartOfDay::Night),
                _ => None,
            }
        });
        half.or_else(|| Self::alone(heard, tongue).map(|(part, _)| part))
    }

    /// A part of the day that stands by itself, and where.
    pub(super) fn alone(heard: &Utterance<'_>, tongue: Tongue) -> Option<(Self, Range<usize>)> {
        (0..heard.words().len()).find_map(|index| {
            let part = match (tongue, heard.free(index)?) {
                (Tongue::English, "morning") | (Tongue::Russian, "утром" | "утро" | "утра") => {
                    PartOfDay::Morning
                }
                (Tongue::English, "lunch" | "lunchtime") | (Tongue::Russian, "обед" | "обеда" | "обеду") => {
                    PartOfDay::Noon
                }
                (Tongue::English, "afternoon") | (Tongue::Russian, "днем" | "день" | "дня") => {
                    PartOfDay::Afternoon
                }
                (Tongue::English, "evening" | "tonight")
                | (Tongue::Russian, "вечером" | "вечер" | "вечера") => PartOfDay::Evening,
                (Tongue::English, "night") | (Tongue::Russian, "ночью" | "ночи") => PartOfDay::Night,
                (Tongue::English | Tongue::Russian, _) => return None,
            };
            // "Good morning" and "добрый день" are greetings.
            let greeting = index > 0
                && matches!(
                    heard.words()[index - 1].text.as_str(),
                    "good" | "добрый" | "доброе" | "доброго" | "каждый"
                );
            let denied = heard.is_negated(index, tongue);
            (!greeting && !denied).then_some((part, index..index + 1))
        })
    }
}
