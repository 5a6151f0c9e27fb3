//! `/v1/subjects/{id}`: registers people, shows what is kept about them here, and erases them.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::policy::{Actor, Duty};
use crate::store::SubjectRow;
use crate::subjects::look_up;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A registered person. Times are NumericDates (RFC 7519 section 2).
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Subject<'a> {
    /// The opaque name, which is a token's `sub`.
    id: &'a str,
    created: u64,
    /// When they were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    erased: Option<u64>,
    /// How many keys were derived for them.
    keys: u64,
    /// The signed receipt of the erasure: a JWS of type `subject-erasure-receipt+jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(row: &'a SubjectRow, keys: u64) -> Self {
        let (created, erased) = (row.created.0, row.erased.map(|time| time.0));
        Self { id: &row.id, created, erased, keys, receipt: row.receipt.as_deref() }
    }
}

/// Why somebody is erased.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasing {
    /// For the record and the receipt: 1 to 200 characters, and nothing about the person.
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// A person, by an opaque name.
#[utoipa::path(
    get, path = "/v1/subjects/{id}", operation_id = "showSubject", tag = "operate",
    params(("id" = String, Path, description = "The person's name, percent-encoded")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The person", body = Subject)),
)]
pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    service.holder.may(&Actor::credential(&credential), address, Duty::SubjectsRead).await?;
    answer(&service, &read(id)?).await
}

/// Registers a person, so that values can be sealed to keys of theirs alone. To register somebody twice changes
/// nothing; who was erased is not registered again.
#[utoipa::path(
    post, path = "/v1/subjects/{id}", operation_id = "registerSubject", tag = "operate",
    params(("id" = String, Path, description = "A name of 1 to 256 bytes that tells nothing and that nobody guesses, percent-encoded")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The person", body = Subject)),
)]
pub(super) async fn register(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let actor = Actor::credential(&credential);
    service.holder.may(&actor, address, Duty::SubjectsRegister).await?;
    let id = read(id)?;
    service.holder.register_subject(&id, &actor).await?;
    answer(&service, &id).await
}

/// Erases a person: nothing that was sealed to their keys is ever opened again, wherever it lies. To erase somebody
/// twice gives the same receipt.
#[utoipa::path(
    delete, path = "/v1/subjects/{id}", operation_id = "eraseSubject", tag = "operate",
    params(("id" = String, Path, description = "The person's name, percent-encoded")),
    request_body(content = Option<Erasing>, description = "Why, if that is to be on record"),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The person, erased, with the receipt", body = Subject)),
)]
pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    id: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let actor = Actor::credential(&credential);
    service.holder.may(&actor, address, Duty::SubjectsErase).await?;
    let id = read(id)?;
    let body = body?;
    let Erasing { reason } = match body.is_empty() {
        true => Erasing::default(),
        false => serde_json::from_slice(&body).map_err(|_| Problem::new(Code::RequestMalformed))?,
    };
    service.holder.erase_subject(&id, reason.as_deref(), &actor).await?;
    answer(&service, &id).await
}

/// A name that is no text is nobody's.
fn read(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    id.map(|Path(id)| id).map_err(|_| Problem::new(Code::SubjectInvalid))
}

async fn answer(service: &Service, id: &str) -> Result<Response, Problem> {
    let person = look_up(service.holder.store(), id).await?;
    let subject = Subject::of(&person.row, person.keys.len() as u64);
    json::answer(&subject)
}
