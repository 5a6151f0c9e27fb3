//! Signed key sets: what is trusted, and every reason not to.

use crate::support::{NOW, Outcomes, Party, decode, encode, with_stray_bit};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _};
use fieldseal::Code::*;
use fieldseal::keyset::KeySet;
use fieldseal::keyset::signed::{Signer, Unverified, issue};
use fieldseal::kind::Class;
use fieldseal::suite::Alg;
use fieldseal::{NumericDate, Result};
use serde_json::json;

const DAY: u64 = 86_400;

fn signing_key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn signer(n: u8) -> Signer {
    Signer::new(signing_key(n).verifying_key().to_bytes())
}

fn set() -> KeySet {
    KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk, Party::new(Alg::Hpke9, 2).jwk])
}

fn issued(iat: NumericDate, exp: NumericDate) -> String {
    issue(&set(), &signer(1), "https://keys.example", iat, exp, |input| signing_key(1).sign(input).to_bytes())
}

/// A JWS of any header and claims with a good signature over them.
fn signed(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(claims));
    let signature = signing_key(1).sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", encode(signature))
}

/// What a page does: reads the set, verifies the signature, then trusts it or not.
fn load(text: &str, now: NumericDate) -> Result<KeySet> {
    let unverified = Unverified::parse(text, &signer(1))?;
    let signature = Signature::from_bytes(unverified.signature());
    let input = unverified.signing_input().as_bytes();
    let verified = signing_key(1).verifying_key().verify(input, &signature).is_ok();
    unverified.trust(verified, now)
}

#[test]
fn a_good_set_is_trusted_until_it_ends() {
    let exp = NOW.plus(DAY);
    let text = issued(NOW, exp);
    let loaded = load(&text, NOW).unwrap();
    assert!(loaded.keys().eq(set().keys()));
    assert_eq!(loaded.exp(), Some(exp));
    assert_eq!(load(&format!("\n {text} \r\n"), NOW).unwrap(), loaded);
    // The set's own end holds after loading, too: a page that stays open for days stops sealing.
    assert!(loaded.choose(Class::General, NumericDate(exp.0 - 1)).is_ok());
    assert_eq!(loaded.choose(Class::General, exp).unwrap_err().kind(), KeysetExpired);
}

#[test]
fn when_it_is_valid() {
    let mut outcomes = Outcomes::default();
    for (case, iat, exp, code) in [
        ("now", NOW, NOW.plus(1), None),
        ("it ends now", NOW, NOW, Some(KeysetExpired)),
        ("it ended", NumericDate(0), NumericDate(1), Some(KeysetExpired)),
        ("it ended before it began", NOW.plus(9), NumericDate(1), Some(KeysetExpired)),
        ("a publisher's clock that is ahead a little", NOW.plus(300), NOW.plus(DAY), None),
        ("a publisher's clock that is ahead too far", NOW.plus(301), NOW.plus(DAY), Some(KeysetNotYetValid)),
        ("the longest life", NumericDate(0), NumericDate::MAX, None),
    ] {
        let loaded = load(&issued(iat, exp), NOW);
        match code {
            Some(code) => outcomes.refused(case, loaded, code),
            None => outcomes.accepted(case, loaded),
        }
    }
    outcomes.check();
}

#[test]
fn who_signed_it() {
    let text = issued(NOW, NOW.plus(DAY));
    let mut outcomes = Outcomes::default();
    outcomes.refused("another signer", Unverified::parse(&text, &signer(2)), KeysetSignatureInvalid);
    let unverified = || Unverified::parse(&text, &signer(1)).unwrap();
    outcomes.refused("not verified", unverified().trust(false, NOW), KeysetSignatureInvalid);
    // Somebody else's signature under the pinned signer's name.
    let forged = issue(&set(), &signer(1), "https://keys.example", NOW, NOW.plus(DAY), |input| {
        signing_key(2).sign(input).to_bytes()
    });
    outcomes.refused("a forged signature", load(&forged, NOW), KeysetSignatureInvalid);
    // One byte of the claims, of the header and of the signature.
    let (input, signature) = text.rsplit_once('.').unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let other_claims = String::from_utf8(decode(claims)).unwrap().replacen("keys.example", "keys.exbmple", 1);
    let changed = format!("{header}.{}.{signature}", encode(other_claims));
    outcomes.refused("changed claims", load(&changed, NOW), KeysetSignatureInvalid);
    let other_header = String::from_utf8(decode(header)).unwrap().replacen('{', "{ ", 1);
    let changed = format!("{}.{claims}.{signature}", encode(other_header));
    outcomes.refused("a changed header", load(&changed, NOW), KeysetSignatureInvalid);
    for at in [0, 31, 32, 63] {
        let mut bytes = decode(signature);
        bytes[at] ^= 1;
        let changed = format!("{input}.{}", encode(bytes));
        outcomes.refused("a changed signature", load(&changed, NOW), KeysetSignatureInvalid);
    }
    outcomes.check();
}

