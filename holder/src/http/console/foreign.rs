//! Requests that a browser sends for another site's page. The session's cookie does not come with them (`SameSite`);
//! this is the second lock, and the one for sites that are other origins of the same one.

use super::HEADER;
use crate::error::{Code, Error, Result};
use crate::identity::webauthn::RelyingParty;
use axum::http::{HeaderMap, Method, header};

/// The header in which browsers say whose page a request is of (Fetch Metadata section 2.4). No page can write it.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Refuses what another site has sent. What changes something must also be known to come from the console, by what
/// the browser says, and bear the header that its pages write.
///
/// Errors: `request-foreign`.
pub(super) fn refuse(method: &Method, headers: &HeaderMap, party: &RelyingParty) -> Result<()> {
    let site = headers.get(SEC_FETCH_SITE).map(|value| value.as_bytes());
    let origin = headers.get(header::ORIGIN).map(|value| value.as_bytes() == party.origin().as_bytes());
    let is_safe = matches!(*method, Method::GET | Method::HEAD);
    let is_own = match (site, origin) {
        (_, Some(false)) => false,
        (Some(b"same-origin"), _) => true,
        // Somebody typed the address.
        (Some(b"none"), _) => is_safe,
        (Some(_), _) => false,
        (None, Some(true)) => true,
        (None, None) => is_safe,
    };
    match is_own && (is_safe || headers.contains_key(HEADER)) {
        true => Ok(()),
        false => Err(Error::new(Code::RequestForeign)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn whose_page_a_request_is_of() {
        let party = RelyingParty::new("https://holder.example").unwrap();
        let own = ("origin", "https://holder.example");
        let other = ("origin", "https://evil.example");
        let site = |site| (SEC_FETCH_SITE, site);
        let header = (HEADER, "1");
        let (get, post) = (Method::GET, Method::POST);
        for (method, sent, allowed) in [
            (&get, &[][..], true),
            (&get, &[site("none")], true),
            (&get, &[site("same-origin")], true),
            (&get, &[site("same-site")], false),
            (&get, &[site("cross-site")], false),
            (&get, &[other], false),
            (&post, &[site("same-origin"), own, header], true),
            (&post, &[site("same-origin"), header], true),
            (&post, &[own, header], true),
            (&post, &[site("same-origin"), own], false),
            (&post, &[header], false),
            (&post, &[site("none"), header], false),
            (&post, &[site("same-site"), own, header], false),
            (&post, &[site("same-origin"), other, header], false),
            (&post, &[("origin", "null"), header], false),
            (&post, &[("origin", "https://holder.example:8443"), header], false),
            (&Method::DELETE, &[own], false),
            (&Method::OPTIONS, &[], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(refuse(method, &headers, &party).is_ok(), allowed, "{method} {sent:?}");
        }
    }
}
