//! `GET /v1/incidents` and `GET /v1/incidents/{id}`: what is being looked into and what was done about it.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::incident::duties::{self, Due};
use crate::incident::{self, Incident};
use crate::policy::{Actor, Duty};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// An incident, as those see it who may read about it. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Incident)]
pub(super) struct Document<'a> {
    /// Its name.
    id: &'a str,
    /// What it is about.
    title: &'a str,
    /// When it was opened.
    opened: u64,
    /// When the organisation became aware of it.
    aware: u64,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    closed: Option<u64>,
    suspected: Suspected<'a>,
    /// What was done, in order.
    steps: Vec<Step<'a>>,
    /// Who must be told: first those who must be at once, then by deadline, then those without a fixed one. They are
    /// those that were kept with `keyholder incident notify --keep`, or else all that could apply.
    duties: Vec<Deadline>,
}

/// Somebody who must be told, if the conditions hold. It is no legal advice.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = IncidentDuty)]
pub(super) struct Deadline {
    /// Its name, by which it is marked as done.
    id: String,
    /// Who is told: `authority`, `subjects`, `media`, `acquirer`, `brands`, `bureaus`, `consumers`, `partner`, or
    /// `record` where it is written down.
    tell: &'static str,
    /// Who that is, in words.
    whom: String,
    /// What is to be done.
    what: String,
    /// What has to be so for it to apply, which people decide.
    conditions: Vec<String>,
    /// The limit in the law's words.
    words: String,
    /// By when it must be done at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due: Option<u64>,
    /// Whether it is to be done at once.
    at_once: bool,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    done: Option<u64>,
    /// The place in the law.
    citation: String,
    /// Where the law can be read.
    source: String,
}

impl From<Due> for Deadline {
    fn from(due: Due) -> Self {
        Self {
            id: due.id,
            tell: due.tell.as_str(),
            whom: due.whom,
            what: due.what,
            conditions: due.conditions,
            words: due.words,
            due: due.due,
            at_once: due.at_once,
            done: due.done.map(|done| done.at),
            citation: due.citation,
            source: due.source,
        }
    }
}

/// What is suspected to be in other hands.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Suspected)]
pub(super) struct Suspected<'a> {
    /// The names of credentials, and of users of the command.
    credentials: &'a [String],
    /// The kids of keys.
    keys: &'a [String],
    /// Whether a copy of the database may have left.
    database_copy: bool,
    /// From when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<u64>,
    /// Until before when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<u64>,
}

/// Something that was done about an incident.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = IncidentStep)]
pub(super) struct Step<'a> {
    time: u64,
    /// Who did it, as the audit names them.
    by: &'a str,
    /// What was done: `open`, `suspect`, `contain`, `thaw`, `assess`, `close` and others.
    what: &'a str,
    /// The particulars, whose members depend on what was done.
    #[schema(value_type = Object)]
    detail: &'a serde_json::Value,
}

impl<'a> Document<'a> {
    fn of(incident: &'a Incident) -> Self {
        let Incident { id, title, opened, aware, closed, suspected, steps } = incident;
        let incident::Suspected { credentials, keys, database_copy, from, to } = suspected;
        let suspected = Suspected { credentials, keys, database_copy: *database_copy, from: *from, to: *to };
        let step = |step: &'a incident::Step| Step {
            time: step.time,
            by: &step.by,
            what: &step.what,
            detail: &step.detail,
        };
        let steps = steps.iter().map(step).collect();
        let duties = duties::of(incident, None).into_iter().map(Deadline::from).collect();
        Self { id, title, opened: *opened, aware: *aware, closed: *closed, suspected, steps, duties }
    }
}

/// The incidents, oldest first.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Incidents)]
pub(super) struct List<'a> {
    incidents: Vec<Document<'a>>,
}

/// The incidents, oldest first, and what was done about each.
#[utoipa::path(
    get, path = "/v1/incidents", operation_id = "listIncidents", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The incidents", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
) -> Result<Response, Problem> {
    service.holder.may(&Actor::credential(&credential), address, Duty::IncidentsRead).await?;
    let incidents = incident::all(service.holder.store()).await?;
    json::answer(&List { incidents: incidents.iter().map(Document::of).collect() })
}

/// An incident and what was done about it.
#[utoipa::path(
    get, path = "/v1/incidents/{id}", operation_id = "showIncident", tag = "operate",
    params(("id" = String, Path, description = "The incident's id")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The incident", body = Document)),
)]
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    service.holder.may(&Actor::credential(&credential), address, Duty::IncidentsRead).await?;
    let Ok(Path(id)) = id else {
        return Err(Problem::new(Code::IncidentUnknown));
    };
    json::answer(&Document::of(&incident::find(service.holder.store(), &id).await?))
}
