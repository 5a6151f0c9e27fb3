//! The guard around a web service: every way in which a request says something, and every way to be wrong.

use crate::server::CARD;
use crate::support::{ORIGIN, Party, entropy, kind};
use bytes::Bytes;
use fieldseal::keyset::KeySet;
use fieldseal::sealer::SealOptions;
use fieldseal::server::tower::{Refused, SealedLayer, SharedGuard};
use fieldseal::server::{Checked, Guard};
use fieldseal::suite::Alg;
use fieldseal::{NumericDate, Origin};
use http::{Method, Request, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};
use tower::{Layer, Service, ServiceExt, service_fn};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=b";

type Seen = Arc<Mutex<Vec<(Vec<u8>, Option<Checked>)>>>;

fn now() -> NumericDate {
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

fn shared() -> SharedGuard {
    let guard = Guard::builder()
        .origin(Origin::parse(ORIGIN).unwrap())
        .required("card", kind("card-number"))
        .optional("phone", kind("phone"))
        .watch();
    SharedGuard::new(guard.build().unwrap())
}

fn layer() -> SealedLayer {
    let guard = shared();
    guard.set_keys(KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]));
    SealedLayer::new(guard).limit(64 * 1024)
}

fn token() -> String {
    let options = SealOptions::new("card", kind("card-number"));
    Party::new(Alg::EcdhEs, 1).sealer().seal_json(&format!("\"{CARD}\""), &options, now(), entropy()).unwrap()
}

fn request(
    method: Method,
    uri: &str,
    media_type: Option<&str>,
    body: impl Into<Vec<u8>>,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::from(body.into()));
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    if let Some(media_type) = media_type {
        request.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().unwrap());
    }
    request
}

fn post(media_type: &str, body: impl Into<Vec<u8>>) -> Request<Full<Bytes>> {
    request(Method::POST, "/order", Some(media_type), body)
}

fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(head, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--b--\r\n"
}

/// Sends a request; the status, the problem or else nothing, and what the service saw.
async fn send<B>(
    layer: SealedLayer,
    request: Request<B>,
) -> (StatusCode, Value, Vec<(Vec<u8>, Option<Checked>)>)
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let seen = Seen::default();
    let sees = seen.clone();
    let service = layer.layer(service_fn(move |request: Request<_>| {
        let sees = sees.clone();
        async move {
            let (parts, body): (http::request::Parts, fieldseal::server::tower::RequestBody<B>) =
                request.into_parts();
            let body = body.collect().await.map_err(|_| ()).unwrap().to_bytes().to_vec();
            sees.lock().unwrap().push((body, parts.extensions.get().cloned()));
            Ok::<_, Infallible>(http::Response::new(Full::<Bytes>::default()))
        }
    }));
    let response = service.oneshot(request).await.unwrap();
    let status = response.status();
    let code = response.extensions().get::<Refused>().map(|refused| refused.code());
    let media_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem = match status {
        StatusCode::OK => Value::Null,
        _ => {
            assert_eq!(media_type.unwrap(), "application/problem+json");
            let problem: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (&problem["status"], &problem["code"]),
                (&json!(status.as_u16()), &json!(code.unwrap()))
            );
            assert_eq!(
                (&problem["type"], &problem["title"]),
                (&json!("about:blank"), &json!(status.canonical_reason()))
            );
            assert!(problem["detail"].as_str().unwrap().ends_with('.'));
            assert!(!String::from_utf8_lossy(&body).contains("4242"), "the answer tells the value");
            problem
        }
    };
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (status, problem, seen)
}

