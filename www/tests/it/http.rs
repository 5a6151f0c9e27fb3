//! Requests to a router, and stand-ins for the servers that the console asks.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// The status and the code of a problem document.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_ne!(problem["detail"], "", "a problem says what to do");
        (self.status.as_u16(), problem["code"].as_str().expect("a code").to_owned())
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    let request =
        Request::get(path).header(header::HOST, "127.0.0.1").body(Body::empty()).expect("a request");
    send(router, request).await
}

pub(crate) async fn post(router: &Router, path: &str, media_type: &str, body: impl Into<Body>) -> Answer {
    let request =
        Request::post(path).header(header::HOST, "127.0.0.1").header(header::CONTENT_TYPE, media_type);
    send(router, request.body(body.into()).expect("a request")).await
}

/// Serves a router on a port of this machine and answers its address.
pub(crate) async fn serve(router: Router) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}").parse().expect("a URL")
}
