//! What the tests of this folder share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use room::local::LocalServer;
use room::worker::{Acceptance, Assignment, JobOffer, Worker, WorkerEvent, WorkerHandle, WorkerOptions};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// More than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A worker as the application sees it.
pub(crate) struct Hired {
    pub(crate) handle: WorkerHandle,
    pub(crate) events: mpsc::Receiver<WorkerEvent>,
}

impl Hired {
    /// Starts a worker and waits until the server has taken it.
    pub(crate) async fn at(server: &LocalServer, agent_name: &str) -> Self {
        Self::with(server, options(server, agent_name)).await
    }

    pub(crate) async fn with(server: &LocalServer, options: WorkerOptions) -> Self {
        let mut hired = Self::unregistered(options);
        let id = hired.registered().await;
        timeout(PATIENCE, server.counts_in(&id))
            .await
            .expect("the server does not count the worker in");
        hired
    }

    pub(crate) fn unregistered(options: WorkerOptions) -> Self {
        let (handle, events) = Worker::connect(options).expect("the options are no good");
        Self { handle, events }
    }

    pub(crate) async fn next(&mut self) -> Option<WorkerEvent> {
        timeout(PATIENCE, self.events.recv())
            .await
            .expect("nothing happens")
    }

    /// Waits for a registration, whatever else happens before; gives the id.
    pub(crate) async fn registered(&mut self) -> String {
        loop {
            match self.next().await.expect("the worker ended") {
                WorkerEvent::Registered { id } => return id.to_string(),
                WorkerEvent::Lost { .. } => {}
                other => panic!("{other:?} instead of a registration"),
            }
        }
    }

    pub(crate) async fn offer(&mut self) -> JobOffer {
        match self.next().await {
            Some(WorkerEvent::Offer(offer)) => offer,
            other => panic!("{other:?} instead of an offer"),
        }
    }

    /// Accepts the next offer and waits for the assignment.
    pub(crate) async fn work(&mut self) -> Assignment {
        let offer = self.offer().await;
        let acceptance = Acceptance::for_job(&offer.job.id);
        offer.accept(acceptance);
        match self.next().await {
            Some(WorkerEvent::Assigned(assignment)) => assignment,
            other => panic!("{other:?} instead of an assignment"),
        }
    }

    /// Tells the load and waits as long as the worker may take to pass it on, and the server to read it. A fixed time, because
    /// the server answers no status, logs no load and uses it for nothing but the choice between workers.
    pub(crate) async fn load(&self, load: f32) {
        self.handle.set_load(load);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

pub(crate) fn options(server: &LocalServer, agent_name: &str) -> WorkerOptions {
    WorkerOptions {
        agent_name: agent_name.to_owned(),
        ..WorkerOptions::new(server.url(), server.credentials().clone())
    }
}

/// Calls an agent by name with LiveKit's Python API SDK.
pub(crate) async fn dispatch(server: &LocalServer, room: &str, agent_name: &str, metadata: &str) {
    let call = "await lk.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(room=args[0], agent_name=args[1], metadata=args[2]))";
    python(server, call, &[room, agent_name, metadata]).await;
}

/// Makes a room with LiveKit's Python API SDK.
pub(crate) async fn create_room(server: &LocalServer, room: &str) {
    python(
        server,
        "await lk.room.create_room(api.CreateRoomRequest(name=args[0]))",
        &[room],
    )
    .await;
}

/// Ends a dispatch, and with it its job, with LiveKit's Python API SDK.
pub(crate) async fn delete_dispatch(server: &LocalServer, dispatch_id: &str, room: &str) {
    let call = "await lk.agent_dispatch.delete_dispatch(dispatch_id=args[0], room_name=args[1])";
    python(server, call, &[dispatch_id, room]).await;
}

async fn python(server: &LocalServer, call: &str, args: &[&str]) {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.dev/python/bin/python");
    assert!(
        python.is_file(),
        "LiveKit's Python SDKs are not installed: run `make setup`"
    );
    let script = format!(
        "
import asyncio, sys
from livekit import api
async def main(url, key, secret, *args):
    async with api.LiveKitAPI(url, key, secret) as lk:
        {call}
asyncio.run(main(*sys.argv[1:]))
"
    );
    let output = Command::new(python)
        .args([
            "-c",
            &script,
            &server.http_url(),
            server.api_key(),
            server.api_secret(),
        ])
        .args(args)
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output)
        .await
        .expect("Python hangs")
        .expect("Python does not start");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A way to the server that can be cut.
pub(crate) struct Cable {
    pub(crate) url: String,
    listener: TcpListener,
    server: SocketAddr,
    carried: JoinSet<()>,
}

impl Cable {
    pub(crate) async fn to(server: &LocalServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("no port");
        let url = format!("ws://{}", listener.local_addr().expect("no address"));
        let server = SocketAddr::from(([127, 0, 0, 1], server.ports().http));
        Self {
            url,
            listener,
            server,
            carried: JoinSet::new(),
        }
    }

    /// Carries connections for as long as `during` runs.
    pub(crate) async fn carry<T>(&mut self, during: impl Future<Output = T>) -> T {
        tokio::pin!(during);
        loop {
            tokio::select! {
                done = &mut during => return done,
                accepted = self.listener.accept() => {
                    let (mut near, _) = accepted.expect("no connection");
                    let server = self.server;
                    self.carried.spawn(async move {
                        if let Ok(mut far) = TcpStream::connect(server).await {
                            // A cable has nothing to say about how a connection ends.
                            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                        }
                    });
                }
            }
        }
    }

    /// Cuts everything that is being carried.
    pub(crate) async fn cut(&mut self) {
        self.carried.shutdown().await;
    }
}
