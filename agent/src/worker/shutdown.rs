//! Two signals: the first drains, the second stops.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Orders to stop.
#[derive(Clone)]
pub struct Shutdown {
    /// Cancelled when no more work should be taken and what runs should be finished.
    pub drain: CancellationToken,
    /// Cancelled when everything should end at once.
    pub stop: CancellationToken,
    /// Listens for signals, where there are any to listen for.
    _signals: Option<std::sync::Arc<AbortOnDropHandle<()>>>,
}

impl Shutdown {
    /// Orders that come from outside the program by nobody but its caller.
    pub fn by_hand() -> Self {
        Self {
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
            _signals: None,
        }
    }

    /// Orders by SIGTERM and SIGINT.
    ///
    /// # Errors
    /// When the system does not let us listen for signals.
    pub fn on_signals() -> std::io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut shutdown = Self::by_hand();
        let (drain, stop) = (shutdown.drain.clone(), shutdown.stop.clone());
        let listening = tokio::spawn(async move {
            for order in [drain, stop] {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                order.cancel();
            }
        });
        shutdown._signals = Some(std::sync::Arc::new(AbortOnDropHandle::new(listening)));
        Ok(shutdown)
    }
}
