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

/// Listens on `address`. From here on connections wait for [`serve`], and a port that was asked for as 0 is known.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves `router` until SIGTERM or ctrl-c, then finishes the requests under way.
///
/// Prints `listening on http://ADDRESS` once connections are accepted, so that a program which starts this one knows when to go
/// on, and on which port if it asked for port 0.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
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
