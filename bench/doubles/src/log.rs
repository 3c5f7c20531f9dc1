//! What a double has seen.

use tokio::sync::watch;

/// Entries in the order in which they began. Handlers add and amend them; tests read them and wait for them.
#[derive(Debug)]
pub(crate) struct Log<T>(watch::Sender<Vec<T>>);

impl<T: Clone> Log<T> {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    /// Adds an entry and says which it is, from 0.
    pub(crate) fn add(&self, entry: T) -> usize {
        let mut number = 0;
        self.0.send_modify(|entries| {
            number = entries.len();
            entries.push(entry);
        });
        number
    }

    pub(crate) fn amend(&self, number: usize, change: impl FnOnce(&mut T)) {
        self.0.send_modify(|entries| {
            if let Some(entry) = entries.get_mut(number) {
                change(entry);
            }
        });
    }

    pub(crate) fn entries(&self) -> Vec<T> {
        self.0.borrow().clone()
    }

    /// Waits until entry `number` exists and meets `condition`.
    pub(crate) async fn when(&self, number: usize, condition: impl Fn(&T) -> bool) -> T {
        let mut changes = self.0.subscribe();
        loop {
            let met = changes
                .borrow_and_update()
                .get(number)
                .filter(|entry| condition(entry))
                .cloned();
            if let Some(entry) = met {
                return entry;
            }
            // The sender is borrowed by `self`, so the channel cannot be closed; if it were, nothing could ever be met.
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
