//! The shop: a checkout whose server keeps and logs everything that passes its guard, and still cannot read an order.

mod entries;
mod fields;
mod keys;
mod pages;
mod store;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{Redirect, Response},
    routing::{get, post},
};
use fieldseal::{
    Origin,
    keyset::signed::Signer,
    server::tower::{SealedLayer, SharedGuard},
};
use serde_json::{Value, json};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use url::Url;

use crate::{
    assets, headers,
    order::{List, Order},
    problem::Problem,
    record::{BODY_LIMIT, Log},
};
use store::Store;

/// What the shop is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory for `orders.db` and `requests.log`; it is made if it is missing.
    pub data: PathBuf,
    /// The directory of the built npm package, served under `/sdk`.
    pub sdk: PathBuf,
    /// Where the key holder publishes its keys.
    pub keys: Url,
    /// The public key (JWK) that signs the key set. The page and the guard trust no other.
    pub signer: Value,
    /// The origins whose pages may seal: those under which people reach this shop.
    pub origins: Vec<Origin>,
    /// Where the key holder's console is, for a link on the thank-you page.
    pub console: Option<Url>,
}

/// Why the shop cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory of `data` cannot be made or written.
    #[error("the data directory cannot be used ({0}); choose one that you may write with --data")]
    DataUnusable(#[source] std::io::Error),
    /// The database cannot be opened.
    #[error("orders.db cannot be opened ({0}); move it away to begin with an empty one")]
    StoreUnusable(#[source] sqlx::Error),
    /// The signer is no Ed25519 public key.
    #[error("the file of --signer is not a signer's JWK ({0}); `keyholder keys signer --json` prints it")]
    SignerMalformed(#[source] fieldseal::Error),
    /// The guard cannot be put up.
    #[error("the guard cannot be put up ({0}); give at least one --origin")]
    GuardUnusable(#[source] fieldseal::Error),
    /// The client that fetches the keys cannot be made.
    #[error("the HTTP client cannot be made ({0})")]
    ClientUnusable(#[source] reqwest::Error),
}

impl Error {
    /// A stable name for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataUnusable(_) => "data-unusable",
            Self::StoreUnusable(_) => "store-unusable",
            Self::SignerMalformed(_) => "signer-malformed",
            Self::GuardUnusable(_) => "guard-unusable",
            Self::ClientUnusable(_) => "client-unusable",
        }
    }
}

struct Shop {
    config: Config,
    store: Store,
}

type Shared = State<Arc<Shop>>;

/// The origins of a shop that is reached at the address where it listens: on this machine it has a name as well.
///
/// Errors: `origin-invalid`, which no address gives.
pub fn origins_at(address: SocketAddr) -> fieldseal::Result<Vec<Origin>> {
    let name = address.ip().is_loopback().then(|| format!("http://localhost:{}", address.port()));
    // The URL standard leaves out a default port, as browsers do.
    let origin =
        |url: String| Url::parse(&url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    [Some(format!("http://{address}")), name]
        .into_iter()
        .flatten()
        .map(|url| Origin::parse(&origin(url)))
        .collect()
}

/// The shop's routes, with the request log around them, and the guard around the log: what it refuses is in no file.
pub async fn router(config: Config) -> Result<Router, Error> {
    tokio::fs::create_dir_all(&config.data).await.map_err(Error::DataUnusable)?;
    let log = Log::open(&config.data.join("requests.log")).await.map_err(Error::DataUnusable)?;
    let store = Store::open(&config.data.join("orders.db")).await.map_err(Error::StoreUnusable)?;

    let signer = Signer::parse(&config.signer.to_string()).map_err(Error::SignerMalformed)?;
    let guard = SharedGuard::new(fields::guard(&config.origins).map_err(Error::GuardUnusable)?);
    keys::follow(guard.clone(), config.keys.clone(), signer).await.map_err(Error::ClientUnusable)?;
    let guard = SealedLayer::new(guard).limit(BODY_LIMIT).submissions(fields::are_submitted);

    let keys = config.keys.origin();
    let sdk = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // The package has each file that a page loads in both forms as well; a browser says which it takes.
    let files = ServeDir::new(&config.sdk).precompressed_br().precompressed_gzip();
    let router = Router::new()
        .route("/", get(checkout))
        .route("/order", post(place))
        .route("/order/{id}", get(thanks))
        .route("/orders.json", get(list))
        .route("/orders/{file}", get(order))
        .route("/config.json", get(page_config))
        .nest_service("/sdk", Router::new().fallback_service(files).layer(sdk))
        .merge(assets::routes(assets::SHOP))
        .fallback(async || pages::not_found())
        .with_state(Arc::new(Shop { config, store }));
    let guarded = log.clone().around(router).layer(guard);
    Ok(headers::around(log.refusals_around(guarded), Some(&keys)))
}

async fn checkout(State(shop): Shared) -> Response {
    pages::checkout(&shop.config)
}

/// The page fetches this rather than finding it in the HTML, so that it needs no inline script.
async fn page_config(State(shop): Shared) -> Json<Value> {
    Json(json!({ "keys": shop.config.keys.as_str(), "signer": shop.config.signer }))
}

/// Stores what came, which the guard has looked at; a redirect keeps a reload from ordering twice.
async fn place(State(shop): Shared, request: Request) -> Result<Redirect, Problem> {
    let entries = entries::read(request).await?;
    let id = shop.store.place(&entries).await.map_err(store_failed)?;
    Ok(Redirect::to(&format!("/order/{id}")))
}

async fn thanks(State(shop): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(match shop.store.order(&id).await.map_err(store_failed)? {
        Some(order) => pages::thanks(&order, &shop.config),
        None => pages::not_found(),
    })
}

/// The list of orders is open to anyone in this demo: tokens are no secret, and that is the point.
async fn list(State(shop): Shared) -> Result<Json<List>, Problem> {
    let orders = shop.store.newest(200).await.map_err(store_failed)?;
    Ok(Json(List { orders }))
}

async fn order(State(shop): Shared, Path(file): Path<String>) -> Result<Json<Order>, Problem> {
    let unknown = || {
        Problem::new(StatusCode::NOT_FOUND, "order-unknown")
            .detail("There is no such order. `/orders.json` lists the ones that there are.")
    };
    let id = file.strip_suffix(".json").ok_or_else(unknown)?;
    shop.store.order(id).await.map_err(store_failed)?.map(Json).ok_or_else(unknown)
}

fn store_failed(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "the order store failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store-failed")
        .detail("The order store failed. Try again later.")
}