#[test]
fn headers_with_one_fault() {
    let kid = signer(1).kid().to_owned();
    let claims = json!({ "iat": NOW.0, "exp": NOW.0 + DAY, "keys": [] }).to_string();
    let header = |alg: &str, typ: &str, more: &str| {
        format!("{{\"alg\":\"{alg}\",\"kid\":\"{kid}\",\"typ\":\"{typ}\"{more}}}")
    };
    let cases = [
        ("alg none", header("none", "jwk-set+jwt", ""), KeysetSignatureInvalid),
        ("alg HS256", header("HS256", "jwk-set+jwt", ""), KeysetSignatureInvalid),
        ("alg ES256", header("ES256", "jwk-set+jwt", ""), KeysetSignatureInvalid),
        ("no alg", format!("{{\"kid\":\"{kid}\",\"typ\":\"jwk-set+jwt\"}}"), KeysetSignatureInvalid),
        ("no kid", "{\"alg\":\"Ed25519\",\"typ\":\"jwk-set+jwt\"}".to_owned(), KeysetSignatureInvalid),
        ("typ JWT", header("Ed25519", "JWT", ""), KeysetMalformed),
        ("another case of typ", header("Ed25519", "JWK-SET+JWT", ""), KeysetMalformed),
        ("no typ", format!("{{\"alg\":\"Ed25519\",\"kid\":\"{kid}\"}}"), KeysetMalformed),
        ("crit", header("Ed25519", "jwk-set+jwt", ",\"crit\":[\"b64\"],\"b64\":false"), KeysetMalformed),
        ("an empty crit", header("Ed25519", "jwk-set+jwt", ",\"crit\":[]"), KeysetMalformed),
        ("alg twice", header("Ed25519", "jwk-set+jwt", ",\"alg\":\"none\""), KeysetDuplicateMember),
        ("not JSON", "alg=Ed25519".to_owned(), KeysetMalformed),
        ("an array", "[]".to_owned(), KeysetMalformed),
        // And the good ones get as far as the claims, which hold no key.
        ("alg Ed25519", header("Ed25519", "jwk-set+jwt", ""), KeysetEmpty),
        ("alg EdDSA", header("EdDSA", "jwk-set+jwt", ""), KeysetEmpty),
    ];
    let mut outcomes = Outcomes::default();
    for (case, header, code) in cases {
        outcomes.refused(case, load(&signed(&header, &claims), NOW), code);
    }
    outcomes.check();
}

#[test]
fn claims_with_one_fault() {
    let header = json!({ "alg": "Ed25519", "kid": signer(1).kid(), "typ": "jwk-set+jwt" }).to_string();
    let key: serde_json::Value = serde_json::from_str(&Party::new(Alg::EcdhEs, 1).jwk.to_json()).unwrap();
    let good = json!({ "iat": NOW.0, "exp": NOW.0 + DAY, "keys": [key] });
    let mut outcomes = Outcomes::default();
    outcomes.accepted("good", load(&signed(&header, &good.to_string()), NOW));
    for (member, value, code) in [
        ("iat", json!(null), KeysetMalformed),
        ("iat", json!(-1), KeysetMalformed),
        ("iat", json!("0"), KeysetMalformed),
        ("iat", json!(1.5), KeysetMalformed),
        ("exp", json!(null), KeysetMalformed),
        ("exp", json!(-1), KeysetMalformed),
        ("exp", json!(9_007_199_254_740_992_u64), KeysetMalformed),
        ("keys", json!(null), KeysetMalformed),
        ("keys", json!([]), KeysetEmpty),
        ("keys", json!([{}]), KeyMalformed),
    ] {
        let mut claims = good.clone();
        claims[member] = value.clone();
        let case = format!("{member} is {value}");
        outcomes.refused(&case, load(&signed(&header, &claims.to_string()), NOW), code);
    }
    for member in ["iat", "exp", "keys"] {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(member);
        let text = signed(&header, &claims.to_string());
        outcomes.refused(&format!("no {member}"), load(&text, NOW), KeysetMalformed);
        let twice = good.to_string().replacen('{', &format!("{{{member:?}:1,"), 1);
        let text = signed(&header, &twice);
        outcomes.refused(&format!("{member} twice"), load(&text, NOW), KeysetDuplicateMember);
    }
    outcomes.check();
}

