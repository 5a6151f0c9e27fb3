//! A server for test pages. It keeps every byte that any connection sent, before anything interprets it.
//!
//! Each test gets a folder of its own, `/t/7/`, so that tests in three browsers run at once without seeing each other. In
//! it lie the pages of tests/e2e/pages, the built package below `pkg/`, `config.js` with what the test wants the page
//! to know, and any address that begins with `submit`, which receives forms. At the server's own
//! `/.well-known/sealed-input` lies the key set that a test published there.

use crate::program::root;
use crate::received::Submission;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::serve::Listener;
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::io::InspectReader;

/// What one test wants to be served.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The object that `config.js` exports.
    pub config: Value,
    /// A script that runs before anything else does, as the first lines of `config.js`.
    pub before: String,
    /// The Content-Security-Policy of the pages.
    pub policy: Option<String>,
    /// Whether a browser may keep the pages, and so show one again as it was.
    pub stored: bool,
    /// Whether the package's `.wasm` files are missing.
    pub without_wasm: bool,
    /// Files beside the pages: name, content type and content.
    pub files: Vec<(String, String, String)>,
    /// Words in the pages that are replaced: `{{name}}` by a value. `{{n}}` is always the test's number.
    pub words: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Folder {
    scene: Scene,
    received: Vec<Submission>,
    asked: Vec<String>,
}

type Connections = Arc<Mutex<Vec<Arc<Mutex<Vec<u8>>>>>>;
type Folders = Arc<Mutex<HashMap<String, Folder>>>;

/// The running server.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its origin, as a page's `location.origin`.
    pub origin: String,
    connections: Connections,
    folders: Folders,
    key_set: Arc<Mutex<Option<String>>>,
}

/// The folder of one test.
#[derive(Debug)]
pub struct Test {
    fixture: Fixture,
    id: String,
    /// How much each connection had sent before.
    marks: Vec<usize>,
}

impl Fixture {
    /// Starts the server on a free port of this machine.
    pub async fn start() -> Result<Self> {
        if !root().join("target/npm/fieldseal/dist/index.js").is_file() {
            bail!("the package is not built: run `cargo xtask pkg`");
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (connections, folders) = (Connections::default(), Folders::default());
        let fixture = Self { origin, connections, folders, key_set: Arc::default() };
        let router = Router::new()
            .route("/t/{test}/{*path}", any(answer))
            .route("/.well-known/sealed-input", get(key_set))
            .with_state(fixture.clone());
        let listener = Recording { listener, connections: Arc::clone(&fixture.connections) };
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(fixture)
    }

    /// Publishes a key set as this origin's own. All tests see it.
    pub fn publish(&self, keys: &Value) {
        *lock(&self.key_set) = Some(keys.to_string());
    }

    /// A new folder for one test.
    pub fn test(&self, scene: Scene) -> Test {
        let mut folders = lock(&self.folders);
        let id = (folders.len() + 1).to_string();
        folders.insert(id.clone(), Folder { scene, ..Folder::default() });
        let marks = lock(&self.connections).iter().map(|bytes| lock(bytes).len()).collect();
        Test { fixture: self.clone(), id, marks }
    }
}

impl Test {
    /// The number of the test, for values that no other test types.
    pub fn number(&self) -> u32 {
        self.id.parse().unwrap_or_default()
    }

    /// The origin of its pages.
    pub fn origin(&self) -> &str {
        &self.fixture.origin
    }

    /// The address of something in the folder.
    pub fn url(&self, path: &str) -> String {
        format!("{}/t/{}/{path}", self.fixture.origin, self.id)
    }

    /// The forms received so far.
    pub fn received(&self) -> Vec<Submission> {
        lock(&self.fixture.folders).get(&self.id).map(|folder| folder.received.clone()).unwrap_or_default()
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.fixture.folders).get(&self.id).map(|folder| folder.asked.clone()).unwrap_or_default()
    }

