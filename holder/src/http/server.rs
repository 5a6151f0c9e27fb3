//! The accept loops. They are our own because a connection that never finishes its handshake or its
//! headers must not be kept, and the loop of `axum` sets no timer for either.

use super::connection::{self, Protocol};
use super::tls::Tls;
use crate::metrics::{Connected, Metrics};
use axum::Router;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// An address that is listened on, and what is served there.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// With what it speaks TLS; without, it speaks plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// The addresses that it answers.
    pub router: Router,
    /// Where its connections are counted.
    pub metrics: Metrics,
}

/// What connections may take up.
#[derive(Clone)]
pub(super) struct Limits {
    /// How many are held at the same time, over all listeners; more wait in the system's queue.
    pub(super) connections: u32,
    /// How long a TLS handshake may take.
    pub(super) handshake: Duration,
    /// How long one may take to send its headers, or stay idle between requests.
    pub(super) headers: Duration,
    /// How long requests that are being answered may go on after a stop was asked for.
    pub(super) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// Serves every listener until `stop` comes, then lets the requests that are under way finish.
pub async fn serve(listeners: Vec<Listener>, stop: impl Future<Output = ()>) {
    serve_within(listeners, stop, Limits::default()).await;
}

pub(super) async fn serve_within(listeners: Vec<Listener>, stop: impl Future<Output = ()>, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let (stopping, stopped) = watch::channel(());
    let mut loops = JoinSet::new();
    for listener in listeners {
        loops.spawn(accept(listener, Arc::clone(&places), stopped.clone(), limits.clone()));
    }
    stop.await;
    // The loops end at once and close their sockets with that; connections end their own work first.
    let _ = stopping.send(());
    while loops.join_next().await.is_some() {}
    let _ = tokio::time::timeout(limits.grace, places.acquire_many(limits.connections)).await;
}

async fn accept(
    listener: Listener,
    places: Arc<Semaphore>,
    mut stopped: watch::Receiver<()>,
    limits: Limits,
) {
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.socket.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = stopped.changed() => return,
        };
        // Nobody closes the semaphore; if somebody did, it would be time to stop.
        let Ok(place) = place else { return };
        match accepted {
            Ok((stream, peer)) => {
                let (tls, router) = (listener.tls.clone(), listener.router.clone());
                let held = (place, listener.metrics.connected());
                tokio::spawn(hold(stream, peer, tls, router, stopped.clone(), limits.clone(), held));
            }
            Err(error) => {
                // Mostly too many open files: wait for some to close rather than spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One connection, from its first byte to its last. It keeps its place until then, and is counted.
async fn hold(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    router: Router,
    mut stopped: watch::Receiver<()>,
    limits: Limits,
    _held: (OwnedSemaphorePermit, Connected),
) {
    // Answers are written whole, so there is nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let caller = connection::Peer { address: peer, certificate: None };
        return connection::serve(stream, Protocol::Http1, caller, router, stopped, &limits).await;
    };
    let handshake = tokio::time::timeout(limits.handshake, tls.accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        _ = stopped.changed() => return,
    };
    // A client that goes away, stays silent or cannot agree is its own affair. Its address is not
    // logged, nor what it sent.
    let Ok(Ok(secured)) = shaken else {
        tracing::debug!("a TLS handshake failed");
        return;
    };
    let caller = connection::Peer { address: peer, certificate: secured.certificate };
    connection::serve(secured.stream, secured.protocol, caller, router, stopped, &limits).await;
}
