//! `keyholder serve`

use super::secret::Unlock;
use super::{Context, Done};
use crate::clock::Clock;
use crate::console;
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::home;
use crate::http::rates::{self, Rates};
use crate::http::tls::{Files, Tls};
use crate::http::{self, Listener, Settings};
use crate::identity::oidc::{Client, CodeFlow, Provider};
use crate::identity::webauthn::RelyingParty;
use crate::policy::Actor;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use zeroize::Zeroizing;

#[derive(clap::Args)]
pub(super) struct Args {
    /// An address to listen on; port 0 takes a free one. May be given several times.
    #[arg(long, default_value = "127.0.0.1:8471", value_name = "ADDRESS")]
    listen: Vec<SocketAddr>,

    #[command(flatten)]
    tls: TlsFiles,

    #[command(flatten)]
    oidc: Oidc,

    #[command(flatten)]
    console: Console,

    /// An address of its own for metrics and probes; who can reach it needs no credential.
    #[arg(long, env = "KEYHOLDER_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,

    /// How many requests a second one address may send; 0 is no limit. A failed authentication counts for a
    /// tenth of that.
    #[arg(long, default_value_t = rates::PER_SECOND, value_name = "REQUESTS")]
    rate_per_address: u32,

    /// How many requests a second one credential may send; 0 is no limit.
    #[arg(long, default_value_t = rates::PER_SECOND, value_name = "REQUESTS")]
    rate_per_credential: u32,

    /// Take the last address of X-Forwarded-For for the client's. Only behind a proxy that writes it.
    #[arg(long)]
    trust_proxy_header: bool,

    #[command(flatten)]
    unlock: Unlock,

    /// How often to ask the HSM or KMS whether it still unlocks the keys, in seconds: every second for an
    /// HSM and every 30 for a KMS, if nothing is said.
    #[arg(long, env = "KEYHOLDER_LOCK_CHECK_SECONDS", value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    lock_check_seconds: Option<u64>,
}

/// With what the service speaks TLS. Without, it speaks plain HTTP.
#[derive(clap::Args)]
struct TlsFiles {
    /// The service's certificate and those that lead to its root, in PEM. It is read again when it changes.
    #[arg(long, env = "KEYHOLDER_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM.
    #[arg(long, env = "KEYHOLDER_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// The authorities of clients' certificates, in PEM: a client may then show one instead of a secret.
    #[arg(long, env = "KEYHOLDER_TLS_CLIENT_CA", value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
}

impl TlsFiles {
    fn load(self) -> Result<Option<Arc<Tls>>> {
        let (Some(certificate), Some(key)) = (self.tls_cert, self.tls_key) else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Tls::load(Files { certificate, key, client_ca: self.tls_client_ca })?)))
    }
}

/// Whose tokens are taken as credentials.
#[derive(clap::Args)]
struct Oidc {
    /// The identity provider (`iss`): its JWTs are then taken as bearer tokens.
    #[arg(long, env = "KEYHOLDER_OIDC_ISSUER", value_name = "URL", requires = "oidc_audience")]
    oidc_issuer: Option<String>,

    /// For whom its tokens must be made out (`aud`).
    #[arg(long, env = "KEYHOLDER_OIDC_AUDIENCE", value_name = "AUD", requires = "oidc_issuer")]
    oidc_audience: Option<String>,

    /// Its JWK Set, a file or an address. Without it, the provider is asked where it is.
    #[arg(long, env = "KEYHOLDER_OIDC_JWKS", value_name = "URL_OR_FILE", requires = "oidc_issuer")]
    oidc_jwks: Option<String>,
}

impl Oidc {
    fn provider(&self, clock: &Clock) -> Result<Option<Provider>> {
        let (Some(issuer), Some(audience)) = (&self.oidc_issuer, &self.oidc_audience) else {
            return Ok(None);
        };
        Provider::new(issuer, audience, self.oidc_jwks.as_deref(), clock.clone()).map(Some)
    }
}

/// The console: where people log in.
#[derive(clap::Args)]
struct Console {
    /// Serve the console at /console/. It is served anyhow where it has users.
    #[arg(long, overrides_with = "no_console")]
    console: bool,

    /// Do not serve it.
    #[arg(long)]
    no_console: bool,

    /// Where browsers find it: https://name[:port]. Without this, it is at localhost if that is listened on.
    #[arg(long, env = "KEYHOLDER_CONSOLE_ORIGIN", value_name = "ORIGIN")]
    console_origin: Option<String>,

    /// What the identity provider calls this key holder (`client_id`): people can then log in to the console there.
    /// Its redirect URI is the console's origin and /console/oidc/callback.
    #[arg(long, env = "KEYHOLDER_CONSOLE_OIDC_CLIENT_ID", value_name = "ID", requires = "oidc_issuer")]
    console_oidc_client_id: Option<String>,

    /// The file whose first line is the secret that the identity provider gave to this client, if it did.
    #[arg(
        long,
        env = "KEYHOLDER_CONSOLE_OIDC_SECRET_FILE",
        value_name = "FILE",
        requires = "console_oidc_client_id"
    )]
    console_oidc_secret_file: Option<PathBuf>,

    /// How the identity provider must have asked people who they are (`acr`); may be given several times, and one of
    /// them is enough.
    #[arg(long, value_name = "ACR", requires = "console_oidc_client_id")]
    console_oidc_acr: Vec<String>,

    /// What people must have shown to the identity provider (`amr`), such as mfa; may be given several times, and it
    /// takes all of them.
    #[arg(long, value_name = "AMR", requires = "console_oidc_client_id")]
    console_oidc_amr: Vec<String>,
}

