//! Key sets and their keys with one fault each, and the code that it gets.

use crate::support::{Outcomes, Party, encode, low_order_points, with_stray_bit};
use fieldseal::Code::*;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::suite::{Alg, RecipientKey};
use fieldseal::{Code, NumericDate};
use serde_json::{Value, json};

/// A good key's JWK.
fn jwk(alg: Alg) -> Value {
    serde_json::from_str(&Party::new(alg, 1).jwk.to_json()).unwrap()
}

/// The member that holds the public key.
fn public_member(alg: Alg) -> &'static str {
    match alg {
        Alg::Hpke9 => "pub",
        Alg::EcdhEs => "x",
    }
}

fn set_of(jwk: &Value) -> String {
    json!({ "keys": [jwk] }).to_string()
}

/// A set whose only key has these bytes, with the thumbprint of a good one.
fn set_with_public(alg: Alg, public: &str) -> String {
    let mut key = jwk(alg);
    key[public_member(alg)] = json!(public);
    set_of(&key)
}

#[test]
fn texts_that_are_no_key_set() {
    let good = jwk(Alg::EcdhEs);
    let long = format!("{{\"keys\":[{good}]{}}}", " ".repeat(1 << 20));
    let deep = format!("{{\"keys\":[{good}],\"x\":{}{}}}", "[".repeat(16), "]".repeat(16));
    let twice = format!("{{\"keys\":[{good}],\"keys\":[{good}]}}");
    // An object's names are compared with each other, so a set of many would stop a page for seconds.
    let many: Vec<_> = (0..100_000).map(|n| format!("\"{n:x}\":1")).collect();
    let many = format!("{{\"x\":{{{}}},\"keys\":[{good}]}}", many.join(","));
    let cases: &[(&str, &str, Code)] = &[
        ("empty", "", KeysetMalformed),
        ("not JSON", "keys", KeysetMalformed),
        ("HTML", "<!doctype html><title>404</title>", KeysetMalformed),
        ("cut short", "{\"keys\":[", KeysetMalformed),
        ("a byte order mark", "\u{feff}{\"keys\":[]}", KeysetMalformed),
        ("two texts", "{\"keys\":[]} {}", KeysetMalformed),
        ("a trailing comma", "{\"keys\":[],}", KeysetMalformed),
        ("a comment", "{\"keys\":[] /* none */}", KeysetMalformed),
        ("an array", "[]", KeysetMalformed),
        ("a string", "\"keys\"", KeysetMalformed),
        ("null", "null", KeysetMalformed),
        ("no keys", "{}", KeysetMalformed),
        ("a bare key", &good.to_string(), KeysetMalformed),
        ("keys in capitals", "{\"KEYS\":[]}", KeysetMalformed),
        ("keys is null", "{\"keys\":null}", KeysetMalformed),
        ("keys is an object", "{\"keys\":{}}", KeysetMalformed),
        ("keys is a string", "{\"keys\":\"[]\"}", KeysetMalformed),
        ("too long", &long, KeysetMalformed),
        ("too deep", &deep, KeysetMalformed),
        ("too many members", &many, KeysetMalformed),
        ("a fraction anywhere", "{\"keys\":[],\"x\":1.5}", KeysetMalformed),
        ("an exponent anywhere", "{\"keys\":[],\"x\":1e3}", KeysetMalformed),
        ("no key in it", "{\"keys\":[]}", KeysetEmpty),
        ("keys twice", &twice, KeysetDuplicateMember),
        ("keys twice, once escaped", "{\"keys\":[],\"\\u006beys\":[]}", KeysetDuplicateMember),
        ("an unknown member twice", "{\"keys\":[],\"x\":1,\"x\":1}", KeysetDuplicateMember),
        ("a member twice inside", "{\"keys\":[],\"x\":[{\"y\":1,\"y\":2}]}", KeysetDuplicateMember),
        ("a key is a number", "{\"keys\":[1]}", KeyMalformed),
        ("a key is a string", "{\"keys\":[\"\"]}", KeyMalformed),
        ("a key is an array", "{\"keys\":[[]]}", KeyMalformed),
        ("a key is empty", "{\"keys\":[{}]}", KeyMalformed),
    ];
    let mut outcomes = Outcomes::default();
    for (case, text, code) in cases {
        outcomes.refused(case, KeySet::parse(text), *code);
    }
    outcomes.accepted("a good one", KeySet::parse(&set_of(&good)));
    outcomes.accepted("space around it", KeySet::parse(&format!("\r\n\t {}\n", set_of(&good))));
    outcomes.accepted("an unknown member", KeySet::parse(&format!("{{\"x\":[{{}}],\"keys\":[{good}]}}")));
    outcomes.check();
}

