//! A line to the server that can be cut.

use std::{net::SocketAddr, time::Duration};

use room::local::LocalServer;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_util::task::AbortOnDropHandle;

/// Carries signalling and the worker's connection to a server, until it is cut.
pub(crate) struct Cable {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    _task: AbortOnDropHandle<()>,
}

impl Cable {
    pub(crate) async fn to(server: &LocalServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let port = server.ports().http;
        let (cut, is_cut) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut carried = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.expect("a connection");
                // Dropping the connection at once is what a server that is away looks like.
                if !*is_cut.borrow() {
                    carried.spawn(carry(near, port, is_cut.clone()));
                }
            }
        });
        Self {
            address,
            cut,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Cuts all connections and lets none through for a while.
    pub(crate) async fn cut_for(&self, time: Duration) {
        self.cut.send_replace(true);
        tokio::time::sleep(time).await;
        self.cut.send_replace(false);
    }
}

async fn carry(mut near: TcpStream, port: u16, mut is_cut: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
}
