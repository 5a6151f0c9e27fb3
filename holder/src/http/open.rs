//! `POST /v1/open`: tokens in, values out, for a credential.

use super::Service;
use super::caller::{Address, Caller};
use super::json;
use super::problem::{Document, Problem};
use crate::answer;
use crate::error::Code;
use crate::holder::{Answers, Asking, Submission};
use crate::policy::{Access, Actor, Expectation};
use crate::wiped::Wiped;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use fieldseal::kind::Kind;
use serde::Deserialize;
use std::io;
use std::sync::Arc;

/// The most tokens of a request.
pub(super) const MAX_TOKENS: usize = 100;

/// Room for a short value and its facts, so that most answers are written without moving.
const ROOM_PER_TOKEN: usize = 512;

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

/// Tokens to open.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenRequest {
    /// Why, for the audit.
    #[schema(min_length = 1, max_length = 200)]
    pub(super) purpose: Option<String>,
    /// The id of the approval that this request was given.
    pub(super) approval: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    tokens: Vec<Item>,
}

impl OpenRequest {
    /// Reads a body. The reader's own message may quote it, so that is dropped.
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let body: Self = serde_json::from_slice(body).map_err(|_| Problem::new(Code::RequestMalformed))?;
        match (1..=MAX_TOKENS).contains(&body.tokens.len()) {
            true => Ok(body),
            false => Err(Problem::new(Code::TooManyTokens)),
        }
    }

    pub(super) fn submissions(self) -> Vec<Result<Submission, Code>> {
        self.tokens.into_iter().map(Item::submission).collect()
    }
}

/// A token, alone or with what must be so.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Item {
    Bare(String),
    Expecting(Expecting),
}

/// A token and what is expected of it. What is not so refuses it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expecting {
    pub(super) token: String,
    /// The form entry's name.
    pub(super) field: Option<String>,
    /// What the value is.
    pub(super) kind: Option<String>,
    /// The page's origin.
    pub(super) origin: Option<String>,
    /// The person whose value it is.
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

/// Opens tokens, in their order.
#[utoipa::path(
    post, path = "/v1/open", tag = "open", request_body = OpenRequest,
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$",
        description = "A name of the request. When it is sent again under it, because its answer did not arrive, \
            it opens for ten minutes also those tokens that open a single time and were opened by it.",
    )),
    security(("bearer" = []), ("certificate" = []), ("oidc" = [])),
    responses((status = 200, description = "What became of each token", body = super::openapi::OpenAnswer)),
)]
pub(super) async fn open(
    State(service): State<Arc<Service>>,
    Caller(credential): Caller,
    Address(address): Address,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let mut body = OpenRequest::read(&body?)?;
    let asking = Asking {
        actor: Actor::credential(&credential),
        purpose: body.purpose.take(),
        address,
        approval: body.approval.take(),
        request: idempotency_key(&headers)?,
    };
    let answers = service.holder.open_for(asking, body.submissions()).await?;
    count(&service, Access::Open, &answers);
    results(&answers, answer::write)
}

/// Counts what became of the tokens of a request.
pub(super) fn count<T>(service: &Service, access: Access, answers: &Answers<T>) {
    let outcomes = answers.results.iter();
    let outcomes = outcomes.map(|outcome| outcome.as_ref().map(|_| ()).map_err(|refusal| refusal.shown()));
    service.holder.metrics().decided(access.as_str(), outcomes);
}

/// The answer with a result for each token, each written by `each`.
pub(super) fn results<T>(
    answers: &Answers<T>,
    each: impl Fn(&mut Wiped, &T) -> io::Result<()>,
) -> Result<Response, Problem> {
    let answers = write(answers, each).map_err(|_| Problem::new(Code::Internal))?;
    // The bytes belong to the buffer and are wiped with it, once they are sent.
    Ok(json::written(Bytes::from_owner(answers)))
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
