//! `/v1/audit/verification`: whether the audit is as it was written, found out by the service itself.
//!
//! The service and the audit are in one place, so this is no proof to somebody who does not trust that place. Those
//! keep the checkpoint elsewhere and run `keyholder audit verify` against it.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::audit::{State as Found, Verdict};
use crate::error::Code;
use crate::policy::{Actor, Duty};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;

/// How far the check of the audit is, and what it found. Times are NumericDates.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Verification)]
pub(super) struct Document {
    /// How many records there are.
    size: u64,
    /// How many of them were checked. While that is fewer and nothing is wrong, ask again and the check goes on.
    checked: u64,
    /// How many of them a signed checkpoint covers. Later ones can be changed without a trace by whoever can write
    /// to the database.
    signed: u64,
    /// Whether all were checked and are as they were written.
    verified: bool,
    /// When the check of the first record began. Each is checked once since then.
    began: u64,
    /// When this was found.
    at: u64,
    /// The last checkpoint (C2SP tlog-checkpoint). Kept in another place, it shows later what was changed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    checkpoint: Option<String>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<Fault>,
}

/// What is wrong with the audit.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditFault)]
pub(super) struct Fault {
    /// A stable code to match on.
    code: &'static str,
    /// What to do next.
    detail: &'static str,
    /// The first record that is not what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    record: Option<u64>,
    /// The first so many records are not those that a checkpoint was signed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rewritten: Option<u64>,
    /// There were so many records, and there are fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    there_were: Option<u64>,
}

impl Fault {
    fn new(code: Code) -> Self {
        Self { code: code.as_str(), detail: code.message(), record: None, rewritten: None, there_were: None }
    }

    fn of(found: &Found) -> Option<Self> {
        let broken = Self::new(Code::AuditBroken);
        match found.fault {
            Some(Verdict::Broken { seq }) => Some(Self { record: Some(seq), ..broken }),
            Some(Verdict::Rewritten { size }) => Some(Self { rewritten: Some(size), ..broken }),
            Some(Verdict::CutOff { size, .. }) => Some(Self { there_were: Some(size), ..broken }),
            Some(Verdict::Intact { .. }) | None => {
                (!found.is_signature_good).then(|| Self::new(Code::CheckpointInvalid))
            }
        }
    }
}

/// How far the check of the audit is; each time that it is asked for, it goes on by up to 50,000 records.
#[utoipa::path(
    get, path = "/v1/audit/verification", operation_id = "auditVerification", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "How far it is, and what it found", body = Document)),
)]
pub(super) async fn state(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
) -> Result<Response, Problem> {
    advance(&service, &Actor::credential(&credential), address, false).await
}

/// Begins the check of the audit anew, from the first record; one that is on its way goes on.
#[utoipa::path(
    post, path = "/v1/audit/verification", operation_id = "verifyAudit", tag = "operate",
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "How far it is, and what it found", body = Document)),
)]
pub(super) async fn anew(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
) -> Result<Response, Problem> {
    advance(&service, &Actor::credential(&credential), address, true).await
}

async fn advance(
    service: &Service,
    actor: &Actor,
    address: Option<std::net::IpAddr>,
    anew: bool,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(actor, address, Duty::AuditVerify).await?;
    let (signer, now) = (holder.keys().signer(), holder.clock().now());
    let found = service.verification.advance(holder.audit(), signer, anew, now).await?;
    let document = Document {
        size: found.size,
        checked: found.checked,
        signed: found.signed,
        verified: found.is_verified(),
        began: found.began.0,
        at: found.at.0,
        problem: Fault::of(&found),
        checkpoint: found.checkpoint,
    };
    json::answer(&document)
}
