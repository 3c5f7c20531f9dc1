//! Words that tell how a call went, when nothing better does.

use super::{Outcome, Verdict};

/// Words and phrases of one language. They are compared as whole words, without case and punctuation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lexicon {
    /// Signs of agreement.
    pub agreement: Vec<String>,
    /// Signs of refusal. One of them outweighs all politeness: "thank you, I am not interested" is a refusal.
    pub refusal: Vec<String>,
    /// What answering machines say.
    pub machine: Vec<String>,
    /// Words that turn an agreement right behind them into a refusal.
    pub negation: Vec<String>,
}

impl Lexicon {
    /// Russian.
    pub fn russian() -> Self {
        Self {
            agreement: list(&[
                "спасибо",
                "отлично",
                "хорошо",
                "договорились",
                "записал",
                "записала",
                "подтверждаю",
                "согласен",
                "согласна",
            ]),
            refusal: list(&[
                "не интересно",
                "не нужно",
                "не надо",
                "не хочу",
                "откажусь",
                "не звоните",
                "удалите",
                "отстаньте",
            ]),
            machine: list(&["оставьте сообщение", "после сигнала", "голосовая почта"]),
            negation: list(&["не", "ни"]),
        }
    }

    /// English.
    pub fn english() -> Self {
        Self {
            agreement: list(&[
                "thanks",
                "thank you",
                "great",
                "perfect",
                "agreed",
                "confirmed",
                "deal",
                "recorded",
            ]),
            refusal: list(&[
                "not interested",
                "no thanks",
                "no thank you",
                "don t want",
                "do not want",
                "stop calling",
                "don t call",
                "do not call",
                "remove me",
            ]),
            machine: list(&["leave a message", "after the tone", "after the beep", "voicemail"]),
            negation: list(&["not", "no", "never", "don t"]),
        }
    }

    /// What the words say, if they say anything: an answering machine 0.9; else the number of signs `n` gives
    /// `0.6 + 0.1·n`, at most 0.95.
    pub(super) fn verdict(&self, said: &str) -> Option<Verdict> {
        let said = normalised(said);
        let count = |phrases: &[String]| phrases.iter().filter(|phrase| has(&said, phrase)).count();
        if count(&self.machine) > 0 {
            return Some(Verdict::new(
                Outcome::Voicemail,
                0.9,
                "an answering machine's words",
            ));
        }
        let negated = self
            .agreement
            .iter()
            .filter(|word| self.is_negated(&said, word))
            .count();
        let refusals = count(&self.refusal) + negated;
        if refusals > 0 {
            return Some(Verdict::new(
                Outcome::Fail,
                confidence(refusals),
                "words of refusal",
            ));
        }
        let agreements = count(&self.agreement);
        (agreements > 0).then(|| Verdict::new(Outcome::Success, confidence(agreements), "words of agreement"))
    }

    fn is_negated(&self, said: &str, word: &str) -> bool {
        self.negation
            .iter()
            .any(|negation| has(said, &format!("{negation} {word}")))
    }
}

fn confidence(signs: usize) -> f64 {
    (0.6 + 0.1 * signs as f64).min(0.95)
}

/// Lower case, words only, one space around each.
fn normalised(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.fold(String::from(" "), |text, word| text + word + " ")
}

fn has(normalised: &str, phrase: &str) -> bool {
    normalised.contains(&format!(" {phrase} "))
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
