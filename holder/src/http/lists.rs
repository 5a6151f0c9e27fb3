//! `GET /v1/audit`, `GET /v1/keys` and `GET /v1/subjects`: lists, a page at a time, for those who may see them.
//!
//! A page ends with a cursor from which the next goes on. It says nothing to the client and stays good
//! while the list grows, so that a program can follow the audit by asking again with the last one.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::Problem;
use super::subjects::Subject;
use crate::error::Code;
use crate::policy::{Actor, Duty};
use crate::store::{AuditFilter, KeyRow, Side};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most entries of a page, and how many it has when nothing is said.
const MAX_LIMIT: u32 = 1000;
const LIMIT: u32 = 100;

/// The most characters of a text that is searched for.
const MAX_TEXT: usize = 100;

/// What a client says of the page that it wants.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// The `next` of the page before; without it, the list begins at its start.
    after: Option<String>,
    /// How many entries: 1 to 1000, and 100 when nothing is said.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

impl Page {
    fn limit(&self) -> Result<u32, Problem> {
        match self.limit.unwrap_or(LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Problem::new(Code::PageInvalid)),
        }
    }
}

/// What a client says of the records that it wants. Only those pass that are as every word here says.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// The `next` of the page before in the same order; without it, the list begins at its start.
    after: Option<String>,
    /// How many entries: 1 to 1000, and 100 when nothing is said.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Which come first: `oldest`, or `newest`.
    #[serde(default)]
    #[param(inline, default = "oldest")]
    order: Order,
    /// Who asked.
    actor: Option<String>,
    /// What was asked for.
    action: Option<String>,
    /// What came of it.
    outcome: Option<String>,
    /// The class of data.
    class: Option<String>,
    /// The kind of data.
    kind: Option<String>,
    /// The key.
    kid: Option<String>,
    /// The token's name.
    jti: Option<String>,
    /// The person whose value it is.
    sub: Option<String>,
    /// From this time on: a NumericDate.
    since: Option<u64>,
    /// Before this time: a NumericDate.
    until: Option<u64>,
    /// Anywhere in what was written down, in upper or lower case: 1 to 100 characters.
    #[param(min_length = 1, max_length = 100)]
    text: Option<String>,
}

/// Which entries of a list come first.
#[derive(Clone, Copy, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Oldest,
    Newest,
}

impl Search {
    fn read(self) -> Result<(Order, Option<String>, u32, AuditFilter), Problem> {
        let Self {
            after,
            limit,
            order,
            actor,
            action,
            outcome,
            class,
            kind,
            kid,
            jti,
            sub,
            since,
            until,
            text,
        } = self;
        let limit = Page { after: None, limit }.limit()?;
        let is_fine = |time: Option<u64>| time.is_none_or(|time| time <= NumericDate::MAX.0);
        let fits = text.as_ref().is_none_or(|text| (1..=MAX_TEXT).contains(&text.chars().count()));
        if !fits || !is_fine(since) || !is_fine(until) {
            return Err(Problem::new(Code::SearchInvalid));
        }
        let filter = AuditFilter { actor, action, outcome, class, kind, kid, jti, sub, since, until, text };
        Ok((order, after, limit, filter))
    }
}

/// A place in a list: the list's name, so that a cursor of one does not pass for another's, and what the
/// entries are ordered by.
struct Cursor {
    list: &'static str,
    place: u64,
    name: String,
}

impl Cursor {
    fn start(list: &'static str) -> Self {
        Self { list, place: 0, name: String::new() }
    }

    fn write(&self) -> String {
        let Self { list, place, name } = self;
        Base64UrlUnpadded::encode_string(format!("{list} {place} {name}").as_bytes())
    }

    /// The place that a client names, or the start.
    fn read(list: &'static str, text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self::start(list)) };
        let parse = || {
            let text = String::from_utf8(Base64UrlUnpadded::decode_vec(text).ok()?).ok()?;
            let (place, name) = text.strip_prefix(list)?.strip_prefix(' ')?.split_once(' ')?;
            Some(Self { list, place: place.parse().ok()?, name: name.to_owned() })
        };
        parse().ok_or(Problem::new(Code::CursorInvalid))
    }
}

/// The records of the audit, oldest first if nothing else is said.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "listAudit", tag = "operate", params(Search),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "A page of records", body = super::openapi::AuditPage)),
)]
pub(super) async fn audit(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::AuditRead).await?;
    let Query(search) = search.map_err(|_| Problem::new(Code::PageInvalid))?;
    let (order, after, limit, filter) = search.read()?;
    let (list, side, follow) = match order {
        Order::Oldest => {
            let after = Cursor::read("audit", after.as_deref())?;
            ("audit", Side::After(after.place), None)
        }
        Order::Newest => {
            // Whoever reads backwards goes on forwards from what was there when they began.
            let follow = Cursor { place: holder.audit().size().await?, ..Cursor::start("audit") }.write();
            let place = match after {
                Some(after) => Cursor::read("audit-newest", Some(&after))?.place,
                None => i64::MAX.unsigned_abs(),
            };
            ("audit-newest", Side::Before(place), Some(follow))
        }
    };
    // One more than is asked for tells whether there is more.
    let mut rows = holder.audit().page(&filter, side, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let (Side::After(start) | Side::Before(start)) = side;
    let next = rows.last().map_or(start, |row| row.seq);
    let next = Cursor { place: next, ..Cursor::start(list) }.write();
    // A record goes out as `keyholder audit export` writes it, so that the two can be compared.
    let records: crate::error::Result<Vec<String>> = rows.iter().map(|row| row.to_json()).collect();
    answer("records", &records?.join(","), &next, more, follow.as_deref())
}

