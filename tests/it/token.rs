//! Sealing and opening: what goes in comes out, for every kind, every type of value and both algorithms.

use crate::support::{NOW, ORIGIN, Party, decode, entropy, header_json, kind, options, parts};
use fieldseal::jwe::Token;
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal::{Code, MAX_VALUE_LEN, NumericDate};
use serde_json::json;
use std::collections::HashSet;

/// Values as JSON text. They come back as exactly the same text, whatever a number's precision.
const VALUES: &[&str] = &[
    r#""4929 1234 5678 9012""#,
    r#""""#,
    "\"\u{1F980}\u{1F468}\u{200d}\u{1F469}\u{200d}\u{1F467}\"",
    r#""\ud83e\udd80""#,
    r#""a\u0000b""#,
    r#""\u0000""#,
    r#""\"},\"p\":\"""#,
    "\"\u{2028}\u{feff}\u{fffd}\"",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1e400",
    "1.0",
    "0.1e-7",
    "9007199254740993",
    "123456789012345678901234567890",
    "[]",
    "{}",
    r#"[1,[2,[3,[4,[5]]]],{"a":{"b":{"c":null}}}]"#,
    r#"{"v":1,"p":"0","v2":[true,"x"]}"#,
    "{ \"spaced\" :\t[ 1 ,\n2 ] }",
];

#[test]
fn every_value_comes_back_as_it_went_in() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        for value in VALUES {
            let token = party.seal(value, &options("json"));
            assert_eq!(party.open(&token).as_deref(), Ok(*value), "{}", alg.as_str());
        }
    }
}

#[test]
fn text_is_given_for_strings_alone() {
    let party = Party::new(Alg::EcdhEs, 1);
    let text = |json: &str| {
        let token = Token::parse(&party.seal(json, &options("text"))).unwrap();
        party.private.open(&token).unwrap().text().map(|text| text.to_string())
    };
    assert_eq!(text(r#""a\u0000\ud83e\udd80\n""#).as_deref(), Some("a\0\u{1F980}\n"));
    assert_eq!(text(r#""""#).as_deref(), Some(""));
    for json in ["null", "true", "1", "[]", "{}", r#"["a"]"#] {
        assert_eq!(text(json), None, "{json}");
    }
}

#[test]
fn every_kind_of_a_single_value() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        for kind in Kind::all().filter(|kind| !kind.is_form()) {
            let token = party.seal("\"x\"", &SealOptions::new("f", kind).unchecked());
            assert_eq!(party.open(&token).as_deref(), Ok("\"x\""), "{kind:?}");
            assert_eq!(Token::parse(&token).unwrap().header().kind, kind);
        }
    }
}

#[test]
fn a_form_kind_is_for_forms_only() {
    let sealer = Party::new(Alg::EcdhEs, 1).sealer();
    for kind in Kind::all().filter(|kind| kind.is_form()) {
        let error =
            sealer.seal_json("1", &SealOptions::new("f", kind).unchecked(), NOW, entropy()).unwrap_err();
        assert_eq!(error.kind(), Code::KindUnknown, "{kind:?}");
    }
}

#[test]
fn the_longest_value_and_one_byte_more() {
    let json = |len: usize| format!("\"{}\"", "x".repeat(len - 2));
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let longest = json(MAX_VALUE_LEN);
        let token = party.seal(&longest, &options("text"));
        assert!(party.open(&token).as_deref() == Ok(&longest), "the longest value comes back");
        let longer = party.sealer().seal_json(&json(MAX_VALUE_LEN + 1), &options("text"), NOW, entropy());
        assert_eq!(longer.unwrap_err().kind(), Code::ValueTooLong);
    }
    const { assert!(MAX_VALUE_LEN >= 64 * 1024) };
}

/// The header as the specification writes it, member by member.
#[test]
fn the_header_says_what_it_was_told() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let token = party.seal("1", &options("card-number"));
        let header: serde_json::Value = serde_json::from_str(&header_json(&token)).unwrap();
        let mut expected = json!({
            "alg": alg.as_str(), "kid": party.jwk.kid(), "typ": "sealed+jwe", "field": "field",
            "kind": "card-number", "iss": ORIGIN, "iat": NOW.0, "jti": header["jti"],
        });
        if alg == Alg::EcdhEs {
            expected["enc"] = json!("A256GCM");
            expected["epk"] = json!({ "kty": "OKP", "crv": "X25519", "x": header["epk"]["x"] });
        }
        assert_eq!(header, expected);
        assert_eq!(decode(header["jti"].as_str().unwrap()).len(), 16);
        let parsed = Token::parse(&token).unwrap();
        let parsed = parsed.header();
        assert_eq!((parsed.alg, parsed.kid.as_str()), (alg, party.jwk.kid()));
        assert_eq!((parsed.iat, parsed.exp, parsed.once), (NOW, None, false));
        assert_eq!((&parsed.sub, &parsed.hint, &parsed.consent), (&None, &None, &None));
        assert!(parsed.fields.is_empty());
    }
}

/// A flat object as the JSON reader of a key set would give it.
fn object(members: &[(&str, fieldseal::json::Json)]) -> fieldseal::json::Object {
    let mut object = fieldseal::json::Object::default();
    for (name, value) in members {
        object.insert(name, value.clone()).unwrap();
    }
    object
}

