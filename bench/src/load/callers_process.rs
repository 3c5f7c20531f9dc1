//! The process of the callers, as the measurement holds it.

use std::{env, path::Path, process::Stdio};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, Command},
};

use super::{LoadError, callers::Heard, place::Place};

/// The process. It ends when this is dropped, and also when this process is killed: its standard input ends then.
pub(super) struct CallersProcess {
    child: Child,
    /// None once they have been told to hang up.
    orders: Option<ChildStdin>,
}

impl CallersProcess {
    /// Starts this very program as the callers.
    pub(super) fn start(place: &Place, speech: &Path) -> Result<Self, LoadError> {
        let mut child = Command::new(env::current_exe()?)
            .arg("callers")
            .arg("--speech")
            .arg(speech)
            // Not as arguments: those are shown to everybody on the machine.
            .env("LIVEKIT_URL", &place.url)
            .env("LIVEKIT_API_KEY", place.credentials.api_key())
            .env("LIVEKIT_API_SECRET", place.credentials.api_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            orders: child.stdin.take(),
            child,
        })
    }

    /// Waits until the process has ended, which it should not.
    pub(super) async fn broken(&mut self) -> LoadError {
        match self.child.wait().await {
            // What went wrong it has said itself.
            Ok(status) => LoadError::Callers(format!("their process has ended ({status})")),
            Err(error) => error.into(),
        }
    }

    /// Has a room called.
    pub(super) async fn call(&mut self, room: u32) -> Result<(), LoadError> {
        let Some(orders) = &mut self.orders else {
            return Err(LoadError::Callers("they have hung up".to_owned()));
        };
        let order = format!("{room}\n");
        orders
            .write_all(order.as_bytes())
            .await
            .map_err(|_| LoadError::Callers("their process has ended".to_owned()))
    }

    /// Lets all hang up, and gives what they heard.
    pub(super) async fn hang_up(&mut self) -> Result<Heard, LoadError> {
        self.orders = None;
        let mut said = Vec::new();
        if let Some(mut out) = self.child.stdout.take() {
            out.read_to_end(&mut said).await?;
        }
        let status = self.child.wait().await?;
        serde_json::from_slice(&said)
            .map_err(|_| LoadError::Callers(format!("their process ended without a report ({status})")))
    }
}
