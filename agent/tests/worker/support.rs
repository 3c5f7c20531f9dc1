//! What the tests of the program have in common: a server, a folder, the program, callers, and the records they leave.

pub(crate) mod cable;
pub(crate) mod caller;
pub(crate) mod foreign;
pub(crate) mod namespace;
pub(crate) mod program;
pub(crate) mod records;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use room::{local::LocalServer, service::FrontDesk};
use tempfile::TempDir;
use tokio::{
    process::Command,
    sync::{Semaphore, SemaphorePermit},
};

use caller::Caller;
use program::{Program, newvoice};
use records::Call;

/// Longer than anything here takes, even on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The agent that answers when a test names no other: the dental clinic.
pub(crate) const CLINIC: &str = include_str!("../../skillbase/examples/dental-clinic.en.yaml");

/// How many tests hold calls at the same time: recognition and voice want a core for themselves.
static STAGES: Semaphore = Semaphore::const_new(2);

/// Waits until another test may hold calls.
pub(crate) async fn turn() -> SemaphorePermit<'static> {
    STAGES.acquire().await.expect("it is never closed")
}

/// A LiveKit server and a folder for one test.
pub(crate) struct Stage {
    pub(crate) server: LocalServer,
    folder: TempDir,
    _turn: SemaphorePermit<'static>,
}

impl Stage {
    /// Waits for its turn, then starts a server.
    pub(crate) async fn new() -> Self {
        let turn = turn().await;
        Self {
            server: LocalServer::start()
                .await
                .expect("a LiveKit server; `make setup` installs it"),
            folder: tempfile::tempdir().expect("a folder"),
            _turn: turn,
        }
    }

    /// The folder in which the program runs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the program leaves the files of calls.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.folder().join("recordings")
    }

    /// The command that starts a worker for this stage's server.
    pub(crate) fn command(&self) -> Command {
        let mut command = newvoice(self.folder());
        command
            .arg("worker")
            .env("LIVEKIT_URL", self.server.url())
            .env("LIVEKIT_API_KEY", self.server.api_key())
            .env("LIVEKIT_API_SECRET", self.server.api_secret());
        command
    }

    /// A worker that the server has taken.
    pub(crate) async fn worker(&self, settings: &[(&str, &str)]) -> Program {
        let mut command = self.command();
        command.envs(settings.iter().copied());
        let mut worker = Program::start(command);
        worker.counted_in(&self.server).await;
        worker
    }

    /// Makes a room, into which the server then calls an agent.
    pub(crate) async fn make_room(&self, name: &str) {
        let room = room::service::NewRoom::named(name);
        self.front_desk()
            .create_room(room)
            .await
            .expect("the room is made");
    }

    /// The rooms that the server has.
    pub(crate) async fn rooms(&self) -> Vec<String> {
        let rooms = self.front_desk().rooms().await.expect("the rooms are listed");
        rooms.into_iter().map(|room| room.name).collect()
    }

    fn front_desk(&self) -> FrontDesk {
        FrontDesk::new(self.server.url(), self.server.credentials())
    }

    /// A caller in the room `name`, which is made if it is not there.
    pub(crate) async fn caller(&self, name: &str) -> Caller {
        Caller::join(&self.server, name, "caller").await
    }

    /// Writes a file into the program's folder, and gives its path.
    pub(crate) fn write(&self, name: &str, contents: &str) -> String {
        let path = self.folder().join(name);
        fs::write(&path, contents).expect("a file");
        path.display().to_string()
    }

    /// The calls that have left files, in the order in which they began.
    pub(crate) fn calls(&self) -> Vec<Call> {
        Call::all(&self.recordings())
    }

    /// The one call that has left files.
    pub(crate) fn only_call(&self) -> Call {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "one call was held");
        calls.remove(0)
    }
}

/// The folder of the whole workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
