//! A refusal as an HTTP answer: a problem document (RFC 9457) of fixed texts.

use crate::json::Writer;
use crate::server::Refusal;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The code of a refusal, among the extensions of its answer, for a log or a count of your own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(&'static str);

impl Refused {
    /// The stable code, such as `field-in-clear`.
    pub fn code(self) -> &'static str {
        self.0
    }
}

/// What went wrong before there were entries to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The body is not what its content type says.
    Malformed,
    /// The body is over the limit.
    TooLarge,
    /// The body broke off.
    Unreadable,
    /// The body is compressed.
    Encoded,
}

impl Fault {
    fn answer(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "request-malformed",
                "The body is not what its content type says. Send a well-formed form or JSON text.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is longer than this server takes. Send less at once.",
            ),
            Self::Unreadable => {
                (StatusCode::BAD_REQUEST, "request-unreadable", "The body broke off. Send the request again.")
            }
            Self::Encoded => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "encoding-unsupported",
                "The body is compressed, so it cannot be seen to be sealed. Send it as it is.",
            ),
        }
    }
}

/// Why a request goes no further.
#[derive(Debug)]
pub(super) enum Problem {
    Fault(Fault),
    Refusal(Refusal),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl Problem {
    fn answer(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Fault(fault) => fault.answer(),
            Self::Refusal(refusal) => {
                let status = match refusal.is_temporary() {
                    true => StatusCode::SERVICE_UNAVAILABLE,
                    false => StatusCode::BAD_REQUEST,
                };
                (status, refusal.code(), refusal.message())
            }
        }
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let (status, code, detail) = self.answer();
        let mut document = Writer::object();
        // With the type `about:blank` the title is the phrase of the status (RFC 9457 section 4.2.1).
        document.string("type", "about:blank");
        document.string("title", status.canonical_reason().unwrap_or("Error"));
        document.raw("status", status.as_str());
        document.string("detail", detail);
        document.string("code", code);
        if let Self::Refusal(refusal) = &self {
            if let Some(field) = refusal.field() {
                document.string("field", field);
            }
            if let Some(position) = refusal.position() {
                document.number("position", position as u64);
            }
        }
        let mut response = Response::new(Full::from(document.end()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(Refused(code));
        response
    }
}