#[test]
fn every_option_comes_back() {
    use fieldseal::json::Json;
    let hint = object(&[("last4", Json::String("4242".into())), ("valid", Json::Bool(true))]);
    let consent = object(&[("purpose", Json::String("\u{e9}\n\"".into())), ("given", Json::Bool(true))]);
    let options = SealOptions {
        field: "card \"number\" \u{1F980}".into(),
        kind: kind("card-number"),
        sub: Some("customer-17".into()),
        exp: Some(NOW.plus(60)),
        once: true,
        hint: vec!["last4".into(), "valid".into()],
        consent: Some(consent.clone()),
        region: Some("US".into()),
        check: true,
    };
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let token = party.seal("\"4242-4242-4242-4242\"", &options);
        assert_eq!(party.open(&token).as_deref(), Ok("\"4242424242424242\""));
        let token = Token::parse(&token).unwrap();
        let header = token.header();
        assert_eq!((header.field.as_str(), header.kind), (options.field.as_str(), options.kind));
        assert_eq!((header.sub.as_deref(), header.exp), (Some("customer-17"), Some(NOW.plus(60))));
        assert_eq!((&header.hint, &header.consent), (&Some(hint.clone()), &Some(consent.clone())));
        assert!(header.once);
    }
}

#[test]
fn options_with_one_fault() {
    use fieldseal::json::{Json, Object};
    let party = Party::new(Alg::EcdhEs, 1);
    type Fault = fn(&mut SealOptions);
    fn long() -> Object {
        object(&[("a", Json::String("x".repeat(2048)))])
    }
    let cases: &[(&str, Fault, Code, Option<&str>)] = &[
        ("no field", |o| o.field.clear(), Code::FieldInvalid, None),
        ("a long field", |o| o.field = "f".repeat(257), Code::FieldInvalid, None),
        ("a line end in the field", |o| o.field = "a\nb".into(), Code::FieldInvalid, None),
        ("a NUL in the field", |o| o.field = "a\0".into(), Code::FieldInvalid, None),
        ("no sub", |o| o.sub = Some(String::new()), Code::OptionInvalid, Some("sub")),
        ("a long sub", |o| o.sub = Some("s".repeat(257)), Code::OptionInvalid, Some("sub")),
        (
            "an exp beyond all",
            |o| o.exp = Some(NumericDate(NumericDate::MAX.0 + 1)),
            Code::OptionInvalid,
            Some("exp"),
        ),
        ("a hint of what is not read", |o| o.hint = vec!["last4".into()], Code::OptionInvalid, Some("hint")),
        (
            "a hint of another kind",
            |o| {
                o.hint = vec!["last4".into()];
                o.check = true;
            },
            Code::HintNotAllowed,
            None,
        ),
        (
            "a null in a consent",
            |o| o.consent = Some(object(&[("a", Json::Null)])),
            Code::OptionInvalid,
            Some("consent"),
        ),
        (
            "a list in a consent",
            |o| o.consent = Some(object(&[("a", Json::Array(vec![]))])),
            Code::OptionInvalid,
            Some("consent"),
        ),
        ("a long consent", |o| o.consent = Some(long()), Code::OptionInvalid, Some("consent")),
    ];
    for (case, fault, code, member) in cases {
        let mut options = options("text");
        fault(&mut options);
        let error = party.sealer().seal_json("1", &options, NOW, entropy()).unwrap_err();
        assert_eq!((error.kind(), error.member()), (*code, *member), "{case}");
    }
    // A time that the token's own reader would refuse is not written either.
    let beyond = NumericDate(NumericDate::MAX.0 + 1);
    let error = party.sealer().seal_json("1", &options("text"), beyond, entropy()).unwrap_err();
    assert_eq!((error.kind(), error.member()), (Code::OptionInvalid, Some("iat")));
}

/// The longest of everything at once still makes a token that opens.
#[test]
fn the_longest_header() {
    use fieldseal::json::Json;
    let full = object(&[("a", Json::String("x".repeat(2048 - 8)))]);
    let options = SealOptions {
        field: "\"".repeat(256),
        kind: kind("health-insurance-id"),
        sub: Some("\\".repeat(256)),
        exp: Some(NumericDate(99_999_999_999)),
        once: true,
        hint: vec![],
        consent: Some(full),
        region: None,
        check: false,
    };
    let origin = format!("https://{}.example", "o".repeat(320 - 16));
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let sealer = Sealer::new(KeySet::new(vec![party.jwk.clone()]), &origin).unwrap();
        let longest = format!("\"{}\"", "x".repeat(MAX_VALUE_LEN - 2));
        let token = sealer.seal_json(&longest, &options, NumericDate(99_999_999_998), entropy()).unwrap();
        assert!(token.len() <= fieldseal::jwe::MAX_TOKEN_LEN);
        assert!(party.open(&token).as_deref() == Ok(&longest), "{}", alg.as_str());
    }
}

#[test]
fn nothing_is_shared_by_two_tokens_of_one_value() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let tokens: Vec<_> = (0..20).map(|_| party.seal("\"same\"", &options("text"))).collect();
        let random = |token: &String| {
            let header: serde_json::Value = serde_json::from_str(&header_json(token)).unwrap();
            let jti = header["jti"].as_str().unwrap().to_owned();
            let (parts, epk) = (parts(token), header["epk"]["x"].as_str().map(str::to_owned));
            // The encrypted key, the nonce, the ciphertext and the tag, where the algorithm has them.
            parts[1..].iter().cloned().chain(epk).chain([jti]).filter(|p| !p.is_empty()).collect::<Vec<_>>()
        };
        let all: Vec<_> = tokens.iter().flat_map(random).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        let per_token = all.len() / tokens.len();
        assert_eq!(per_token, if alg == Alg::Hpke9 { 3 } else { 5 });
    }
}
