//! What the key holder says and signs: a JWS in compact form (RFC 7515 section 7.1), with the key that signs the
//! published key sets (Ed25519, RFC 8037 section 3.1 under RFC 9864's name).

use super::KeyStore;
use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use serde_json::json;

impl KeyStore {
    /// Signs claims. What they are is said by `typ` alone, so each kind of them has one of its own (RFC 8725
    /// section 3.11).
    ///
    /// Errors: `keys-locked`.
    pub(crate) fn sign_jws(&self, typ: &str, claims: &impl Serialize) -> Result<String> {
        let header = json!({ "alg": "Ed25519", "kid": self.signer().kid(), "typ": typ });
        let input = format!("{}.{}", encode(&header)?, encode(claims)?);
        let signature = self.unlocked()?.sign(input.as_bytes())?;
        Ok(format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }
}

fn encode(part: &impl Serialize) -> Result<String> {
    let json = serde_json::to_vec(part).map_err(|_| Error::new(Code::Internal))?;
    Ok(Base64UrlUnpadded::encode_string(&json))
}
