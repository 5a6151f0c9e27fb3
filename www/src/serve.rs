//! Listening, saying so, and stopping when asked.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Serves `router` on `listen` until SIGTERM or ctrl-c, then finishes the requests under way.
///
/// Prints `listening on http://ADDRESS` once connections are accepted, so that a program which starts this one knows when to go
/// on, and on which port if it asked for port 0.
pub async fn serve(listen: SocketAddr, router: Router) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;

    let mut stdout = io::stdout();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()?;

    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await
}
