//! A token that an identity provider signed: a JWT (RFC 7519, with the care of RFC 8725) of an OpenID
//! Connect provider.
//!
//! The provider says who somebody is, never what they may have opened: that is in the key holder's own
//! table of credentials, which has a line for the provider's name of them, or nothing is opened.

mod code;
mod jwks;

pub(crate) use code::Back;
pub use code::{Client, CodeFlow};

use super::{Proof, Way, digest_of};
use crate::clock::Clock;
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use jwks::KeySource;
pub(crate) use jwks::is_safe;
use serde::Deserialize;
use serde_json::Value;

/// How far the clocks of the provider and of the key holder may be apart, in seconds.
const LEEWAY: u64 = 60;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_LEN: usize = 8 << 10;

/// The longest name of a provider or of somebody it knows (OpenID Connect Core 1.0 section 2 gives
/// `sub` 255 bytes), in bytes.
const MAX_NAME_LEN: usize = 255;

/// Signatures that only the provider can make. With a symmetric algorithm the key that verifies would
/// also sign, and it is public.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What the tokens of one provider must say, and where its keys are.
pub struct Provider {
    issuer: String,
    audience: String,
    keys: KeySource,
    clock: Clock,
}

/// The claims that count (RFC 7519 section 4.1). What else a token says is not read.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: serde_json::Number,
    nbf: Option<serde_json::Number>,
    /// The rest counts only where people log in (OpenID Connect Core 1.0 section 2), so that a token for something else
    /// may have it in any form.
    nonce: Option<Value>,
    azp: Option<Value>,
    acr: Option<Value>,
    amr: Option<Value>,
}

/// One or several (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn is_several(&self) -> bool {
        matches!(self, Self::Several(several) if several.len() > 1)
    }

    fn has(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Several(several) => several.iter().any(|one| one == wanted),
        }
    }
}

impl Provider {
    /// A provider, and for whom its tokens must be made out. Its keys are a file or an address; without
    /// either, the provider says where they are (OpenID Connect Discovery 1.0 section 4).
    ///
    /// Errors: `oidc-issuer`, `oidc-audience`, `oidc-jwks`.
    pub fn new(issuer: &str, audience: &str, jwks: Option<&str>, clock: Clock) -> Result<Self> {
        check_issuer(issuer)?;
        if !(1..=MAX_NAME_LEN).contains(&audience.len()) {
            return Err(Error::about(Code::OidcAudience, audience));
        }
        let keys = KeySource::new(issuer, jwks, clock.clone())?;
        Ok(Self { issuer: issuer.to_owned(), audience: audience.to_owned(), keys, clock })
    }

    /// The provider: the `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether this bearer token is a JWT rather than a secret of the key holder's: a JWT begins with
    /// the base64url of `{"`.
    pub fn is_for(bearer: &str) -> bool {
        bearer.starts_with("eyJ")
    }

    /// What the token proves.
    ///
    /// Errors: `credential-invalid`, whatever is wrong with it; `oidc-unavailable`, when the provider's
    /// keys cannot be had.
    pub async fn proof(&self, token: &str) -> Result<Proof> {
        let claims = self.claims(token).await?;
        Ok(proof(&claims.iss, &claims.sub))
    }

