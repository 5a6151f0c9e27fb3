//! `fieldseal-demo shop` and `fieldseal-demo console`: the two servers of the demo.

#![forbid(unsafe_code)]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use fieldseal_demo::{
    console::{self, Role},
    serve::serve,
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
    /// The shop. It stores and logs everything it receives.
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
        /// Where the key holder publishes its keys.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8471/.well-known/sealed-input")]
        keys: Url,
        /// The JWK that signs the key set, as `keyholder keys signer --json` prints it.
        #[arg(long, value_name = "FILE")]
        signer: PathBuf,
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
        Command::Shop { listen, data, sdk, keys, signer, console } => {
            let signer = serde_json::from_str(&read(&signer)?).context("the file of --signer is not JSON")?;
            let router = shop::router(shop::Config { data, sdk, keys, signer, console }).await?;
            serve(listen, router).await.context("the shop cannot listen")
        }
        Command::Console { listen, shop, holder, roles } => {
            let roles = Role::list(&read(&roles)?)?;
            let router = console::router(console::Config { shop, holder, roles })?;
            serve(listen, router).await.context("the console cannot listen")
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
