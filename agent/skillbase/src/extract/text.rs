//! Free words, such as a name: what remains without lead-ins, hesitations and courtesies.

use std::ops::Range;

use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{Joint, Utterance, number_word},
};

/// Longest answer that is kept, in characters.
const LONGEST: usize = 300;

/// Words that lead in wherever they stand: what follows is the answer for certain.
fn certain_lead_ins(tongue: Tongue) -> &'static [&'static [&'static str]] {
    match tongue {
        Tongue::English => &[
            &["my", "name", "is"],
            &["my", "name's"],
            &["the", "name", "is"],
            &["the", "name's"],
            &["my", "full", "name", "is"],
            &["i", "am", "called"],
            &["i'm", "called"],
            &["you", "can", "call", "me"],
            &["call", "me"],
        ],
        Tongue::Russian => &[
            &["меня", "зовут"],
            &["зовут", "меня"],
            &["мое", "имя"],
            &["моя", "фамилия"],
            &["зовите", "меня"],
            &["обращайтесь", "ко", "мне"],
        ],
    }
}

/// Words that lead in only at the beginning.
fn lead_ins(tongue: Tongue) -> &'static [&'static [&'static str]] {
    match tongue {
        Tongue::English => &[
            &["this", "is"],
            &["it", "is"],
            &["it's"],
            &["i", "am"],
            &["i'm"],
            &["that", "is"],
            &["that's"],
        ],
        Tongue::Russian => &[&["это"], &["я"]],
    }
}

/// Hesitations and courtesies, at both ends.
fn is_filler(word: &str, tongue: Tongue) -> bool {
    match tongue {
        Tongue::English => matches!(
            word,
            "um" | "uh"
                | "er"
                | "erm"
                | "hmm"
                | "hm"
                | "ah"
                | "oh"
                | "well"
                | "so"
                | "yes"
                | "yeah"
                | "sure"
                | "okay"
                | "ok"
                | "hi"
                | "hello"
                | "please"
                | "thanks"
        ),
        Tongue::Russian => matches!(
            word,
            "э" | "ээ"
                | "эээ"
                | "эм"
                | "мм"
                | "ммм"
                | "ну"
                | "так"
                | "вот"
                | "да"
                | "хорошо"
                | "здравствуйте"
                | "алло"
                | "пожалуйста"
                | "спасибо"
        ),
    }
}

/// What the caller said, without what only surrounds it.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
    if is_no_answer(heard, tongue) {
        return None;
    }
    let (words, certain) = core(heard, tongue)?;
    let text: String = heard.written(words.clone()).chars().take(LONGEST).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(Found {
        value: Value::Text(text),
        words,
        certain,
    })
}

fn core(heard: &Utterance<'_>, tongue: Tongue) -> Option<(Range<usize>, bool)> {
    let all = heard.words().len();
    let mut start = 0;
    let mut certain = false;
    let after_lead_in = certain_lead_ins(tongue)
        .iter()
        .filter_map(|words| Some((heard.position(words)?, words.len())))
        .filter(|(at, length)| at + length < all)
        .min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)));
    let mut end = all;
    match after_lead_in {
        Some((at, length)) => {
            start = at + length;
            certain = true;
            // "My name is Ada, I would like to …": the answer ends where the next sentence begins.
            end = (start + 1..all)
                .find(|index| begins_sentence(heard, *index, tongue))
                .unwrap_or(all);
        }
        None => {
            if let Some(at) = certain_lead_ins(tongue)
                .iter()
                .find_map(|words| heard.position(words))
                .filter(|at| *at > 0)
            {
                // "Ада меня зовут".
                end = at;
            }
            start = skip_fillers(heard, start, end, tongue);
            if let Some(words) = lead_ins(tongue).iter().find(|words| heard.has_at(start, words)) {
                start += words.len();
            }
        }
    }
    start = skip_fillers(heard, start, end, tongue);
    if let Some(taken) = (start..end).find(|index| heard.free(*index).is_none()) {
        end = end_before(heard, start, taken, end, tongue);
    }
    if certain && is_judgement(&heard.words().get(start)?.text, tongue) {
        // "The name is wrong".
        return None;
    }
    while end > start {
        let word = heard.words()[end - 1].text.as_str();
        let self_reference =
            tongue == Tongue::English && matches!(word, "speaking" | "here") && end - start > 1;
        let thank_you = tongue == Tongue::English
            && word == "you"
            && end >= 2
            && heard.has_at(end - 2, &["thank", "you"]);
        if thank_you && end - 2 >= start {
            end -= 2;
        } else if self_reference || is_filler(word, tongue) {
            end -= 1;
        } else {
            break;
        }
    }
    (start < end).then_some((start..end, certain))
}