    /// Waits for so many forms.
    pub async fn wait_for(&self, count: usize) -> Result<Vec<Submission>> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let received = self.received();
            if received.len() >= count {
                return Ok(received);
            }
            if Instant::now() >= deadline {
                bail!("{} of {count} submissions arrived; asked for: {:?}", received.len(), self.asked());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What each connection sent since this test began.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        let connections = lock(&self.fixture.connections);
        let marks = self.marks.iter().copied().chain(std::iter::repeat(0));
        connections.iter().zip(marks).map(|(bytes, mark)| lock(bytes)[mark..].to_vec()).collect()
    }
}

/// A listener whose connections keep a copy of all that they read.
struct Recording {
    listener: TcpListener,
    connections: Connections,
}

impl Listener for Recording {
    type Io = InspectReader<TcpStream, Box<dyn FnMut(&[u8]) + Send>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let bytes = Arc::new(Mutex::new(Vec::new()));
        lock(&self.connections).push(Arc::clone(&bytes));
        (
            InspectReader::new(stream, Box::new(move |read: &[u8]| lock(&bytes).extend_from_slice(read))),
            address,
        )
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

async fn key_set(State(fixture): State<Fixture>) -> Response {
    match lock(&fixture.key_set).clone() {
        Some(keys) => file("application/jwk-set+json", keys),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer(
    State(fixture): State<Fixture>,
    UrlPath((test, path)): UrlPath<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut folders = lock(&fixture.folders);
    let Some(folder) = folders.get_mut(&test) else { return StatusCode::NOT_FOUND.into_response() };
    folder.asked.push(path.clone());
    if path.starts_with("submit") {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        folder.received.push(Submission {
            method: method.to_string(),
            path,
            query: uri.query().unwrap_or_default().to_owned(),
            content_type: content_type.unwrap_or_default().to_owned(),
            body: body.to_vec(),
        });
        return page("<!doctype html><title>received</title><p id=\"received\">received</p>".into(), None);
    }
    let scene = &folder.scene;
    if path == "config.js" {
        let text = format!("{}\nexport default {};\n", scene.before, scene.config);
        return file("text/javascript", text);
    }
    if let Some((_, kind, content)) = scene.files.iter().find(|(name, _, _)| *name == path) {
        return file(kind, content.clone());
    }
    if scene.without_wasm && path.ends_with(".wasm") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let on_disk = match path.strip_prefix("pkg/") {
        Some(path) => root().join("target/npm/fieldseal").join(path),
        None => root().join("tests/e2e/pages").join(&path),
    };
    serve(scene, &test, &on_disk).unwrap_or_else(|_| StatusCode::NOT_FOUND.into_response())
}

fn serve(scene: &Scene, test: &str, path: &Path) -> Result<Response> {
    let extension = path.extension().and_then(|extension| extension.to_str()).context("no extension")?;
    let content = std::fs::read(path)?;
    Ok(match extension {
        "html" => {
            let mut text = String::from_utf8(content)?.replace("{{n}}", &format!("{test:0>4}"));
            for (word, value) in &scene.words {
                text = text.replace(&format!("{{{{{word}}}}}"), value);
            }
            let mut response = page(text, scene.policy.as_deref());
            if scene.stored {
                response.headers_mut().remove(header::CACHE_CONTROL);
            }
            response
        }
        "js" => file("text/javascript", content),
        "css" => file("text/css", content),
        "wasm" => file("application/wasm", content),
        "json" => file("application/json", content),
        _ => bail!("nothing else is served"),
    })
}

fn page(text: String, policy: Option<&str>) -> Response {
    let mut response = file("text/html; charset=utf-8", text);
    if let Some(Ok(policy)) = policy.map(str::parse) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Nothing is cached, so that every test fetches for itself what it asks for.
fn file(kind: &str, content: impl IntoResponse) -> Response {
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CACHE_CONTROL, "no-store".to_owned())];
    (headers, content).into_response()
}

/// A panic in another test must not hide what this one received.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
