//! The identity provider's keys: a JWK Set (RFC 7517), from a file or an address, kept for a while.

use super::has_passed;
use crate::clock::Clock;
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use reqwest::Url;
use serde::Deserialize;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a set counts as fresh, in seconds. A key that the provider withdrew is refused after that.
const FRESH: u64 = 60 * 60;

/// How long a set is still used when no newer one can be had, in seconds.
const USABLE: u64 = 24 * 60 * 60;

/// How long to wait before asking again, in seconds: who sends names of keys that do not exist must not
/// make the service hammer the provider.
const PAUSE: u64 = 60;

/// How long the provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const MAX_LEN: usize = 1 << 20;

/// The keys of one provider.
pub(super) struct KeySource {
    origin: Origin,
    clock: Clock,
    http: reqwest::Client,
    known: RwLock<Option<Known>>,
    /// When it was last tried to fetch them. Who holds this lock is the one that does.
    tried: Mutex<Option<NumericDate>>,
}

/// Where a set comes from.
enum Origin {
    File(PathBuf),
    Address(Url),
    /// The provider's metadata names it.
    Discovered {
        issuer: String,
        metadata: Url,
    },
}

#[derive(Clone)]
struct Known {
    keys: Arc<Vec<Jwk>>,
    since: NumericDate,
}

/// A key that is not of a known type is no reason to refuse the others.
#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// OpenID Connect Discovery 1.0 section 3.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl KeySource {
    pub(super) fn new(issuer: &str, jwks: Option<&str>, clock: Clock) -> Result<Self> {
        let origin = match jwks {
            None => Origin::Discovered { issuer: issuer.to_owned(), metadata: metadata(issuer)? },
            Some(address) if address.contains("://") => match Url::parse(address) {
                Ok(url) if is_safe(address) => Origin::Address(url),
                _ => return Err(Error::about(Code::OidcJwks, address)),
            },
            Some(path) => Origin::File(path.into()),
        };
        Ok(Self { origin, clock, http: client()?, known: RwLock::default(), tried: Mutex::default() })
    }

    /// The key of that name, asking the provider again if there is none and it was not asked lately.
    ///
    /// Errors: `oidc-unavailable`.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<Jwk>> {
        let now = self.clock.now();
        if let Some(known) = self.known().filter(|known| !has_passed(known.since, FRESH, now))
            && let Some(key) = find(&known.keys, kid)
        {
            return Ok(Some(key));
        }
        self.refresh(now).await;
        let usable = self.known().filter(|known| !has_passed(known.since, USABLE, now));
        let known = usable.ok_or(Error::new(Code::OidcUnavailable))?;
        Ok(find(&known.keys, kid))
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    async fn refresh(&self, now: NumericDate) {
        let mut tried = self.tried.lock().await;
        if tried.is_some_and(|at| !has_passed(at, PAUSE, now)) {
            return;
        }
        *tried = Some(now);
        match self.fetch().await {
            Some(keys) => {
                let mut known = self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                *known = Some(Known { keys: Arc::new(keys), since: now });
            }
            None => {
                let code = Code::OidcUnavailable;
                tracing::error!(code = code.as_str(), "{}", code.message());
            }
        }
    }

    async fn fetch(&self) -> Option<Vec<Jwk>> {
        let text = match &self.origin {
            Origin::File(path) => tokio::fs::read(path).await.ok()?,
            Origin::Address(url) => self.get(url.clone()).await?,
            Origin::Discovered { issuer, metadata } => {
                let found: Metadata = serde_json::from_slice(&self.get(metadata.clone()).await?).ok()?;
                // Section 4.3 there: metadata of somebody else is not the provider's.
                if found.issuer != *issuer || !is_safe(&found.jwks_uri) {
                    return None;
                }
                self.get(Url::parse(&found.jwks_uri).ok()?).await?
            }
        };
        let set: Set = serde_json::from_slice(&text).ok()?;
        Some(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    async fn get(&self, url: Url) -> Option<Vec<u8>> {
        read(self.http.get(url)).await
    }
}

/// Where a provider says how it is used (OpenID Connect Discovery 1.0 section 4).
///
/// Errors: `oidc-issuer`.
pub(super) fn metadata(issuer: &str) -> Result<Url> {
    let metadata = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    Url::parse(&metadata).map_err(|_| Error::about(Code::OidcIssuer, issuer))
}

/// What a provider is asked with.
pub(super) fn client() -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        // A redirect could lead to where nobody meant to ask.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|_| Error::new(Code::Internal))
}

/// Asks, and gives the answer if it is a good one and not too long.
pub(super) async fn read(request: reqwest::RequestBuilder) -> Option<Vec<u8>> {
    let mut response = request.send().await.ok()?.error_for_status().ok()?;
    let mut content = Vec::new();
    while let Some(piece) = response.chunk().await.ok()? {
        if content.len() + piece.len() > MAX_LEN {
            return None;
        }
        content.extend_from_slice(&piece);
    }
    Some(content)
}

fn find(keys: &[Jwk], kid: &str) -> Option<Jwk> {
    let mut named = keys.iter().filter(|key| key.common.key_id.as_deref() == Some(kid));
    // Two of one name are a mistake of the provider's, and whose token it would be is unclear.
    let (found, None) = (named.next()?, named.next()) else { return None };
    Some(found.clone())
}

/// Whether a key is for signatures of this algorithm, as far as it says.
pub(super) fn signs_with(key: &Jwk, alg: Algorithm) -> bool {
    let uses = key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let algs = key.common.key_algorithm.is_none_or(|named| {
        // The two enumerations have one spelling.
        KeyAlgorithm::from_str(&format!("{alg:?}")).is_ok_and(|alg| alg == named)
    });
    uses && algs
}

/// Whether what an address gives can be believed: over TLS, or from this machine.
pub(crate) fn is_safe(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => url.has_host(),
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")),
        _ => false,
    }
}