/// What is public about a key. Times are NumericDates (RFC 7519 section 2).
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Key<'a> {
    /// Its thumbprint (RFC 7638).
    kid: &'a str,
    /// What became of it: whether it is still sealed to, and whether it opens.
    state: &'static str,
    alg: &'static str,
    /// The class of data that it seals, or `*`.
    class: &'static str,
    created: u64,
    /// From when on it can be sealed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    nbf: Option<u64>,
    /// Until when it can be sealed to. What was sealed opens after that, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<u64>,
    /// When it is destroyed, unless a hold keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    destroys: Option<u64>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revoked: Option<u64>,
    /// When it was destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    destroyed: Option<u64>,
}

impl<'a> Key<'a> {
    fn of(row: &'a KeyRow, now: NumericDate) -> Self {
        Self {
            kid: &row.kid,
            state: row.state(now).as_str(),
            alg: row.alg.as_str(),
            class: row.scope.as_str(),
            created: row.created.0,
            nbf: row.nbf.map(|time| time.0),
            exp: row.exp.map(|time| time.0),
            destroys: row.destroys.map(|time| time.0),
            revoked: row.life.revoked.map(|time| time.0),
            destroyed: row.life.destroyed.map(|time| time.0),
        }
    }
}

/// The keys, oldest first, those that have expired too.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listKeys", tag = "operate", params(Page),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "A page of keys", body = super::openapi::KeyPage)),
)]
pub(super) async fn keys(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::KeysList).await?;
    let Query(page) = page.map_err(|_| Problem::new(Code::PageInvalid))?;
    let limit = page.limit()? as usize;
    let after = Cursor::read("keys", page.after.as_deref())?;
    let mut keys = holder.store().keys().await?;
    // There are a few of them, so it is the page that is cut here and not the query.
    keys.sort_by(|a, b| (a.created.0, &a.kid).cmp(&(b.created.0, &b.kid)));
    keys.retain(|key| (key.created.0, &key.kid) > (after.place, &after.name));
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = match keys.last() {
        Some(last) => Cursor { list: "keys", place: last.created.0, name: last.kid.clone() },
        None => after,
    };
    let now = holder.clock().now();
    let keys: Result<Vec<String>, _> =
        keys.iter().map(|key| serde_json::to_string(&Key::of(key, now))).collect();
    let keys = keys.map_err(|_| Problem::new(Code::Internal))?;
    answer("keys", &keys.join(","), &next.write(), more, None)
}

/// The registered people, in the order in which they were registered, those that were erased too.
#[utoipa::path(
    get, path = "/v1/subjects", operation_id = "listSubjects", tag = "operate", params(Page),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "A page of people", body = super::openapi::SubjectPage)),
)]
pub(super) async fn subjects(
    State(service): State<Arc<Service>>,
    Address(address): Address,
    Caller(credential): Caller,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let holder = &service.holder;
    holder.may(&Actor::credential(&credential), address, Duty::SubjectsRead).await?;
    let Query(page) = page.map_err(|_| Problem::new(Code::PageInvalid))?;
    let limit = page.limit()?;
    let after = Cursor::read("subjects", page.after.as_deref())?;
    let mut people = holder.store().subjects((NumericDate(after.place), &after.name), limit + 1).await?;
    let more = people.len() > limit as usize;
    people.truncate(limit as usize);
    let next = match people.last() {
        Some((last, _)) => Cursor { list: "subjects", place: last.created.0, name: last.id.clone() },
        None => after,
    };
    let people: Result<Vec<String>, _> =
        people.iter().map(|(row, keys)| serde_json::to_string(&Subject::of(row, *keys))).collect();
    let people = people.map_err(|_| Problem::new(Code::Internal))?;
    answer("subjects", &people.join(","), &next.write(), more, None)
}

fn answer(
    name: &str,
    entries: &str,
    next: &str,
    more: bool,
    follow: Option<&str>,
) -> Result<Response, Problem> {
    let follow = follow.map_or(String::new(), |follow| format!(r#","follow":"{follow}""#));
    let body = format!(r#"{{"{name}":[{entries}],"next":"{next}","more":{more}{follow}}}"#);
    Ok(json::written(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_for_one_list() {
        let written = Cursor { list: "keys", place: 17, name: "a b".to_owned() }.write();
        let read = Cursor::read("keys", Some(&written)).ok().unwrap();
        assert_eq!((read.place, read.name.as_str()), (17, "a b"));
        assert!(Cursor::read("audit", Some(&written)).is_err());
        for bad in ["", "17", "!", &written[1..], &Base64UrlUnpadded::encode_string(b"audit -1 ")] {
            assert!(Cursor::read("audit", Some(bad)).is_err(), "{bad}");
        }
        assert_eq!(Cursor::read("audit", None).ok().unwrap().place, 0);
    }
}
