//! What people and agents say, kept out of logs.

use alloc::{string::String, sync::Arc};
use core::fmt;

/// Something that was said, typed or written. It prints as a length, so that no log line can carry a caller's words; who
/// really needs the words asks for [`Said::reveal`]. Files of a call are no log: serialised, it is the words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Said(Arc<str>);

impl Said {
    /// The words themselves.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// How many words, split at white space.
    pub fn word_count(&self) -> usize {
        self.0.split_whitespace().count()
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({} characters)", self.0.chars().count())
    }
}
