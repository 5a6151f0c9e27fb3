//! `GET` and `POST /v1/subjects/{id}/flags`: what people say about the use of their values. A site's own link or the
//! signal of a browser (Global Privacy Control) can set a flag at once.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use crate::error::Code;
use crate::flags::{Change, FlagRow, MAX_FLAGS};
use crate::policy::{Actor, Flag};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is to change. `set` takes the leave to set flags, and `lift` that to take them away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FlagChange)]
pub(super) struct Wanted {
    #[serde(default)]
    #[schema(max_items = 64)]
    set: Vec<Named>,
    #[serde(default)]
    #[schema(max_items = 64)]
    lift: Vec<Named>,
}

/// A flag: `do-not-sell`, or `objection` or `withdrawal` with the purpose that it is about.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Flag)]
pub(super) struct Named {
    flag: String,
    /// One word, such as `marketing`.
    purpose: Option<String>,
}

/// A flag that is set. `time` is a NumericDate.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FlagSet)]
pub(super) struct Document<'a> {
    flag: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    purpose: Option<&'a str>,
    time: u64,
    /// Who set it, as the audit names them.
    by: &'a str,
}

/// The flags of a subject.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Flags)]
pub(super) struct List<'a> {
    flags: Vec<Document<'a>>,
}

impl Wanted {
    fn read(body: &[u8]) -> Result<Change, Problem> {
        let malformed = || Problem::new(Code::FlagsMalformed);
        let Self { set, lift } = serde_json::from_slice(body).map_err(|_| malformed())?;
        if !(1..=MAX_FLAGS).contains(&(set.len() + lift.len())) {
            return Err(malformed());
        }
        let read = |named: Vec<Named>| {
            let flags = named.iter().map(|named| Flag::parse(&named.flag, named.purpose.as_deref()));
            flags.collect::<crate::error::Result<Vec<_>>>()
        };
        Ok(Change { set: read(set)?, lift: read(lift)? })
    }
}

/// What a person said about the use of their values.
#[utoipa::path(
    get, path = "/v1/subjects/{id}/flags", operation_id = "listFlags", tag = "operate",
    params(("id" = String, Path, description = "The subject: what tokens have as `sub`")),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The flags that are set", body = List)),
)]
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id = subject(id)?;
    answer(&service.holder.flags_of(&Actor::credential(&credential), address, &id).await?)
}

/// Notes what a person said about the use of their values, from now on and for all of them.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/flags", operation_id = "changeFlags", tag = "operate",
    params(("id" = String, Path, description = "The subject: what tokens have as `sub`")),
    request_body = Wanted,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The flags that are set then", body = List)),
)]
pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    id: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let id = subject(id)?;
    let change = Wanted::read(&body?)?;
    answer(&service.holder.change_flags(&Actor::credential(&credential), address, &id, &change).await?)
}

fn subject(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    id.map(|Path(id)| id).map_err(|_| Problem::new(Code::SubjectInvalid))
}

fn answer(flags: &[FlagRow]) -> Result<Response, Problem> {
    let document = |row| {
        let FlagRow { flag, time, actor }: &FlagRow = row;
        Document { flag: flag.name(), purpose: flag.purpose(), time: time.0, by: actor }
    };
    let list = List { flags: flags.iter().map(document).collect() };
    json::answer(&list)
}