/// Every member of a key, absent or with another value.
#[test]
fn members_that_are_wrong() {
    let cases = [
        ("alg", json!("HPKE-0"), KeyAlgUnknown),
        ("alg", json!("HPKE-9-KE"), KeyAlgUnknown),
        ("alg", json!("hpke-9"), KeyAlgUnknown),
        ("alg", json!("ECDH-ES+A256KW"), KeyAlgUnknown),
        ("alg", json!("none"), KeyAlgUnknown),
        ("alg", json!(""), KeyAlgUnknown),
        ("alg", json!(9), KeyMalformed),
        ("alg", json!(["HPKE-9"]), KeyMalformed),
        ("kty", json!("EC"), KeyMalformed),
        ("kty", json!("akp"), KeyMalformed),
        ("kty", json!(null), KeyMalformed),
        ("use", json!("sig"), KeyMalformed),
        ("use", json!("ENC"), KeyMalformed),
        ("class", json!("money"), KeyMalformed),
        ("class", json!("Payment"), KeyMalformed),
        ("class", json!(""), KeyMalformed),
        ("class", json!("**"), KeyMalformed),
        ("class", json!(["payment"]), KeyMalformed),
        ("kid", json!(""), KeyThumbprintMismatch),
        ("kid", json!("2026-01"), KeyThumbprintMismatch),
        ("kid", json!("BeWp7Y5tolX2sSYMKIaG6WUVE-arTKcS2Ok8EgqFqrE"), KeyThumbprintMismatch),
        ("kid", json!(1), KeyMalformed),
        ("nbf", json!(-1), KeyMalformed),
        ("nbf", json!("0"), KeyMalformed),
        ("nbf", json!(null), KeyMalformed),
        ("nbf", json!(1.5), KeysetMalformed),
        ("nbf", json!(9_007_199_254_740_992_u64), KeysetMalformed),
        ("nbf", json!(u64::MAX), KeysetMalformed),
        ("exp", json!(-1), KeyMalformed),
        ("exp", json!("4000000000"), KeyMalformed),
        ("exp", json!(true), KeyMalformed),
        ("exp", json!(0.5), KeysetMalformed),
        ("exp", json!(9_007_199_254_740_992_u64), KeysetMalformed),
        ("priv", json!("AA"), KeyPrivate),
        ("d", json!("AA"), KeyPrivate),
        ("priv", json!(null), KeyPrivate),
        ("d", json!(null), KeyPrivate),
    ];
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        for (member, value, code) in &cases {
            let mut key = jwk(alg);
            key[*member] = value.clone();
            outcomes.refused(
                &format!("{}: {member} is {value}", alg.as_str()),
                KeySet::parse(&set_of(&key)),
                *code,
            );
        }
        for member in ["alg", "kty", "use", "class", "kid", public_member(alg)] {
            let mut key = jwk(alg);
            key.as_object_mut().unwrap().remove(member);
            outcomes.refused(
                &format!("{}: no {member}", alg.as_str()),
                KeySet::parse(&set_of(&key)),
                KeyMalformed,
            );
            let twice = jwk(alg).to_string().replacen('{', &format!("{{{:?}:0,", member), 1);
            let set = format!("{{\"keys\":[{twice}]}}");
            outcomes.refused(
                &format!("{}: {member} twice", alg.as_str()),
                KeySet::parse(&set),
                KeysetDuplicateMember,
            );
        }
    }
    for (member, value) in
        [("crv", json!("X448")), ("crv", json!("Ed25519")), ("crv", json!(null)), ("kty", json!("AKP"))]
    {
        let mut key = jwk(Alg::EcdhEs);
        key[member] = value.clone();
        outcomes.refused(
            &format!("ECDH-ES: {member} is {value}"),
            KeySet::parse(&set_of(&key)),
            KeyMalformed,
        );
    }
    let mut key = jwk(Alg::Hpke9);
    key["kty"] = json!("OKP");
    outcomes.refused("HPKE-9: kty is OKP", KeySet::parse(&set_of(&key)), KeyMalformed);
    key = jwk(Alg::Hpke9);
    key["alg"] = json!("ECDH-ES");
    outcomes.refused("an HPKE-9 key that says ECDH-ES", KeySet::parse(&set_of(&key)), KeyMalformed);
    outcomes.check();
}

