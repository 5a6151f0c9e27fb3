//! `POST /v1/rewrap`: tokens in, the same values sealed to the current keys out.

use super::Service;
use super::open::{Caller, OpenRequest};
use super::problem::{Document, Problem};
use crate::error::Code;
use crate::policy::Actor;
use crate::rewrap::Moved;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct Answer {
    results: Vec<Item>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item {
    Moved(Moved),
    Refused { error: Document },
}

pub(super) async fn rewrap(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let mut body = OpenRequest::read(&body?)?;
    let (actor, purpose) = (Actor::credential(&credential), body.purpose.take());
    let outcomes = service.holder.rewrap(actor, purpose, body.submissions()).await?;
    let results = outcomes.into_iter().map(|outcome| match outcome {
        Ok(moved) => Item::Moved(moved),
        Err(refusal) => Item::Refused { error: Document::of_token(refusal.shown()) },
    });
    let answer = Answer { results: results.collect() };
    let answer = serde_json::to_vec(&answer).map_err(|_| Problem::new(Code::Internal))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, answer).into_response())
}
