//! Yes or no.

use crate::{
    language::Tongue,
    words::{Joint, Utterance},
};

/// What a word says by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaning {
    /// Agreement whose denial is a refusal: "not right".
    Yes,
    /// Agreement whose denial is doubt: "not sure".
    Certainly,
    No,
}

/// Whether the caller agreed; nothing if neither was said.
pub(crate) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<bool> {
    let agreed_in_spite: &[&[&str]] = match tongue {
        Tongue::English => &[
            &["no", "problem"],
            &["no", "worries"],
            &["that's", "right"],
            &["that's", "correct"],
            &["that", "is", "right"],
            &["that", "is", "correct"],
            &["why", "not"],
        ],
        Tongue::Russian => &[
            &["все", "верно"],
            &["все", "правильно"],
            &["не", "против"],
            &["почему", "бы", "и", "нет"],
        ],
    };
    for words in agreed_in_spite {
        if heard
            .position(words)
            .is_some_and(|at| !heard.is_negated(at, tongue) || words[0] == "no" || words[0] == "не")
        {
            return Some(true);
        }
    }
    // "Да нет" is a no, "yeah, no" too.
    let refused_in_spite: &[&[&str]] = match tongue {
        Tongue::English => &[&["yeah", "no"], &["yes", "but", "no"]],
        Tongue::Russian => &[&["да", "нет"]],
    };
    if refused_in_spite.iter().any(|words| {
        heard
            .position(words)
            .is_some_and(|at| heard.words()[at + 1].joint != Joint::Clause || tongue == Tongue::English)
    }) {
        return Some(false);
    }
    for (index, word) in heard.words().iter().enumerate() {
        let Some(leaning) = leaning(&word.text, tongue) else {
            continue;
        };
        match (leaning, heard.is_negated(index, tongue)) {
            (Leaning::No, _) | (Leaning::Yes, true) => return Some(false),
            (Leaning::Yes | Leaning::Certainly, false) => return Some(true),
            (Leaning::Certainly, true) => {}
        }
    }
    None
}

/// Whether there is nothing in it but a yes or a no and the words that go with it: "yes, that is right", "no, thank you".
pub(crate) fn is_mere(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    let (companions, unfinished): (&[&str], &[&str]) = match tongue {
        Tongue::English => (
            &[
                "ahead", "all", "am", "do", "does", "go", "i", "is", "it", "it's", "just", "much", "not",
                "of", "oh", "problem", "quite", "so", "sounds", "thank", "thanks", "that", "that'll",
                "that's", "very", "well", "will", "worries", "you",
            ],
            &[
                "i", "it's", "just", "of", "oh", "quite", "so", "that's", "that'll", "very", "well",
            ],
        ),
        Tongue::Russian => (
            &[
                "большое",
                "бы",
                "вам",
                "все",
                "вполне",
                "меня",
                "мне",
                "не",
                "ну",
                "очень",
                "против",
                "спасибо",
                "это",
                "я",
                "пожалуйста",
            ],
            &[
                "бы",
                "большое",
                "вполне",
                "меня",
                "мне",
                "не",
                "ну",
                "очень",
                "это",
                "я",
            ],
        ),
    };
    let mere = |text: &str| leaning(text, tongue).is_some() || companions.contains(&text);
    find(heard, tongue).is_some()
        && heard.words().iter().all(|word| mere(&word.text))
        && heard
            .words()
            .last()
            .is_some_and(|last| !unfinished.contains(&last.text.as_str()))
}

fn leaning(word: &str, tongue: Tongue) -> Option<Leaning> {
    use Leaning::{Certainly, No, Yes};
    let leaning = match tongue {
        Tongue::English => match word {
            "yes" | "yeah" | "yep" | "yup" | "yah" | "ya" | "aye" | "sure" | "certainly" | "definitely"
            | "absolutely" | "exactly" | "indeed" | "please" => Certainly,
            "correct" | "right" | "ok" | "okay" | "good" | "great" | "fine" | "perfect" | "true"
            | "agreed" | "works" | "course" | "alright" => Yes,
            "no" | "nope" | "nah" | "wrong" | "incorrect" | "false" | "never" => No,
            _ => return None,
        },
        Tongue::Russian => match word {
            "да"
            | "ага"
            | "угу"
            | "конечно"
            | "точно"
            | "именно"
            | "безусловно"
            | "пожалуй"
            | "давайте"
            | "давай" => Certainly,
            "верно"
            | "правильно"
            | "хорошо"
            | "согласен"
            | "согласна"
            | "подходит"
            | "устраивает"
            | "ладно"
            | "ок"
            | "окей"
            | "отлично"
            | "прекрасно"
            | "можно"
            | "так" => Yes,
            "нет" | "неа" | "неверно" | "неправильно" | "ошибка" | "ошиблись" | "никак" | "нельзя" => {
                No
            }
            _ => return None,
        },
    };
    Some(leaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_told_apart_in_many_words() {
        let english = |text| find(&Utterance::new(text), Tongue::English);
        for text in [
            "Yes.",
            "yeah that's right",
            "Sure!",
            "No problem",
            "That sounds good",
            "Okay, book it",
            "why not",
        ] {
            assert_eq!(english(text), Some(true), "{text}");
        }
        for text in [
            "No.",
            "nope",
            "That's not right",
            "No, that's wrong",
            "it isn't correct",
            "yeah no",
        ] {
            assert_eq!(english(text), Some(false), "{text}");
        }
        for text in ["I'm not sure", "hmm", "Tuesday"] {
            assert_eq!(english(text), None, "{text}");
        }
        let russian = |text| find(&Utterance::new(text), Tongue::Russian);
        for text in [
            "Да",
            "Ага, всё верно",
            "Хорошо",
            "Нет, всё правильно",
            "Я не против",
        ] {
            assert_eq!(russian(text), Some(true), "{text}");
        }
        for text in ["Нет", "Не верно", "неправильно", "да нет", "Мне не подходит"]
        {
            assert_eq!(russian(text), Some(false), "{text}");
        }
        assert_eq!(russian("Не знаю"), None);
    }
}
