//! Cuts a model's text into pieces that can be spoken.
//!
//! The first piece is a clause, so that the voice begins as early as possible; the following ones are whole sentences, so
//! that it sounds natural. A full stop inside a number, an abbreviation, an initial, a time or an address ends nothing, and
//! neither does that of a number in a list ("1. Open the door.").

use turn::Said;

/// The first clause must have so many characters: shorter ones ("Well,") sound chopped.
const SHORTEST_CLAUSE: usize = 8;
/// A piece is cut at a space when it grows beyond this without any mark.
const LONGEST_PIECE: usize = 240;

/// Words that end in a full stop without ending a sentence, in lower case without the stop.
const ABBREVIATIONS: [&str; 44] = [
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "ave", "blvd", "rd", "no", "vs", "etc", "approx",
    "dept", "est", "min", "max", "inc", "ltd", "co", "corp", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "oct", "nov", "dec", "ул", "д", "кв", "г", "стр", "руб", "тыс", "млн", "мин", "тел",
];

/// Collects streamed text and gives it out piece by piece.
#[derive(Debug, Default)]
pub struct Clauses {
    text: String,
    given_any: bool,
}

impl Clauses {
    /// Adds more of the text.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The next piece that is complete: what follows it has been seen.
    pub fn next_complete(&mut self) -> Option<Said> {
        let end = self.boundary()?;
        Some(self.take(end))
    }

    /// The rest, when no more text comes.
    pub fn finish(&mut self) -> Option<Said> {
        if let Some(piece) = self.next_complete() {
            return Some(piece);
        }
        let end = self.text.len();
        let piece = self.take(end);
        (!piece.is_blank()).then_some(piece)
    }

    fn take(&mut self, end: usize) -> Said {
        let rest = self.text.split_off(end);
        let piece = std::mem::replace(&mut self.text, rest);
        self.text = self.text.trim_start().to_owned();
        self.given_any = true;
        piece.trim().into()
    }

    /// The byte after the first place where the text can be cut.
    fn boundary(&self) -> Option<usize> {
        let mut length = 0;
        let mut last_space = None;
        let mut marks = self.text.char_indices().peekable();
        while let Some((at, mark)) = marks.next() {
            length += 1;
            let after = at + mark.len_utf8();
            let follower = marks.peek().map(|(_, next)| *next);
            if mark.is_whitespace() {
                last_space = Some(after);
            }
            if length > LONGEST_PIECE {
                return last_space.or(Some(after));
            }
            let follower = follower?;
            let blank_before = self.text[..at].trim().is_empty();
            let ends = match mark {
                '\n' => !blank_before,
                '.' | '!' | '?' | '…' => follower.is_whitespace() && !self.is_abbreviation(at),
                ',' | ';' | ':' | '—' | '–' if !self.given_any => {
                    follower.is_whitespace() && length >= SHORTEST_CLAUSE
                }
                _ => false,
            };
            if ends && !blank_before {
                return Some(after);
            }
        }
        None
    }

    /// Whether the full stop at byte `at` belongs to a word such as "Dr." or to an initial such as "J.".
    fn is_abbreviation(&self, at: usize) -> bool {
        let before = &self.text[..at];
        if !self.text[at..].starts_with('.') {
            return false;
        }
        let word = before
            .rsplit(|c: char| c.is_whitespace() || c == '(')
            .next()
            .unwrap_or_default();
        let lower = word.to_lowercase();
        let single = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
        // "U.S." and "т.е." are made of single letters; one alone stands for a name if it is a capital.
        let named = word.starts_with(char::is_uppercase) && word != "I";
        let initials = word.split('.').all(single) && (word.contains('.') || named);
        let numbers_a_list = before.trim() == word && word.bytes().all(|b| b.is_ascii_digit());
        initials || numbers_a_list || ABBREVIATIONS.contains(&lower.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Clauses;

    fn pieces(text: &str) -> Vec<String> {
        let mut clauses = Clauses::default();
        let mut pieces = Vec::new();
        for c in text.chars() {
            clauses.push(&c.to_string());
            while let Some(piece) = clauses.next_complete() {
                pieces.push(piece.reveal().to_owned());
            }
        }
        while let Some(piece) = clauses.finish() {
            pieces.push(piece.reveal().to_owned());
        }
        pieces
    }

    #[test]
    fn the_first_piece_is_a_clause_and_the_others_are_sentences() {
        assert_eq!(
            pieces("Of course, I can help. When would it suit you, and for how long? Tell me."),
            [
                "Of course,",
                "I can help.",
                "When would it suit you, and for how long?",
                "Tell me."
            ]
        );
    }

    #[test]
    fn a_stop_inside_a_number_a_title_or_a_time_ends_nothing() {
        assert_eq!(
            pieces("Dr. Brown is free at 3.30 p.m. on Monday. It costs 42.50 dollars."),
            [
                "Dr. Brown is free at 3.30 p.m. on Monday.",
                "It costs 42.50 dollars."
            ]
        );
        assert_eq!(pieces("Ask J. Smith. Now."), ["Ask J. Smith.", "Now."]);
    }

    /// Each with a bar where it is cut.
    const CUT: [&str; 20] = [
        "It costs 42.50 dollars.|Is that all right?",
        "That makes $1,200.50 in all.|Shall I book it?",
        "We open at 9.30 and close at 6 p.m. on weekdays.|On Sunday we rest.",
        "Come at 8 a.m. sharp!|Bring your card, e.g. your passport.",
        "Dr. Brown and Mrs. Green are in room No. 5.|Both are free.",
        "Ask for J. R. Smith.|He knows.",
        "She has moved to the U.S. for good.|I am sorry.",
        "Ring 030 555.12.34 or +49 30 5551234.|We are here.",
        "Write to info@clinic.example.com or see www.clinic.example.com/hours.|Anything else?",
        "The number is 4.5.6, i.e. the newest.|Thank you.",
        "You are due on Dec. 24 at noon.|Does it suit you?",
        "Yes!|Of course?|Let me see…|Here it is.",
        "It was not you, it was I.|Sorry.",
        "Приём стоит 2,5 тыс. руб. за час.|Записать вас?",
        "Мы на ул. Ленина, д. 5, кв. 12.|Вход со двора.",
        "В 2026 г. цены не изменятся, т.е. останутся прежними.|Хорошо?",
        "Ждите 20 мин. у входа.|Я вас встречу.",
        "Звоните по тел. 8 800 555-35-35.|Спасибо!",
        "1. Open the door.|2. Close it.",
        "There are 12.|Do you want them?",
    ];

    #[test]
    fn everyday_sentences_are_cut_where_they_end_and_nowhere_else() {
        for cut in CUT {
            // Sentence by sentence is for what follows a first piece.
            let pieces = pieces(&format!("Well then. {}", cut.replace('|', " ")));
            assert_eq!(pieces[1..].join("|"), cut);
        }
    }

    #[test]
    fn a_short_opening_word_is_not_spoken_alone() {
        assert_eq!(
            pieces("Well, let me see, please."),
            ["Well, let me see,", "please."]
        );
    }

    #[test]
    fn text_without_any_mark_is_cut_at_a_space() {
        let long = "word ".repeat(100);
        let pieces = pieces(&long);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= 245));
        assert_eq!(pieces.join(" "), long.trim());
    }
}
