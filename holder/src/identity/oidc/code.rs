//! How a person is sent to the provider and comes back: the authorization code flow (OpenID Connect Core 1.0 section
//! 3.1) with PKCE (RFC 7636), as RFC 9700 section 2.1 advises it.
//!
//! What has to be the same when the browser comes back is kept by the browser, in a cookie that lasts minutes and that
//! no script reads: whoever has another browser cannot go on with this login, nor have this browser go on with theirs.

use super::jwks::{self, is_safe};
use super::{Claims, Provider, has_passed};
use crate::clock::Clock;
use crate::error::{Code, Error, Result};
use crate::identity::{Proof, session};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::RwLock;
use subtle::ConstantTimeEq;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

/// How long the provider's addresses are kept, in seconds.
const FRESH: u64 = 60 * 60;

/// The longest authorization code that is looked at, in bytes.
const MAX_CODE_LEN: usize = 4096;

/// What an operator says of this key holder as a client of the provider.
pub struct Client {
    /// The provider: the `iss` of its tokens.
    pub issuer: String,
    /// What it calls this key holder (`client_id`).
    pub id: String,
    /// What this proves itself with, if the provider gave it something (RFC 6749 section 2.3.1).
    pub secret: Option<Zeroizing<String>>,
    /// Its JWK Set, a file or an address; without one, the provider is asked where it is.
    pub jwks: Option<String>,
    /// How somebody must have been asked who they are: one of these (`acr`), if any is named.
    pub acr: Vec<String>,
    /// What they must all have shown (`amr`, RFC 8176), such as `mfa` or `hwk`.
    pub amr: Vec<String>,
}

/// The flow with one provider.
pub struct CodeFlow {
    client: Client,
    /// Reads the tokens that are made out for this client.
    provider: Provider,
    /// Where the provider sends browsers back to.
    redirect: String,
    clock: Clock,
    http: reqwest::Client,
    metadata: Url,
    known: RwLock<Option<(Endpoints, NumericDate)>>,
}

/// Where the provider is asked (OpenID Connect Discovery 1.0 section 3).
#[derive(Clone, Deserialize)]
struct Endpoints {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// What the browser keeps until it comes back: `state`, `nonce` and the code verifier, each 256 random bits.
struct Kept {
    state: Zeroizing<String>,
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

/// OpenID Connect Core 1.0 section 3.1.3.3. Its access token is not wanted.
#[derive(Deserialize)]
struct TokenResponse {
    id_token: String,
}

/// What the browser comes back with (OpenID Connect Core 1.0 section 3.1.2.5).
#[derive(Deserialize)]
pub(crate) struct Back {
    pub(crate) state: String,
    pub(crate) code: String,
    /// RFC 9207: whose answer this is.
    #[serde(default)]
    pub(crate) iss: Option<String>,
}

impl CodeFlow {
    /// The flow with a provider for a console at this origin.
    ///
    /// Errors: `oidc-issuer`, `oidc-audience`, `oidc-jwks`.
    pub fn new(client: Client, origin: &str, clock: Clock) -> Result<Self> {
        let provider = Provider::new(&client.issuer, &client.id, client.jwks.as_deref(), clock.clone())?;
        Ok(Self {
            metadata: jwks::metadata(&client.issuer)?,
            client,
            provider,
            redirect: format!("{origin}/console/oidc/callback"),
            clock,
            http: jwks::client()?,
            known: RwLock::default(),
        })
    }

    /// Where to send the browser, and what it keeps meanwhile.
    ///
    /// Errors: `console-oidc`, if the provider does not say where.
    pub(crate) async fn begin(&self) -> Result<(String, Zeroizing<String>)> {
        let unavailable = || Error::new(Code::ConsoleOidc);
        let kept =
            Kept { state: session::new_id()?, nonce: session::new_id()?, verifier: session::new_id()? };
        let endpoints = self.endpoints().await.ok_or_else(unavailable)?;
        let mut url = Url::parse(&endpoints.authorization_endpoint).map_err(|_| unavailable())?;
        // RFC 7636 section 4.2.
        let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(kept.verifier.as_bytes()));
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", "openid")
            .append_pair("state", &kept.state)
            .append_pair("nonce", &kept.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if !self.client.acr.is_empty() {
            query.append_pair("acr_values", &self.client.acr.join(" "));
        }
        drop(query);
        Ok((url.into(), kept.write()))
    }