#[test]
fn dates_that_are_good() {
    let mut outcomes = Outcomes::default();
    for (nbf, exp, code) in [
        (0, 1, None),
        (0, NumericDate::MAX.0, None),
        (1_700_000_000, 1_700_000_001, None),
        (1_700_000_000, 1_700_000_000, Some(KeyMalformed)),
        (1_700_000_001, 1_700_000_000, Some(KeyMalformed)),
    ] {
        let mut key = jwk(Alg::EcdhEs);
        (key["nbf"], key["exp"]) = (json!(nbf), json!(exp));
        let (case, set) = (format!("from {nbf} until {exp}"), KeySet::parse(&set_of(&key)));
        match code {
            Some(code) => outcomes.refused(&case, set, code),
            None => outcomes.accepted(&case, set),
        }
    }
    outcomes.check();
    // A date that the set's own reader would refuse does not get into a key.
    let public = Party::new(Alg::EcdhEs, 1).private.public();
    let beyond = Some(NumericDate(NumericDate::MAX.0 + 1));
    for (nbf, exp) in [(beyond, None), (None, beyond)] {
        let error = Jwk::new(Alg::EcdhEs, Scope::All, &public, nbf, exp).unwrap_err();
        assert_eq!(error.kind(), KeyMalformed);
    }
}

/// The date is written and read where private keys are, and changes nothing else about a key.
#[test]
fn the_date_of_destruction_comes_back() {
    for alg in Alg::ALL {
        let key = Party::new(alg, 1).jwk;
        assert!(key.destroys().is_none() && !key.to_json().contains("destroys"));
        let dated = key.clone().with_destroys(Some(NumericDate(4_000_000_000)));
        assert!(dated.to_json().contains("\"destroys\":4000000000"));
        let read = KeySet::parse(&KeySet::new(vec![dated.clone()]).to_json()).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), [&dated]);
        assert_eq!((dated.kid(), dated.exp()), (key.kid(), key.exp()));
        let beyond = key.with_destroys(Some(NumericDate(u64::MAX)));
        assert_eq!(beyond.destroys(), Some(NumericDate::MAX));
        // A page's reader does not look at it, so what is none is no reason to refuse a set.
        for none in [json!(-1), json!("4000000000"), json!(null)] {
            let mut with = jwk(alg);
            with["destroys"] = none;
            let set = KeySet::parse(&set_of(&with)).unwrap();
            assert!(set.keys().all(|key| key.destroys().is_none()));
        }
    }
}

#[test]
fn public_keys_that_are_misspelt() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let good = encode(Party::new(alg, 1).private.public());
        let cases = [
            ("padded", format!("{good}=")),
            ("padded twice", format!("{good}==")),
            ("stray bits", with_stray_bit(&good)),
            ("the other alphabet", format!("+/{}", &good[2..])),
            ("a space inside", format!("{} {}", &good[..4], &good[4..])),
            ("a line end", format!("{good}\n")),
            ("a letter outside ASCII", format!("\u{e9}{}", &good[2..])),
            ("a NUL", format!("{}\0", &good[1..])),
        ];
        for (case, public) in cases {
            let case = format!("{}: {case}", alg.as_str());
            outcomes.refused(&case, KeySet::parse(&set_with_public(alg, &public)), KeyMalformed);
        }
    }
    outcomes.check();
}

