//! The server of the measured pages. A cold page gets an origin of its own each time, so that no cache of the browser
//! and no process of it has seen that page's scripts before.

use anyhow::Result;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// Pages that are isolated get a finer clock: 5 microseconds in Chromium and 20 in Firefox, instead of up to a millisecond.
const ISOLATED: [(&str, &str); 3] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// For the pages and what they are measured with, which change from run to run.
const ANEW: &str = "no-store";

/// For what a cold page is made of, as the package's readme has it: a page that named a file in its head can use it then. No
/// other page of its origin ever asks.
const KEPT: &str = "max-age=31536000, immutable";

/// The running server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    bundles: PathBuf,
    keys: Arc<Mutex<BTreeMap<String, Value>>>,
    encodings: Arc<Mutex<BTreeSet<&'static str>>>,
    next: Arc<AtomicU16>,
}

impl Server {
    /// A server of these bundles. It listens once it is asked for an origin.
    pub(crate) fn new(bundles: PathBuf) -> Self {
        Self { bundles, keys: Arc::default(), encodings: Arc::default(), next: Arc::default() }
    }

    /// An address on this machine that no page was loaded from before. All of 127.0.0.0/8 is this machine's own where the
    /// system says so; elsewhere another port has to do.
    pub(crate) async fn origin(&self) -> Result<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let [high, low] = number.to_be_bytes();
        let listener = match TcpListener::bind((Ipv4Addr::new(127, 77, high, low), 0)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let address: SocketAddr = listener.local_addr()?;
        let router = Router::new()
            .route("/bench", get(bench))
            .route("/harness.js", get(|state| file(state, UrlPath("harness.js".into()))))
            .route(
                "/peers/{name}",
                get(|state, UrlPath(name): UrlPath<String>| file(state, UrlPath(format!("peers/{name}")))),
            )
            .route("/cold/{id}/", get(cold))
            .route("/cold/{id}/{name}", get(cold_file))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(format!("http://{address}"))
    }

    /// The public key that a peer's cold page seals to.
    pub(crate) fn give_key(&self, id: &str, key: Value) {
        lock(&self.keys).insert(id.to_owned(), key);
    }

    /// How cold pages were compressed, of what their browser understood; forgotten once told.
    pub(crate) fn encodings(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.encodings)).into_iter().map(str::to_owned).collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        // Names come from addresses: one that leads elsewhere is none.
        (!path.contains("..")).then(|| fs::read(self.bundles.join(path)).ok()).flatten()
    }
}

async fn bench() -> Response {
    let page = "<!doctype html><meta charset=utf-8><title>Bench</title><script type=module src=/harness.js></script>";
    answer("text/html", ANEW, None, page.into())
}

async fn file(State(server): State<Server>, UrlPath(path): UrlPath<String>) -> Response {
    match server.read(&path) {
        Some(bytes) => answer(media_type(&path), ANEW, None, bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn cold(State(server): State<Server>, UrlPath(id): UrlPath<String>) -> Response {
    let Some(key) = lock(&server.keys).get(&id).map(Value::to_string) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // What a peer's page has in its head, if it has anything.
    let head = server.read(&format!("cold/{id}/head.html")).unwrap_or_default();
    // Nothing in a key closes a script.
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>Cold</title>\
         {}<script type=application/json id=key>{}</script><body><script type=module src=page.js></script>",
        String::from_utf8_lossy(&head),
        key.replace('<', "\\u003c")
    );
    answer("text/html", ANEW, None, page.into())
}

async fn cold_file(
    State(server): State<Server>,
    UrlPath((id, name)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let understood = |wanted: &str| accepted.split(',').any(|name| name.trim() == wanted);
    let (encoding, extension) = match () {
        () if understood("br") => ("br", ".br"),
        () if understood("gzip") => ("gzip", ".gz"),
        () => ("identity", ""),
    };
    lock(&server.encodings).insert(encoding);
    match server.read(&format!("cold/{id}/{name}{extension}")) {
        Some(bytes) => answer(media_type(&name), KEPT, Some(encoding), bytes),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(
    media_type: &'static str,
    caching: &'static str,
    encoding: Option<&'static str>,
    bytes: Vec<u8>,
) -> Response {
    let mut response =
        ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, caching)], bytes).into_response();
    let fixed = ISOLATED.into_iter().chain(encoding.map(|encoding| ("content-encoding", encoding)));
    for (name, value) in fixed {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    if path.ends_with(".wasm") { "application/wasm" } else { "text/javascript" }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
