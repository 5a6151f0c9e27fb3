//! The shop's routes.

use std::path::Path;

use axum::Router;
use fieldseal_demo::shop::{Config, router};
use serde_json::json;
use tempfile::TempDir;

use crate::http::{get, post, token};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A shop with an empty directory for its data.
pub(crate) async fn shop() -> (Router, TempDir) {
    let dir = TempDir::new().expect("a directory");
    (shop_in(dir.path()).await, dir)
}

async fn shop_in(dir: &Path) -> Router {
    let sdk = dir.join("sdk/dist");
    std::fs::create_dir_all(&sdk).expect("a directory");
    std::fs::write(sdk.join("index.js"), "export {};").expect("a file");
    std::fs::write(sdk.join("fieldseal.wasm"), b"\0asm").expect("a file");
    let config = Config {
        data: dir.join("data"),
        sdk: dir.join("sdk"),
        keys: "https://keys.example:8471/.well-known/sealed-input".parse().expect("a URL"),
        signer: json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" }),
        console: Some("http://127.0.0.1:8090/".parse().expect("a URL")),
    };
    router(config).await.expect("a shop")
}

#[tokio::test]
async fn an_order_is_stored_as_it_came() {
    let (shop, dir) = shop().await;
    let placed = post(&shop, "/order", FORM, "plan=12&card_cvc=a.b..c.&note=&plan=%F0%9F%8E%81+2&=x").await;
    assert_eq!(placed.status, 303);
    let id = placed.header("location").strip_prefix("/order/").expect("an order").to_owned();

    let entries = json!([
        { "name": "plan", "value": "12" },
        { "name": "card_cvc", "value": "a.b..c." },
        { "name": "note", "value": "" },
        { "name": "plan", "value": "🎁 2" },
        { "name": "", "value": "x" },
    ]);
    assert_eq!(get(&shop, &format!("/orders/{id}.json")).await.json()["entries"], entries);
    assert_eq!(get(&shop, "/orders.json").await.json()["orders"][0]["entries"], 5);

    // The orders are still there for the next shop that is started on the same directory.
    drop(shop);
    let list = get(&shop_in(dir.path()).await, "/orders.json").await.json();
    assert_eq!(list["orders"][0]["id"], id);
}

#[tokio::test]
async fn the_newest_order_comes_first() {
    let (shop, _dir) = shop().await;
    let mut placed = Vec::new();
    for plan in ["plan=3", "plan=12"] {
        let answer = post(&shop, "/order", FORM, plan).await;
        placed.insert(0, answer.header("location").replace("/order/", ""));
    }
    let list = get(&shop, "/orders.json").await.json();
    assert_eq!([&list["orders"][0]["id"], &list["orders"][1]["id"]], [&placed[0], &placed[1]]);
}

#[tokio::test]
async fn multipart_is_taken_too() {
    let (shop, _dir) = shop().await;
    let body = "--b\r\nContent-Disposition: form-data; name=\"ssn\"\r\n\r\na.b..c.\r\n\
                --b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\ntwo\r\nlines\r\n--b--\r\n";
    let placed = post(&shop, "/order", "multipart/form-data; boundary=b", body).await;
    assert_eq!(placed.status, 303);
    let order = get(&shop, &placed.header("location").replace("/order/", "/orders/").add_json()).await.json();
    assert_eq!(
        order["entries"],
        json!([{ "name": "ssn", "value": "a.b..c." }, { "name": "note", "value": "two\r\nlines" }])
    );
}

trait AddJson {
    fn add_json(self) -> String;
}

impl AddJson for String {
    fn add_json(self) -> String {
        self + ".json"
    }
}

#[tokio::test]
async fn bad_forms_get_a_problem() {
    let (shop, _dir) = shop().await;
    for (media_type, body, problem) in [
        ("application/json", "{}", (415, "form-encoding")),
        ("text/plain", "a=b", (415, "form-encoding")),
        ("multipart/form-data", "--b", (400, "form-malformed")),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
            (400, "form-malformed"),
        ),
    ] {
        let answer = post(&shop, "/order", media_type, body).await;
        assert_eq!(answer.problem(), (problem.0, problem.1.to_owned()), "{media_type}");
    }
    assert_eq!(get(&shop, "/orders.json").await.json(), json!({ "orders": [] }));
    assert_eq!(get(&shop, "/order").await.status, 405);
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
    let (shop, _dir) = shop().await;
    let config = json!({
        "keys": "https://keys.example:8471/.well-known/sealed-input",
        "signer": { "kty": "OKP", "crv": "Ed25519", "x": "AAAA" },
    });
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
async fn the_thank_you_page_shows_what_there_is() {
    let (shop, _dir) = shop().await;
    let sealed = token("card_number", "card-number");
    let placed = post(&shop, "/order", FORM, format!("plan=12&card_number={sealed}")).await;
    let page = get(&shop, placed.header("location")).await;
    let html = page.text();
    assert_eq!(page.header("cache-control"), "no-store");
    for part in [
        &sealed,
        &sealed[..28],
        "data-class=\"payment\"",
        "card-number",
        "in clear",
        "1 of 2",
        "http://127.0.0.1:8090/#",
    ] {
        assert!(html.contains(part), "{part}");
    }
}
