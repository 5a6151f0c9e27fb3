//! A request to an address of the console, and how it is answered.

use super::super::Service;
use super::super::caller::Address;
use super::super::json;
use super::super::problem::Problem;
use super::{Cookies, foreign};
use crate::console::Console;
use crate::error::{Code, Error};
use crate::identity::{Proof, session as id};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use serde_json::Value;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

/// A request to an address of the console, as far as its headers go.
pub(super) struct Asked {
    pub(super) service: Arc<Service>,
    method: Method,
    pub(super) headers: HeaderMap,
    address: Option<IpAddr>,
}

impl FromRequestParts<Arc<Service>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Infallible> {
        let Address(address) = Address::from_request_parts(parts, service).await?;
        let (method, headers) = (parts.method.clone(), parts.headers.clone());
        Ok(Self { service: Arc::clone(service), method, headers, address })
    }
}

impl Asked {
    pub(super) fn console(&self) -> Result<&Console, Error> {
        self.service.console.as_ref().ok_or(Error::new(Code::NotFound))
    }

    pub(super) fn cookies(&self) -> Result<Cookies, Error> {
        Ok(Cookies::of(self.console()?.party()))
    }

    /// What the session proves that the browser has, if it has one that can be.
    pub(super) fn session(&self) -> Result<Option<Proof>, Error> {
        Ok(self.cookies()?.session(&self.headers).and_then(|shown| id::proof(&shown)))
    }

    /// Refuses what another site has sent.
    pub(super) fn own(&self) -> Result<(), Error> {
        foreign::refuse(&self.method, &self.headers, self.console()?.party())
    }

    /// What went wrong, which also counts against the address that it came from.
    pub(super) fn failed(&self, error: Error) -> Problem {
        if let Some(from) = self.address {
            self.service.front.rates.failed(from, error.code());
        }
        error.into()
    }
}

pub(super) fn answer<const N: usize>(body: &Value, cookies: [Option<HeaderValue>; N]) -> Response {
    with_cookies(json::written(body.to_string()), cookies)
}

pub(super) fn with_cookies<const N: usize>(
    mut response: Response,
    cookies: [Option<HeaderValue>; N],
) -> Response {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
