//! The guard as a layer around a web service that speaks `http` and `tower`: axum, hyper, tonic.
//!
//! Put [`SealedLayer`] outside everything that stores or logs requests. It reads a request's query and its
//! body, has the [`Guard`] judge what is in them, and passes the request on, byte for byte, with the
//! [`Checked`] headers among its extensions. A request that does not pass is answered with a problem
//! document (RFC 9457) and goes no further. What claims to be a form and cannot be read as one is refused,
//! because what the service would make of it is not known. Nothing is logged; [`Refused`] is there for a
//! log of your own.

mod entries;
mod json;
mod problem;

pub use problem::Refused;

use super::{Checked, Guard, Refusal};
use crate::NumericDate;
use crate::keyset::KeySet;
use crate::prelude::*;
use alloc::sync::Arc;
use bytes::Bytes;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use entries::Entries;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{Either, Full};
use problem::Problem;
use std::sync::{PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest body that is read, in bytes: 2 MiB. A form of forty sealed fields has about 120 kB.
pub const DEFAULT_LIMIT: usize = 2 * 1024 * 1024;

/// A guard that requests share, and whose keys are replaced while it stands. Clones are the same guard.
#[derive(Clone, Debug)]
pub struct SharedGuard(Arc<RwLock<Guard>>);

impl SharedGuard {
    /// Shares a guard.
    pub fn new(guard: Guard) -> Self {
        Self(Arc::new(RwLock::new(guard)))
    }

    /// Puts the key holder's published keys in the place of those before, as [`Guard::set_keys`].
    pub fn set_keys(&self, keys: KeySet) {
        // A panic elsewhere cannot leave the guard half changed, so a poisoned lock is still good.
        self.0.write().unwrap_or_else(PoisonError::into_inner).set_keys(keys, now());
    }

    fn check(&self, entries: &Entries<'_>, is_submission: bool) -> Result<Checked, Refusal> {
        let guard = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match is_submission {
            true => guard.check(entries.iter(), now()),
            false => guard.check_present(entries.iter(), now()),
        }
    }
}

impl From<Guard> for SharedGuard {
    fn from(guard: Guard) -> Self {
        Self::new(guard)
    }
}

type IsSubmission = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// Puts a guard around a service.
#[derive(Clone)]
pub struct SealedLayer {
    guard: SharedGuard,
    limit: usize,
    is_submission: IsSubmission,
}

impl SealedLayer {
    /// A layer that takes every request for a submission, which must have all required fields.
    pub fn new(guard: impl Into<SharedGuard>) -> Self {
        Self { guard: guard.into(), limit: DEFAULT_LIMIT, is_submission: Arc::new(|_| true) }
    }

    /// Says which requests are submissions. Of the others no field is required, but what is there must be
    /// sealed: so the layer can stand around a whole site.
    #[must_use]
    pub fn submissions(mut self, are: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.is_submission = Arc::new(are);
        self
    }

    /// The longest body that is read, in bytes; [`DEFAULT_LIMIT`] unless it is said here.
    /// Bodies of other types are not read, and not limited.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }
}

impl fmt::Debug for SealedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedLayer").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl<S> tower_layer::Layer<S> for SealedLayer {
    type Service = Sealed<S>;

    fn layer(&self, inner: S) -> Sealed<S> {
        Sealed { layer: self.clone(), inner }
    }
}

/// A service with a guard before it.
#[derive(Clone, Debug)]
pub struct Sealed<S> {
    layer: SealedLayer,
    inner: S,
}

/// A request's body as the service gets it: what was read, or what nobody touched.
pub type RequestBody<B> = Either<Full<Bytes>, B>;

/// An answer's body: a problem document, or that of the service.
pub type ResponseBody<B> = Either<Full<Bytes>, B>;

impl<S, B, R> tower_service::Service<Request<B>> for Sealed<S>
where
    S: tower_service::Service<Request<RequestBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was asked whether it is ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = core::mem::replace(&mut self.inner, next);
        let layer = self.layer.clone();
        Box::pin(async move {
            match layer.judge(request).await {
                Ok(request) => Ok(inner.call(request).await?.map(Either::Right)),
                Err(problem) => Ok(problem.into_response().map(Either::Left)),
            }
        })
    }
}

impl SealedLayer {
    async fn judge<B>(&self, request: Request<B>) -> Result<Request<RequestBody<B>>, Problem>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let (checked, body) = {
            let mut entries = Entries::of_query(&parts.uri);
            let body = entries.add_body(&parts.headers, body, self.limit).await?;
            (self.guard.check(&entries, (self.is_submission)(&parts))?, body)
        };
        parts.extensions.insert(checked);
        Ok(Request::from_parts(parts, body))
    }
}

/// The time, which only this file of the crate asks for.
fn now() -> NumericDate {
    // Before 1970 every token is from the future, and is refused.
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
