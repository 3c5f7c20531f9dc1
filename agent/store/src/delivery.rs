//! Calls from files into the database, when it is there.
//!
//! `.outbox/<call id>` below the recordings' root is an empty file that exists from the start of a call until its rows are
//! committed. A round goes through the outbox: what has ended is saved and its entry removed. A crash between the two
//! repeats the saving, which then changes nothing; so each call arrives exactly once. What the database will never take is
//! set aside as `<call id>.rejected`, with its files, for somebody to look at.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{sync::mpsc, task, time};
use uuid::Uuid;

use crate::{
    FinishedCall, Saved, Store, StoreError,
    files::{self, FilesError},
};

const OUTBOX: &str = ".outbox";
/// How often the outbox is looked through when nobody says that a call has ended: what another worker left behind.
const SWEEP: Duration = Duration::from_secs(60);
/// How often the last calls are tried when the worker stops. What then remains is for the next start.
const LAST_TRIES: u32 = 3;

/// How long to wait after failures: twice as long each time, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Default for Backoff {
    /// One second to one minute: a database that restarts is found soon, one that is away for a night is not bothered.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The wait after `failures` failures in a row.
    pub fn after(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// Takes finished calls into the database.
#[derive(Debug)]
pub struct Delivery {
    store: Store,
    root: PathBuf,
    backoff: Backoff,
}

/// What a round through the outbox did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Calls that are in the database now.
    pub saved: Vec<Uuid>,
    /// Calls that were there already: an earlier round was cut short after the commit.
    pub saved_before: Vec<Uuid>,
    /// Calls that have not ended.
    pub running: usize,
    /// Calls that were set aside.
    pub rejected: Vec<Uuid>,
    /// Calls that are tried again in the next round.
    pub put_off: usize,
}

impl Delivery {
    /// From the recordings below `root` into `store`.
    pub fn new(store: Store, root: impl Into<PathBuf>) -> Self {
        Self {
            store,
            root: root.into(),
            backoff: Backoff::default(),
        }
    }

    /// The same with other waits after failures.
    pub fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Delivers until `ended` is closed: at once when it says that a call has ended, and every minute. While the database
    /// is away it tries again after the backoff. After the close come three last tries.
    ///
    /// `ended` needs room for one message; when it is full, a round is due anyway and the message may be dropped.
    pub async fn run(self, mut ended: mpsc::Receiver<()>) {
        let mut failures = 0;
        let mut open = true;
        while open {
            let next = if self.round_or_warning().await {
                failures = 0;
                SWEEP
            } else {
                failures += 1;
                self.backoff.after(failures)
            };
            open = wait(&mut ended, next, failures == 0).await;
        }
        for failures in 1..=LAST_TRIES {
            if self.round_or_warning().await {
                return;
            }
            if failures < LAST_TRIES {
                time::sleep(self.backoff.after(failures)).await;
            }
        }
    }

    /// One round through the outbox.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] as soon as the database is; what was saved before stays saved.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let mut round = Round::default();
        for id in self.on_disk(entries).await? {
            match self
                .on_disk(move |root| files::read(&root.join(id.to_string())))
                .await
            {
                Ok(call) => self.save(id, &call, &mut round).await?,
                Err(FilesError::NotEnded) => round.running += 1,
                Err(error @ FilesError::Unreadable { .. }) => {
                    tracing::warn!(call = %id, %error, "a call's files cannot be read; it is tried again");
                    round.put_off += 1;
                }
                Err(error @ FilesError::Damaged { .. }) => {
                    self.reject(id, error.to_string(), &mut round).await?
                }
            }
        }
        Ok(round)
    }

    async fn save(&self, id: Uuid, call: &FinishedCall, round: &mut Round) -> Result<(), StoreError> {
        match self.store.save_call(call).await {
            Ok(saved) => {
                self.on_disk(move |root| gone(fs::remove_file(entry(root, id))))
                    .await?;
                match saved {
                    Saved::Now => round.saved.push(id),
                    Saved::Before => round.saved_before.push(id),
                }
            }
            Err(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why)),
            Err(StoreError::Conflict(_)) => round.put_off += 1,
            Err(error @ (StoreError::Invalid(_) | StoreError::NotFound(_))) => {
                self.reject(id, error.to_string(), round).await?;
            }
        }
        Ok(())
    }

    async fn reject(&self, id: Uuid, why: String, round: &mut Round) -> Result<(), StoreError> {
        tracing::error!(call = %id, error = why, "a call cannot be stored; its entry in the outbox is set aside");
        let aside = move |root: &Path| {
            let entry = entry(root, id);
            gone(fs::rename(&entry, entry.with_extension("rejected")))
        };
        self.on_disk(aside).await?;
        round.rejected.push(id);
        Ok(())
    }

    /// A round; whether it went through.
    async fn round_or_warning(&self) -> bool {
        match self.round().await {
            Ok(round) => {
                if !round.saved.is_empty() {
                    tracing::debug!(calls = round.saved.len(), "calls are in the database");
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "calls stay on disk until the database is back");
                false
            }
        }
    }

    /// Runs what blocks on the disk where it may.
    async fn on_disk<T: Send + 'static>(&self, act: impl FnOnce(&Path) -> T + Send + 'static) -> T {
        let root = self.root.clone();
        match task::spawn_blocking(move || act(&root))
            .await
            .map_err(task::JoinError::try_into_panic)
        {
            Ok(done) => done,
            Err(Ok(panic)) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down takes such work back, and it drops this task too.
            Err(Err(_)) => std::future::pending().await,
        }
    }
}

/// Waits for `span`, or for the end of a call where that counts. Whether more calls may end.
async fn wait(ended: &mut mpsc::Receiver<()>, span: Duration, ends_count: bool) -> bool {
    let pause = time::sleep(span);
    tokio::pin!(pause);
    loop {
        tokio::select! {
            () = &mut pause => return true,
            message = ended.recv() => match message {
                None => return false,
                Some(()) if ends_count => return true,
                Some(()) => {}
            },
        }
    }
}

/// Ids of the calls in the outbox. Entries that were set aside are none.
fn entries(root: &Path) -> Result<Vec<Uuid>, StoreError> {
    let entries = match fs::read_dir(root.join(OUTBOX)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(outbox(error)),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(outbox)?.file_name();
        ids.extend(name.to_str().and_then(|name| name.parse::<Uuid>().ok()));
    }
    ids.sort_unstable();
    Ok(ids)
}

fn entry(root: &Path, id: Uuid) -> PathBuf {
    root.join(OUTBOX).join(id.to_string())
}

/// An entry that another worker on the same recordings has taken already is what was wanted.
fn gone(done: io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(outbox(error)),
        _ => Ok(()),
    }
}

/// The outbox cannot be read or changed now; like a database that is away, that may pass.
fn outbox(error: io::Error) -> StoreError {
    StoreError::Unavailable(format!("the outbox of calls cannot be used: {error}"))
}
