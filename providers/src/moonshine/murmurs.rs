//! What people say while they listen: "uh-huh", "okay", "right".
//!
//! The network was taught whole sentences. Of a lone sound of half a second it makes whichever word comes to its mind:
//! "uh-huh" becomes "But her." or "Bye-bye!", "okay" becomes "Don't it?". But it is not far from the truth: asked how likely
//! it thinks "uh-huh" itself, it finds that almost as likely; of another word it finds it much less so. So where a listener's
//! sound is to be expected, while somebody else is speaking, one that fits about as well as the likeliest text is taken
//! instead ([`SURE`]), and of one that fits somewhat less it is said beside the text that it may be one ([`DOUBT`]): so the
//! caller's words are kept, and the agent speaks on.
//!
//! How much less likely it may be weighs the agent's peace against the caller's interruptions of one short word. Through the
//! codec, in four made voices three times each, "aha", "okay", "right", "yeah", "I see" and "sure" were always heard as one
//! or as perhaps one, "uh" 11 times of 12, "uh-huh", "oh" and "um" 10. So were of recorded prompts of a human voice (single
//! words, digits, letters, names) 102 of 675, of which 25 lost their text; of made words of one syllable that ask for nothing,
//! such as "red" or "noon", 197 of 480 (30); of those of two, such as "Monday", 14 of 264 (1); of "stop", "wait", "no" and
//! "help" none of 48, though half of one voice's were misheard ("stuck"): [`ORDERS`].
//!
//! While the voice goes on, only what would be taken for a murmur if it ended there is told to be one; so a drawn-out "I see"
//! need not be waited for. Through the codec, 500 ms after the onset, 55 of 64 drawn-out made murmurs were, and none of 146
//! sentences, recorded and made (two of three that begin with "yeah" or the like were; what follows was known 100–250 ms later).

use super::tokens::Tokens;

/// What listeners say, as the network writes it.
const MURMURS: [&str; 22] = [
    "Uh-huh", "Uh, huh", "Ah-ha", "Aha", "Ah, ah", "Ah, huh", "Mm-hmm", "Mhm", "Hmm", "Hm", "Mm", "Ah", "Oh",
    "Uh", "Um", "Huh", "Okay", "Ok", "Right", "Yeah", "Sure", "I see",
];
/// Words that ask for something, also among others: a text with one is believed, however much it sounds like a murmur.
const CALLS: [&str; 10] = [
    "agent", "help", "hold", "human", "listen", "operator", "person", "please", "stop", "wait",
];
/// What is said to silence somebody, as the network writes it: a sound that fits one of these better than any murmur is none,
/// whichever word is the likeliest.
const ORDERS: [&str; 5] = ["Stop", "Wait", "Hold on", "Help", "Please"];
/// Words that mean something when they are said alone ("hey" sounds like "okay").
const WORDS: [&str; 30] = [
    "bye", "eight", "five", "four", "hello", "hey", "hi", "how", "much", "never", "nine", "no", "nope",
    "not", "one", "quiet", "seven", "six", "sorry", "ten", "three", "two", "what", "when", "where", "which",
    "who", "why", "yes", "zero",
];
/// What listeners say that the network writes as it is: a text that is nothing else is one.
const PHRASES: [&str; 4] = ["alright", "all right", "got it", "of course"];
/// How much less likely than the likeliest text all murmurs together may be to be taken instead, as the difference of
/// natural logarithms …
pub(super) const SURE: f32 = 1.5;
/// … and, if that text is as short as they are, to be possible.
const DOUBT: f32 = 6.5;
/// Longer sound, in samples, is no murmur: 0.9 s, and the margins that are decoded with it.
pub(super) const LONGEST: usize = 20_800;
/// Marks after which nothing follows.
const ENDS: [&str; 3] = [".", "!", "?"];

/// How much a sound is like a murmur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Not at all.
    #[default]
    Words,
    /// So much that it is possible.
    Perhaps,
    /// So much that the murmur is taken instead of the words.
    Murmur,
}

/// The murmurs in tokens.
pub(super) struct Murmurs {
    pub(super) all: Vec<Murmur>,
    /// What a sound may fit better.
    pub(super) orders: Vec<Murmur>,
    /// Marks that end a text.
    pub(super) ends: Vec<usize>,
    /// The one that does not.
    pub(super) comma: usize,
}

pub(super) struct Murmur {
    pub(super) text: &'static str,
    pub(super) tokens: Vec<usize>,
}

impl Murmurs {
    /// None that the alphabet cannot spell.
    pub(super) fn new(tokens: &Tokens) -> Self {
        let spelling = tokens.spelling();
        let murmur = |&text| {
            let tokens = spelling.of(text)?;
            Some(Murmur { text, tokens })
        };
        let ends = ENDS.iter().filter_map(|mark| spelling.sign(mark));
        let comma = spelling.sign(",");
        let spelt = |texts: &'static [&'static str]| {
            let texts = texts.iter().filter(|_| comma.is_some());
            texts.filter_map(murmur).collect()
        };
        Self {
            ends: ends.collect(),
            all: spelt(&MURMURS),
            orders: spelt(&ORDERS),
            comma: comma.unwrap_or_default(),
        }
    }
}

/// How much less likely than this text murmurs may be to be possible; `None` for one that asks for something.
pub(super) fn margin(text: &str) -> Option<f32> {
    let margin = if is_short(text) { DOUBT } else { SURE };
    (!asks(text)).then_some(margin)
}

/// Whether a text is one that listeners say, and the network writes as it is.
pub(super) fn is_phrase(text: &str) -> bool {
    PHRASES.contains(&&*words(text).join(" "))
}

/// Whether a text asks for something.
fn asks(text: &str) -> bool {
    let words = words(text);
    words.iter().any(|word| CALLS.contains(&&**word))
        || matches!(&words[..], [word] if WORDS.contains(&&**word))
}

/// Whether a text is as short as murmurs are: of two syllables at most, counted by their vowels.
fn is_short(text: &str) -> bool {
    let syllables = |word: &String| {
        let sounded = match word.strip_suffix('e') {
            Some(rest) if rest.len() > 1 && !word.ends_with("le") => rest,
            _ => word,
        };
        let vowel = |c| "aeiouy".contains(c);
        sounded
            .split(|c| !vowel(c))
            .filter(|run| !run.is_empty())
            .count()
            .max(1)
    };
    words(text).iter().map(syllables).sum::<usize>() <= 2
}

/// The words of a text in small letters, without marks.
fn words(text: &str) -> Vec<String> {
    let letters = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphabetic());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    text.split_whitespace().map(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_something_is_no_murmur() {
        for text in ["No,", "A human.", "Hold on,", "HEY!"] {
            assert!(asks(text), "{text}");
        }
        for text in ["", "But her.", "Oh, no.", "Notice", "Uh-huh."] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn what_listeners_say_is_known_as_a_whole() {
        assert!(is_phrase("All right,") && is_phrase("Got it!"));
        assert!(!is_phrase("All right, then") && !is_phrase("It") && !is_phrase(""));
    }

    #[test]
    fn murmurs_have_two_syllables_at_most() {
        for text in ["Uh-huh.", "But her.", "Price", "You see", "Table", "Hm,"] {
            assert!(is_short(text), "{text}");
        }
        for text in ["On Friday.", "Remember,", "Tomorrow", "Any time"] {
            assert!(!is_short(text), "{text}");
        }
    }
}
