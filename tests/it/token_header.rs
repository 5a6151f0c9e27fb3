//! Protected headers with one fault each. A header is read before anything is opened, so the faults of a
//! token that nobody sealed show here.

use crate::support::{NOW, Outcomes, Party, encode, header_json, options, with_header};
use fieldseal::Code::{self, *};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::suite::Alg;
use serde_json::{Value, json};

fn token_and_header(alg: Alg) -> (String, Value) {
    let token = Party::new(alg, 1).seal("1", &options("card-number"));
    let header = serde_json::from_str(&header_json(&token)).unwrap();
    (token, header)
}

#[test]
fn members_that_are_wrong() {
    let cases = [
        ("alg", json!(null), TokenMalformed),
        ("alg", json!(["HPKE-9"]), TokenMalformed),
        ("alg", json!("hpke-9"), TokenAlgUnknown),
        ("typ", json!("JWT"), TokenMalformed),
        ("typ", json!("application/sealed+jwe"), TokenMalformed),
        ("typ", json!("SEALED+JWE"), TokenMalformed),
        ("kid", json!(1), TokenMalformed),
        ("kid", json!(""), TokenMalformed),
        ("kid", json!("2026-01"), TokenMalformed),
        ("kid", json!(format!("{}=", encode([1; 32]))), TokenMalformed),
        ("kid", json!(encode([1; 31])), TokenMalformed),
        ("field", json!(""), TokenMalformed),
        ("field", json!("f".repeat(257)), TokenMalformed),
        ("field", json!("a\nb"), TokenMalformed),
        ("field", json!("a\u{0}b"), TokenMalformed),
        ("field", json!(null), TokenMalformed),
        ("field", json!(["field"]), TokenMalformed),
        ("kind", json!("card"), KindUnknown),
        ("kind", json!(""), KindUnknown),
        ("kind", json!("Card-Number"), KindUnknown),
        ("kind", json!(1), TokenMalformed),
        ("kind", json!("payment-form"), TokenMalformed),
        ("fields", json!({}), TokenMalformed),
        ("fields", json!({ "a": "card-number" }), TokenMalformed),
        ("iss", json!("null"), TokenMalformed),
        ("iss", json!("https://shop.example/"), TokenMalformed),
        ("iss", json!("https://SHOP.example"), TokenMalformed),
        ("iss", json!("shop.example"), TokenMalformed),
        ("iss", json!(1), TokenMalformed),
        ("iat", json!(-1), TokenMalformed),
        ("iat", json!(1.5), TokenMalformed),
        ("iat", json!("1700000000"), TokenMalformed),
        ("iat", json!(9_007_199_254_740_992_u64), TokenMalformed),
        ("iat", json!(null), TokenMalformed),
        ("jti", json!(""), TokenMalformed),
        ("jti", json!(encode([1; 15])), TokenMalformed),
        ("jti", json!(encode([1; 17])), TokenMalformed),
        ("jti", json!(format!("{}==", encode([1; 16]))), TokenMalformed),
        ("jti", json!("AAAAAAAAAAAAAAAAAAAAAB"), TokenMalformed),
        ("exp", json!(-1), TokenMalformed),
        ("exp", json!(null), TokenMalformed),
        ("exp", json!("never"), TokenMalformed),
        ("sub", json!(""), TokenMalformed),
        ("sub", json!("s".repeat(257)), TokenMalformed),
        ("sub", json!(null), TokenMalformed),
        ("once", json!(false), TokenMalformed),
        ("once", json!(1), TokenMalformed),
        ("once", json!("true"), TokenMalformed),
        ("hint", json!([]), TokenMalformed),
        ("hint", json!(null), TokenMalformed),
        ("hint", json!({ "a": null }), TokenMalformed),
        ("hint", json!({ "a": {} }), TokenMalformed),
        ("hint", json!({ "a": "x".repeat(2048) }), TokenMalformed),
        ("consent", json!("yes"), TokenMalformed),
        ("consent", json!({ "a": [1] }), TokenMalformed),
        // What JOSE allows and the profile does not: nobody would have checked it.
        ("zip", json!("DEF"), TokenMalformed),
        ("crit", json!(["exp"]), TokenMalformed),
        ("ek", json!("AA"), TokenMalformed),
        ("psk_id", json!("AA"), TokenMalformed),
        ("apu", json!("AA"), TokenMalformed),
        ("jwk", json!({}), TokenMalformed),
        ("x", json!(1), TokenMalformed),
    ];
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let (token, header) = token_and_header(alg);
        outcomes.accepted("as it is", Token::parse(&with_header(&token, &header.to_string())));
        for (member, value, code) in &cases {
            let mut header = header.clone();
            header[*member] = value.clone();
            let case = format!("{}: {member} is {value}", alg.as_str());
            outcomes.refused(&case, Token::parse(&with_header(&token, &header.to_string())), *code);
        }
        for member in header.as_object().unwrap().keys() {
            let mut without = header.clone();
            without.as_object_mut().unwrap().remove(member);
            let case = format!("{}: no {member}", alg.as_str());
            outcomes.refused(&case, Token::parse(&with_header(&token, &without.to_string())), TokenMalformed);
            let twice = header.to_string().replacen('{', &format!("{{{member:?}:0,"), 1);
            let case = format!("{}: {member} twice", alg.as_str());
            outcomes.refused(&case, Token::parse(&with_header(&token, &twice)), TokenDuplicateMember);
        }
    }
    outcomes.check();
}

