//! Signed key sets: a JWS (RFC 7515 section 7.1) of type `jwk-set+jwt`, signed with Ed25519 (RFC 8037
//! section 3.1), whose claims are the set's `keys` beside `iss`, `iat` and `exp`.
//!
//! The signature itself is made and checked by the caller: in a browser WebCrypto does it.

use super::{KeySet, thumbprint};
use crate::ascii::{part, split};
use crate::json::{Json, Object, Writer};
use crate::prelude::*;
use crate::{Code, Error, NumericDate, Result, base64url};

const TYP: &str = "jwk-set+jwt";
/// RFC 9864 gives Ed25519 this fully specified name; `EdDSA` is the older, polymorphic one.
const ALG: &str = "Ed25519";
const SIGNATURE_LEN: usize = 64;
const PUBLIC_KEY_LEN: usize = 32;

/// How far a publisher's clock may be ahead of a page's, in seconds.
const CLOCK_SKEW: u64 = 300;

/// The public key that signs key sets, which a page can pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    public: [u8; PUBLIC_KEY_LEN],
    kid: String,
}

impl Signer {
    /// An Ed25519 public key.
    pub fn new(public: [u8; PUBLIC_KEY_LEN]) -> Self {
        Self { public, kid: thumbprint::of_signer(&base64url::encode(&public)) }
    }

    /// Reads a JWK: `kty` OKP, `crv` Ed25519 and `x`. Other members need not be there; a `d` must not.
    ///
    /// Errors: `key-malformed`, `key-length`, `key-private`, `key-thumbprint-mismatch`.
    pub fn parse(text: &str) -> Result<Self> {
        let json = Json::parse(text.as_bytes(), Code::KeyMalformed, Code::KeysetDuplicateMember)?;
        let jwk = json.into_object().ok_or(Error::new(Code::KeyMalformed))?;
        if jwk.get("d").is_some() {
            return Err(Error::new(Code::KeyPrivate));
        }
        for (name, value) in [("kty", "OKP"), ("crv", "Ed25519")] {
            if jwk.get(name).and_then(Json::as_str) != Some(value) {
                return Err(Error::of(Code::KeyMalformed, name));
            }
        }
        let x = jwk.get("x").and_then(Json::as_str).and_then(base64url::decode);
        let x = x.ok_or(Error::of(Code::KeyMalformed, "x"))?;
        let signer = Self::new(x.try_into().map_err(|_| Error::new(Code::KeyLength))?);
        match jwk.get("kid") {
            Some(kid) if kid.as_str() != Some(signer.kid()) => Err(Error::new(Code::KeyThumbprintMismatch)),
            _ => Ok(signer),
        }
    }

    /// The RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key's 32 bytes.
    pub fn public(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.public
    }

    /// The JWK's JSON.
    pub fn to_json(&self) -> String {
        let mut jwk = Writer::object();
        jwk.string("kty", "OKP");
        jwk.string("crv", "Ed25519");
        jwk.string("kid", &self.kid);
        jwk.string("alg", ALG);
        jwk.string("use", "sig");
        jwk.string("x", &base64url::encode(&self.public));
        jwk.end()
    }
}

/// Signs a set. `sign` gets the JWS Signing Input (RFC 7515 section 5.1).
pub fn issue(
    set: &KeySet,
    signer: &Signer,
    iss: &str,
    iat: NumericDate,
    exp: NumericDate,
    sign: impl FnOnce(&[u8]) -> [u8; SIGNATURE_LEN],
) -> String {
    let mut header = Writer::object();
    header.string("alg", ALG);
    header.string("kid", signer.kid());
    header.string("typ", TYP);
    let mut claims = Writer::object();
    claims.string("iss", iss);
    claims.date("iat", iat);
    claims.date("exp", exp);
    claims.raw("keys", &set.keys_json());
    let mut jws = base64url::encode(header.end().as_bytes());
    jws.push('.');
    jws.push_str(&base64url::encode(claims.end().as_bytes()));
    let signature = sign(jws.as_bytes());
    jws.push('.');
    jws.push_str(&base64url::encode(&signature));
    jws
}

/// A signed set that has been read but not yet trusted: its keys are out of reach until the caller has
/// verified the signature.
pub struct Unverified {
    signing_input: String,
    signature: [u8; SIGNATURE_LEN],
    set: KeySet,
    iat: NumericDate,
    exp: NumericDate,
}

impl Unverified {
    /// Reads a signed set that names `signer`.
    ///
    /// Errors: `keyset-unsigned` (plain JSON), `keyset-malformed`, `keyset-duplicate-member`,
    /// `keyset-signature-invalid` (signed by somebody else), and those of [`KeySet::parse`].
    pub fn parse(text: &str, signer: &Signer) -> Result<Self> {
        let malformed = Error::new(Code::KeysetMalformed);
        let text = text.trim_ascii();
        if text.starts_with('{') {
            return Err(Error::new(Code::KeysetUnsigned));
        }
        if text.len() > 2 * super::MAX_LEN {
            return Err(malformed);
        }
        let (header, rest) = split(text, b".").ok_or(malformed)?;
        let (claims, signature) = split(rest, b".").ok_or(malformed)?;
        let signing_input = part(text, 0, header.len() + 1 + claims.len());
        let header = decoded(header)?;
        let is = |name, value: &str| header.get(name).and_then(Json::as_str) == Some(value);
        if !is("typ", TYP) || header.get("crit").is_some() {
            return Err(malformed);
        }
        if !(is("alg", ALG) || is("alg", "EdDSA")) || !is("kid", signer.kid()) {
            return Err(Error::new(Code::KeysetSignatureInvalid));
        }
        let signature = base64url::decode(signature).and_then(|s| s.try_into().ok()).ok_or(malformed)?;
        let claims = decoded(claims)?;
        let (iat, exp) = (claim(&claims, "iat")?, claim(&claims, "exp")?);
        let mut set = KeySet::from_json(&claims)?;
        set.exp = Some(exp);
        Ok(Self { signing_input: signing_input.to_owned(), signature, set, iat, exp })
    }

    /// What was signed (RFC 7515 section 5.2, JWS Signing Input).
    pub fn signing_input(&self) -> &str {
        &self.signing_input
    }

    /// The 64 bytes of the Ed25519 signature.
    pub fn signature(&self) -> &[u8; SIGNATURE_LEN] {
        &self.signature
    }

    /// Gives the keys, now that the caller knows whether the signature verified.
    ///
    /// Errors: `keyset-signature-invalid`, `keyset-expired`, `keyset-not-yet-valid`.
    pub fn trust(self, verified: bool, now: NumericDate) -> Result<KeySet> {
        if !verified {
            return Err(Error::new(Code::KeysetSignatureInvalid));
        }
        if now >= self.exp {
            return Err(Error::new(Code::KeysetExpired));
        }
        if self.iat > now.plus(CLOCK_SKEW) {
            return Err(Error::new(Code::KeysetNotYetValid));
        }
        Ok(self.set)
    }
}

fn decoded(encoded: &str) -> Result<Object> {
    let bytes = base64url::decode(encoded).ok_or(Error::new(Code::KeysetMalformed))?;
    let json = Json::parse(&bytes, Code::KeysetMalformed, Code::KeysetDuplicateMember)?;
    json.into_object().ok_or(Error::new(Code::KeysetMalformed))
}

fn claim(claims: &Object, name: &'static str) -> Result<NumericDate> {
    match claims.get(name) {
        Some(Json::Integer(seconds)) if *seconds >= 0 => Ok(NumericDate(seconds.unsigned_abs())),
        _ => Err(Error::of(Code::KeysetMalformed, name)),
    }
}
