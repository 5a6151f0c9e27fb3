//! The JOSE-HPKE vectors through the path that opens tokens. They have no `typ` of the profile, so a
//! token's reader refuses them; the parts and the key are read and opened as a token's are.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::PrivateKey;
use crate::jwe::{Parts, Token};
use crate::keyset::{Jwk, Scope};
use crate::prelude::*;
use crate::suite::Alg;
use crate::vectors::vectors;
use crate::{Code, Error, base64url};
use serde_json::Value;
use zeroize::Zeroizing;

const PLAINTEXT: &str = "You can trust us to stick with you through thick and thin\u{2013}to the bitter end. \
    And you can trust us to keep any secret of yours\u{2013}closer than you keep it yourself. But you cannot \
    trust us to let you face trouble alone, and go off without a word. We are your friends, Frodo.";

/// The HPKE-9 vector; `None` where there are none at all.
fn vector() -> Option<Value> {
    let vectors = vectors("jose-pq.json");
    let is_empty = vectors.is_empty();
    let hpke9 = vectors.into_iter().find(|vector| vector["alg"] == "HPKE-9");
    assert!(is_empty || hpke9.is_some(), "the file has an HPKE-9 vector");
    hpke9
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn key(jwk: &Value) -> PrivateKey {
    let seed: [u8; 32] = base64url::decode(text(jwk, "priv")).unwrap().try_into().unwrap();
    PrivateKey::from_seed(Alg::Hpke9, Zeroizing::new(seed)).unwrap()
}

fn opened(key: &PrivateKey, token: &str, aad: &str) -> crate::Result<String> {
    let (parts, ()) = Parts::parse(token, |_| Ok(()))?;
    parts.check(Alg::Hpke9)?;
    let plaintext = key.decrypt_parts(None, &parts, aad.as_bytes())?;
    Ok(String::from_utf8(plaintext.to_vec()).unwrap())
}

#[test]
fn the_key_of_the_vector() {
    let Some(vector) = vector() else { return };
    let jwk = &vector["jwk"];
    let public = key(jwk).public();
    assert_eq!(base64url::encode(&public), text(jwk, "pub"));
    let ours = Jwk::new(Alg::Hpke9, Scope::All, &public, None, None).unwrap();
    assert_eq!(ours.kid(), text(jwk, "kid"));
}

#[test]
fn compact() {
    let Some(vector) = vector() else { return };
    let (key, token) = (key(&vector["jwk"]), text(&vector, "compact"));
    let (protected, _) = token.split_once('.').unwrap();
    assert_eq!(opened(&key, token, protected).as_deref(), Ok(PLAINTEXT));
    assert_eq!(opened(&key, token, ""), Err(Error::new(Code::OpenFailed)));
    assert_eq!(Token::parse(token), Err(Error::of(Code::TokenMalformed, "typ")));
}

/// The same parts in the Flattened JSON Serialization, whose JWE AAD follows the protected header
/// after a dot (RFC 7516 section 5.1 step 14).
#[test]
fn flattened() {
    let Some(vector) = vector() else { return };
    let [protected, aad, enc, ciphertext] =
        ["protected", "aad", "encrypted_key", "ciphertext"].map(|name| text(&vector["flattened"], name));
    let token = [protected, enc, "", ciphertext, ""].join(".");
    let key = key(&vector["jwk"]);
    assert_eq!(opened(&key, &token, &[protected, aad].join(".")).as_deref(), Ok(PLAINTEXT));
    assert_eq!(opened(&key, &token, protected), Err(Error::new(Code::OpenFailed)));
}

/// RFC 7518 appendix C derives a key for another `enc`, so the one for A256GCM was computed by the formulas
/// of RFC 7748 section 5 and RFC 7518 section 4.6.2 in another language.
#[test]
fn concat_kdf() {
    use crate::suite::ecdh_es;
    use x25519_dalek::{PublicKey, StaticSecret};
    let z = StaticSecret::from([1; 32]).diffie_hellman(&PublicKey::from([9; 32]));
    let cek = base64url::encode(&ecdh_es::concat_kdf(z.as_bytes())[..]);
    assert_eq!(cek, "0-on6qRz6wYaIkpUqJY6hjU8t37w-QtJwqs8hM0kZA4");
}
