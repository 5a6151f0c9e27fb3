//! `GET /v1/approvals` and `POST /v1/approvals/{id}`: the second person.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::approval::Approval;
use crate::error::Code;
use crate::policy::Actor;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// A request that takes a second person, as whoever may approve it sees it. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Approval)]
pub(super) struct Document<'a> {
    id: &'a str,
    actor: &'a str,
    action: &'a str,
    /// What it is about, where that is no token: `key` or `class` and its name, or the id of a hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purpose: Option<&'a str>,
    count: u64,
    created: u64,
    expires: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    approved_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    used: Option<u64>,
}

impl<'a> Document<'a> {
    fn of(approval: &'a Approval) -> Self {
        Self {
            id: &approval.id,
            actor: &approval.actor,
            action: &approval.action,
            target: approval.target.as_deref(),
            purpose: approval.purpose.as_deref(),
            count: approval.count,
            created: approval.created.0,
            expires: approval.expires.0,
            approved_by: approval.approved_by.as_deref(),
            used: approval.used_at.map(|time| time.0),
        }
    }
}

/// The requests that wait for a second person.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Approvals)]
pub(super) struct List<'a> {
    approvals: Vec<Document<'a>>,
}

/// The requests that wait for a second person, or were approved and can still be used.
#[utoipa::path(
    get, path = "/v1/approvals", operation_id = "listApprovals", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The requests", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
) -> Result<Response, Problem> {
    let approvals = service.holder.approvals(&Actor::credential(&credential), address).await?;
    json::answer(&List { approvals: approvals.iter().map(Document::of).collect() })
}

/// Approves a request of somebody else. A hold, or its release, is carried out at once.
#[utoipa::path(
    post, path = "/v1/approvals/{id}", operation_id = "approve", tag = "operate",
    params(("id" = String, Path, description = "The id that the refused request was answered with")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The request, approved", body = Document)),
)]
pub(super) async fn approve(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Ok(Path(id)) = id else {
        return Err(Problem::new(Code::ApprovalUnknown));
    };
    json::answer(&Document::of(&service.holder.approve(&Actor::credential(&credential), address, &id).await?))
}
