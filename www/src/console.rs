//! The key holder's console: picks an order, picks a role, and shows what that role may open.
//!
//! The program stands between the page and the key holder so that a role's credential never reaches a browser. It has no login of
//! its own, so it belongs on loopback, where it listens unless told otherwise. It keeps and logs no opened value.

mod client;
mod guard;
mod open;
mod roles;

use std::sync::Arc;

use askama::Template;
use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::{
    assets, headers,
    order::{Entry, List, Order},
    problem::Problem,
    token::{self, Header},
};
use client::{Holder, Shop};
use open::Outcome;
pub use roles::{Role, RolesError};

/// What the console is told when it starts.
#[derive(Debug)]
pub struct Config {
    /// Where the shop is.
    pub shop: Url,
    /// Where the key holder is.
    pub holder: Url,
    /// The roles that may be chosen, with their credentials.
    pub roles: Vec<Role>,
}

/// Why the console cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The system has no way to make requests.
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
    /// The address of --holder.
    #[error(transparent)]
    Holder(#[from] fieldseal_client::Error),
}

struct Console {
    shop: Shop,
    holder: Holder,
    roles: Vec<Role>,
}

type Shared = State<Arc<Console>>;

/// The console's routes.
///
/// Errors if the HTTP client cannot be made, or the key holder's address is one to which a credential may not be sent.
pub fn router(config: Config) -> Result<Router, StartError> {
    let client = client::new()?;
    let console = Console {
        shop: Shop::new(client, config.shop),
        holder: Holder::new(config.holder)?,
        roles: config.roles,
    };
    let router = Router::new()
        .route("/", get(page))
        .route("/roles.json", get(roles))
        .route("/orders.json", get(list))
        .route("/orders/{file}", get(order))
        .route("/open", post(open))
        .merge(assets::routes(assets::CONSOLE))
        .fallback(async || not_found())
        .with_state(Arc::new(console));
    Ok(headers::around(guard::around(router), None))
}

#[derive(Template)]
#[template(path = "console.html")]
struct Page<'a> {
    shop: &'a str,
    holder: &'a str,
}

async fn page(State(console): Shared) -> Result<Response, Problem> {
    let page = Page { shop: console.shop.url().as_str(), holder: console.holder.url().as_str() };
    let html = page.render().map_err(|error| {
        tracing::error!(%error, "the page cannot be rendered");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "page-failed").detail("The page cannot be shown.")
    })?;
    Ok((no_store(), Html(html)).into_response())
}

/// The roles by name and class: a credential has no way into this answer.
async fn roles(State(console): Shared) -> Json<Value> {
    let roles: Vec<_> =
        console.roles.iter().map(|role| json!({ "name": role.name, "classes": role.classes })).collect();
    Json(json!({ "roles": roles }))
}

async fn list(State(console): Shared) -> Result<Json<List>, Problem> {
    console.shop.orders().await.map(Json)
}

/// An order with the public header of each token beside it.
#[derive(Serialize)]
struct View {
    id: String,
    placed_at: i64,
    entries: Vec<EntryView>,
}

#[derive(Serialize)]
struct EntryView {
    #[serde(flatten)]
    entry: Entry,
    sealed: Option<Header>,
}

async fn order(State(console): Shared, Path(file): Path<String>) -> Result<Json<View>, Problem> {
    let Order { id, placed_at, entries } = match file.strip_suffix(".json") {
        Some(id) => console.shop.order(id).await?,
        None => return Err(not_found()),
    };
    let entries =
        entries.into_iter().map(|entry| EntryView { sealed: token::header(&entry.value), entry }).collect();
    Ok(Json(View { id, placed_at, entries }))
}

/// What the page asks for. It names an order, not tokens, and a role, not a credential.
#[derive(Deserialize)]
struct Ask {
    order: String,
    role: String,
    purpose: String,
}

/// What became of every sealed entry, for the one role and the one purpose.
#[derive(Serialize)]
struct Answer<'a> {
    role: &'a str,
    purpose: &'a str,
    results: Vec<Outcome>,
}

/// Opens one order as one role.
///
/// The body must be `application/json`: a form on another site cannot send that without being asked about it first, and this
/// server then answers nothing, so no other site can make a browser open anything here.
async fn open(State(console): Shared, ask: Result<Json<Ask>, JsonRejection>) -> Result<Response, Problem> {
    let Json(ask) = ask.map_err(|rejection| {
        Problem::new(rejection.status(), "request-malformed")
            .detail("Send JSON with the members order, role and purpose.")
    })?;
    let purpose = ask.purpose.trim();
    if purpose.is_empty() || purpose.chars().count() > 200 {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "purpose-missing")
            .detail("Say in 1 to 200 letters what the values are opened for. The key holder records it."));
    }
    let role = console.roles.iter().find(|role| role.name == ask.role).ok_or_else(|| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "role-unknown")
            .detail("Choose one of the roles in `/roles.json`.")
    })?;
    let order = console.shop.order(&ask.order).await?;
    let results = open::order(&console.holder, role, purpose, &order).await?;
    Ok((no_store(), Json(Answer { role: &role.name, purpose, results })).into_response())
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found").detail("There is nothing here. The console is at `/`.")
}

/// Opened values belong in no cache.
fn no_store() -> [(header::HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}
