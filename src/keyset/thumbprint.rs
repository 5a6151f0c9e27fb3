//! JWK thumbprints (RFC 7638): SHA-256 over the required members in lexicographic order.

use crate::base64url;
use crate::json::Writer;
use crate::prelude::*;
use crate::suite::Alg;
use sha2::{Digest, Sha256};

/// The thumbprint of a recipient key: `alg`, `kty` and `pub` for AKP (RFC 9964), `crv`, `kty` and `x`
/// for OKP (RFC 8037 section 2).
pub(super) fn of_recipient(alg: Alg, public: &str) -> String {
    match alg {
        Alg::Hpke9 => hash(&[("alg", alg.as_str()), ("kty", "AKP"), ("pub", public)]),
        Alg::EcdhEs => hash(&[("crv", "X25519"), ("kty", "OKP"), ("x", public)]),
    }
}

/// The thumbprint of an Ed25519 signing key.
pub(super) fn of_signer(public: &str) -> String {
    hash(&[("crv", "Ed25519"), ("kty", "OKP"), ("x", public)])
}

fn hash(members: &[(&str, &str)]) -> String {
    let mut jwk = Writer::object();
    for (name, value) in members {
        jwk.string(name, value);
    }
    base64url::encode(&Sha256::digest(jwk.end()))
}
