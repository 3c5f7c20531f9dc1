//! What people say while they listen: "uh-huh", "okay", "right".
//!
//! The network was taught whole sentences. Of a lone sound of half a second it makes whichever word comes to its mind:
//! "uh-huh" becomes "But her." or "Bye-bye!", "okay" becomes "Don't it?". But it is not far from the truth: asked how likely
//! it thinks "uh-huh" itself, it finds that almost as likely; of another word it finds it much less so. So where a listener's
//! sound is to be expected, while somebody else is speaking, one that fits almost as well as the likeliest text is taken.
//!
//! Of 15 such sounds in eleven made voices each, 135 of 165 were heard as what they are, instead of 104; what remains are
//! mostly voices that read "mm-hm" letter by letter. Of 24 short words in the same voices, 14 of 264 were taken for one,
//! 13 of them misheard anyway.

use super::tokens::Tokens;

/// What listeners say, as the network writes it.
const MURMURS: [&str; 22] = [
    "Uh-huh", "Uh, huh", "Ah-ha", "Aha", "Ah, ah", "Ah, huh", "Mm-hmm", "Mhm", "Hmm", "Hm", "Mm", "Ah", "Oh",
    "Uh", "Um", "Huh", "Okay", "Ok", "Right", "Yeah", "Sure", "I see",
];
/// Words that are said alone and mean something. They are believed, however much they sound like a murmur ("hey", "okay").
const WORDS: [&str; 33] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "bye", "hello",
    "help", "hey", "hi", "how", "listen", "never", "no", "nope", "not", "please", "quiet", "sorry", "stop",
    "wait", "what", "when", "where", "who", "why", "yes",
];
/// How much less likely than the likeliest text all murmurs together may be, as the difference of natural logarithms.
pub(super) const MARGIN: f32 = 3.1;
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

/// Whether a text is one word that means something by itself.
pub(super) fn is_word(text: &str) -> bool {
    let letters: String = text
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    WORDS.contains(&&*letters)
}
