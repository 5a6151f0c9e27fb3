//! Whoever asks: finds the proof in a request, whichever way it comes, and the credential that it names.

use super::Service;
use super::connection::Peer;
use super::console;
use super::problem::Problem;
use crate::error::{Code, Error};
use crate::identity::oidc::Provider;
use crate::identity::{Proof, bearer, certificate};
use crate::store::Credential;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

/// Whoever sent the credential with the request, or is logged in to the console that sent it. A session is not made up
/// for by a certificate either.
pub(super) struct Caller(pub(super) Credential);

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    /// This comes before the body is read: strangers cannot make the service take in a megabyte.
    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Problem> {
        let front = &service.front;
        let credential = async {
            if !parts.headers.contains_key(header::AUTHORIZATION)
                && let Some((proof, is_asked)) = console::proof(parts, service)?
            {
                return Ok(service.holder.session(&proof, is_asked).await?.credential);
            }
            let proof = proof(parts, service.oidc.as_ref()).await?;
            service.holder.authenticate(&proof).await
        };
        let credential: Result<_, Error> = credential.await;
        let credential = credential.inspect_err(|error| {
            if let Some(from) = front.client(&parts.extensions, &parts.headers) {
                front.rates.failed(from, error.code());
            }
        })?;
        front.rates.used(&credential.name).map_err(|wait| front.limited(wait))?;
        Ok(Self(credential))
    }
}

/// The address of the client, if the request came over a network.
pub(super) struct Address(pub(super) Option<IpAddr>);

impl FromRequestParts<Arc<Service>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Infallible> {
        Ok(Self(service.front.client(&parts.extensions, &parts.headers)))
    }
}

/// What the request proves. A header that was sent is what counts, and one that is wrong is not made
/// up for by a certificate: a client that means to be somebody is never taken for somebody else.
async fn proof(parts: &Parts, oidc: Option<&Provider>) -> Result<Proof, Error> {
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        let peer = parts.extensions.get::<Peer>();
        let fingerprint = peer.and_then(|peer| peer.certificate).ok_or(Code::Unauthenticated)?;
        return Ok(certificate::of_fingerprint(fingerprint));
    }
    let shown = token(&parts.headers).ok_or(Code::Unauthenticated)?;
    match oidc {
        Some(provider) if Provider::is_for(shown) => provider.proof(shown).await,
        _ => Ok(bearer::proof(shown).ok_or(Code::CredentialInvalid)?),
    }
}

/// The bearer token of RFC 6750 section 2.1, if there is exactly one.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    // Schemes are case-insensitive (RFC 9110 section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
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
            token(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer fsk_a"]).as_deref(), Some("fsk_a"));
        assert_eq!(read(&["bearer  fsk_a"]).as_deref(), Some("fsk_a"));
        for bad in [&[][..], &["fsk_a"], &["Basic fsk_a"], &["Bearer"], &["Bearer a", "Bearer b"]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
