//! The shop's routes.

use std::path::Path;

use axum::Router;
use fieldseal::Origin;
use fieldseal_demo::shop::{Config, origins_at, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::{
    http::{Answer, get, post, send},
    sealed::{ORIGIN, REQUIRED, order, publish_keys, seal, signer, token},
};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A shop with an empty directory for its data, and a key holder.
pub(crate) async fn shop() -> (Router, TempDir) {
    shop_with(publish_keys().await).await
}

/// The same with the keys at this address.
pub(crate) async fn shop_with(keys: Url) -> (Router, TempDir) {
    let dir = TempDir::new().expect("a directory");
    (shop_in(dir.path(), keys).await, dir)
}

/// Where no key holder is, and the shop's client finds that out at once.
pub(crate) fn nowhere() -> Url {
    "https://keys.example:8471/.well-known/sealed-input".parse().expect("a URL")
}

async fn shop_in(dir: &Path, keys: Url) -> Router {
    let sdk = dir.join("sdk/dist");
    std::fs::create_dir_all(&sdk).expect("a directory");
    std::fs::write(sdk.join("index.js"), "export {};").expect("a file");
    std::fs::write(sdk.join("fieldseal.wasm"), b"\0asm").expect("a file");
    std::fs::write(sdk.join("fieldseal.wasm.br"), b"brotli").expect("a file");
    std::fs::write(sdk.join("fieldseal.wasm.gz"), b"gzip").expect("a file");
    let config = Config {
        data: dir.join("data"),
        sdk: dir.join("sdk"),
        keys,
        signer: signer(),
        origins: vec![Origin::parse(ORIGIN).expect("an origin")],
        console: Some("http://127.0.0.1:8090/".parse().expect("a URL")),
    };
    router(config).await.expect("a shop")
}

/// The stored entries of an order that was just placed.
async fn entries_of(shop: &Router, placed: &Answer) -> Value {
    assert_eq!(placed.status, 303, "{}", placed.text());
    let path = placed.header("location").replace("/order/", "/orders/") + ".json";
    get(shop, &path).await.json()["entries"].take()
}

fn entry(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn required() -> impl Iterator<Item = Value> {
    REQUIRED.into_iter().map(|(field, kind)| entry(field, &token(field, kind)))
}

#[tokio::test]
async fn an_order_is_stored_as_it_came() {
    let (shop, dir) = shop().await;
    let phones = [seal("phone", "phone", "1"), seal("phone", "phone", "2")];
    let clear = [("plan", "12"), ("nickname", ""), ("plan", "🎁 2"), ("", "x")];
    let sent: Vec<_> =
        clear.into_iter().chain(phones.iter().map(|token| ("phone", token.as_str()))).collect();
    let placed = post(&shop, "/order", FORM, order(&sent)).await;
    let expected: Vec<_> = sent.iter().map(|(name, value)| entry(name, value)).chain(required()).collect();
    assert_eq!(entries_of(&shop, &placed).await, json!(expected));
    assert_eq!(get(&shop, "/orders.json").await.json()["orders"][0]["entries"], expected.len());

    // The orders are still there for the next shop that is started on the same directory.
    drop(shop);
    let list = get(&shop_in(dir.path(), nowhere()).await, "/orders.json").await.json();
    assert_eq!(list["orders"][0]["id"], placed.header("location").replace("/order/", ""));
}

#[tokio::test]
async fn the_newest_order_comes_first() {
    let (shop, _dir) = shop().await;
    let mut placed = Vec::new();
    for plan in ["3", "12"] {
        let answer = post(&shop, "/order", FORM, order(&[("plan", plan)])).await;
        placed.insert(0, answer.header("location").replace("/order/", ""));
    }
    let list = get(&shop, "/orders.json").await.json();
    assert_eq!([&list["orders"][0]["id"], &list["orders"][1]["id"]], [&placed[0], &placed[1]]);
}

#[tokio::test]
async fn multipart_is_taken_too() {
    let (shop, _dir) = shop().await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let tokens = REQUIRED.map(|(field, kind)| part(field, &token(field, kind))).concat();
    let body = part("plan", "two\r\nlines") + &tokens + "--b--\r\n";
    let placed = post(&shop, "/order", "multipart/form-data; boundary=b", body).await;
    let expected: Vec<_> = [entry("plan", "two\r\nlines")].into_iter().chain(required()).collect();
    assert_eq!(entries_of(&shop, &placed).await, json!(expected));
}

#[tokio::test]
async fn bad_forms_get_a_problem() {
    let (shop, _dir) = shop().await;
    let tokens: Value =
        REQUIRED.into_iter().map(|(field, kind)| (field, Value::from(token(field, kind)))).collect();
    for (media_type, body, problem) in [
        // The guard reads JSON, and the shop does not.
        ("application/json", tokens.to_string().as_str(), (415, "form-encoding")),
        ("text/plain", "a=b", (400, "field-missing")),
        ("multipart/form-data", "--b", (400, "request-malformed")),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
            (400, "request-malformed"),
        ),
    ] {
        let answer = post(&shop, "/order", media_type, body.to_owned()).await;
        assert_eq!(answer.problem(), (problem.0, problem.1.to_owned()), "{media_type}");
    }
    assert_eq!(get(&shop, "/orders.json").await.json(), json!({ "orders": [] }));
    assert_eq!(get(&shop, "/order").await.status, 405);
}

#[tokio::test]
async fn a_shop_knows_its_origins() {
    for (address, expected) in [
        ("127.0.0.1:8080", vec!["http://127.0.0.1:8080", "http://localhost:8080"]),
        ("[::1]:80", vec!["http://[::1]", "http://localhost"]),
        ("192.0.2.7:8080", vec!["http://192.0.2.7:8080"]),
    ] {
        let origins = origins_at(address.parse().expect("an address")).expect("origins");
        assert_eq!(origins.iter().map(Origin::as_str).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn unknown_orders_are_not_found() {
    let (shop, _dir) = shop().await;
    let page = get(&shop, "/order/AAAAAAAAAAAAAAAA").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    for path in ["/orders/AAAAAAAAAAAAAAAA.json", "/orders/AAAAAAAAAAAAAAAA", "/orders/' OR 1=1 --.json"] {
        let path = path.replace(' ', "%20");
        assert_eq!(get(&shop, &path).await.problem(), (404, "order-unknown".to_owned()));
    }
}

#[tokio::test]
async fn the_page_learns_whom_to_trust() {
    let (shop, _dir) = shop_with(nowhere()).await;
    let config = json!({ "keys": nowhere().as_str(), "signer": signer() });
    assert_eq!(get(&shop, "/config.json").await.json(), config);
}

#[tokio::test]
async fn the_package_is_served_with_its_media_types_and_nothing_beside_it() {
    let (shop, _dir) = shop().await;
    assert_eq!(get(&shop, "/sdk/dist/fieldseal.wasm").await.header("content-type"), "application/wasm");
    assert_eq!(get(&shop, "/sdk/dist/index.js").await.header("content-type"), "text/javascript");
    assert_eq!(get(&shop, "/").await.status, 200);
    for path in [
        "/sdk/dist/none.js",
        "/sdk/../data/orders.db",
        "/sdk/%2e%2e/data/orders.db",
        "/sdk/..%2fdata/orders.db",
    ] {
        assert_eq!(get(&shop, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_package_is_served_in_the_form_that_a_browser_takes() {
    let (shop, _dir) = shop().await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", &b"brotli"[..]),
        ("gzip, deflate", "gzip", &b"gzip"[..]),
        ("br;q=0", "", &b"\0asm"[..]),
        ("identity", "", &b"\0asm"[..]),
    ] {
        let request = axum::http::Request::get("/sdk/dist/fieldseal.wasm")
            .header("host", "127.0.0.1")
            .header("accept-encoding", accepted)
            .body(axum::body::Body::empty())
            .expect("a request");
        let answer = send(&shop, request).await;
        assert_eq!((answer.header("content-encoding"), &answer.body[..]), (encoding, body), "{accepted}");
        // The module's own media type, or it is not compiled while it downloads.
        assert_eq!(answer.header("content-type"), "application/wasm", "{accepted}");
    }
    // What has no such file is sent as it is.
    assert_eq!(get(&shop, "/sdk/dist/index.js").await.body, b"export {};");
}

#[tokio::test]
async fn the_thank_you_page_shows_what_there_is() {
    let (shop, _dir) = shop().await;
    let sealed = token("card_number", "card-number");
    let placed = post(&shop, "/order", FORM, order(&[("plan", "12")])).await;
    let page = get(&shop, placed.header("location")).await;
    let html = page.text();
    assert_eq!(page.header("cache-control"), "no-store");
    for part in [
        &sealed,
        &sealed[..28],
        "data-class=\"payment\"",
        "card-number",
        "in clear",
        "8 of 9",
        "http://127.0.0.1:8090/#",
    ] {
        assert!(html.contains(part), "{part}");
    }
}
