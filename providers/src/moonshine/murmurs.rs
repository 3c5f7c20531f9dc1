//! What people say while they listen: "uh-huh", "okay", "right".
//!
//! The network was taught whole sentences. Of a lone sound of half a second it makes whichever word comes to its mind:
//! "uh-huh" becomes "But her." or "Bye-bye!", "okay" becomes "Don't it?". But it is not far from the truth: asked how likely
//! it thinks "uh-huh" itself, it finds that almost as likely; of another word it finds it much less so. So where a listener's
//! sound is to be expected, while somebody else is speaking, one that fits almost as well as the likeliest text is taken.
//!
//! How much less likely it may be weighs the agent's peace against the caller's words. With [`MARGIN`], in eleven made voices,
//! three times each through the codec, "aha" was heard as such 32 times of 33, "uh-huh" 27, "I see" 32, "okay", "right" and
//! "yeah" always; of 120 other words of one syllable, such as "red" or "noon", 18 were taken for one. With half the margin
//! it was 30, 25, 31 and 8.

use super::tokens::Tokens;

/// What listeners say, as the network writes it.
const MURMURS: [&str; 22] = [
    "Uh-huh", "Uh, huh", "Ah-ha", "Aha", "Ah, ah", "Ah, huh", "Mm-hmm", "Mhm", "Hmm", "Hm", "Mm", "Ah", "Oh",
    "Uh", "Um", "Huh", "Okay", "Ok", "Right", "Yeah", "Sure", "I see",
];
/// Words that ask for something, also among others: a text with one is believed, however much it sounds like a murmur.
const CALLS: [&str; 11] = [
    "agent", "help", "hold", "human", "listen", "operator", "person", "please", "stop", "wait", "what",
];
/// Words that mean something when they are said alone ("hey" sounds like "okay").
const WORDS: [&str; 29] = [
    "bye", "eight", "five", "four", "hello", "hey", "hi", "how", "much", "never", "nine", "no", "nope",
    "not", "one", "quiet", "seven", "six", "sorry", "ten", "three", "two", "when", "where", "which", "who",
    "why", "yes", "zero",
];
/// How much less likely than the likeliest text all murmurs together may be, as the difference of natural logarithms.
pub(super) const MARGIN: f32 = 3.0;
/// A murmur that is less likely than they must be together by so much adds nothing.
pub(super) const TOO_LITTLE: f32 = 3.0;
/// Longer sound, in samples, is no murmur: 0.9 s, and the margins that are decoded with it.
pub(super) const LONGEST: usize = 20_800;
/// Marks after which nothing follows.
const ENDS: [&str; 3] = [".", "!", "?"];
/// The murmurs in tokens.
pub(super) struct Murmurs {
    pub(super) all: Vec<Murmur>,
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
        Self {
            ends: ends.collect(),
            all: MURMURS
                .iter()
                .filter(|_| comma.is_some())
                .filter_map(murmur)
                .collect(),
            comma: comma.unwrap_or_default(),
        }
    }
}

/// Whether a text asks for something.
pub(super) fn asks(text: &str) -> bool {
    let letters = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphabetic());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    let words: Vec<String> = text.split_whitespace().map(letters).collect();
    words.iter().any(|word| CALLS.contains(&&**word))
        || matches!(&words[..], [word] if WORDS.contains(&&**word))
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
}
