//! `GET /v1/retention`: what ends when, and what keeps it. `POST /v1/retention/holds` and
//! `/v1/retention/holds/{id}/release`: the first of two people.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::policy::Actor;
use crate::retention::hold::Held;
use crate::retention::plan::Plan;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is to be held: a key or a class, one of them.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldRequest {
    /// The thumbprint of a key.
    key: Option<String>,
    /// A class, whose keys are held and those of `*`, also those that are made later; `*` is every key.
    class: Option<String>,
    /// Why, for the audit and for whoever approves it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl HoldRequest {
    fn held(&self) -> Result<Held, Problem> {
        match (&self.key, &self.class) {
            (Some(kid), None) => Ok(Held::Key(kid.clone())),
            (None, Some(class)) => {
                let scope = class.parse().map_err(|_| Problem::new(Code::ClassUnknown))?;
                Ok(Held::Class(scope))
            }
            _ => Err(Problem::new(Code::HoldMalformed)),
        }
    }
}

/// Why a hold is to end.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseRequest {
    /// For the audit and for whoever approves it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// What waits for the second person.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Asked {
    /// The id to approve, within a week, at `/v1/approvals/{id}`.
    approval: String,
}

/// What ends when: the keys, soonest first, the holds that last, and for how long data is kept.
#[utoipa::path(
    get, path = "/v1/retention", operation_id = "retention", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The plan", body = Plan)),
)]
pub(super) async fn plan(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
) -> Result<Response, Problem> {
    json::answer(&service.holder.retention_plan(&Actor::credential(&credential), address).await?)
}

/// Asks for a hold. Nothing is held before somebody else has approved it.
#[utoipa::path(
    post, path = "/v1/retention/holds", operation_id = "askHold", tag = "operate", request_body = HoldRequest,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "What waits for the second person", body = Asked)),
)]
pub(super) async fn hold(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let request: HoldRequest = read(&body?)?;
    let actor = Actor::credential(&credential);
    let approval = service.holder.ask_hold(&request.held()?, &request.reason, (&actor, address)).await?;
    json::answer(&Asked { approval })
}

/// Asks for the release of a hold. It lasts until somebody else has approved that.
#[utoipa::path(
    post, path = "/v1/retention/holds/{id}/release", operation_id = "askRelease", tag = "operate",
    request_body = ReleaseRequest, params(("id" = String, Path, description = "The hold")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "What waits for the second person", body = Asked)),
)]
pub(super) async fn release(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    id: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| Problem::new(Code::HoldUnknown))?;
    let request: ReleaseRequest = read(&body?)?;
    let actor = Actor::credential(&credential);
    let approval = service.holder.ask_release(&id, &request.reason, (&actor, address)).await?;
    json::answer(&Asked { approval })
}

/// Reads a body. The reader's own message may quote it, so that is dropped.
fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::new(Code::HoldMalformed))
}
