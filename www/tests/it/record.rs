//! The request log: everything that came, byte for byte.

use axum::{Router, body::Body, http::Request, routing::post as on_post};
use fieldseal_demo::record::{BODY_LIMIT, Log};
use tempfile::TempDir;

use crate::{
    http::{get, post, send},
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
    let request = Request::post("/elsewhere?a=%20b&c")
        .header("host", "shop.example")
        .header("x-twice", "1")
        .header("x-twice", &b"caf\xe9"[..])
        .header("content-type", "application/octet-stream")
        .body(Body::from(every_byte.clone()))
        .expect("a request");
    // The shop makes nothing of it, and has it all the same.
    assert_eq!(send(&shop, request).await.status, 404);

    let mut expected =
        b"POST /elsewhere?a=%20b&c HTTP/1.1\r\nhost: shop.example\r\nx-twice: 1\r\nx-twice: caf\xe9\r\n\
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
    let body = |len: usize| {
        let request = Request::post("/elsewhere").header("content-type", "application/octet-stream");
        request.body(Body::from(vec![b'x'; len])).expect("a request")
    };
    assert_eq!(send(&shop, body(BODY_LIMIT)).await.status, 404);
    let refused = send(&shop, body(BODY_LIMIT + 1)).await;
    assert_eq!(refused.problem(), (413, "body-too-large".to_owned()));
    assert!(log_of(&dir).len() > 2 * BODY_LIMIT);
}

/// A form is the guard's business, so one that is too long does not reach the log.
#[tokio::test]
async fn of_what_is_refused_the_path_and_the_code_are_noted() {
    let (shop, dir) = shop().await;
    let long = vec![b'x'; BODY_LIMIT + 1];
    assert_eq!(post(&shop, "/order", FORM, long).await.problem(), (413, "body-too-large".to_owned()));
    assert_eq!(get(&shop, "/?card_number=1&x=y").await.status, 400);
    let noted = "POST /order refused: body-too-large\r\n\r\nGET / refused: field-in-clear\r\n\r\n";
    assert_eq!(String::from_utf8(log_of(&dir)).expect("text"), noted);
}

#[tokio::test]
async fn a_request_is_on_disk_before_it_is_handled() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("requests.log");
    let log = Log::open(&path).await.expect("a log");
    let seen = path.clone();
    let router = Router::new()
        .route("/", on_post(async move || holds(&std::fs::read(seen).expect("a log"), b"value").to_string()));
    let request = Request::post("/").body(Body::from("value")).expect("a request");
    assert_eq!(send(&log.around(router), request).await.text(), "true");
}
