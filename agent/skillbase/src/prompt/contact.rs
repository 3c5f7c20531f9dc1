//! A contact's data as data: whatever stands in it, the prompt around it stays as it is.

use std::collections::BTreeMap;

/// Most fields that are shown; call lists have a dozen columns.
const FIELDS_MAX: usize = 40;
const NAME_MAX: usize = 50;
const VALUE_MAX: usize = 200;

/// One line for each field, as JSON texts. No value can end its line, its quotes or the fence around the data.
pub(super) fn lines(contact: &BTreeMap<String, String>) -> Vec<String> {
    let line = |(name, value): (&String, &String)| {
        let (name, value) = (plain(name, NAME_MAX), plain(value, VALUE_MAX));
        (!name.is_empty() && !value.is_empty()).then(|| {
            format!(
                "{}: {}",
                serde_json::Value::from(name),
                serde_json::Value::from(value)
            )
        })
    };
    contact.iter().filter_map(line).take(FIELDS_MAX).collect()
}

/// Text from outside on one line: without control and direction signs, without the angle brackets that fences are made of,
/// and not longer than `longest` characters.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let visible = text.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        '`' => '\'',
        c if c.is_control() || is_invisible(c) => ' ',
        c => c,
    });
    let one_line = visible
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    one_line
        .chars()
        .take(longest)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// Line separators, direction marks, zero-width and tag characters: they change how text reads, and nobody sees them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}
