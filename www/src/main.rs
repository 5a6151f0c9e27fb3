//! `fieldseal-demo shop` and `fieldseal-demo console`: the two servers of the demo.

#![forbid(unsafe_code)]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use fieldseal::Origin;
use fieldseal_demo::{
    console::{self, Role},
    serve::{listen, serve},
    shop,
};
use tracing_subscriber::EnvFilter;
use url::Url;

/// The demo: a shop that cannot read its own orders, and the key holder's console.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The shop. It stores and logs everything that its guard lets pass.
    Shop {
        /// The address to listen on; port 0 picks a free one.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// The directory for orders.db and requests.log.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The built npm package.
        #[arg(long, value_name = "DIR", default_value = "target/npm/fieldseal")]
        sdk: PathBuf,
        /// Where the key holder publishes its keys (http).
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8471/.well-known/sealed-input")]
        keys: Url,
        /// The JWK that signs the key set, as `keyholder keys signer --json` prints it.
        #[arg(long, value_name = "FILE")]
        signer: PathBuf,
        /// An origin whose pages may seal; may be given several times. It is http://ADDRESS of --listen unless it is given,
        /// and with a loopback address localhost as well.
        #[arg(long = "origin", value_name = "ORIGIN", value_parser = Origin::parse)]
        origins: Vec<Origin>,
        /// Where the console is, for a link on the thank-you page.
        #[arg(long, value_name = "URL")]
        console: Option<Url>,
    },
    /// The key holder's console.
    Console {
        /// The address to listen on. The console has no login: keep it on loopback.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
        /// Where the shop is (http).
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
        shop: Url,
        /// Where the key holder is (http).
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8471")]
        holder: Url,
        /// The roles: [{"name": "Payments desk", "credential": "fsk_…", "classes": ["payment"]}, …].
        #[arg(long, value_name = "FILE")]
        roles: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::builder().with_default_directive(tracing::Level::WARN.into()).from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .init();

    match Cli::parse().command {
        Command::Shop { listen: address, data, sdk, keys, signer, mut origins, console } => {
            let listener = listen(address).await.context("the shop cannot listen")?;
            if origins.is_empty() {
                origins = shop::origins_at(listener.local_addr()?)?;
            }
            let signer = serde_json::from_str(&read(&signer)?).context("the file of --signer is not JSON")?;
            let router = shop::router(shop::Config { data, sdk, keys, signer, origins, console }).await?;
            serve(listener, router).await.context("the shop cannot go on")
        }
        Command::Console { listen: address, shop, holder, roles } => {
            let listener = listen(address).await.context("the console cannot listen")?;
            let roles = Role::list(&read(&roles)?)?;
            let router = console::router(console::Config { shop, holder, roles })?;
            serve(listener, router).await.context("the console cannot go on")
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
