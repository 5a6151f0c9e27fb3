//! A token with every member that a header can have, altered in each of them: the key holder refuses all of it.

use crate::support::{Place, entropy, now, seal};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::form::FormField;
use fieldseal::json::{Json, Object};
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{SealOptions, Sealer};
use serde_json::{Value, json};

fn kind(id: &str) -> Kind {
    Kind::parse(id).unwrap()
}

/// Options with everything set.
fn full(field: &str, kind: Kind) -> SealOptions {
    let mut consent = Object::default();
    consent.insert("purpose", Json::String("billing".to_owned())).unwrap();
    let mut options = SealOptions::new(field, kind);
    options.sub = Some("customer-7".to_owned());
    options.exp = Some(now().plus(300));
    options.once = true;
    options.consent = Some(consent);
    options
}

fn of_a_value(keys: &KeySet) -> String {
    let mut options = full("card", kind("card-number"));
    options.hint = vec!["brand".to_owned(), "last4".to_owned(), "bin".to_owned(), "valid".to_owned()];
    seal(keys, &options, r#""4242 4242 4242 4242""#)
}

fn of_a_form(keys: &KeySet) -> String {
    let sealer = Sealer::new(keys.clone(), crate::support::ORIGIN).unwrap();
    let field = |name: &str, id: &str, value: &str, hint: &[&str]| FormField {
        name: name.to_owned(),
        kind: kind(id),
        value: fieldseal::Text::new(value.to_owned()),
        region: None,
        hint: hint.iter().map(|name| (*name).to_owned()).collect(),
    };
    let fields = [
        field("card", "card-number", r#""4242424242424242""#, &["last4"]),
        field("iban", "iban", r#""DE89 3704 0044 0532 0130 00""#, &["country"]),
    ];
    let options = |kind| full("checkout", kind);
    let prepare = |kind| sealer.prepare(kind, now(), entropy());
    sealer.seal_form(&fields, options, now(), prepare).unwrap().remove(0).1
}

/// Every way to alter one member of a header: to remove it, and to give it each of some other values.
fn alterations(header: &Value) -> Vec<(String, Value)> {
    let mut altered = Vec::new();
    for (name, value) in header.as_object().unwrap() {
        let mut without = header.clone();
        without.as_object_mut().unwrap().remove(name);
        altered.push((format!("without {name}"), without));
        for other in others(name, value) {
            let mut with = header.clone();
            with[name] = other;
            altered.push((format!("another {name}"), with));
        }
    }
    altered
}

/// Other values of the same shape, and of another.
fn others(name: &str, value: &Value) -> Vec<Value> {
    let mut others = vec![json!(null), json!([]), json!({})];
    match value {
        Value::String(text) => {
            others.extend([json!(""), json!(format!("{text}x")), json!(text.to_uppercase())]);
            let swapped: String = text.chars().rev().collect();
            others.push(json!(swapped));
        }
        Value::Number(number) => {
            let n = number.as_u64().unwrap();
            others.extend([json!(n + 1), json!(n - 1), json!(0), json!(n.to_string())]);
        }
        Value::Bool(truth) => others.push(json!(!truth)),
        Value::Object(members) => {
            for (member, inner) in members {
                let mut less = members.clone();
                less.remove(member);
                others.push(less.into());
                for changed in self::others(name, inner) {
                    let mut other = members.clone();
                    other[member] = changed;
                    others.push(other.into());
                }
            }
            let mut more = members.clone();
            more.insert("last4".to_owned(), json!("0000"));
            others.push(more.into());
        }
        _ => {}
    }
    match name {
        "kind" => others.extend([json!("card-cvc"), json!("iban"), json!("text"), json!("identity-form")]),
        "alg" => others.extend([json!("ECDH-ES"), json!("HPKE-9"), json!("none")]),
        "iss" => others.push(json!("https://evil.example")),
        "fields" => others.push(json!({ "card": "card-cvc", "iban": "iban" })),
        _ => {}
    }
    others.retain(|other| other != value);
    others
}

#[test]
fn in_any_member_of_the_header() {
    for alg in ["HPKE-9", "ECDH-ES"] {
        let place = Place::with_keys(&[("payment", alg)]);
        let keys = place.keys();
        let secret = place.credential("desk", &["payment"]);
        let server = place.serve();
        for token in [of_a_value(&keys), of_a_form(&keys)] {
            let (protected, rest) = token.split_once('.').unwrap();
            let header: Value =
                serde_json::from_slice(&Base64UrlUnpadded::decode_vec(protected).unwrap()).unwrap();
            let members = header.as_object().unwrap().len();
            assert_eq!(
                members,
                if alg == "HPKE-9" { 13 } else { 15 } + usize::from(header["fields"].is_object())
            );
            let altered = alterations(&header);
            assert!(altered.len() > 80, "{}", altered.len());
            for chunk in altered.chunks(100) {
                let tokens: Vec<Value> = chunk
                    .iter()
                    .map(|(_, header)| {
                        let protected = Base64UrlUnpadded::encode_string(header.to_string().as_bytes());
                        json!(format!("{protected}.{rest}"))
                    })
                    .collect();
                for ((what, _), result) in chunk.iter().zip(server.open(&secret, &tokens).results()) {
                    assert!(result["error"]["code"].is_string(), "{alg}: {what} opened: {result}");
                    assert!(result.get("value").is_none());
                }
            }
        }
        // The tokens themselves open, so it was the alterations that were refused.
        for token in [of_a_value(&keys), of_a_form(&keys)] {
            let result = &server.open(&secret, &[json!(token)]).results()[0];
            assert_eq!((&result["valid"], &result["hint_matches"]), (&json!(true), &json!(true)), "{result}");
        }
    }
}