    /// What somebody has proved who comes back.
    ///
    /// Errors: `login-failed`, whatever is wrong with it; `console-oidc` and `oidc-unavailable`, if the provider cannot
    /// be asked.
    pub(crate) async fn finish(&self, kept: &str, back: &Back) -> Result<Proof> {
        let failed = |reason: &'static str| {
            // The reason is for the operator who wonders; nothing of what was sent is logged.
            tracing::info!(reason, "a login through the identity provider was refused");
            Error::new(Code::LoginFailed)
        };
        let kept = Kept::read(kept).ok_or_else(|| failed("cookie"))?;
        if !bool::from(kept.state.as_bytes().ct_eq(back.state.as_bytes())) {
            return Err(failed("state"));
        }
        // RFC 9207 section 2.4: the answer of another provider is not for this login.
        if back.iss.as_ref().is_some_and(|issuer| *issuer != self.client.issuer) {
            return Err(failed("iss"));
        }
        if !(1..=MAX_CODE_LEN).contains(&back.code.len()) {
            return Err(failed("code"));
        }
        let endpoints = self.endpoints().await.ok_or(Error::new(Code::ConsoleOidc))?;
        let token =
            self.token(&endpoints, &back.code, &kept.verifier).await.ok_or_else(|| failed("token"))?;
        let claims = self.provider.claims(&token).await.map_err(|error| match error.code() {
            Code::CredentialInvalid => Error::new(Code::LoginFailed),
            _ => error,
        })?;
        self.check(&claims, &kept).map_err(failed)?;
        Ok(super::proof(&claims.iss, &claims.sub))
    }

    /// Section 3.1.3.7, as far as [`Provider::claims`] has not looked at it: steps 4, 5, 11 and 12.
    fn check(&self, claims: &Claims, kept: &Kept) -> std::result::Result<(), &'static str> {
        match &claims.azp {
            Some(azp) if *azp != self.client.id.as_str() => return Err("azp"),
            None if claims.aud.is_several() => return Err("azp"),
            _ => {}
        }
        let nonce = claims.nonce.as_ref().and_then(Value::as_str).unwrap_or_default();
        if !bool::from(kept.nonce.as_bytes().ct_eq(nonce.as_bytes())) {
            return Err("nonce");
        }
        let acr = claims.acr.as_ref().and_then(Value::as_str);
        if !self.client.acr.is_empty() && !self.client.acr.iter().any(|wanted| Some(wanted.as_str()) == acr) {
            return Err("acr");
        }
        let amr = claims.amr.as_ref().and_then(Value::as_array);
        let has = |wanted: &String| amr.is_some_and(|amr| amr.iter().any(|named| *named == wanted.as_str()));
        match self.client.amr.iter().all(has) {
            true => Ok(()),
            false => Err("amr"),
        }
    }

    /// The ID token for a code (section 3.1.3).
    async fn token(&self, endpoints: &Endpoints, code: &str, verifier: &str) -> Option<String> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("client_id", &self.client.id)
            .append_pair("code_verifier", verifier)
            .finish();
        let mut request = self
            .http
            .post(Url::parse(&endpoints.token_endpoint).ok()?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        if let Some(secret) = &self.client.secret {
            // RFC 6749 section 2.3.1: each part is encoded as a form's values are.
            let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = Zeroizing::new(format!("{}:{}", part(&self.client.id), part(secret)));
            let basic = Zeroizing::new(format!("Basic {}", Base64::encode_string(pair.as_bytes())));
            let mut basic = HeaderValue::try_from(basic.as_str()).ok()?;
            basic.set_sensitive(true);
            request = request.header(AUTHORIZATION, basic);
        }
        let answer = jwks::read(request.body(form)).await?;
        let answer: TokenResponse = serde_json::from_slice(&answer).ok()?;
        Some(answer.id_token)
    }

    /// Where the provider is asked, which it is asked itself once an hour.
    async fn endpoints(&self) -> Option<Endpoints> {
        let now = self.clock.now();
        let known = self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        if let Some((endpoints, since)) = known
            && !has_passed(since, FRESH, now)
        {
            return Some(endpoints);
        }
        let found: Endpoints =
            serde_json::from_slice(&jwks::read(self.http.get(self.metadata.clone())).await?).ok()?;
        // Discovery section 4.3: metadata of somebody else is not the provider's.
        let is_good = found.issuer == self.client.issuer
            && is_safe(&found.authorization_endpoint)
            && is_safe(&found.token_endpoint);
        if !is_good {
            return None;
        }
        *self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((found.clone(), now));
        Some(found)
    }
}

impl Kept {
    fn write(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}.{}", *self.state, *self.nonce, *self.verifier))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            // Each has the form of an id, for each was made as one.
            session::proof(part).map(|_| Zeroizing::new(part.to_owned()))
        });
        let kept = Self { state: parts.next()??, nonce: parts.next()??, verifier: parts.next()?? };
        parts.next().is_none().then_some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_keeps_is_read_back_whole_or_not_at_all() {
        let new = || session::new_id().unwrap();
        let kept = Kept { state: new(), nonce: new(), verifier: new() };
        let text = kept.write();
        let read = Kept::read(&text).unwrap();
        assert_eq!((read.state, read.nonce, read.verifier), (kept.state, kept.nonce, kept.verifier));
        for bad in ["", "..", &text[1..], &format!("{}.x", &*text), &text.replace('.', "")] {
            assert!(Kept::read(bad).is_none(), "{bad}");
        }
    }
}