/// Where the answer ends if the word `taken` was read as something else: "Ada Lovelace, my number is …".
fn end_before(heard: &Utterance<'_>, start: usize, taken: usize, end: usize, tongue: Tongue) -> usize {
    let lead_outs: &[&[&str]] = match tongue {
        Tongue::English => &[
            &["and", "my"],
            &["my", "number"],
            &["my", "phone"],
            &["my", "email"],
            &["and", "i"],
        ],
        Tongue::Russian => &[
            &["и", "мой"],
            &["мой", "номер"],
            &["мой", "телефон"],
            &["телефон"],
            &["номер"],
        ],
    };
    let leads_out = |index: usize| {
        heard.words()[index].joint == Joint::Clause
            || lead_outs.iter().any(|words| heard.has_at(index, words))
    };
    let word = heard.words()[taken].text.as_str();
    let is_number = word.starts_with(|c: char| c.is_ascii_digit()) || number_word(word, tongue).is_some();
    match (start + 1..=taken).find(|index| leads_out(*index)) {
        Some(at) => at,
        None if is_number => taken,
        // "It has hurt since Tuesday": the day belongs to the answer.
        None => end,
    }
}

/// Whether a word says how something is, not what it is.
fn is_judgement(word: &str, tongue: Tongue) -> bool {
    match tongue {
        Tongue::English => matches!(
            word,
            "wrong" | "incorrect" | "not" | "right" | "correct" | "misspelled"
        ),
        Tongue::Russian => matches!(word, "неверно" | "неправильно" | "не" | "верно" | "правильно"),
    }
}

fn skip_fillers(heard: &Utterance<'_>, from: usize, to: usize, tongue: Tongue) -> usize {
    (from..to)
        .find(|index| !is_filler(&heard.words()[*index].text, tongue))
        .unwrap_or(to)
}

/// Whether a new sentence begins at a word: after a full stop, or with a word that begins one after a comma or "and".
fn begins_sentence(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> bool {
    let words = heard.words();
    let opens = |index: usize| {
        words.get(index).is_some_and(|word| match tongue {
            Tongue::English => {
                matches!(
                    word.text.as_str(),
                    "i" | "i'd" | "i'm" | "i've" | "i'll" | "my" | "can" | "could" | "how" | "what"
                ) || matches!(word.text.as_str(), "when" | "do" | "is" | "and" | "it's")
            }
            Tongue::Russian => {
                matches!(
                    word.text.as_str(),
                    "я" | "мне"
                        | "мой"
                        | "моя"
                        | "хочу"
                        | "можно"
                        | "как"
                        | "сколько"
                        | "и"
                        | "а"
                ) || ["хотел", "запиш", "подскаж", "скаж"]
                    .iter()
                    .any(|stem| word.text.starts_with(stem))
            }
        })
    };
    let before = &words[index - 1];
    if words[index].joint == Joint::Clause {
        let stop = heard.text()[before.place.end..]
            .trim_start_matches(' ')
            .starts_with(['.', '!', '?', ';']);
        return stop || opens(index);
    }
    matches!(words[index].text.as_str(), "and" | "и") && opens(index + 1)
}

/// Whether the caller only said that there is no answer, or asked back.
fn is_no_answer(heard: &Utterance<'_>, tongue: Tongue) -> bool {
    let phrases: &[&[&str]] = match tongue {
        Tongue::English => &[
            &["i", "don't", "know"],
            &["i", "do", "not", "know"],
            &["dunno"],
            &["not", "sure"],
            &["what"],
            &["sorry"],
            &["pardon"],
            &["hello"],
            &["hold", "on"],
            &["one", "moment"],
            &["just", "a", "moment"],
            &["wait"],
            &["no"],
            &["yes"],
        ],
        Tongue::Russian => &[
            &["не", "знаю"],
            &["что"],
            &["простите"],
            &["алло"],
            &["подождите"],
            &["минуту"],
            &["секунду"],
            &["нет"],
            &["да"],
        ],
    };
    let words: Vec<&str> = heard
        .words()
        .iter()
        .map(|word| word.text.as_str())
        .filter(|word| !is_filler(word, tongue))
        .collect();
    words.is_empty() || phrases.contains(&words.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(said: &str, tongue: Tongue) -> Option<String> {
        find(&Utterance::new(said), tongue).map(|found| found.value.record())
    }

    #[test]
    fn lead_ins_hesitations_and_courtesies_are_left_out() {
        for said in [
            "Ada Lovelace.",
            "My name is Ada Lovelace.",
            "Um, it's Ada Lovelace, thanks.",
            "Yes, hello, this is Ada Lovelace",
            "well my name's Ada Lovelace please",
            "Sure. My name is Ada Lovelace. I have a toothache.",
            "I'm Ada Lovelace, thank you.",
            "This is Ada Lovelace speaking.",
            "My name is Ada Lovelace, I'd like an appointment",
            "my name is Ada Lovelace and I have a toothache",
        ] {
            assert_eq!(
                text(said, Tongue::English).as_deref(),
                Some("Ada Lovelace"),
                "{said}"
            );
        }
        for said in [
            "Анна Петрова",
            "Меня зовут Анна Петрова.",
            "Ну, это Анна Петрова",
            "Анна Петрова меня зовут",
        ] {
            assert_eq!(
                text(said, Tongue::Russian).as_deref(),
                Some("Анна Петрова"),
                "{said}"
            );
        }
    }

    #[test]
    fn no_answer_is_not_taken_for_one() {
        for said in ["I don't know", "What?", "Um...", "Sorry?", "Hello?"] {
            assert_eq!(text(said, Tongue::English), None, "{said}");
        }
        assert_eq!(text("Не знаю", Tongue::Russian), None);
    }
}
