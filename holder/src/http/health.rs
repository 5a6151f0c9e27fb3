//! `GET /healthz`, `/readyz` and `/metrics`: for whoever keeps the service running.

use super::Service;
use super::address::is_local;
use super::caller::Caller;
use super::json;
use super::problem::Problem;
use crate::holder::Holder;
use crate::metrics::MEDIA_TYPE;
use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// Whether the process is alive. It asks nobody else: a database that is away is no reason to end this and
/// start another.
#[utoipa::path(
    get, path = "/healthz", tag = "operate",
    responses((status = 200, description = "It is alive", body = super::openapi::Status)),
)]
pub(super) async fn alive() -> Response {
    json::written(r#"{"status":"ok"}"#)
}

/// Whether requests can be served. Who balances load sends them elsewhere while they cannot.
#[utoipa::path(
    get, path = "/readyz", tag = "operate",
    responses((status = 200, description = "Requests can be served", body = super::openapi::Status)),
)]
pub(super) async fn ready(State(holder): State<Holder>) -> Result<Response, Problem> {
    holder.ready().await?;
    Ok(json::written(r#"{"status":"ready"}"#))
}

/// What is counted, on an address of its own: who can reach that may read it.
pub(super) async fn metrics(State(holder): State<Holder>) -> Result<Response, Problem> {
    // Asked now, so that what is read is true now.
    let _ = holder.ready().await;
    let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, holder.metrics().write()?).into_response())
}

/// What is counted, beside everything else: for programs on this machine and for those with a credential.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "operate",
    security((), ("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((
        status = 200, description = "OpenMetrics text", content_type = "application/openmetrics-text", body = String,
    )),
)]
pub(super) async fn guarded_metrics(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    if !is_local(&parts.extensions, &parts.headers) {
        Caller::from_request_parts(&mut parts, &service).await?;
    }
    metrics(State(service.holder.clone())).await
}

/// What an address that is for operators alone answers.
pub(super) fn routes(holder: Holder) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(holder)
}
