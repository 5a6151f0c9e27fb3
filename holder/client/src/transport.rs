//! Requests to the replicas of a key holder: which is asked, how long it may take, and what is tried again. A request
//! that opens has a name, so asking again gives what the lost answer had.

use crate::answers::Document;
use crate::credential::Credential;
use crate::error::{Error, Result};
use crate::retry::{LONGEST_WAIT, backoff, chance};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// The longest answer that is read: a hundred values that fill a request, which JSON can make somewhat longer.
const MOST: usize = 32 * 1024 * 1024;

/// One request.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: Cow<'static, str>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Zeroizing<String>>,
    /// The request's name (draft-ietf-httpapi-idempotency-key-header).
    pub(crate) name: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) client: Client,
    pub(crate) bases: Arc<[String]>,
    pub(crate) credential: Credential,
    pub(crate) timeout: Duration,
    pub(crate) rounds: u32,
    /// The replica that answered last.
    pub(crate) good: Arc<AtomicUsize>,
}

impl Transport {
    /// The body of the answer, if that is a good one.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Zeroizing<Vec<u8>>> {
        let start = self.good.load(Ordering::Relaxed);
        let count = self.bases.len();
        let mut refused = false;
        let mut tried = 0;
        loop {
            let at = (start + tried) % count;
            let error = match self.attempt(&self.bases[at], request, refused).await {
                Ok(answer) => {
                    self.good.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if error.status() == Some(401) && self.credential.changes() && !refused {
                refused = true;
                continue;
            }
            tried += 1;
            let rounds = u32::try_from(tried / count).unwrap_or(u32::MAX);
            let told = match &error {
                Error::Problem { retry_after, .. } => retry_after.unwrap_or(0),
                _ => 0,
            };
            if !error.passes() || rounds >= self.rounds || told > LONGEST_WAIT {
                return Err(error);
            }
            // Another replica that has not been asked in this round is asked at once, unless there are too many requests.
            let is_round = tried % count == 0;
            let rest = if is_round { backoff(rounds, chance()) } else { Duration::ZERO };
            let waits = is_round || error.status() == Some(429);
            let told = if waits { Duration::from_secs(told) } else { Duration::ZERO };
            tokio::time::sleep(rest.max(told)).await;
        }
    }

    async fn attempt(&self, base: &str, request: &Request, refused: bool) -> Result<Zeroizing<Vec<u8>>> {
        let bearer = self.credential.header(refused).await?;
        let mut url = Url::parse(&format!("{base}{}", request.path)).map_err(|_| Error::Address)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut sent = self.client.request(request.method.clone(), url).header(AUTHORIZATION, bearer);
        if let Some(body) = &request.body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.as_bytes().to_vec());
        }
        if let Some(name) = &request.name {
            sent = sent.header("idempotency-key", name);
        }
        let (status, headers, body) = send(sent.timeout(self.timeout)).await?;
        match status {
            StatusCode::OK => Ok(body),
            _ => Err(problem(status.as_u16(), &headers, &body)),
        }
    }
}

/// Sends a request and reads the answer up to the limit.
async fn send(request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Zeroizing<Vec<u8>>)> {
    // What the library says may have the address and pieces of a request, so it goes no further.
    let lost = |error: reqwest::Error| if error.is_timeout() { Error::TimedOut } else { Error::Unreachable };
    let mut response = request.send().await.map_err(lost)?;
    let status = response.status();
    let length = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    // With room for all of it, no half of it is left behind where the buffer was before it grew.
    let mut body = Zeroizing::new(Vec::with_capacity(length.min(MOST)));
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MOST {
            return Err(Error::Answer { status: status.as_u16() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, response.headers().clone(), body))
}

/// What a problem document says (RFC 9457), as far as it can be one of the key holder's.
fn problem(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let document = serde_json::from_slice(body).ok().and_then(Document::checked);
    let Some(Document { code, detail }) = document else { return Error::Answer { status } };
    // A number of seconds (RFC 9110 section 10.2.3); the key holder gives no dates.
    let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
    Error::Problem { code, detail, status, retry_after: after }
}
