//! The console's routes, between a shop and a key holder that stand in for the real ones.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
    response::Redirect,
    routing::{get as on_get, post as on_post},
};
use fieldseal_demo::console::{Config, Role, router};
use serde_json::{Value, json};

use crate::{
    http::{Answer, get, post, send, serve},
    sealed::token,
};

const CREDENTIAL: &str = "fsk_payments-desk-credential";
const OTHER: &str = "fsk_shipping-desk-credential";
const NOBODY: &str = "http://127.0.0.1:9";

pub(crate) fn console(shop: &str, holder: &str) -> Router {
    let roles = json!([
        { "name": "Payments desk", "credential": CREDENTIAL, "classes": ["payment"] },
        { "name": "Shipping desk", "credential": OTHER, "classes": ["contact"] },
    ]);
    router(Config {
        shop: shop.parse().expect("a URL"),
        holder: holder.parse().expect("a URL"),
        roles: Role::list(&roles.to_string()).expect("roles"),
    })
    .expect("a console")
}

/// A shop with one order, `A1`.
async fn shop() -> String {
    let order = json!({ "id": "A1", "placed_at": 1_770_000_000, "entries": [
        { "name": "plan", "value": "12" },
        { "name": "card_number", "value": token("card_number", "card-number") },
        { "name": "email", "value": token("email", "email") },
    ]});
    let list = json!({ "orders": [{ "id": "A1", "placed_at": 1_770_000_000, "entries": 3 }] });
    let router = Router::new()
        .route("/orders.json", on_get(async move || Json(list)))
        .route("/orders/A1.json", on_get(async move || Json(order)));
    serve(router).await.to_string()
}

/// What the key holder says of every value beside it.
const FACTS: &str = r#""field":"f","kind":"text","iss":"https://shop.example","iat":1770000000,"jti":"j","valid":true,"value":"#;

type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A key holder that answers every request with `body`, and what it was asked.
async fn holder(status: StatusCode, body: &'static str) -> (String, Asked) {
    let asked = Asked::default();
    let seen = asked.clone();
    let open = on_post(async move |headers: HeaderMap, Json(ask): Json<Value>| {
        let bearer = headers[header::AUTHORIZATION].to_str().expect("ASCII").to_owned();
        seen.lock().expect("a lock").push((bearer, ask));
        (status, body)
    });
    (serve(Router::new().route("/v1/open", open)).await.to_string(), asked)
}

async fn open(console: &Router, ask: Value) -> Answer {
    post(console, "/open", "application/json", ask.to_string()).await
}

fn payments() -> Value {
    json!({ "order": "A1", "role": "Payments desk", "purpose": " Charge the card " })
}

#[tokio::test]
async fn opens_an_order_as_a_role() {
    let results = format!(
        r#"{{"results":[{{{FACTS}"4242"}},{{"error":{{"type":"/problems/class-refused","code":"class-refused","detail":"No."}}}}]}}"#
    );
    let (holder, asked) = holder(StatusCode::OK, results.leak()).await;
    let console = console(&shop().await, &holder);

    let answer = open(&console, payments()).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        answer.json(),
        json!({ "role": "Payments desk", "purpose": "Charge the card", "results": [
            { "position": 1, "value": "4242" },
            { "position": 2, "error": { "code": "class-refused", "detail": "No." } },
        ]})
    );

    let (bearer, ask) = asked.lock().expect("a lock").remove(0);
    assert_eq!(bearer, format!("Bearer {CREDENTIAL}"));
    assert_eq!(
        ask,
        json!({ "purpose": "Charge the card", "tokens": [
            { "token": token("card_number", "card-number"), "field": "card_number" },
            { "token": token("email", "email"), "field": "email" },
        ]})
    );
}