#[test]
fn public_keys_of_the_wrong_length() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let good = Party::new(alg, 1).private.public();
        let other = Party::new(if alg == Alg::Hpke9 { Alg::EcdhEs } else { Alg::Hpke9 }, 1).private.public();
        let cases = [
            ("empty", vec![]),
            ("short by one", good[1..].to_vec()),
            ("long by one", [&good[..], &[7]].concat()),
            ("the other algorithm's", other),
        ];
        for (case, public) in cases {
            let case = format!("{}: {case}", alg.as_str());
            outcomes.refused(&case, KeySet::parse(&set_with_public(alg, &encode(&public))), KeyLength);
            outcomes.refused(&case, RecipientKey::parse(alg, &public), KeyLength);
        }
    }
    outcomes.check();
}

/// FIPS 203 section 7.2: a coefficient is below q = 3329. Each of the 768 is tried at q and at 4095.
#[test]
fn ml_kem_coefficients_out_of_range() {
    let good = Party::new(Alg::Hpke9, 1).private.public();
    let mut outcomes = Outcomes::default();
    for at in 0..768 {
        for (value, code) in [(3328_u16, None), (3329, Some(KeyInvalid)), (4095, Some(KeyInvalid))] {
            let mut public = good.clone();
            // Two coefficients of twelve bits are three bytes, little endian.
            let [low, high] = value.to_le_bytes();
            let three = &mut public[at / 2 * 3..][..3];
            if at % 2 == 0 {
                (three[0], three[1]) = (low, three[1] & 0xf0 | high);
            } else {
                (three[1], three[2]) = (three[1] & 0x0f | low << 4, high << 4 | low >> 4);
            }
            let (case, key) =
                (format!("coefficient {at} is {value}"), RecipientKey::parse(Alg::Hpke9, &public));
            match code {
                Some(code) => outcomes.refused(&case, key, code),
                None => outcomes.accepted(&case, key),
            }
        }
    }
    let overflowing = [&[0xff; 3][..], &good[3..]].concat();
    outcomes.refused(
        "in a set",
        KeySet::parse(&set_with_public(Alg::Hpke9, &encode(overflowing))),
        KeyInvalid,
    );
    outcomes.check();
}

#[test]
fn x25519_parts_of_low_order() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        for point in low_order_points() {
            let mut public = Party::new(alg, 1).private.public();
            let start = public.len() - point.len();
            public[start..].copy_from_slice(&point);
            let case = format!("{}: {point:02x?}", alg.as_str());
            outcomes.refused(&case, KeySet::parse(&set_with_public(alg, &encode(public))), KeyLowOrder);
        }
    }
    outcomes.check();
}

/// One bad key spoils the set, wherever it stands.
#[test]
fn a_bad_key_among_good_ones() {
    let (good, mut bad) = (jwk(Alg::EcdhEs), jwk(Alg::Hpke9));
    bad["use"] = json!("sig");
    let mut outcomes = Outcomes::default();
    for keys in [json!([bad, good]), json!([good, bad]), json!([good, bad, good])] {
        let text = json!({ "keys": keys }).to_string();
        outcomes.refused(&text[..20], KeySet::parse(&text), KeyMalformed);
    }
    outcomes.check();
}

/// A publisher's member: it goes round, names a person as a token does, and is nothing else.
#[test]
fn a_key_of_one_person_says_so() {
    for alg in Alg::ALL {
        let key = Party::new(alg, 1).jwk.for_subject("p-17").unwrap();
        let json: Value = serde_json::from_str(&key.to_json()).unwrap();
        assert_eq!(json["sub"], "p-17");
        let read = KeySet::parse(&set_of(&json)).unwrap();
        assert_eq!(read.keys().next().unwrap(), &key);
        assert_eq!(read.keys().next().unwrap().sub(), Some("p-17"));
        for bad in [json!(""), json!("a\nb"), json!("x".repeat(257)), json!(17), json!(null)] {
            let mut jwk = json.clone();
            jwk["sub"] = bad;
            assert_eq!(KeySet::parse(&set_of(&jwk)).unwrap_err().kind(), KeyMalformed);
        }
        let refused = Party::new(alg, 1).jwk.for_subject("a\nb").unwrap_err();
        assert_eq!((refused.kind(), refused.member()), (OptionInvalid, Some("sub")));
    }
}
