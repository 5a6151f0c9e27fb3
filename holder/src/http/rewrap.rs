//! `POST /v1/rewrap`: tokens in, the same values sealed to the current keys out.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::open::OpenRequest;
use super::problem::{Document, Problem};
use crate::error::Code;
use crate::policy::Actor;
use crate::rewrap::Moved;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;

/// What became of the tokens of a request, in their order.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RewrapAnswer)]
pub(super) struct Answer {
    #[schema(min_items = 1, max_items = 100)]
    results: Vec<Item>,
}

/// A token that is sealed to the current key, or why there is none.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RewrapResult)]
#[serde(untagged)]
enum Item {
    Moved(Moved),
    Refused { error: Document },
}

/// Seals what tokens hold to the current keys, and shows it to nobody.
#[utoipa::path(
    post, path = "/v1/rewrap", tag = "open", request_body = OpenRequest,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "What became of each token", body = Answer)),
)]
pub(super) async fn rewrap(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let mut body = OpenRequest::read(&body?)?;
    // Nothing that is moved takes a second person, and what is sent must not be passed over.
    if body.approval.is_some() {
        return Err(Problem::new(Code::RequestMalformed));
    }
    let (actor, purpose) = (Actor::credential(&credential), body.purpose.take());
    let outcomes = service.holder.rewrap(actor, purpose, address, body.submissions()).await?;
    let shown =
        outcomes.iter().map(|outcome| outcome.as_ref().map(|_| ()).map_err(|refusal| refusal.shown()));
    service.holder.metrics().decided("rewrap", shown);
    let results = outcomes.into_iter().map(|outcome| match outcome {
        Ok(moved) => Item::Moved(moved),
        Err(refusal) => Item::Refused { error: Document::of_token(refusal.shown()) },
    });
    json::answer(&Answer { results: results.collect() })
}
