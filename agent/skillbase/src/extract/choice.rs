//! One of several answers.

use super::{Found, Value};
use crate::{
    language::Tongue,
    schema::Choice,
    words::{Phrase, Utterance},
};

/// The possible answers with all words for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices(Vec<(String, Vec<Phrase>)>);

impl Choices {
    pub(crate) fn new(choices: &[Choice]) -> Self {
        let phrases = |choice: &Choice| {
            std::iter::once(&choice.value)
                .chain(&choice.synonyms)
                .map(|text| Phrase::new(text))
                .collect()
        };
        Self(
            choices
                .iter()
                .map(|choice| (choice.value.clone(), phrases(choice)))
                .collect(),
        )
    }

    /// The choice whose longest phrase was heard and not denied; of equals, the one that was said first.
    pub(crate) fn find(&self, heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
        let mut best: Option<(usize, Found)> = None;
        for index in 0..heard.words().len() {
            for (value, phrases) in &self.0 {
                for phrase in phrases {
                    let Some(end) = phrase.end_at(heard, index) else {
                        continue;
                    };
                    let better = best.as_ref().is_none_or(|(weight, _)| phrase.weight() > *weight);
                    if better && !heard.is_negated(index, tongue) {
                        let value = Value::Choice(value.clone());
                        best = Some((
                            phrase.weight(),
                            Found {
                                value,
                                words: index..end,
                                certain: true,
                            },
                        ));
                    }
                }
            }
        }
        best.map(|(_, found)| found)
    }
}
