//! What callers say when something went wrong: they ask back, or take back what they said.

use crate::{language::Tongue, words::Utterance};

/// Whether the caller did not hear.
pub(super) fn asks_to_repeat(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    const LONGEST: usize = 8;
    let words: Vec<&str> = heard.words().iter().map(|word| word.text.as_str()).collect();
    let (alone, anywhere): (&[&[&str]], &[&[&str]]) = match tongue {
        Tongue::English => (
            &[
                &["sorry"],
                &["pardon"],
                &["what"],
                &["what", "was", "that"],
                &["excuse", "me"],
                &["repeat"],
            ],
            &[
                &["say", "that", "again"],
                &["say", "it", "again"],
                &["repeat", "that"],
                &["repeat", "the", "question"],
                &["come", "again"],
                &["what", "did", "you", "say"],
                &["didn't", "hear"],
                &["can't", "hear"],
            ],
        ),
        Tongue::Russian => (
            &[
                &["что"],
                &["простите"],
                &["а"],
                &["чего"],
                &["не", "понял"],
                &["не", "поняла"],
            ],
            &[
                &["повторите"],
                &["еще", "раз"],
                &["что", "вы", "сказали"],
                &["не", "расслышал"],
                &["не", "расслышала"],
                &["не", "слышу"],
                &["плохо", "слышно"],
            ],
        ),
    };
    let any = anywhere.iter().any(|phrase| heard.position(phrase).is_some());
    alone.contains(&words.as_slice()) || (words.len() <= LONGEST && any)
}

/// Whether the caller takes something back or changes it.
pub(super) fn has_correction(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    heard.words().iter().any(|word| match tongue {
        Tongue::English => matches!(
            word.text.as_str(),
            "no" | "not"
                | "sorry"
                | "actually"
                | "instead"
                | "rather"
                | "change"
                | "make"
                | "move"
                | "mean"
                | "wait"
        ),
        Tongue::Russian => {
            matches!(
                word.text.as_str(),
                "нет" | "не" | "простите" | "точнее" | "вернее" | "лучше" | "давайте" | "стоп"
            ) || ["измен", "поменя", "перенес", "исправ"]
                .iter()
                .any(|stem| word.text.starts_with(stem))
        }
    })
}
