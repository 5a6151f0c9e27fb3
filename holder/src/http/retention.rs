//! `GET /v1/retention`: what ends when, and what keeps it.

use super::Service;
use super::caller::{Address, Caller};
use super::problem::Problem;
use crate::error::Code;
use crate::policy::Actor;
use crate::retention::plan::Plan;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

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
    let plan = service.holder.retention_plan(&Actor::credential(&credential), address).await?;
    let body = serde_json::to_vec(&plan).map_err(|_| Problem::new(Code::Internal))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}
