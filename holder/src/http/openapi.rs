//! `GET /openapi.json`: what the service can be asked (OpenAPI 3.1), from the handlers themselves.
//!
//! Answers that hold values are written by hand, so that no copy of a value is made on the way; the types
//! here describe them, and a test holds real answers against the document.

pub(super) mod found;

use super::problem::Document;
use super::{
    Service, approvals, ask, credentials, decoys, flags, health, incidents, keyset, lists, open, requests,
    retention, rewrap, roles, statistics, subjects, verification,
};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, OpenIdConnect, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApiVersion, Ref, RefOr, ResponseBuilder, SecurityRequirement, Type,
};
use utoipa::{OpenApi, ToSchema};

/// What became of the tokens of a request, in their order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `open` writes by hand")]
pub(super) struct OpenAnswer {
    #[schema(min_items = 1, max_items = 100)]
    results: Vec<OpenResult>,
    /// The id to have approved before the same request is sent again, if that is why tokens were refused.
    #[schema(nullable = false)]
    approval: Option<String>,
}

/// A value, or why there is none.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what `open` writes by hand")]
pub(super) enum OpenResult {
    Opened(found::Opened),
    Refused(Refused),
}

/// Why a token was not opened. It has no `status`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `open` writes by hand")]
pub(super) struct Refused {
    error: Document,
}

/// A page of the audit.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `lists` puts together")]
pub(super) struct AuditPage {
    #[schema(max_items = 1000)]
    records: Vec<Record>,
    /// Where the next page begins. It can be asked for again later, when there are more records.
    next: String,
    /// Whether there are more records now.
    more: bool,
    /// With `order=newest`: the `after` with which the list in the other order goes on behind these records.
    #[schema(nullable = false)]
    follow: Option<String>,
}

/// A record: what was hashed into the tree, and the leaf hash.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the audit writes as JSON")]
pub(super) struct Record {
    /// What was asked for.
    action: String,
    /// Who asked: a credential's name, or `cli:` and a user of the key holder's machine.
    actor: String,
    /// The class of data.
    #[schema(nullable = false)]
    class: Option<String>,
    /// The token's field.
    #[schema(nullable = false)]
    field: Option<String>,
    /// The token's origin.
    #[schema(nullable = false)]
    iss: Option<String>,
    /// The token's name.
    #[schema(nullable = false)]
    jti: Option<String>,
    /// The key.
    #[schema(nullable = false)]
    kid: Option<String>,
    /// The token's kind.
    #[schema(nullable = false)]
    kind: Option<String>,
    /// `granted`, `granted-again`, or the code of the refusal.
    outcome: String,
    /// Why, in the words of the one who asked.
    #[schema(nullable = false)]
    purpose: Option<String>,
    /// The name that the one who asked gave to the request.
    #[schema(nullable = false)]
    request: Option<String>,
    /// The rules that decided.
    #[schema(nullable = false)]
    rule: Option<String>,
    /// Its place, from 1 on without gaps.
    seq: u64,
    /// The person whose value it is.
    #[schema(nullable = false)]
    sub: Option<String>,
    /// What an administrative action was about.
    #[schema(nullable = false)]
    target: Option<String>,
    /// When: a NumericDate.
    time: u64,
    /// The hash of the leaf (RFC 6962 section 2.1), in base64url.
    hash: String,
}

/// A page of the keys.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `lists` puts together")]
pub(super) struct KeyPage {
    #[schema(max_items = 1000)]
    keys: Vec<lists::Key<'static>>,
    /// Where the next page begins.
    next: String,
    /// Whether there are more keys.
    more: bool,
}

/// A page of the registered people.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `lists` puts together")]
pub(super) struct SubjectPage {
    #[schema(max_items = 1000)]
    subjects: Vec<subjects::Subject<'static>>,
    /// Where the next page begins.
    next: String,
    /// Whether there are more people.
    more: bool,
}

