//! What goes wrong, as HTTP says it: the only file that knows status codes. Problem documents are
//! those of RFC 9457.

use crate::error::{Code, Error};
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A request that failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    /// In how many seconds to try again, where that is known.
    after: Option<u64>,
}

impl Problem {
    /// A problem with this code.
    pub fn new(code: Code) -> Self {
        Self { code, after: None }
    }

    /// The same, with the time after which it is worth trying again (RFC 9110 section 10.2.3), in seconds.
    pub(super) fn after(self, seconds: u64) -> Self {
        Self { after: Some(seconds), ..self }
    }
}

/// The answer to a conditional request for what the client has already (RFC 9110 section 15.4.5).
pub(super) const NOT_MODIFIED: StatusCode = StatusCode::NOT_MODIFIED;

/// The answer to what was done and leaves nothing to say (RFC 9110 section 15.3.5).
pub(super) const NO_CONTENT: StatusCode = StatusCode::NO_CONTENT;

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(Code::BodyTooLarge),
            _ => Self::new(Code::RequestUnreadable),
        }
    }
}

impl From<Error> for Problem {
    /// What an error is about, such as a path, is for the operator and stays inside.
    fn from(error: Error) -> Self {
        Self::new(error.code())
    }
}

/// The members of a problem document. About one token of several, it has no `status`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    /// The address that explains the code.
    r#type: String,
    /// The code as words.
    title: String,
    /// The status code of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<u16>,
    /// What happened and what to do next.
    detail: &'static str,
    /// A stable code to match on.
    code: &'static str,
}

impl Document {
    pub(super) fn of_token(code: Code) -> Self {
        Self::new(code, None)
    }

    fn new(code: Code, status: Option<StatusCode>) -> Self {
        let id = code.as_str();
        Self {
            r#type: format!("/problems/{id}"),
            title: title(id),
            status: status.map(|status| status.as_u16()),
            detail: code.message(),
            code: id,
        }
    }
}

/// `open-failed` is titled "Open failed".
fn title(id: &str) -> String {
    let mut words = id.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn status(code: Code) -> StatusCode {
    match code {
        Code::CursorInvalid
        | Code::PageInvalid
        | Code::SearchInvalid
        | Code::PeriodInvalid
        | Code::RequestMalformed
        | Code::RequestUnreadable
        | Code::RequestNameInvalid
        | Code::TooManyTokens
        | Code::PurposeInvalid
        | Code::LabelInvalid
        | Code::SubjectInvalid
        | Code::HoldMalformed
        | Code::ReasonInvalid
        | Code::ClassUnknown
        | Code::HashesMany => StatusCode::BAD_REQUEST,
        Code::FlagUnknown | Code::PurposeNameInvalid | Code::FlagsMany | Code::FlagsMalformed => {
            StatusCode::BAD_REQUEST
        }
        Code::SubjectUnknown => StatusCode::NOT_FOUND,
        Code::SubjectErased => StatusCode::GONE,
        // What remains is done when it is asked for again.
        Code::SubjectTraces => StatusCode::SERVICE_UNAVAILABLE,
        Code::NotAllowed | Code::ApprovalRequired | Code::ApprovalInvalid | Code::ApprovalOwn => {
            StatusCode::FORBIDDEN
        }
        Code::LoginMalformed | Code::PassphraseShort => StatusCode::BAD_REQUEST,
        Code::LoginFailed | Code::LoginExpired | Code::SessionEnded => StatusCode::UNAUTHORIZED,
        Code::RequestForeign => StatusCode::FORBIDDEN,
        Code::ConsoleOidc | Code::HashesBusy => StatusCode::SERVICE_UNAVAILABLE,
        Code::ApprovalsWaiting => StatusCode::TOO_MANY_REQUESTS,
        Code::ApprovalUnknown => StatusCode::NOT_FOUND,
        Code::IncidentUnknown => StatusCode::NOT_FOUND,
        Code::HoldUnknown | Code::KeyGone => StatusCode::NOT_FOUND,
        Code::KeyDestroyed | Code::KeyHeld => StatusCode::CONFLICT,
        Code::Unauthenticated | Code::CredentialInvalid => StatusCode::UNAUTHORIZED,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::KeysLocked | Code::OidcUnavailable | Code::StoreUnavailable | Code::TimedOut => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status(self.code);
        // Where a code has no status of its own, its detail is the operator's business.
        let code = if status == StatusCode::INTERNAL_SERVER_ERROR { Code::Internal } else { self.code };
        if status.is_server_error() {
            tracing::error!(code = self.code.as_str(), "a request failed");
        }
        let body = serde_json::to_vec(&Document::new(code, Some(status))).unwrap_or_default();
        let headers =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body).into_response();
        if let Some(seconds) = self.after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750 section 3: no error code where no credential was sent.
            let challenge = match code {
                Code::Unauthenticated | Code::LoginFailed | Code::LoginExpired | Code::SessionEnded => {
                    "Bearer"
                }
                _ => "Bearer error=\"invalid_token\"",
            };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_the_members_of_the_rfc() {
        let document = Document::new(Code::NotFound, Some(StatusCode::NOT_FOUND));
        assert_eq!(
            serde_json::to_value(document).unwrap(),
            serde_json::json!({
                "type": "/problems/not-found",
                "title": "Not found",
                "status": 404,
                "detail": "There is nothing at this address.",
                "code": "not-found",
            })
        );
    }
}
