//! `keyholder serve`

use super::secret::Unlock;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::http;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8471", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    unlock: Unlock,

    /// How often to ask the HSM or KMS whether it still unlocks the keys, in seconds: every second for an
    /// HSM and every 30 for a KMS, if nothing is said.
    #[arg(long, env = "KEYHOLDER_LOCK_CHECK_SECONDS", value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    lock_check_seconds: Option<u64>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let holder = context.holder(&args.unlock).await?;
    let failed = |_| Error::about(Code::ListenFailed, args.listen);
    // Before the address is announced, so that a stop that comes right after it is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "this is plain HTTP: let only a proxy that speaks TLS reach it");
    }
    context.out.line(&format!("listening on http://{address}"))?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::info!("stopping");
    };
    let watched = holder.clone();
    let every = args.lock_check_seconds.map(Duration::from_secs);
    let watch = tokio::spawn(async move { watched.watch_lock(every).await });
    let keys = tokio::spawn(holder.clone().look_after_keys());
    http::serve(listener, http::router(holder), stop).await;
    watch.abort();
    keys.abort();
    Ok(Done::Well)
}
