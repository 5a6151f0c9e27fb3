//! A log of every request that the guard lets pass, as it came: the request line, all headers and the bytes of the body. Of one that
//! the guard refuses it has the method, the path and the code, because what is refused may have a value in it.
//!
//! No real shop should keep such a log. This one does, because it is the evidence: whatever a page leaks past the guard ends up here,
//! before any handler has seen it, also when the handler then fails.

use std::{io, path::Path, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use fieldseal::server::tower::Refused;
use http_body_util::BodyExt;
use tokio::{fs::File, io::AsyncWriteExt, sync::Mutex};

use crate::problem::Problem;

/// The largest body that is accepted, in bytes. A form of forty sealed fields is about 120 kB.
pub const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// A file to which requests are appended. Clones write to the same file.
#[derive(Clone, Debug)]
pub struct Log {
    file: Arc<Mutex<File>>,
}

impl Log {
    /// Opens the log at `path`, keeping what it holds.
    pub async fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path).await?;
        Ok(Self { file: Arc::new(Mutex::new(file)) })
    }

    /// Puts the log around a router: each request is on disk before a route sees it.
    pub fn around(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self, record))
    }

    /// Puts a note of every refusal around a router that has the guard in it.
    pub fn refusals_around(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self, note))
    }

    async fn append(&self, message: &[u8]) -> io::Result<()> {
        let mut file = self.file.lock().await;
        file.write_all(message).await?;
        file.flush().await
    }
}

async fn record(State(log): State<Log>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut message = head(&parts);
    let start = message.len();
    let received = read(body, &mut message).await;
    let body = message[start..].to_vec();
    message.extend_from_slice(b"\r\n\r\n");

    // A request that cannot be recorded is not handled, or the log would prove nothing.
    if let Err(error) = log.append(&message).await {
        tracing::error!(%error, "the request log cannot be written");
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "log-failed")
            .detail("The request was not handled, because it could not be logged. Check the disk of --data.")
            .into_response();
    }
    match received {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(problem) => problem.into_response(),
    }
}

/// The path is noted without the query, where a form that is sent with GET has its entries.
async fn note(State(log): State<Log>, request: Request, next: Next) -> Response {
    let start = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    if let Some(refused) = response.extensions().get::<Refused>() {
        let line = format!("{start} refused: {}\r\n\r\n", refused.code());
        if let Err(error) = log.append(line.as_bytes()).await {
            tracing::error!(%error, "the request log cannot be written");
        }
    }
    response
}

/// The request line and the headers, in the form of RFC 9112. Header values are written as the bytes that came.
fn head(parts: &Parts) -> Vec<u8> {
    let mut head = format!("{} {} {:?}\r\n", parts.method, parts.uri, parts.version).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Appends the body to `message`. A body that is too long or breaks off leaves there what came of it, so that it is logged too.
async fn read(mut body: Body, message: &mut Vec<u8>) -> Result<(), Problem> {
    let start = message.len();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "body-incomplete")
                .detail("The body broke off. Send the request again.")
        })?;
        if let Some(data) = frame.data_ref() {
            message.extend_from_slice(data);
        }
        if message.len() - start > BODY_LIMIT {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
                .detail("The body is longer than 2 MiB. Send less at once."));
        }
    }
    Ok(())
}
