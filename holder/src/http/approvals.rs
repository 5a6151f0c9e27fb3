//! `GET /v1/approvals` and `POST /v1/approvals/{id}`: the second person.

use super::Service;
use super::caller::{Address, Caller};
use super::problem::Problem;
use crate::approval::Approval;
use crate::error::Code;
use crate::policy::Actor;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// A request that takes a second person, as whoever may approve it sees it. Times are NumericDates.
#[derive(Serialize)]
struct Document<'a> {
    id: &'a str,
    actor: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    count: u64,
    created: u64,
    expires: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
}

impl<'a> Document<'a> {
    fn of(approval: &'a Approval) -> Self {
        Self {
            id: &approval.id,
            actor: &approval.actor,
            action: &approval.action,
            purpose: approval.purpose.as_deref(),
            count: approval.count,
            created: approval.created.0,
            expires: approval.expires.0,
            approved_by: approval.approved_by.as_deref(),
            used: approval.used_at.map(|time| time.0),
        }
    }
}

#[derive(Serialize)]
struct List<'a> {
    approvals: Vec<Document<'a>>,
}

pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
) -> Result<Response, Problem> {
    let approvals = service.holder.approvals(&Actor::credential(&credential), address).await?;
    answer(&List { approvals: approvals.iter().map(Document::of).collect() })
}

pub(super) async fn approve(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Ok(Path(id)) = id else {
        return Err(Problem::new(Code::ApprovalUnknown));
    };
    answer(&Document::of(&service.holder.approve(&Actor::credential(&credential), address, &id).await?))
}

fn answer(document: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(document).map_err(|_| Problem::new(Code::Internal))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}
