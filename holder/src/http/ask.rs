//! `POST /v1/open-masked`, `/v1/verify` and `/v1/fingerprint`: tokens in, and something about their values out, but
//! not the values.

use super::Service;
use super::caller::{Address, Caller};
use super::open::{Expecting, Item, MAX_TOKENS, count, results};
use super::openapi::found;
use super::problem::Problem;
use crate::answer;
use crate::error::Code;
use crate::holder::{Asking, Query};
use crate::keystore::{Candidate, FingerprintLabel, PasswordHash, Question};
use crate::policy::{Access, Actor};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use fieldseal::Text;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::net::IpAddr;
use std::sync::Arc;

/// The most hashes of a request. Each takes as long as a login that it is made to slow down.
const MAX_HASHES: usize = 8;

/// Tokens whose masks are wanted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MaskedRequest {
    /// Why, for the audit.
    #[schema(min_length = 1, max_length = 200)]
    purpose: Option<String>,
    /// The id of the approval that this request was given.
    approval: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    tokens: Vec<Item>,
}

/// Tokens whose fingerprints are wanted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FingerprintRequest {
    /// Why, for the audit.
    #[schema(min_length = 1, max_length = 200)]
    purpose: Option<String>,
    /// The id of the approval that this request was given.
    approval: Option<String>,
    /// What the fingerprints are for: those of different labels have nothing in common.
    #[schema(min_length = 1, max_length = 64)]
    label: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    tokens: Vec<Item>,
}

/// Tokens, each with what its value is compared with.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyRequest {
    /// Why, for the audit.
    #[schema(min_length = 1, max_length = 200)]
    purpose: Option<String>,
    /// The id of the approval that this request was given.
    approval: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    tokens: Vec<Comparing>,
}

/// A token, what is expected of it, and what its value is compared with.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Comparing {
    token: String,
    field: Option<String>,
    kind: Option<String>,
    origin: Option<String>,
    sub: Option<String>,
    /// Any JSON value; `null` is one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<serde_json::Value>)]
    candidate: Option<Box<RawValue>>,
    /// The country or state that the candidate is about.
    region: Option<String>,
    /// An Argon2id hash, in the place of a candidate.
    hash: Option<String>,
}

/// A member that is there and `null` is not a member that is missing.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

impl Comparing {
    fn query(self) -> Result<Query, Code> {
        let Self { token, field, kind, origin, sub, candidate, region, hash } = self;
        let candidate = match (candidate, hash) {
            (Some(json), None) => {
                // Taken over, and not copied: from here on it is wiped when it is dropped.
                Candidate::Value { json: Text::new(String::from(Box::<str>::from(json))), region }
            }
            (None, Some(hash)) if region.is_none() => {
                Candidate::Hash(PasswordHash::parse(&hash).map_err(|error| error.code())?)
            }
            _ => return Err(Code::CandidateMalformed),
        };
        let submission = Item::Expecting(Expecting { token, field, kind, origin, sub }).submission()?;
        Ok(Query { submission, question: Question::Equal(candidate) })
    }
}

/// Gives masks and hints, such as the last four digits, and not the values.
#[utoipa::path(
    post, path = "/v1/open-masked", operation_id = "openMasked", tag = "open", request_body = MaskedRequest,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "What of each value may be shown", body = found::MaskedAnswer)),
)]
pub(super) async fn open_masked(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Address(address): Address,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let MaskedRequest { purpose, approval, tokens } = read(&body?)?;
    let queries = queries(tokens, || Question::Mask);
    ask(&service, (caller, address), purpose, approval, Access::OpenMasked, queries).await
}

/// Gives keyed hashes, the same for equal values, so that these are found without opening any.
#[utoipa::path(
    post, path = "/v1/fingerprint", operation_id = "fingerprint", tag = "open", request_body = FingerprintRequest,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "The fingerprint of each value", body = found::FingerprintAnswer)),
)]
pub(super) async fn fingerprint(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Address(address): Address,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let FingerprintRequest { purpose, approval, label, tokens } = read(&body?)?;
    let label = label.as_deref().map(FingerprintLabel::parse).transpose()?.unwrap_or_default();
    let queries = queries(tokens, || Question::Fingerprint(label.clone()));
    ask(&service, (caller, address), purpose, approval, Access::Fingerprint, queries).await
}

/// Says whether values equal what they are compared with.
#[utoipa::path(
    post, path = "/v1/verify", operation_id = "verify", tag = "open", request_body = VerifyRequest,
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "Whether each value equals its candidate", body = found::ComparedAnswer)),
)]
pub(super) async fn verify(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Address(address): Address,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let VerifyRequest { purpose, approval, tokens } = read(&body?)?;
    if tokens.iter().filter(|token| token.hash.is_some()).count() > MAX_HASHES {
        return Err(Problem::new(Code::HashesMany));
    }
    let queries = tokens.into_iter().map(Comparing::query).collect();
    ask(&service, (caller, address), purpose, approval, Access::Verify, queries).await
}

/// The reader's own message may quote the body, so it is dropped.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| Problem::new(Code::RequestMalformed))
}

fn queries(tokens: Vec<Item>, question: impl Fn() -> Question) -> Vec<Result<Query, Code>> {
    let query = |item: Item| Ok(Query { submission: item.submission()?, question: question() });
    tokens.into_iter().map(query).collect()
}

async fn ask(
    service: &Service,
    (Caller(credential), address): (Caller, Option<IpAddr>),
    purpose: Option<String>,
    approval: Option<String>,
    access: Access,
    queries: Vec<Result<Query, Code>>,
) -> Result<Response, Problem> {
    if !(1..=MAX_TOKENS).contains(&queries.len()) {
        return Err(Problem::new(Code::TooManyTokens));
    }
    let asking = Asking { actor: Actor::credential(&credential), purpose, address, approval, request: None };
    let answers = service.holder.inspect(asking, access, queries).await?;
    count(service, access, &answers);
    results(&answers, answer::write_finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_has_one_candidate() {
        let read = |members: &str| {
            let body = format!(r#"{{"token":"a",{members}}}"#);
            match serde_json::from_str::<Comparing>(&body).map(Comparing::query) {
                Ok(Ok(Query { question: Question::Equal(Candidate::Value { json, .. }), .. })) => {
                    json.to_string()
                }
                Ok(Ok(_)) => "hash".to_owned(),
                Ok(Err(code)) => code.as_str().to_owned(),
                Err(_) => "malformed".to_owned(),
            }
        };
        let hash = r#""hash":"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc""#;
        assert_eq!(read(r#""candidate": {"a" : 1}"#), r#"{"a" : 1}"#);
        assert_eq!(read(r#""candidate":"x","region":"GB""#), r#""x""#);
        assert_eq!(read(r#""candidate":null"#), "null");
        assert_eq!(read(hash), "hash");
        assert_eq!(read(r#""field":"f""#), "candidate-malformed");
        assert_eq!(read(&format!(r#""candidate":1,{hash}"#)), "candidate-malformed");
        assert_eq!(read(&format!(r#""region":"GB",{hash}"#)), "candidate-malformed");
        assert_eq!(read(r#""hash":"x""#), "hash-malformed");
        assert_eq!(read(r#""candidate":1,"kind":"no-such""#), "kind-unknown");
        for bad in [r#""candidate":1,"candidate":2"#, r#""candidate":"#, r#""candidates":1"#] {
            assert_eq!(read(bad), "malformed", "{bad}");
        }
    }
}