#[tokio::test]
async fn one_request_one_outcome() {
    let token = token();
    let escaped: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let clear = "4242+4242+4242+4242";
    let query = |query: &str| request(Method::GET, &format!("/order?{query}"), None, "");
    let json = |value: Value| post(JSON, value.to_string());
    let encoded = |coding: &str| {
        let mut request = post(FORM, format!("card={escaped}"));
        request.headers_mut().insert(header::CONTENT_ENCODING, coding.parse().unwrap());
        request
    };
    let mut two_types = post(FORM, format!("card={escaped}"));
    two_types.headers_mut().append(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    let mut no_text = post(FORM, "");
    no_text.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_bytes(b"text/\xff").unwrap());
    let head = "name=\"card\"";
    let cases = [
        ("a form", post(FORM, format!("plan=12&card={escaped}")), 200, ""),
        (
            "a form with a charset",
            post(&format!("{FORM}; charset=UTF-8"), format!("card={escaped}")),
            200,
            "",
        ),
        ("the type in capitals", post(&FORM.to_uppercase(), "card=1"), 400, "field-in-clear"),
        ("a query", query(&format!("card={escaped}")), 200, ""),
        ("a multipart form", post(MULTIPART, multipart(&[(head, &token), ("name=\"plan\"", "12")])), 200, ""),
        ("a JSON object", json(json!({ "plan": 12.5, "card": token, "gift": null })), 200, ""),
        (
            "a JSON object of another name",
            post("application/vnd.shop+json", json!({ "card": 1 }).to_string()),
            400,
            "field-in-clear",
        ),
        ("a list of JSON objects", json(json!([{ "card": token }, { "card": [token, token] }])), 200, ""),
        ("a card in a query", query(&format!("card={clear}")), 400, "field-in-clear"),
        ("a card in a form", post(FORM, format!("card={clear}")), 400, "field-in-clear"),
        ("escaped", post(FORM, "c%61rd=%34242"), 400, "field-in-clear"),
        ("behind the token", post(FORM, format!("card={escaped}&card={clear}")), 400, "field-in-clear"),
        (
            "in the query of a form",
            request(Method::POST, "/?card=4242", Some(FORM), format!("card={escaped}")),
            400,
            "field-in-clear",
        ),
        ("a card in a multipart form", post(MULTIPART, multipart(&[(head, CARD)])), 400, "field-in-clear"),
        (
            "a card as a file",
            post(MULTIPART, multipart(&[(head, &token), ("name=\"card\"; filename=\"a\"", CARD)])),
            400,
            "field-in-clear",
        ),
        ("a card in JSON", json(json!({ "card": CARD })), 400, "field-in-clear"),
        ("a number in JSON", json(json!({ "card": 4_242_424_242_424_242_u64 })), 400, "field-in-clear"),
        ("an object in JSON", json(json!({ "card": { "number": token } })), 400, "field-in-clear"),
        ("nested", json(json!({ "payment": { "method": [{ "card": CARD }] } })), 400, "field-in-clear"),
        (
            "twice in JSON",
            post(JSON, format!("{{\"card\":\"{CARD}\",\"card\":\"{token}\"}}")),
            400,
            "field-in-clear",
        ),
        ("an undeclared card", post(FORM, format!("card={escaped}&note={clear}")), 400, "data-in-clear"),
        ("an undeclared card in a query", query(&format!("card={escaped}&q={clear}")), 400, "data-in-clear"),
        (
            "an undeclared number in JSON",
            json(json!({ "card": token, "a": [[4_242_424_242_424_242_u64]] })),
            400,
            "data-in-clear",
        ),
        (
            "an undeclared card in a file",
            post(MULTIPART, multipart(&[(head, &token), ("name=\"f\"; filename=\"a\"", CARD)])),
            200,
            "",
        ),
        ("nothing required", post(FORM, "plan=12"), 400, "field-missing"),
        ("no body", request(Method::POST, "/order", None, ""), 400, "field-missing"),
        ("an empty form", post(FORM, ""), 400, "field-missing"),
        ("an empty JSON text", post(JSON, ""), 400, "field-missing"),
        ("null", json(json!({ "card": null })), 400, "field-missing"),
        ("plain text", post("text/plain", format!("card={token}")), 200, ""),
        (
            "a card in plain text",
            post("text/plain", format!("plan=12\r\ncard={CARD}\r\n")),
            400,
            "field-in-clear",
        ),
        (
            "plain text that is JSON",
            post("text/plain", json!({ "card": CARD }).to_string()),
            400,
            "field-in-clear",
        ),
        (
            "an undeclared card in plain text",
            post("text/plain", format!("card={token}\nat {CARD}")),
            400,
            "data-in-clear",
        ),
        (
            "no type",
            request(Method::POST, "/", None, json!({ "card": CARD }).to_string()),
            400,
            "field-in-clear",
        ),
        ("two types in one", post("text/plain, application/json", "{}"), 400, "request-malformed"),
        ("another type", post("text/html", format!("card={token}")), 400, "field-missing"),
        (
            "another type, and a query",
            request(Method::POST, &format!("/?card={escaped}"), Some("text/html"), CARD),
            200,
            "",
        ),
        ("broken JSON", post(JSON, format!("{{\"card\":\"{CARD}")), 400, "request-malformed"),
        ("two JSON texts", post(JSON, format!("{{\"card\":\"{token}\"}}{{}}")), 400, "request-malformed"),
        ("JSON in Latin-1", post(JSON, b"{\"a\":\"\xe9\"}".to_vec()), 400, "request-malformed"),
        ("no boundary", post("multipart/form-data", multipart(&[(head, &token)])), 400, "request-malformed"),
        (
            "another boundary",
            post("multipart/form-data; boundary=c", multipart(&[(head, &token)])),
            400,
            "request-malformed",
        ),
        (
            "a multipart form cut short",
            post(MULTIPART, &multipart(&[(head, &token)])[..200]),
            400,
            "request-malformed",
        ),
        ("two types", two_types, 400, "request-malformed"),
        ("a type that is no text", no_text, 400, "request-malformed"),
        ("compressed", encoded("gzip"), 415, "encoding-unsupported"),
        ("as it is", encoded("identity"), 200, ""),
        ("too long", post(FORM, vec![b'x'; 64 * 1024 + 1]), 413, "body-too-large"),
        (
            "the longest",
            post(FORM, format!("card={escaped}&x={}", "x".repeat(64 * 1024 - 8 - escaped.len()))),
            200,
            "",
        ),
    ];
    for (case, request, status, code) in cases {
        let sent = request.body().clone().collect().await.unwrap().to_bytes();
        let (got, problem, seen) = send(layer(), request).await;
        assert_eq!((got.as_u16(), problem["code"].as_str().unwrap_or_default()), (status, code), "{case}");
        let field = matches!(code, "field-in-clear" | "field-missing").then_some("card");
        assert_eq!(problem["field"].as_str(), field, "{case}");
        match status {
            200 => {
                assert_eq!(seen.len(), 1, "{case}");
                assert_eq!(seen[0].0, sent, "{case}");
                assert!(seen[0].1.as_ref().unwrap().of("card").count() > 0, "{case}");
            }
            _ => assert!(seen.is_empty(), "{case}"),
        }
    }
}

