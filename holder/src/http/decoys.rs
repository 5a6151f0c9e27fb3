//! `GET /v1/decoys`: the decoys, for those who watch over them.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::decoys::{Decoy, Touched};
use crate::policy::{Actor, Duty};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// A decoy. Times are NumericDates. What would tell which token it is stays out: whoever reads this list over the
/// network must not learn which tokens to leave alone.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Decoy)]
struct Document<'a> {
    id: &'a str,
    class: &'a str,
    kind: &'a str,
    created: u64,
    /// Who made it.
    by: &'a str,
    /// Whether a credential that touches it is revoked.
    freeze: bool,
    /// How often somebody was told that it was touched.
    alarms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_alarm: Option<u64>,
    /// Since when it is a token as any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retired: Option<u64>,
}

impl<'a> Document<'a> {
    fn of(decoy: &'a Decoy, touched: Option<&Touched>) -> Self {
        Self {
            id: &decoy.id,
            class: &decoy.class,
            kind: &decoy.kind,
            created: decoy.created.0,
            by: &decoy.created_by,
            freeze: decoy.freezes,
            alarms: touched.map_or(0, |touched| touched.alarms),
            last_alarm: touched.map(|touched| touched.last.0),
            retired: decoy.retired.map(|time| time.0),
        }
    }
}

/// The decoys.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Decoys)]
pub(super) struct List<'a> {
    decoys: Vec<Document<'a>>,
}

/// The decoys, oldest first, those that were retired too.
#[utoipa::path(
    get, path = "/v1/decoys", operation_id = "listDecoys", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The decoys", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::DecoysRead).await?;
    let decoys = holder.store().decoys().await?;
    let touched = holder.store().touched().await?;
    let touched: HashMap<_, _> = touched.iter().map(|touched| (touched.decoy.as_str(), touched)).collect();
    let decoys = decoys.iter().map(|decoy| Document::of(decoy, touched.get(decoy.id.as_str()).copied()));
    json::answer(&List { decoys: decoys.collect() })
}
