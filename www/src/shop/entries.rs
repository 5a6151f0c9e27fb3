//! The entry list of a submitted form, from either of the two encodings that browsers use for text.

use axum::{
    Form,
    extract::{FromRequest, Multipart, Request},
    http::{StatusCode, header},
    response::IntoResponse,
};

use crate::{order::Entry, problem::Problem};

/// Reads the entries in their order, repeated names included.
pub(super) async fn read(request: Request) -> Result<Vec<Entry>, Problem> {
    let media_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.starts_with("multipart/form-data") {
        multipart(request).await
    } else {
        urlencoded(request).await
    }
}

async fn urlencoded(request: Request) -> Result<Vec<Entry>, Problem> {
    let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &()).await.map_err(malformed)?;
    Ok(pairs.into_iter().map(|(name, value)| Entry { name, value }).collect())
}

/// A file, should one be sent, is kept like any other entry; bytes that are no text are in the request log as they came.
async fn multipart(request: Request) -> Result<Vec<Entry>, Problem> {
    let mut form = Multipart::from_request(request, &()).await.map_err(malformed)?;
    let mut entries = Vec::new();
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = String::from_utf8_lossy(&field.bytes().await.map_err(malformed)?).into_owned();
        entries.push(Entry { name, value });
    }
    Ok(entries)
}

/// Only the status of the library's answer is kept: its text may quote the request.
fn malformed(rejection: impl IntoResponse) -> Problem {
    let (status, code, detail) = match rejection.into_response().status() {
        status @ StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            status,
            "form-encoding",
            "Send the form as application/x-www-form-urlencoded or multipart/form-data.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is longer than 2 MiB. Send less at once.",
        ),
        _ => (
            StatusCode::BAD_REQUEST,
            "form-malformed",
            "The body is not a well-formed form. Send the form again.",
        ),
    };
    Problem::new(status, code).detail(detail)
}
