//! Ctrl-c and its like, for work that ends in order.

use std::future::pending;
use tokio::signal::unix::{SignalKind, signal};

/// Waits until somebody asks it to stop: ctrl-c, or the system.
pub(super) async fn interruption() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