/// A body that ends in the middle.
struct Broken(Option<Bytes>);

impl Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(self.0.take().map(Frame::data).ok_or(io::Error::other(CARD))))
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let body = Broken(Some(Bytes::from_static(b"card=4242")));
    let request = Request::post("/").header(header::CONTENT_TYPE, FORM).body(body).unwrap();
    let (status, problem, _) = send(layer(), request).await;
    assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("request-unreadable")));
}

#[tokio::test]
async fn only_submissions_need_the_required_fields() {
    let site = || layer().submissions(|parts| parts.method == Method::POST && parts.uri.path() == "/order");
    for (request, expected) in [
        (request(Method::GET, "/", None, ""), ""),
        (request(Method::POST, "/search", Some(FORM), "q=press"), ""),
        (request(Method::POST, "/search", Some(FORM), "card=4242"), "field-in-clear"),
        (request(Method::GET, "/?q=4242+4242+4242+4242", None, ""), "data-in-clear"),
        (request(Method::POST, "/order", Some(FORM), "q=press"), "field-missing"),
    ] {
        let (_, problem, _) = send(site(), request).await;
        assert_eq!(problem["code"].as_str().unwrap_or_default(), expected);
    }
}

#[tokio::test]
async fn without_keys_the_server_is_at_fault() {
    let guard = shared();
    let body = format!("card={}", token());
    let (status, problem, seen) = send(SealedLayer::new(guard.clone()), post(FORM, body.clone())).await;
    assert_eq!((status.as_u16(), &problem["code"], seen.len()), (503, &json!("keys-unavailable"), 0));
    guard.set_keys(KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]));
    let (status, ..) = send(SealedLayer::new(guard), post(FORM, body)).await;
    assert_eq!(status.as_u16(), 200);
}

#[tokio::test]
async fn a_service_is_asked_whether_it_is_ready() {
    let inner = tower::limit::ConcurrencyLimit::new(
        service_fn(async |_| Ok::<_, Infallible>(http::Response::new(Full::<Bytes>::default()))),
        1,
    );
    let mut service = layer().layer(inner);
    for _ in 0..3 {
        let request = post(FORM, format!("card={}", token()));
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
    }
}

proptest! {
    /// No answer contains a piece of the value, wherever in the request it was.
    #[test]
    fn no_answer_tells_a_value(value in "[A-Z]{6,20}", at in 0..5usize) {
        let text = format!("{value} {CARD}");
        let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let request = match at {
            0 => post(FORM, format!("card={escaped}")),
            1 => post(FORM, format!("{escaped}=1")),
            2 => post(JSON, json!({ &text: [{ "a": &text }] }).to_string()),
            3 => post(MULTIPART, multipart(&[("name=\"card\"", &text)])),
            _ => request(Method::GET, &format!("/?x={escaped}"), None, ""),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (status, problem, _) = runtime.block_on(send(layer(), request));
        prop_assert_eq!(status.as_u16(), 400);
        prop_assert!(!problem.to_string().contains(&value[..6]));
    }
}