#[tokio::test]
async fn values_pass_through_as_they_are() {
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    for value in
        ["null", "\"\"", "true", "1e400", "123456789012345678901234567890", r#"{"a":[1,"\u0000"]}"#, &deep]
    {
        let results = format!(r#"{{"results":[{{{FACTS}{value}}},{{{FACTS}{value}}}]}}"#);
        let (holder, _) = holder(StatusCode::OK, results.leak()).await;
        let answer = open(&console(&shop().await, &holder), payments()).await;
        assert!(answer.text().contains(&format!(r#"{{"position":1,"value":{value}}}"#)), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_order_is_shown_with_the_public_headers_of_its_tokens() {
    let console = console(&shop().await, NOBODY);
    assert_eq!(get(&console, "/orders.json").await.json()["orders"][0]["id"], "A1");
    let order = get(&console, "/orders/A1.json").await.json();
    assert_eq!(order["entries"][0], json!({ "name": "plan", "value": "12", "sealed": null }));
    assert_eq!(order["entries"][1]["sealed"]["kind"], "card-number");
    assert_eq!(order["entries"][1]["sealed"]["class"], "payment");
}

#[tokio::test]
async fn no_answer_reveals_a_credential() {
    let (refusing, _) = holder(StatusCode::UNAUTHORIZED, "{}").await;
    let results = format!(r#"{{"results":[{{{FACTS}"4242"}},{{{FACTS}"a"}}]}}"#);
    let (good, _) = holder(StatusCode::OK, results.leak()).await;
    let shop = shop().await;
    for console in
        [console(&shop, &good), console(&shop, &refusing), console(&shop, NOBODY), console(NOBODY, NOBODY)]
    {
        let mut answers = vec![open(&console, payments()).await, open(&console, json!({})).await];
        for path in [
            "/",
            "/roles.json",
            "/orders.json",
            "/orders/A1.json",
            "/assets/console.js",
            "/roles",
            "/open",
            "/none",
        ] {
            answers.push(get(&console, path).await);
        }
        for answer in answers {
            for secret in [CREDENTIAL, OTHER] {
                assert!(!String::from_utf8_lossy(&answer.body).contains(secret));
                assert!(!format!("{:?}", answer.headers).contains(secret));
            }
        }
    }
    let roles = get(&console(&shop, &good), "/roles.json").await.json();
    assert_eq!(roles["roles"][0], json!({ "name": "Payments desk", "classes": ["payment"] }));
}

#[tokio::test]
async fn servers_that_do_not_answer_are_named() {
    let down = open(&console(&shop().await, NOBODY), payments()).await;
    assert_eq!(down.problem(), (502, "holder-unreachable".to_owned()));
    assert!(down.text().contains("http://127.0.0.1:9") && down.text().contains("keyholder serve"));

    let down = open(&console(NOBODY, NOBODY), payments()).await;
    assert_eq!(down.problem(), (502, "shop-unreachable".to_owned()));
}

#[tokio::test]
async fn odd_answers_of_the_key_holder_are_problems() {
    let shop = shop().await;
    for (status, body, code) in [
        (StatusCode::UNAUTHORIZED, "{}", "credential-refused"),
        (StatusCode::OK, "<html>", "holder-answer"),
        (StatusCode::OK, r#"{"results":[]}"#, "holder-answer"),
        (StatusCode::OK, r#"{"results":[{"value":1},{"value":2}]}"#, "holder-answer"),
        (
            StatusCode::OK,
            format!(r#"{{"results":[{{{FACTS}1}},{{{FACTS}2}},{{{FACTS}3}}]}}"#).leak(),
            "holder-answer",
        ),
        (StatusCode::INTERNAL_SERVER_ERROR, "", "holder-answer"),
        (
            StatusCode::BAD_REQUEST,
            r#"{"code":"purpose-invalid","detail":"Say it shorter."}"#,
            "holder-answer",
        ),
    ] {
        let (holder, _) = holder(status, body).await;
        let answer = open(&console(&shop, &holder), payments()).await;
        assert_eq!(answer.problem(), (502, code.to_owned()), "{body}");
        assert_eq!(
            answer.text().contains("Say it shorter. (purpose-invalid)"),
            status == StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn a_credential_follows_no_redirect() {
    let (elsewhere, asked) = holder(StatusCode::OK, "{}").await;
    let target = format!("{elsewhere}v1/open");
    let redirecting = Router::new().route("/v1/open", on_post(async move || Redirect::temporary(&target)));
    let console = console(&shop().await, serve(redirecting).await.as_str());
    assert_eq!(open(&console, payments()).await.problem(), (502, "holder-answer".to_owned()));
    assert!(asked.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn bad_requests_are_refused_before_anything_is_asked() {
    let (holder, asked) = holder(StatusCode::OK, r#"{"results":[]}"#).await;
    let console = console(&shop().await, &holder);
    let ask = |member: &str, value: &str| {
        let mut ask = payments();
        ask[member] = value.into();
        ask
    };
    for (ask, problem) in [
        (json!({}), (422, "request-malformed")),
        (ask("purpose", "  "), (422, "purpose-missing")),
        (ask("purpose", &"x".repeat(201)), (422, "purpose-missing")),
        (ask("role", "Owner"), (422, "role-unknown")),
        (ask("order", "B2"), (404, "order-unknown")),
        (ask("order", "../orders/A1"), (404, "order-unknown")),
        (ask("order", ""), (404, "order-unknown")),
    ] {
        assert_eq!(open(&console, ask.clone()).await.problem(), (problem.0, problem.1.to_owned()), "{ask}");
    }
    assert!(asked.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn other_sites_cannot_use_the_console() {
    let (holder, asked) = holder(StatusCode::OK, r#"{"results":[]}"#).await;
    let console = console(&shop().await, &holder);

    // What a form on another page can send without being asked about it first.
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = post(&console, "/open", media_type, payments().to_string()).await;
        assert_eq!(answer.problem(), (415, "request-malformed".to_owned()));
    }
    // A name that was made to mean this machine.
    for path in ["/", "/orders.json", "/roles.json"] {
        let request = Request::get(path)
            .header(header::HOST, "rebound.example:8090")
            .body(Body::empty())
            .expect("a request");
        assert_eq!(send(&console, request).await.problem(), (421, "host-unexpected".to_owned()));
    }
    assert!(asked.lock().expect("a lock").is_empty());
}