#[test]
fn texts_that_are_no_jws() {
    let text = issued(NOW, NOW.plus(DAY));
    let (input, signature) = text.rsplit_once('.').unwrap();
    let bytes = decode(signature);
    let cases = [
        ("a plain set", set().to_json(), KeysetUnsigned),
        ("a plain set after space", format!("\n {}", set().to_json()), KeysetUnsigned),
        ("empty", String::new(), KeysetMalformed),
        ("HTML", "<!doctype html>".to_owned(), KeysetMalformed),
        ("no signature part", input.to_owned(), KeysetMalformed),
        ("an empty signature", format!("{input}."), KeysetMalformed),
        ("a short signature", format!("{input}.{}", encode(&bytes[1..])), KeysetMalformed),
        ("a long signature", format!("{input}.{}", encode([&bytes[..], &[0]].concat())), KeysetMalformed),
        ("a padded signature", format!("{text}=="), KeysetMalformed),
        ("a misspelt signature", format!("{input}.{}", with_stray_bit(signature)), KeysetMalformed),
        ("four parts", format!("{text}.{signature}"), KeysetMalformed),
        ("a first part that is empty", format!(".{text}"), KeysetMalformed),
        ("too long", format!("{}{text}", "e".repeat(2 << 20)), KeysetMalformed),
    ];
    let mut outcomes = Outcomes::default();
    for (case, text, code) in cases {
        outcomes.refused(case, load(&text, NOW), code);
    }
    // Cut short anywhere, it is malformed, or its header no longer says whose it is.
    for end in (0..text.len()).step_by(41) {
        outcomes.one_of(
            &format!("{end} characters"),
            load(&text[..end], NOW),
            &[KeysetMalformed, KeysetSignatureInvalid],
        );
    }
    outcomes.check();
}

#[test]
fn signers() {
    let good: serde_json::Value = serde_json::from_str(&signer(1).to_json()).unwrap();
    let x = encode(signer(1).public());
    let mut outcomes = Outcomes::default();
    outcomes.accepted("its own JSON", Signer::parse(&good.to_string()));
    let bare = json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string();
    outcomes.accepted("the members of RFC 8037 alone", Signer::parse(&bare));
    for (member, value, code) in [
        ("kty", json!("EC"), KeyMalformed),
        ("crv", json!("X25519"), KeyMalformed),
        ("crv", json!(null), KeyMalformed),
        ("x", json!(null), KeyMalformed),
        ("x", json!(format!("{x}=")), KeyMalformed),
        ("x", json!(with_stray_bit(&x)), KeyMalformed),
        ("x", json!(encode([1; 31])), KeyLength),
        ("x", json!(encode([1; 33])), KeyLength),
        ("kid", json!(signer(2).kid()), KeyThumbprintMismatch),
        ("kid", json!(1), KeyThumbprintMismatch),
        ("d", json!("AA"), KeyPrivate),
    ] {
        let mut jwk = good.clone();
        jwk[member] = value.clone();
        outcomes.refused(&format!("{member} is {value}"), Signer::parse(&jwk.to_string()), code);
    }
    for (case, text, code) in [
        ("empty", "", KeyMalformed),
        ("an array", "[]", KeyMalformed),
        ("x twice", "{\"x\":\"\",\"x\":\"\"}", KeysetDuplicateMember),
    ] {
        outcomes.refused(case, Signer::parse(text), code);
    }
    outcomes.check();
    // RFC 8037 appendix A.3.
    let rfc = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    assert_eq!(Signer::parse(&rfc.to_string()).unwrap().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