    /// What a token says, if it is the provider's, for this audience, and in time.
    async fn claims(&self, token: &str) -> Result<Claims> {
        let invalid = |reason: &'static str| {
            // The reason is for the operator who wonders; the token itself is not logged.
            tracing::info!(reason, "a token of the identity provider was refused");
            Error::new(Code::CredentialInvalid)
        };
        if token.len() > MAX_TOKEN_LEN {
            return Err(invalid("length"));
        }
        // `none` is no algorithm of this reader's, so it ends here (RFC 8725 section 3.2).
        let header = decode_header(token).map_err(|_| invalid("header"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(invalid("alg"));
        }
        // RFC 7515 section 4.1.11: what must be understood and is not makes the token invalid.
        if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(invalid("crit"));
        }
        // A key that the token brings along proves nothing; only a name counts.
        let kid = header.kid.as_deref().ok_or_else(|| invalid("kid"))?;
        let jwk = self.keys.find(kid).await?.ok_or_else(|| invalid("kid"))?;
        if !jwks::signs_with(&jwk, header.alg) {
            return Err(invalid("alg"));
        }
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| invalid("key"))?;
        if key.family() != header.alg.family() {
            return Err(invalid("alg"));
        }
        let claims = decode::<Claims>(token, &key, &signature_alone(header.alg));
        let claims = claims.map_err(|_| invalid("signature"))?.claims;
        self.check(&claims).map_err(invalid)?;
        Ok(claims)
    }

    /// Errors: the claim that is not as it must be.
    fn check(&self, claims: &Claims) -> std::result::Result<(), &'static str> {
        let now = self.clock.now();
        let seconds = |number: &serde_json::Number| number.as_f64().filter(|seconds| *seconds >= 0.0);
        if claims.iss != self.issuer {
            return Err("iss");
        }
        if !claims.aud.has(&self.audience) {
            return Err("aud");
        }
        if !(1..=MAX_NAME_LEN).contains(&claims.sub.len()) {
            return Err("sub");
        }
        match seconds(&claims.exp) {
            Some(exp) if (now.0 as f64) < exp + LEEWAY as f64 => {}
            _ => return Err("exp"),
        }
        match claims.nbf.as_ref().map(seconds) {
            None => Ok(()),
            Some(Some(nbf)) if nbf <= (now.0 + LEEWAY) as f64 => Ok(()),
            Some(_) => Err("nbf"),
        }
    }
}

/// The library checks the signature, with this one algorithm. The claims are checked here, because only
/// here it is known what time it is, and so that a claim of an unexpected type is never passed over.
fn signature_alone(alg: Algorithm) -> Validation {
    let mut validation = Validation::new(alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// What the tokens of a provider for this subject prove.
fn proof(issuer: &str, subject: &str) -> Proof {
    Proof { way: Way::Oidc, hash: digest_of(&["oidc", issuer, subject]) }
}

/// What a credential for this subject is proved with.
///
/// Errors: `oidc-issuer`, `oidc-subject`.
pub fn expected(issuer: &str, subject: &str) -> Result<Proof> {
    check_issuer(issuer)?;
    if !(1..=MAX_NAME_LEN).contains(&subject.len()) || subject.chars().any(char::is_control) {
        return Err(Error::new(Code::OidcSubject));
    }
    Ok(proof(issuer, subject))
}

fn check_issuer(issuer: &str) -> Result<()> {
    let is_fine = issuer.len() <= MAX_NAME_LEN && jwks::is_safe(issuer) && !issuer.contains(['?', '#']);
    if is_fine { Ok(()) } else { Err(Error::about(Code::OidcIssuer, issuer)) }
}

/// Whether a time has come that many seconds after another, on a clock that may have been set back.
fn has_passed(since: NumericDate, seconds: u64, now: NumericDate) -> bool {
    !(since.0..since.0.saturating_add(seconds)).contains(&now.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_never_prove_the_same() {
        let names = [("https://a", "bc"), ("https://ab", "c"), ("https://a", "b"), ("https://ab", "bc")];
        let proofs = names.map(|(issuer, subject)| proof(issuer, subject).hash);
        for (i, one) in proofs.iter().enumerate() {
            assert!(!proofs[i + 1..].contains(one));
        }
    }

    #[test]
    fn a_provider_is_reached_safely_or_not_at_all() {
        for good in ["https://id.example", "https://id.example/realms/a", "http://127.0.0.1:8080"] {
            assert!(check_issuer(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "id.example",
            "http://id.example",
            "ftp://id.example",
            "https://id.example?a",
            "https://u:p@id.example",
        ] {
            assert_eq!(check_issuer(bad).unwrap_err().code(), Code::OidcIssuer, "{bad}");
        }
    }
}
