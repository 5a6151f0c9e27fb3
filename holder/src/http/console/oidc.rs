//! `/console/oidc`: how people log in through the identity provider. The second factor is then the provider's.

use super::super::problem::Problem;
use super::asked::{Asked, answer, with_cookies};
use crate::error::{Code, Error};
use crate::identity::oidc::Back;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// Where the console's pages are.
const HOME: &str = "/console/";

/// Whether people can log in this way.
pub(super) async fn available(asked: Asked) -> Result<Response, Problem> {
    let available = asked.console()?.oidc().is_some();
    Ok(answer(&json!({ "available": available }), []))
}

/// Sends the browser to the provider.
pub(super) async fn begin(asked: Asked) -> Result<Response, Problem> {
    asked.own()?;
    let flow = asked.console()?.oidc().ok_or(Error::new(Code::NotFound))?;
    let (address, kept) = flow.begin().await?;
    Ok(with_cookies(Redirect::to(&address).into_response(), [asked.cookies()?.set_oidc(&kept)]))
}

/// Takes the browser back. A person sees the answer, so that a failure leads to the console, too, which says what its
/// code means. Nothing that the provider or the browser said is in that address.
pub(super) async fn callback(
    asked: Asked,
    back: Result<Query<Back>, QueryRejection>,
) -> Result<Response, Problem> {
    let cookies = asked.cookies()?;
    let flow = asked.console()?.oidc().ok_or(Error::new(Code::NotFound))?;
    let log_in = async || {
        // The provider may say `error` in the place of `code` (section 3.1.2.6): nobody is logged in then either.
        let Query(back) = back.map_err(|_| Error::new(Code::LoginFailed))?;
        let kept = cookies.oidc(&asked.headers).ok_or(Error::new(Code::LoginExpired))?;
        let proof = flow.finish(&kept, &back).await?;
        asked.console()?.admit(&proof, asked.session()?.as_ref()).await
    };
    let done = log_in().await;
    let (address, session) = match &done {
        Ok(logged_in) => (HOME.to_owned(), cookies.set_session(&logged_in.cookie)),
        Err(error) => (format!("{HOME}?login={}", error.code().as_str()), None),
    };
    if let Err(error) = done {
        asked.failed(error);
    }
    Ok(with_cookies(Redirect::to(&address).into_response(), [session, cookies.clear_oidc()]))
}
