//! The headers that every answer carries: a content security policy without exceptions, and its companions.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
};
use tower_http::set_header::SetResponseHeaderLayer;

/// Puts the headers around a router. `connect` is the one other origin that a page may talk to, if there is one.
pub(crate) fn around(router: Router, connect: Option<&url::Origin>) -> Router {
    [
        (header::CONTENT_SECURITY_POLICY, policy(connect)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
    .into_iter()
    .fold(router, |router, (name, value): (HeaderName, HeaderValue)| {
        router.layer(SetResponseHeaderLayer::overriding(name, value))
    })
}

/// Nothing is allowed but what the pages use. `'wasm-unsafe-eval'` lets the sealing module compile and allows no other eval.
fn policy(connect: Option<&url::Origin>) -> HeaderValue {
    let connect = connect.map(|origin| format!(" {}", origin.ascii_serialization())).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{connect}; form-action 'self'; \
         style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // The serialisation of an origin is ASCII without spaces or separators, so this always is a header value; if it ever were
    // not, the strictest policy is the right answer.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
