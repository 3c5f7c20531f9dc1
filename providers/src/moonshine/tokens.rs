//! The alphabet of the network: pieces of text, by number.

use std::collections::HashMap;

/// The table of all pieces.
pub(super) struct Tokens(Vec<Vec<u8>>);

/// How the alphabet writes a space.
const SPACE: &str = "\u{2581}";

impl Tokens {
    /// Reads the table: for each token its length (one byte, or two from 128 on) and its bytes.
    pub(super) fn read(mut file: &[u8]) -> Self {
        let mut tokens = Vec::new();
        while let Some((len, rest)) = token_len(file) {
            let (token, rest) = rest.split_at(len.min(rest.len()));
            tokens.push(token.to_vec());
            file = rest;
        }
        Self(tokens)
    }

    /// The text that tokens make.
    pub(super) fn text(&self, tokens: &[usize]) -> String {
        let pieces = tokens.iter().filter_map(|&token| self.0.get(token));
        let bytes: Vec<u8> = pieces.flatten().copied().collect();
        String::from_utf8_lossy(&bytes)
            .replace(SPACE, " ")
            .trim()
            .to_owned()
    }

    /// For finding the tokens of texts.
    pub(super) fn spelling(&self) -> Spelling<'_> {
        // Single bytes come first in the table, as a way out for signs that have no piece; the letter of the same byte
        // comes later, and is meant.
        let numbers = self.0.iter().enumerate();
        Spelling(
            numbers
                .map(|(number, piece)| (piece.as_slice(), number))
                .collect(),
        )
    }
}

/// The numbers of the pieces.
pub(super) struct Spelling<'a>(HashMap<&'a [u8], usize>);

impl Spelling<'_> {
    /// The tokens of a text, as the network was taught to cut it: from single letters, the pair whose union has the lowest
    /// number is joined first. `None` when a letter has no number.
    pub(super) fn of(&self, text: &str) -> Option<Vec<usize>> {
        let spelled = format!("{SPACE}{}", text.replace(' ', SPACE));
        let mut pieces: Vec<Vec<u8>> = spelled.chars().map(|c| c.to_string().into_bytes()).collect();
        loop {
            let joined = pieces.windows(2).enumerate().filter_map(|(place, pair)| {
                let number = self.0.get(pair.concat().as_slice())?;
                Some((number, place))
            });
            let Some((_, place)) = joined.min() else { break };
            let second = pieces.remove(place + 1);
            pieces[place].extend(second);
        }
        let numbers = pieces.iter().map(|piece| self.0.get(piece.as_slice()).copied());
        numbers.collect()
    }

    /// The number of a sign that follows a word without a space.
    pub(super) fn sign(&self, sign: &str) -> Option<usize> {
        self.0.get(sign.as_bytes()).copied()
    }
}

fn token_len(file: &[u8]) -> Option<(usize, &[u8])> {
    match file {
        [short, rest @ ..] if *short < 128 => Some((usize::from(*short), rest)),
        [low, high, rest @ ..] => Some((usize::from(*high) * 128 + usize::from(*low) - 128, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pieces: &[&str]) -> Vec<u8> {
        pieces
            .iter()
            .flat_map(|piece| [&[piece.len() as u8], piece.as_bytes()].concat())
            .collect()
    }

    #[test]
    fn a_text_becomes_the_longest_pieces_and_text_again() {
        let tokens = Tokens::read(&table(&["o", "h", "▁", "n", "o", "oh", "no", "▁no", "▁oh"]));
        let spelling = tokens.spelling();
        assert_eq!(spelling.of("no oh"), Some(vec![7, 8]));
        assert_eq!(tokens.text(&[7, 8]), "no oh");
        assert_eq!(
            spelling.of("on"),
            Some(vec![2, 4, 3]),
            "the letter o is the later one"
        );
        assert_eq!(spelling.of("x"), None);
    }
}