#[test]
fn headers_that_are_no_object() {
    let (token, _) = token_and_header(Alg::Hpke9);
    let mut outcomes = Outcomes::default();
    for json in ["", "{}", "[]", "null", "\"HPKE-9\"", "{", "{\"alg\"}", "alg: HPKE-9", "\u{feff}{}", "{}{}"]
    {
        outcomes.refused(json, Token::parse(&with_header(&token, json)), TokenMalformed);
    }
    outcomes.check();
}

#[test]
fn members_of_one_algorithm_only() {
    let mut outcomes = Outcomes::default();
    let (hpke, header) = token_and_header(Alg::Hpke9);
    let (ecdh, classical) = token_and_header(Alg::EcdhEs);
    for (member, value) in [("enc", json!("A256GCM")), ("epk", classical["epk"].clone())] {
        let mut header = header.clone();
        header[member] = value;
        let case = format!("HPKE-9 with {member}");
        outcomes.refused(&case, Token::parse(&with_header(&hpke, &header.to_string())), TokenMalformed);
    }
    let x = classical["epk"]["x"].clone();
    for epk in [
        json!(null),
        json!({}),
        json!([]),
        json!(x),
        json!({ "kty": "OKP", "crv": "X25519" }),
        json!({ "kty": "OKP", "x": x }),
        json!({ "crv": "X25519", "x": x }),
        json!({ "kty": "EC", "crv": "X25519", "x": x }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": encode([9; 31]) }),
        json!({ "kty": "OKP", "crv": "X25519", "x": encode([9; 33]) }),
        json!({ "kty": "OKP", "crv": "X25519", "x": format!("{}=", encode([9; 32])) }),
        json!({ "kty": "OKP", "crv": "X25519", "x": x, "d": x }),
        json!({ "kty": "OKP", "crv": "X25519", "x": x, "kid": "a" }),
    ] {
        let mut header = classical.clone();
        header["epk"] = epk.clone();
        let case = format!("epk is {epk}");
        outcomes.refused(&case, Token::parse(&with_header(&ecdh, &header.to_string())), TokenMalformed);
    }
    outcomes.check();
}

/// A form's token names the kind of each of its fields, and all are of the form's class.
#[test]
fn the_fields_of_a_form() {
    let (token, mut header) = token_and_header(Alg::EcdhEs);
    header["kind"] = json!("payment-form");
    let mut case = |fields: Value, code: Option<Code>| {
        header["fields"] = fields;
        (header["fields"].to_string(), Token::parse(&with_header(&token, &header.to_string())), code)
    };
    let many: serde_json::Map<_, _> = (0..110).map(|n| (format!("f{n}"), json!("card-number"))).collect();
    let cases = [
        case(json!({ "a": "card-number", "b": "card-cvc" }), None),
        case(json!({}), Some(TokenMalformed)),
        case(json!(null), Some(TokenMalformed)),
        case(json!([]), Some(TokenMalformed)),
        case(json!({ "a": "email" }), Some(TokenMalformed)),
        case(json!({ "a": "card" }), Some(KindUnknown)),
        case(json!({ "a": "payment-form" }), Some(TokenMalformed)),
        case(json!({ "a": 1 }), Some(TokenMalformed)),
        case(json!({ "a": {} }), Some(TokenMalformed)),
        case(json!({ "": "card-number" }), Some(TokenMalformed)),
        case(json!({ "a\n": "card-number" }), Some(TokenMalformed)),
        case(many.into(), Some(TokenMalformed)),
    ];
    let mut outcomes = Outcomes::default();
    for (fields, token, code) in cases {
        match code {
            Some(code) => outcomes.refused(&fields, token, code),
            None => outcomes.accepted(&fields, token),
        }
    }
    outcomes.check();
}

#[test]
fn the_longest_times() {
    let (token, mut header) = token_and_header(Alg::Hpke9);
    (header["iat"], header["exp"]) = (json!(0), json!(NumericDate::MAX.0));
    let parsed = Token::parse(&with_header(&token, &header.to_string())).unwrap();
    assert_eq!((parsed.header().iat, parsed.header().exp), (NumericDate(0), Some(NumericDate::MAX)));
    assert!(parsed.header().iat < NOW);
}