impl Console {
    /// What the console is served with, if it is. `local` is the first address that is listened on.
    ///
    /// Errors: `console-origin`, if nothing says where it is and it was asked for.
    async fn settings(
        &self,
        context: &Context,
        (local, is_tls): (SocketAddr, bool),
        oidc: &Oidc,
    ) -> Result<Option<console::Settings>> {
        if self.no_console {
            return Ok(None);
        }
        let users = console::list(&context.store().await?).await?;
        let is_used = users.iter().any(|user| user.credential.revoked.is_none());
        if !self.console && !is_used && self.console_oidc_client_id.is_none() {
            return Ok(None);
        }
        let origin = match &self.console_origin {
            Some(origin) => origin.clone(),
            None if local.ip().is_loopback() => {
                let (scheme, default) = if is_tls { ("https", 443) } else { ("http", 80) };
                let port = Some(local.port()).filter(|port| *port != default);
                let port = port.map(|port| format!(":{port}")).unwrap_or_default();
                format!("{scheme}://localhost{port}")
            }
            None if self.console => return Err(Error::new(Code::ConsoleOrigin)),
            None => {
                let code = Code::ConsoleOrigin;
                tracing::warn!(code = code.as_str(), "the console is not served: give --console-origin");
                return Ok(None);
            }
        };
        let party = RelyingParty::new(&origin)?;
        let oidc = self.code_flow(oidc, &origin, &context.clock)?;
        Ok(Some(console::Settings { party, oidc }))
    }

    fn code_flow(&self, oidc: &Oidc, origin: &str, clock: &Clock) -> Result<Option<CodeFlow>> {
        let (Some(issuer), Some(id)) = (&oidc.oidc_issuer, &self.console_oidc_client_id) else {
            return Ok(None);
        };
        let secret = match &self.console_oidc_secret_file {
            Some(path) => {
                let line = home::read_secret_line(path)?;
                let text = str::from_utf8(&line)
                    .map_err(|_| Error::about(Code::SecretUnreadable, path.display()))?;
                Some(Zeroizing::new(text.to_owned()))
            }
            None => None,
        };
        let client = Client {
            issuer: issuer.clone(),
            id: id.clone(),
            secret,
            jwks: oidc.oidc_jwks.clone(),
            acr: self.console_oidc_acr.clone(),
            amr: self.console_oidc_amr.clone(),
        };
        CodeFlow::new(client, origin, clock.clone()).map(Some)
    }
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let tls = args.tls.load()?;
    let mut settings = Settings {
        oidc: args.oidc.provider(&context.clock)?,
        rates: Rates::new(args.rate_per_address, args.rate_per_credential),
        trust_proxy: args.trust_proxy_header,
        metrics_apart: args.metrics_listen.is_some(),
        console: None,
    };
    let holder = context.holder(&args.unlock).await?;
    let failed = |_| Error::new(Code::ListenFailed);
    // Before the address is announced, so that a signal that comes right after it is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let metrics = holder.metrics().clone();
    let mut sockets = Vec::new();
    for address in args.listen {
        sockets.push(listen(context, address, tls.is_some()).await?);
    }
    // Only now is the port known that the console is at.
    if let Some(socket) = sockets.first() {
        let local = socket.local_addr().map_err(failed)?;
        settings.console = args.console.settings(context, (local, tls.is_some()), &args.oidc).await?;
    }
    if let Some(console) = &settings.console {
        tracing::info!(origin = console.party.origin(), "the console is served");
    }
    let router = http::router_with(holder.clone(), settings);
    let mut listeners = Vec::new();
    for socket in sockets {
        let (tls, router, metrics) = (tls.clone(), router.clone(), metrics.clone());
        listeners.push(Listener { socket, tls, router, metrics });
    }
    if let Some(address) = args.metrics_listen {
        let failed = |_| Error::about(Code::ListenFailed, address);
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        context.out.line(&format!("metrics on http://{address}/metrics"))?;
        listeners.push(Listener {
            socket,
            tls: None,
            router: http::operators_router(holder.clone()),
            metrics,
        });
    }
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
            () = keep_fresh(tls.as_deref(), hangup) => (),
        }
        tracing::info!("stopping");
    };
    let watched = holder.clone();
    let every = args.lock_check_seconds.map(Duration::from_secs);
    let watch = tokio::spawn(async move { watched.watch_lock(every).await });
    // A hangup is for all that is read from files, and each takes it by itself.
    let again = signal(SignalKind::hangup()).map_err(failed)?;
    let policy = tokio::spawn(reload(holder.clone(), again));
    let alarms = tokio::spawn(holder.clone().tell_of_alarms());
    let keys = tokio::spawn(holder.look_after_keys());
    http::serve(listeners, stop).await;
    for task in [watch, policy, alarms, keys] {
        task.abort();
    }
    Ok(Done::Well)
}

/// Listens, and says where.
async fn listen(context: &Context, address: SocketAddr, is_tls: bool) -> Result<TcpListener> {
    let failed = |_| Error::about(Code::ListenFailed, address);
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    if !is_tls && !address.ip().is_loopback() {
        tracing::warn!(%address, "this is plain HTTP: let only a proxy that speaks TLS reach it");
    }
    let scheme = if is_tls { "https" } else { "http" };
    context.out.line(&format!("listening on {scheme}://{address}"))?;
    Ok(socket)
}

/// Keeps the certificates fresh. Without any, there is nothing to keep.
async fn keep_fresh(tls: Option<&Tls>, hangup: Signal) {
    match tls {
        Some(tls) => tls.keep_fresh(hangup).await,
        None => std::future::pending().await,
    }
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
