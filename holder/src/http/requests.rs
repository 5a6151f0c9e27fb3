//! `GET /v1/requests`: what people asked for, and until when it has to be answered.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::policy::{Actor, Duty};
use crate::store::SubjectRequest;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// What a person asked for. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SubjectRequest)]
struct Document<'a> {
    id: &'a str,
    /// The person, by the opaque name that tokens carry as `sub`.
    subject: &'a str,
    /// `access`, `portability`, `rectification`, `erasure` or `objection`.
    kind: &'a str,
    /// The law that sets the time: `gdpr`, `ccpa` or `hipaa`.
    regime: &'a str,
    received: u64,
    /// Until when it has to be answered.
    due: u64,
    /// Whether that time is over and it was not.
    overdue: bool,
    /// Who entered it.
    by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    done_by: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn of(request: &'a SubjectRequest, now: u64) -> Self {
        Self {
            id: &request.id,
            subject: &request.subject,
            kind: &request.kind,
            regime: &request.regime,
            received: request.received.0,
            due: request.due.0,
            overdue: request.done.is_none() && request.due.0 < now,
            by: &request.created_by,
            note: request.note.as_deref(),
            done: request.done.map(|time| time.0),
            done_by: request.done_by.as_deref(),
        }
    }
}

/// What people asked for.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SubjectRequests)]
pub(super) struct List<'a> {
    requests: Vec<Document<'a>>,
}

/// What people asked for, by when it is due, those that are done too.
#[utoipa::path(
    get, path = "/v1/requests", operation_id = "listSubjectRequests", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The requests", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::RequestsRead).await?;
    let now = holder.clock().now().0;
    let requests = holder.store().subject_requests().await?;
    let list = List { requests: requests.iter().map(|request| Document::of(request, now)).collect() };
    json::answer(&list)
}
