//! Answers that are JSON, and that no cache keeps: what one person may see is not for the next.

use super::problem::Problem;
use crate::error::Code;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A document as an answer.
pub(super) fn answer(document: &impl Serialize) -> Result<Response, Problem> {
    serde_json::to_vec(document).map(written).map_err(|_| Problem::new(Code::Internal))
}

/// What is written as JSON already.
pub(super) fn written(body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.into()).into_response()
}
