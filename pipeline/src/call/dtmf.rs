//! Keys of a telephone, collected into an entry.

use std::time::Duration;

use tokio::time::Instant;
use turn::Said;

/// A pause this long ends an entry: 3 s, time to look up the next digit.
const BETWEEN_KEYS: Duration = Duration::from_secs(3);
/// Longer entries are cut: nobody types more, and a stuck key must not fill the memory.
const LONGEST: usize = 64;

/// The keys pressed so far.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pressed: String,
    deadline: Option<Instant>,
}

impl Keys {
    /// A key was pressed; `#` ends the entry at once.
    pub(super) fn press(&mut self, key: char) {
        let now = Instant::now();
        if key == '#' {
            self.deadline = Some(now);
            return;
        }
        if self.pressed.len() < LONGEST {
            self.pressed.push(key);
        }
        self.deadline = Some(now + BETWEEN_KEYS);
    }

    /// When the entry is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The entry, if there is one.
    pub(super) fn take(&mut self) -> Option<Said> {
        self.deadline = None;
        let pressed = std::mem::take(&mut self.pressed);
        (!pressed.is_empty()).then(|| pressed.into())
    }
}
