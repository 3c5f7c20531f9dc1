//! An electronic address, written or spelled out.

use super::{Found, Value};
use crate::{
    language::Tongue,
    words::{Joint, Utterance},
};

/// The address that was said.
pub(super) fn find(heard: &Utterance<'_>, tongue: Tongue) -> Option<Found> {
    let at = (1..heard.words().len()).find(|index| is_at_sign(heard, *index, tongue))?;
    // A written sign stands between words, a spoken one is a word.
    let written = heard.words()[at].joint == Joint::Tight('@');
    let (start, name) = name_before(heard, at, tongue)?;
    let (end, host) = host_from(heard, if written { at } else { at + 1 }, tongue)?;
    let address = format!("{name}@{host}");
    let well_formed = address.is_ascii()
        && address.len() <= 254
        && host.rsplit('.').next().is_some_and(|top| top.len() >= 2);
    well_formed.then_some(Found {
        value: Value::Email(address),
        words: start..end,
        certain: true,
    })
}

fn is_at_sign(heard: &Utterance<'_>, index: usize, tongue: Tongue) -> bool {
    let word = &heard.words()[index];
    if word.joint == Joint::Tight('@') {
        return true;
    }
    let spoken = match tongue {
        Tongue::English => word.text == "at",
        Tongue::Russian => matches!(word.text.as_str(), "собака" | "собачка" | "эт"),
    };
    // "At" is a common word: it is the sign only if a host follows.
    spoken && host_from(heard, index + 1, tongue).is_some()
}

/// The name before the sign: single letters and digits, and whatever is joined by dots, dashes and underscores.
fn name_before(heard: &Utterance<'_>, at: usize, tongue: Tongue) -> Option<(usize, String)> {
    let mut start = at - 1;
    let mut name = heard.free(start)?.to_owned();
    loop {
        if start == 0 {
            break;
        }
        let this = &heard.words()[start];
        let before = &heard.words()[start - 1];
        match this.joint {
            Joint::Tight(sign @ ('.' | '-' | '_' | '+')) => {
                name = format!("{}{sign}{name}", before.text);
                start -= 1;
                continue;
            }
            Joint::None => {
                name = format!("{}{name}", before.text);
                start -= 1;
                continue;
            }
            Joint::Space | Joint::Clause | Joint::Tight(_) => {}
        }
        if let Some(sign) = spoken_sign(&before.text, tongue)
            && start >= 2
        {
            name = format!("{}{sign}{name}", heard.words()[start - 2].text);
            start -= 2;
        } else if before.text.chars().count() == 1 && this.text.chars().count() == 1 {
            name = format!("{}{name}", before.text);
            start -= 1;
        } else {
            break;
        }
    }
    Some((start, name))
}

/// The host, which has at least one dot.
fn host_from(heard: &Utterance<'_>, start: usize, tongue: Tongue) -> Option<(usize, String)> {
    let mut host = heard.words().get(start)?.text.clone();
    let mut end = start + 1;
    let mut dots = 0;
    while let Some(word) = heard.words().get(end) {
        match word.joint {
            Joint::Tight(sign @ ('.' | '-')) => {
                host.push(sign);
                host.push_str(&word.text);
                dots += usize::from(sign == '.');
                end += 1;
            }
            Joint::None => {
                host.push_str(&word.text);
                end += 1;
            }
            Joint::Space | Joint::Clause | Joint::Tight(_) => {
                let Some(sign) = spoken_sign(&word.text, tongue).filter(|sign| *sign != '_') else {
                    break;
                };
                let Some(next) = heard.words().get(end + 1) else {
                    break;
                };
                host.push(sign);
                host.push_str(&next.text);
                dots += usize::from(sign == '.');
                end += 2;
            }
        }
    }
    (dots > 0).then_some((end, host))
}

fn spoken_sign(word: &str, tongue: Tongue) -> Option<char> {
    match (tongue, word) {
        (Tongue::English, "dot") | (Tongue::Russian, "точка") => Some('.'),
        (Tongue::English, "dash" | "hyphen") | (Tongue::Russian, "дефис" | "тире" | "минус") => {
            Some('-')
        }
        (Tongue::English, "underscore") | (Tongue::Russian, "подчеркивание") => Some('_'),
        (Tongue::English | Tongue::Russian, _) => None,
    }
}

/// An address as one says it.
pub(super) fn spoken(address: &str, tongue: Tongue) -> String {
    let (at, dot) = match tongue {
        Tongue::English => (" at ", " dot "),
        Tongue::Russian => (" собака ", " точка "),
    };
    address.replace('@', at).replace('.', dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_written_and_spelled_out() {
        let email = |text, tongue| find(&Utterance::new(text), tongue).map(|found| found.value.record());
        let cases = [
            ("It's ada.lovelace@example.com.", "ada.lovelace@example.com"),
            ("ada dot lovelace at example dot com", "ada.lovelace@example.com"),
            (
                "my address is A D A at mail dot example dot org",
                "ada@mail.example.org",
            ),
            ("ada1815@example.co.uk", "ada1815@example.co.uk"),
        ];
        for (text, address) in cases {
            assert_eq!(email(text, Tongue::English).as_deref(), Some(address), "{text}");
        }
        assert_eq!(
            email("ada собака example точка ru", Tongue::Russian).as_deref(),
            Some("ada@example.ru")
        );
        assert_eq!(email("See you at three", Tongue::English), None);
    }
}
