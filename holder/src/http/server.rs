//! The accept loop. It is our own because a connection that never finishes its headers must not be
//! kept, and the loop of `axum` sets no timer for that.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// What connections may take up.
pub(super) struct Limits {
    /// How many are held at the same time; more wait in the system's queue.
    pub(super) connections: usize,
    /// How long one may take to send its headers, or stay idle between requests.
    pub(super) headers: Duration,
    /// How long requests that are being answered may go on after a stop was asked for.
    pub(super) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1024, headers: Duration::from_secs(30), grace: Duration::from_secs(10) }
    }
}

/// Serves `router` until `stop` comes, then lets the requests that are under way finish.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_within(listener, router, stop, Limits::default()).await;
}

pub(super) async fn serve_within(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    limits: Limits,
) {
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Mostly too many open files: wait for some to close rather than spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Answers are written whole, so there is nothing to gain from waiting for more.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.headers)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away or sends no HTTP is its own affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.grace, graceful.shutdown()).await;
}
