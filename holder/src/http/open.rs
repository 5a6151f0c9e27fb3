//! `POST /v1/open`: tokens in, values out, for a credential.

use super::Service;
use super::problem::{Document, Problem};
use crate::answer;
use crate::error::Code;
use crate::holder::{Answers, Asking, Submission};
use crate::policy::{Actor, Expectation};
use crate::store::Credential;
use crate::wiped::Wiped;
use axum::body::Body;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fieldseal::kind::Kind;
use serde::Deserialize;
use std::io;
use std::sync::Arc;

/// The most tokens of a request.
pub(super) const MAX_TOKENS: usize = 100;

/// Room for a short value and its facts, so that most answers are written without moving.
const ROOM_PER_TOKEN: usize = 512;

/// Whoever sent the credential with the request.
pub(super) struct Caller(pub(super) Credential);

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    /// This comes before the body is read: strangers cannot make the service take in a megabyte.
    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Problem> {
        let secret = bearer(&parts.headers).ok_or(Problem::new(Code::Unauthenticated))?;
        Ok(Self(service.holder.authenticate(secret).await?))
    }
}

/// The bearer token of RFC 6750 section 2.1, if there is exactly one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    // Schemes are case-insensitive (RFC 9110 section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim_start_matches(' '))
}

/// The name of a request that may be sent again (draft-ietf-httpapi-idempotency-key-header), if there is one. A
/// name that cannot be read must not pass for none.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let invalid = || Problem::new(Code::RequestNameInvalid);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|name| Some(name.to_owned())).map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest {
    purpose: Option<String>,
    /// The id of the approval that this request was given.
    approval: Option<String>,
    tokens: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Item {
    Bare(String),
    Expecting(Expecting),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expecting {
    pub(super) token: String,
    pub(super) field: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) sub: Option<String>,
}

impl Item {
    pub(super) fn submission(self) -> Result<Submission, Code> {
        Ok(match self {
            Self::Bare(token) => Submission { token, expectation: Expectation::default() },
            Self::Expecting(Expecting { token, field, kind, origin, sub }) => {
                let kind = kind.as_deref().map(Kind::parse).transpose();
                let kind = kind.map_err(|error| Code::Core(error.kind()))?;
                Submission { token, expectation: Expectation { field, kind, origin, sub } }
            }
        })
    }
}

pub(super) async fn open(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    // The reader's own message may quote the body, so it is dropped.
    let body: OpenRequest =
        serde_json::from_slice(&body?).map_err(|_| Problem::new(Code::RequestMalformed))?;
    if !(1..=MAX_TOKENS).contains(&body.tokens.len()) {
        return Err(Problem::new(Code::TooManyTokens));
    }
    let submissions = body.tokens.into_iter().map(Item::submission).collect();
    let actor = Actor::credential(&credential);
    let asking = Asking {
        actor,
        purpose: body.purpose,
        address: None,
        approval: body.approval,
        request: idempotency_key(&headers)?,
    };
    results(&service.holder.open_for(asking, submissions).await?, answer::write)
}

/// The answer with a result for each token, each written by `each`.
pub(super) fn results<T>(
    answers: &Answers<T>,
    each: impl Fn(&mut Wiped, &T) -> io::Result<()>,
) -> Result<Response, Problem> {
    let answers = write(answers, each).map_err(|_| Problem::new(Code::Internal))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    // The bytes belong to the buffer and are wiped with it, once they are sent.
    Ok((headers, Body::from(Bytes::from_owner(answers))).into_response())
}

fn write<T>(answers: &Answers<T>, each: impl Fn(&mut Wiped, &T) -> io::Result<()>) -> io::Result<Wiped> {
    let mut out = Wiped::with_capacity(ROOM_PER_TOKEN * answers.results.len());
    out.push(b"{\"results\":[");
    for (i, outcome) in answers.results.iter().enumerate() {
        if i > 0 {
            out.push(b",");
        }
        match outcome {
            Ok(answer) => each(&mut out, answer)?,
            Err(refusal) => {
                out.push(b"{\"error\":");
                serde_json::to_writer(&mut out, &Document::of_token(refusal.shown()))?;
                out.push(b"}");
            }
        }
    }
    out.push(b"]");
    if let Some(id) = &answers.approval {
        // What to have approved before the same request is sent again.
        out.push(b",\"approval\":");
        serde_json::to_writer(&mut out, id)?;
    }
    out.push(b"}");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_one_well_formed_bearer_is_taken() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer fsk_a"]).as_deref(), Some("fsk_a"));
        assert_eq!(read(&["bearer  fsk_a"]).as_deref(), Some("fsk_a"));
        for bad in [&[][..], &["fsk_a"], &["Basic fsk_a"], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_body_is_read_strictly() {
        let read = |body: &str| serde_json::from_str::<OpenRequest>(body).map(|body| body.tokens.len()).ok();
        assert_eq!(read(r#"{"tokens":["a",{"token":"b","kind":"text","sub":"c"}],"purpose":"x"}"#), Some(2));
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"tokens":"a"}"#,
            r#"{"tokens":[1]}"#,
            r#"{"tokens":[{}]}"#,
            r#"{"tokens":["a"],"tokens":["b"]}"#,
            r#"{"tokens":["a"],"purpose":"x","purpose":"y"}"#,
            r#"{"tokens":[{"token":"a","token":"b"}]}"#,
            r#"{"tokens":[{"token":"a","feild":"b"}]}"#,
            r#"{"tokens":["a"],"reason":"x"}"#,
            r#"{"tokens":["a"]} {}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
