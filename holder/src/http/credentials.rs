//! `GET /v1/credentials`: who may ask, and with which roles. Nothing of what proves it.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::policy::{Actor, Duty};
use crate::store::Credential;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// Every credential, oldest first, the revoked ones too.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Credentials)]
pub(super) struct List<'a> {
    credentials: Vec<Document<'a>>,
}

/// Somebody who may ask. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Credential)]
pub(super) struct Document<'a> {
    /// The name, as the audit records it.
    name: &'a str,
    /// How it is proved, such as `bearer` or `certificate`.
    proof: &'static str,
    roles: &'a [String],
    /// The classes of data that it is held to; `*` is all, and none is no further limit.
    classes: Vec<&'static str>,
    created: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revoked: Option<u64>,
    /// How many values it may have opened in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    per_minute: Option<u64>,
    /// How many values it may have opened in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    per_day: Option<u64>,
}

impl<'a> Document<'a> {
    fn of(credential: &'a Credential) -> Self {
        Self {
            name: &credential.name,
            proof: credential.proof.way.as_str(),
            roles: &credential.roles,
            classes: credential.classes.iter().map(|class| class.as_str()).collect(),
            created: credential.created.0,
            revoked: credential.revoked.map(|time| time.0),
            per_minute: credential.quota.per_minute,
            per_day: credential.quota.per_day,
        }
    }
}

/// The credentials and their roles.
#[utoipa::path(
    get, path = "/v1/credentials", operation_id = "listCredentials", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The credentials", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
) -> Result<Response, Problem> {
    service.holder.may(&Actor::credential(&credential), address, Duty::CredentialsList).await?;
    let credentials = service.holder.store().credentials().await?;
    let list = List { credentials: credentials.iter().map(Document::of).collect() };
    json::answer(&list)
}
