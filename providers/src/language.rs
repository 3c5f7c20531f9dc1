//! Languages as BCP 47 writes them.

/// The language without its region: `en` of `en-US`.
pub(crate) fn primary(tag: &str) -> String {
    tag.split(['-', '_'])
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}
