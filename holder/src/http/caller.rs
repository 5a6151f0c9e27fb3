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
use axum::http::{HeaderMap, HeaderValue, Method, header};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

/// In which browsers say whose page a request is of (Fetch Metadata section 2.4). No page can write it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

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
            let own = service.console.as_ref().map(|console| console.party().origin());
            let proof = proof(parts, service.oidc.as_ref(), own).await?;
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
/// up for by a certificate: a client that means to be somebody is never taken for somebody else. `own` is the origin
/// of the console, if it is there.
async fn proof(parts: &Parts, oidc: Option<&Provider>, own: Option<&str>) -> Result<Proof, Error> {
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        let peer = parts.extensions.get::<Peer>();
        let fingerprint = peer.and_then(|peer| peer.certificate).ok_or(Code::Unauthenticated)?;
        refuse_foreign(&parts.method, &parts.headers, own)?;
        return Ok(certificate::of_fingerprint(fingerprint));
    }
    let shown = token(&parts.headers).ok_or(Code::Unauthenticated)?;
    match oidc {
        Some(provider) if Provider::is_for(shown) => provider.proof(shown).await,
        _ => Ok(bearer::proof(shown).ok_or(Code::CredentialInvalid)?),
    }
}

/// Refuses what another site's page has a browser change with the certificate of whoever sits there: the browser shows
/// it with every request, as it would a cookie. A program sends neither header, and is let through.
///
/// Errors: `request-foreign`.
fn refuse_foreign(method: &Method, headers: &HeaderMap, own: Option<&str>) -> Result<(), Error> {
    let is_safe = matches!(*method, Method::GET | Method::HEAD);
    let site = headers.get(SEC_FETCH_SITE).map(|value| value.as_bytes());
    let is_of_this = matches!(site, None | Some(b"same-origin" | b"none"));
    // Where there is no console, no page is the service's own.
    let is_own = |origin: &HeaderValue| own.is_some_and(|own| origin.as_bytes() == own.as_bytes());
    match is_safe || (is_of_this && headers.get(header::ORIGIN).is_none_or(is_own)) {
        true => Ok(()),
        false => Err(Error::new(Code::RequestForeign)),
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
    use axum::http::Request;

    #[tokio::test]
    async fn a_certificate_does_not_speak_for_the_pages_of_others() {
        let own = "https://holder.example";
        let (same, evil) = (("origin", own), ("origin", "https://evil.example"));
        let site = |site| (SEC_FETCH_SITE, site);
        let (foreign, none) = (Some(Code::RequestForeign), None);
        for (method, sent, at_console, without) in [
            // A program.
            ("POST", &[][..], none, none),
            ("POST", &[site("same-origin")], none, none),
            ("POST", &[site("none")], none, none),
            ("POST", &[site("same-origin"), same], none, foreign),
            ("POST", &[same], none, foreign),
            ("POST", &[site("same-site")], foreign, foreign),
            ("POST", &[site("cross-site")], foreign, foreign),
            ("POST", &[site("same-site"), same], foreign, foreign),
            ("POST", &[evil], foreign, foreign),
            ("POST", &[site("same-origin"), evil], foreign, foreign),
            ("POST", &[("origin", "null")], foreign, foreign),
            ("DELETE", &[site("cross-site")], foreign, foreign),
            // What only reads is not kept from a link.
            ("GET", &[site("cross-site")], none, none),
            ("HEAD", &[evil], none, none),
        ] {
            let address = "192.0.2.1:1".parse().unwrap();
            let mut request = Request::builder().method(method);
            request = request.extension(Peer { address, certificate: Some([1; 32]) });
            for (name, value) in sent {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            for (own, refused) in [(Some(own), at_console), (None, without)] {
                let proved = proof(&parts, None, own).await;
                assert_eq!(proved.err().map(|error| error.code()), refused, "{method} {sent:?} {own:?}");
            }
        }
    }

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
