//! `keyholder serve`

use super::secret::Unlock;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::http;
use crate::policy::Actor;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8471", value_name = "ADDRESS")]
    listen: SocketAddr,

    #[command(flatten)]
    unlock: Unlock,
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
    tokio::spawn(reload(holder.clone(), signal(SignalKind::hangup()).map_err(failed)?));
    context.out.line(&format!("listening on http://{address}"))?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::info!("stopping");
    };
    http::serve(listener, http::router(holder), stop).await;
    Ok(Done::Well)
}

/// Reads the policy again whenever it is asked to. A broken one changes nothing.
async fn reload(holder: Holder, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match holder.reload_policy(&Actor::service()).await {
            Ok(()) => tracing::info!("the policy was read again"),
            Err(error) => {
                let code = error.code().as_str();
                tracing::error!(code, %error, "the policy stays as it was");
            }
        }
    }
}
