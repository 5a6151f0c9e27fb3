//! JOSE-HPKE and its post-quantum suites: Integrated Encryption, compact and flattened, every suite of the files that
//! the library knows. How the product itself opens HPKE-9 is tested inside the crate, beside `open.rs`: these tokens
//! have no `typ` of the profile, so from outside they are refused.

use super::{file, text};
use crate::support::{Outcomes, decode, parts};
use fieldseal::Code;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, Scope};
use fieldseal::suite::Alg;
use hpke::aead::{Aead, AesGcm128, AesGcm256, ChaCha20Poly1305};
use hpke::kdf::{HkdfSha256, HkdfSha384, HkdfSha512, Kdf, KdfShake256};
use hpke::kem::*;
use hpke::{Deserializable, OpModeR, setup_receiver};
use serde_json::Value;

/// What all the examples encrypt; the two files differ in their dashes.
const PLAINTEXT: &str = "You can trust us to stick with you through thick and thin-to the bitter end. And you can \
    trust us to keep any secret of yours-closer than you keep it yourself. But you cannot trust us to let you face \
    trouble alone, and go off without a word. We are your friends, Frodo.";

#[test]
fn jose_hpke() {
    let Some(vectors) = file("jose-hpke.json") else { return };
    // HPKE-5 and HPKE-6 are X448, which the library does not have; -KE is key encryption, which the profile has not.
    assert_eq!(open_all(&vectors), ["HPKE-0", "HPKE-1", "HPKE-2", "HPKE-3", "HPKE-4", "HPKE-7"]);
}

#[test]
fn jose_hpke_pq() {
    let Some(vectors) = file("jose-pq.json") else { return };
    assert_eq!(open_all(&vectors), ["HPKE-8", "HPKE-9", "HPKE-10", "HPKE-12", "HPKE-13"]);
}

/// Opens every example of a known algorithm and tells which they were.
fn open_all(vectors: &Value) -> Vec<&str> {
    let vectors = vectors.as_array().unwrap();
    vectors.iter().filter(|vector| open(vector)).map(|vector| text(vector, "alg")).collect()
}

fn open(vector: &Value) -> bool {
    match text(vector, "alg") {
        "HPKE-0" => both::<DhP256HkdfSha256, HkdfSha256, AesGcm128>(vector),
        "HPKE-1" => both::<DhP384HkdfSha384, HkdfSha384, AesGcm256>(vector),
        "HPKE-2" => both::<DhP521HkdfSha512, HkdfSha512, AesGcm256>(vector),
        "HPKE-3" => both::<X25519HkdfSha256, HkdfSha256, AesGcm128>(vector),
        "HPKE-4" => both::<X25519HkdfSha256, HkdfSha256, ChaCha20Poly1305>(vector),
        "HPKE-7" => both::<DhP256HkdfSha256, HkdfSha256, AesGcm256>(vector),
        "HPKE-8" => both::<MlKem768P256, KdfShake256, AesGcm256>(vector),
        "HPKE-9" => both::<XWing, KdfShake256, AesGcm256>(vector),
        "HPKE-10" => both::<MlKem1024P384, KdfShake256, AesGcm256>(vector),
        "HPKE-12" => both::<MlKem768, KdfShake256, AesGcm256>(vector),
        "HPKE-13" => both::<MlKem1024, KdfShake256, AesGcm256>(vector),
        _ => return false,
    }
    true
}

fn both<M: Kem, K: Kdf, A: Aead>(vector: &Value) {
    let jwk = &vector["jwk"];
    let private = decode(if text(jwk, "kty") == "AKP" { text(jwk, "priv") } else { text(jwk, "d") });
    let private = M::PrivateKey::from_bytes(&private).unwrap();
    let open = |enc: &str, ciphertext: &str, aad: &str| {
        let enc = M::EncappedKey::from_bytes(&decode(enc)).unwrap();
        let mut context = setup_receiver::<A, K, M>(&OpModeR::Base, &private, &enc, b"").unwrap();
        let plaintext = context.open(&decode(ciphertext), aad.as_bytes()).unwrap();
        String::from_utf8(plaintext).unwrap().replace('\u{2013}', "-")
    };
    let compact = parts(text(vector, "compact"));
    assert_eq!(open(&compact[1], &compact[3], &compact[0]), PLAINTEXT);
    let flattened = &vector["flattened"];
    let [enc, ciphertext] = ["encrypted_key", "ciphertext"].map(|name| text(flattened, name));
    // RFC 7516 section 5.1 step 14: with a JWE AAD, it follows the protected header after a dot.
    let aad = format!("{}.{}", text(flattened, "protected"), text(flattened, "aad"));
    assert_eq!(open(enc, ciphertext, &aad), PLAINTEXT);
}

/// Other people's tokens are no sealed values, whoever could open them: a code, and no panic.
#[test]
fn tokens_of_other_profiles_are_refused() {
    let mut outcomes = Outcomes::default();
    for name in ["jose-hpke.json", "jose-pq.json"] {
        let Some(vectors) = file(name) else { return };
        for vector in vectors.as_array().unwrap() {
            let alg = text(vector, "alg");
            let code = if alg == "HPKE-9" { Code::TokenMalformed } else { Code::TokenAlgUnknown };
            // A header of RSA's size or a second KEM's `ek` may be longer than any header of the profile.
            let codes = [code, Code::TokenMalformed];
            let token = Token::parse(text(vector, "compact"));
            outcomes.one_of(alg, token, if alg.ends_with("-KE") { &codes } else { &codes[..1] });
        }
    }
    outcomes.check();
}

/// RFC 7638 thumbprints through the product's own keys: HPKE-9, and every X25519 key, as an OKP's `alg` is not part
/// of its thumbprint.
#[test]
fn thumbprints() {
    let mut ran = 0;
    for name in ["jose-hpke.json", "jose-pq.json"] {
        let Some(vectors) = file(name) else { return };
        for vector in vectors.as_array().unwrap() {
            let jwk = &vector["jwk"];
            let (alg, public) = match (text(jwk, "alg"), text(jwk, "crv")) {
                ("HPKE-9", _) => (Alg::Hpke9, text(jwk, "pub")),
                (_, "X25519") => (Alg::EcdhEs, text(jwk, "x")),
                _ => continue,
            };
            let key = Jwk::new(alg, Scope::All, &decode(public), None, None).unwrap();
            assert_eq!(key.kid(), text(jwk, "kid"));
            ran += 1;
        }
    }
    assert_eq!(ran, 5);
}
