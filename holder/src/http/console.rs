//! The console's addresses: how people log in and out. The pages themselves ask the same `/v1` as everybody.

mod asked;
mod assets;
mod cookies;
mod foreign;
pub(super) mod headers;
mod oidc;
mod session;

pub(super) use cookies::Cookies;

use super::Service;
use crate::error::{Code, Error};
use crate::identity::{Proof, session as id};
use axum::Router;
use axum::http::request::Parts;
use axum::routing::{get, post};
use std::sync::Arc;

/// The header that the console's pages send with what they ask. No form of another site can send it, and no script
/// there without leave, which nobody is given.
const HEADER: &str = "x-keyholder-console";

/// What it says when a page looks for news by itself, so that an unwatched page does not keep a session alive.
const UNASKED: &[u8] = b"poll";

/// The console's addresses.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/console/session", get(session::show).post(session::begin).delete(session::end))
        .route("/console/session/assert", post(session::assert))
        .route("/console/session/create", post(session::create))
        .route("/console/oidc", get(oidc::available))
        .route("/console/oidc/begin", get(oidc::begin))
        .route("/console/oidc/callback", get(oidc::callback))
        .merge(assets::routes())
}

/// What the session proves that comes with a request, if one does and the console is there. The second says whether
/// somebody asks, and not a page by itself.
///
/// Errors: `session-ended`, if it can be none; `request-foreign`.
pub(super) fn proof(parts: &Parts, service: &Service) -> Result<Option<(Proof, bool)>, Error> {
    let Some(console) = &service.console else { return Ok(None) };
    let Some(shown) = Cookies::of(console.party()).session(&parts.headers) else { return Ok(None) };
    foreign::refuse(&parts.method, &parts.headers, console.party())?;
    let is_asked = parts.headers.get(HEADER).is_none_or(|value| value.as_bytes() != UNASKED);
    Ok(Some((id::proof(&shown).ok_or(Code::SessionEnded)?, is_asked)))
}
