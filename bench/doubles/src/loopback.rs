//! A server on a free loopback port that ends with its owner.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// A running server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub(crate) struct Loopback {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Loopback {
    pub(crate) async fn serve(routes: Router) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(accept(listener, routes));
        Ok(Self { address, serving })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Owns the connections: when this task is aborted, they are.
async fn accept(listener: TcpListener, routes: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that failed before it was accepted is its client's to report.
                let Ok((socket, _)) = accepted else { continue };
                connections.spawn(converse(socket, routes.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(socket: TcpStream, routes: Router) {
    // Tokens must leave one by one, as they do at a real server.
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let service = TowerToHyperService::new(routes);
    let connection = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    // An error here is a client that went away or a cut that the program ordered: the log knows both.
    let _ = connection.await;
}
