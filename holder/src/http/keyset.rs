//! `GET /.well-known/sealed-input`: the keys to seal to, plain and signed, for pages of every origin. With `?sub=`
//! they are those of one person.

use super::Service;
use super::problem::{self, Problem};
use crate::error::Code;
use crate::subjects;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// The media types (RFC 7517 section 8.5; the signed set's is its `typ`).
const PLAIN: &str = "application/jwk-set+json";
const SIGNED: &str = "application/jwk-set+jwt";

/// How long a signature lasts. A set that somebody kept back is believed no longer than this.
const LIFETIME: u64 = 24 * 60 * 60;

/// How old a signature gets before it is made anew, so that clients see one answer for a while.
const FRESH: u64 = 60 * 60;

/// The signed set as it was last published.
#[derive(Default)]
pub(super) struct Published(Mutex<Option<Signed>>);

struct Signed {
    plain: String,
    iat: NumericDate,
    text: String,
}

/// Whose keys are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The opaque name of a registered person: the keys to seal that person's values to. It is no secret and tells
    /// nothing, but whoever knows it learns whether there is such a person.
    #[param(nullable = false)]
    sub: Option<String>,
}

type Asked = Result<Query<Whose>, QueryRejection>;

/// The keys to seal to: the plain set, or the signed one for those who ask for it.
#[utoipa::path(
    get, path = "/.well-known/sealed-input", operation_id = "keySet", tag = "keys",
    params(
        Whose, ("If-None-Match" = Option<String>, Header, description = "The ETag of a set that is known already"),
    ),
    responses(
        (
            status = 200, description = "A JWK Set (RFC 7517), or a signed one",
            content((serde_json::Value = "application/jwk-set+json"), (String = "application/jwk-set+jwt")),
            headers(("ETag" = String, description = "Names this set")),
        ),
        (status = 304, description = "The set is the one that is known"),
    ),
)]
pub(super) async fn negotiated(
    State(service): State<Arc<Service>>,
    whose: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wants_signed = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case(SIGNED)));
    if wants_signed {
        return signed(State(service), whose, headers).await;
    }
    let now = service.holder.clock().now();
    let (set, reach) = find(&service, whose, now).await?;
    Ok(publish(PLAIN, set.to_json(), reach, &headers))
}

/// The signed set.
#[utoipa::path(
    get, path = "/.well-known/sealed-input.jwt", operation_id = "signedKeySet", tag = "keys",
    params(
        Whose, ("If-None-Match" = Option<String>, Header, description = "The ETag of a set that is known already"),
    ),
    responses(
        (
            status = 200, description = "The set as a JWS (RFC 7515) of the key holder's signing key",
            content_type = "application/jwk-set+jwt", body = String,
            headers(("ETag" = String, description = "Names this set")),
        ),
        (status = 304, description = "The set is the one that is known"),
    ),
)]
pub(super) async fn signed(
    State(service): State<Arc<Service>>,
    whose: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = service.holder.clock().now();
    let keys = service.holder.keys();
    let (set, reach) = find(&service, whose, now).await?;
    if reach == Reach::One {
        // Signed as of the hour that has begun, so that clients see one answer for a while without anything being
        // kept for each person: the signature is the same for the same text.
        let iat = NumericDate(now.0 - now.0 % FRESH);
        return Ok(publish(SIGNED, keys.sign(&set, iat, LIFETIME)?, reach, &headers));
    }
    let plain = set.to_json();
    let text = {
        let mut last = service.keyset.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A clock that was set back must not leave a signature from the future in use.
        let is_fresh = |last: &Signed| {
            last.plain == plain && (last.iat.0..last.iat.0.saturating_add(FRESH)).contains(&now.0)
        };
        match last.as_ref().filter(|last| is_fresh(last)) {
            Some(signed) => signed.text.clone(),
            None => {
                let text = keys.sign(&set, now, LIFETIME)?;
                last.insert(Signed { plain, iat: now, text }).text.clone()
            }
        }
    };
    Ok(publish(SIGNED, text, reach, &headers))
}

/// Whom a set is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    All,
    /// It is nobody else's, and ends with the person: a cache asks each time whether it is still good.
    One,
}

/// The set that is asked for.
async fn find(service: &Service, whose: Asked, now: NumericDate) -> Result<(KeySet, Reach), Problem> {
    let keys = service.holder.keys();
    // A name that cannot be read is none, and never the set of everybody.
    let Query(Whose { sub }) = whose.map_err(|_| Problem::new(Code::SubjectInvalid))?;
    Ok(match sub {
        None => (keys.published(now).await?, Reach::All),
        Some(sub) => (keys.published_for(subjects::parse_id(&sub)?, now).await?, Reach::One),
    })
}

fn publish(media_type: &'static str, body: String, reach: Reach, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", Base64UrlUnpadded::encode_string(&Sha256::digest(&body)));
    let is_known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, media_type),
        (
            header::CACHE_CONTROL,
            match reach {
                Reach::All => "public, max-age=300",
                Reach::One => "private, no-cache",
            },
        ),
        (header::ETAG, &etag),
        (header::VARY, "accept"),
        // Public keys are for every page; there is nothing here that a cookie could unlock.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    match is_known {
        true => (problem::NOT_MODIFIED, headers).into_response(),
        false => (headers, body).into_response(),
    }
}
