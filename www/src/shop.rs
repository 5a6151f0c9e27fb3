//! The shop: a checkout whose server keeps and logs everything, and still cannot read an order.

mod entries;
mod pages;
mod store;

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{Redirect, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use url::Url;

use crate::{
    assets, headers,
    order::{List, Order},
    problem::Problem,
    record::Log,
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
    /// The public key (JWK) that signs the key set. The page trusts no other.
    pub signer: Value,
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
}

impl Error {
    /// A stable name for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DataUnusable(_) => "data-unusable",
            Self::StoreUnusable(_) => "store-unusable",
        }
    }
}

struct Shop {
    config: Config,
    store: Store,
}

type Shared = State<Arc<Shop>>;

/// The shop's routes, with the request log around them.
pub async fn router(config: Config) -> Result<Router, Error> {
    tokio::fs::create_dir_all(&config.data).await.map_err(Error::DataUnusable)?;
    let log = Log::open(&config.data.join("requests.log")).await.map_err(Error::DataUnusable)?;
    let store = Store::open(&config.data.join("orders.db")).await.map_err(Error::StoreUnusable)?;

    let keys = config.keys.origin();
    let sdk = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let router = Router::new()
        .route("/", get(checkout))
        .route("/order", post(place))
        .route("/order/{id}", get(thanks))
        .route("/orders.json", get(list))
        .route("/orders/{file}", get(order))
        .route("/config.json", get(page_config))
        .nest_service("/sdk", Router::new().fallback_service(ServeDir::new(&config.sdk)).layer(sdk))
        .merge(assets::routes(assets::SHOP))
        .fallback(async || pages::not_found())
        .with_state(Arc::new(Shop { config, store }));
    Ok(headers::around(log.around(router), Some(&keys)))
}

async fn checkout(State(shop): Shared) -> Response {
    pages::checkout(&shop.config)
}

/// The page fetches this rather than finding it in the HTML, so that it needs no inline script.
async fn page_config(State(shop): Shared) -> Json<Value> {
    Json(json!({ "keys": shop.config.keys.as_str(), "signer": shop.config.signer }))
}

/// Stores what came without a look at it; a redirect keeps a reload from ordering twice.
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
