//! The request log: everything that came, byte for byte.

use axum::{Router, body::Body, http::Request, routing::post};
use fieldseal_demo::record::{BODY_LIMIT, Log};
use tempfile::TempDir;

use crate::{
    http::{get, send},
    shop::{FORM, shop},
};

fn log_of(dir: &TempDir) -> Vec<u8> {
    std::fs::read(dir.path().join("data/requests.log")).expect("a log")
}

fn holds(log: &[u8], part: &[u8]) -> bool {
    log.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_request_is_logged_byte_for_byte() {
    let (shop, dir) = shop().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let request = Request::post("/order?a=%20b&c")
        .header("host", "shop.example")
        .header("x-twice", "1")
        .header("x-twice", &b"caf\xe9"[..])
        .header("content-type", "application/octet-stream")
        .body(Body::from(every_byte.clone()))
        .expect("a request");
    // The shop makes nothing of it, and has it all the same.
    assert_eq!(send(&shop, request).await.status, 415);

    let mut expected =
        b"POST /order?a=%20b&c HTTP/1.1\r\nhost: shop.example\r\nx-twice: 1\r\nx-twice: caf\xe9\r\n\
                         content-type: application/octet-stream\r\n\r\n"
            .to_vec();
    expected.extend(every_byte);
    expected.extend(b"\r\n\r\n");
    assert_eq!(log_of(&dir), expected);
}

#[tokio::test]
async fn requests_are_appended_in_their_order() {
    let (shop, dir) = shop().await;
    for path in ["/", "/none", "/order/X?q=secret", "/sdk/dist/index.js"] {
        get(&shop, path).await;
    }
    let log = String::from_utf8(log_of(&dir)).expect("text");
    let lines: Vec<_> = log.lines().filter(|line| line.ends_with("HTTP/1.1")).collect();
    assert_eq!(
        lines,
        [
            "GET / HTTP/1.1",
            "GET /none HTTP/1.1",
            "GET /order/X?q=secret HTTP/1.1",
            "GET /sdk/dist/index.js HTTP/1.1"
        ]
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_logged_as_far_as_it_was_read() {
    let (shop, dir) = shop().await;
    let form = |len: usize| {
        let mut body = b"note=".to_vec();
        body.resize(len, b'x');
        Request::post("/order").header("content-type", FORM).body(Body::from(body)).expect("a request")
    };
    assert_eq!(send(&shop, form(BODY_LIMIT)).await.status, 303);
    let refused = send(&shop, form(BODY_LIMIT + 1)).await;
    assert_eq!(refused.problem(), (413, "body-too-large".to_owned()));
    assert!(log_of(&dir).len() > 2 * BODY_LIMIT);
    assert_eq!(get(&shop, "/orders.json").await.json()["orders"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_request_is_on_disk_before_it_is_handled() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("requests.log");
    let log = Log::open(&path).await.expect("a log");
    let seen = path.clone();
    let router = Router::new()
        .route("/", post(async move || holds(&std::fs::read(seen).expect("a log"), b"value").to_string()));
    let request = Request::post("/").body(Body::from("value")).expect("a request");
    assert_eq!(send(&log.around(router), request).await.text(), "true");
}