/// How the service is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes two answers that are fixed texts")]
pub(super) struct Status {
    /// `ok` or `ready`.
    status: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "fieldseal key holder",
        description = "Publishes the keys that pages seal form fields to, and opens sealed values for those with \
            a credential. Every failure is a problem document (RFC 9457) with a stable `code`.",
        license(name = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "keys", description = "What pages need"),
        (name = "open", description = "What services need"),
        (name = "operate", description = "What operators and auditors need"),
    ),
    paths(
        keyset::negotiated, keyset::signed, open::open, ask::open_masked, ask::verify, ask::fingerprint,
        rewrap::rewrap, approvals::list, approvals::approve, lists::audit, lists::keys,
        lists::subjects, subjects::show, subjects::register, subjects::erase, flags::list, flags::change,
        retention::plan, retention::hold, retention::release, incidents::list, incidents::show,
        decoys::list, requests::list, health::alive, health::ready,
        health::guarded_metrics, super::explain, openapi,
        credentials::list, roles::roles, statistics::statistics, verification::state, verification::anew,
    ),
    components(schemas(Document)),
)]
struct Described;

/// The document, with where the identity provider says how it is used, if there is one, and with the cookie of the
/// console's sessions, if it is served.
pub(super) fn document(issuer: Option<&str>, session: Option<String>) -> String {
    let mut document = Described::openapi();
    document.openapi = OpenApiVersion::Version31;
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The secret of a credential: `fsk_` and 43 characters (RFC 6750)."));
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let certificate = SecurityScheme::MutualTls {
        description: Some("The client certificate of a credential.".to_owned()),
        deprecated: None,
        extensions: None,
    };
    components.add_security_scheme("certificate", certificate);
    if let Some(issuer) = issuer {
        let discovery = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let about = "A JWT of this provider, as a bearer token, whose subject has a credential.";
        let oidc =
            SecurityScheme::OpenIdConnect(OpenIdConnect::with_description(discovery, about.to_owned()));
        components.add_security_scheme("oidc", oidc);
    }
    let has_session = session.is_some();
    if let Some(cookie) = session {
        let about = "The session of somebody who is logged in to the console. What changes something also takes the \
            header `X-Keyholder-Console` and the console's own `Origin`.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(cookie, about.to_owned()));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
    let problem = |about: &str, header: Option<(&str, Header)>| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(about).content("application/problem+json", content);
        match header {
            Some((name, header)) => response.header(name, header).build(),
            None => response.build(),
        }
    };
    let text = |about: &str| described(ObjectBuilder::new().schema_type(Type::String), about);
    let number = |about: &str| described(ObjectBuilder::new().schema_type(Type::Integer), about);
    for (name, response) in [
        ("Problem", problem("What went wrong", None)),
        (
            "Unauthenticated",
            problem(
                "No credential was sent, or one that is not known or was revoked",
                Some(("WWW-Authenticate", text("The challenge (RFC 6750 section 3)"))),
            ),
        ),
        (
            "TooMany",
            problem(
                "Too many requests from this address or for this credential",
                Some(("Retry-After", number("In how many seconds to try again"))),
            ),
        ),
    ] {
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        finish(
            operation,
            (issuer.is_some(), has_session),
            text("The trace that the request belongs to (W3C Trace Context)"),
        );
    }
    // What is described here has names and numbers only, all of which JSON can write.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

fn described(schema: ObjectBuilder, about: &str) -> Header {
    HeaderBuilder::new().schema(Some(schema.build())).description(Some(about)).build()
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.get, &mut path.post, &mut path.delete].into_iter().flatten()
}

/// Adds what all operations have: the failures, the trace, and only the ways to prove oneself that there are.
fn finish(operation: &mut Operation, (has_oidc, has_session): (bool, bool), trace: Header) {
    let responses = &mut operation.responses.responses;
    for response in responses.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.insert("traceparent".to_owned(), RefOr::T(trace.clone()));
        }
    }
    let mut refer = |status: &str, name: &str| {
        responses.insert(status.to_owned(), RefOr::Ref(Ref::new(format!("#/components/responses/{name}"))));
    };
    refer("default", "Problem");
    if let Some(security) = &mut operation.security {
        refer("401", "Unauthenticated");
        if !has_oidc {
            security.retain(|way| *way != SecurityRequirement::new("oidc", [] as [String; 0]));
        }
        if has_session {
            security.push(SecurityRequirement::new("session", [] as [String; 0]));
        }
    }
    if !matches!(operation.operation_id.as_deref(), Some("alive" | "ready")) {
        refer("429", "TooMany");
    }
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "describe", tag = "operate",
    responses((status = 200, description = "The document", content_type = "application/json", body = serde_json::Value)),
)]
pub(super) async fn openapi(State(service): State<Arc<Service>>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, service.document.clone()).into_response()
}
