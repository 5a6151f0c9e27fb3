//! Good input: every value comes back as it went in, with both algorithms, over both ways in.

use crate::support::{Place, contains, options, seal};
use serde_json::{Value, json};

const VALUES: &[&str] = &[
    r#""4242 4242 4242 4242""#,
    r#""""#,
    "null",
    "true",
    "false",
    "0",
    "-0.0",
    "1.50",
    "1E400",
    "12345678901234567890123456789",
    "\"\u{1f469}\u{200d}\u{1f52c} Zoë 日本\"",
    r#""\u0000\u001b[2J\"\\\/""#,
    "\"\u{7f}\u{85}\u{2028}\"",
    r#"{"a":{"b":[1,{"c":null}]},"a":2}"#,
    "[]",
];

#[test]
fn every_value_comes_back_as_it_went_in() {
    for alg in ["HPKE-9", "ECDH-ES"] {
        let place = Place::with_keys(&[("*", alg)]);
        let keys = place.keys();
        let long = format!("\"{}\"", "long ".repeat(20_000));
        let values: Vec<&str> = VALUES.iter().copied().chain([long.as_str()]).collect();
        let tokens: Vec<String> = values.iter().map(|v| seal(&keys, &options("note", "json"), v)).collect();

        let lines = place.run_with_input(&["open"], tokens.join("\n").as_bytes()).ok();
        assert_eq!(lines.lines().count(), values.len());
        for (line, value) in lines.lines().zip(&values) {
            assert!(line.ends_with(&format!(",\"value\":{value}}}")), "{alg} {value} {line}");
        }

        let secret = place.credential("desk", &["*"]);
        let server = place.serve();
        let tokens: Vec<Value> = tokens.into_iter().map(Value::from).collect();
        let answered = server.open(&secret, &tokens);
        // Not read with a JSON reader, which would not keep every number.
        assert_eq!(answered.status, 200);
        assert_eq!(answered.body.matches("\"value\":").count(), values.len());
        for value in &values {
            assert!(answered.body.contains(&format!(",\"value\":{value}}}")), "{alg} {value}");
        }
        // Nothing of it stays here. Four digits alone are in many a hash that is written in hexadecimal.
        let (_, log) = server.stop();
        assert!(!contains(log.as_bytes(), b"4242 4242"));
        place.assert_nowhere(b"4242 4242");
        place.assert_nowhere(b"long long");
    }
}

#[test]
fn an_answer_has_what_the_token_says() {
    let place = Place::with_keys(&[("payment", "HPKE-9")]);
    let mut options = options("card", "card-number");
    options.sub = Some("customer-7".to_owned());
    let token = seal(&place.keys(), &options, r#""4242""#);
    let line = place.run(&["open", "--json", "--sub", "customer-7", &token]).ok();
    let wrong = place.run(&["open", "--sub", "customer-8", &token]).failed(1);
    assert!(wrong.contains("error[token-wrong-subject]"), "{wrong}");
    // What a line says counts more than what is said for all of them.
    let own = json!({ "token": token, "sub": "customer-7" }).to_string();
    let lines = place.run_with_input(&["open", "--sub", "customer-8"], format!("{own}\n{token}").as_bytes());
    let codes = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let codes: Vec<_> = codes.map(|answer: Value| answer["error"]["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("token-wrong-subject")]);
    let answer: Value = serde_json::from_str(&line).unwrap();
    let members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members.len(), 8, "{members:?}");
    assert_eq!(answer["field"], "card");
    assert_eq!(answer["kind"], "card-number");
    assert_eq!(answer["iss"], "https://shop.example");
    assert_eq!(answer["sub"], "customer-7");
    assert_eq!(answer["value"], "4242");
    // It was sealed unchecked, and is no card number.
    assert_eq!(answer["valid"], false);
    assert!(answer["iat"].is_u64() && answer["jti"].is_string());
}

#[test]
fn one_value_is_printed_raw() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    for (value, printed) in
        [(r#""a\u001b\n\"b""#, "a\u{1b}\n\"b\n"), ("true", "true\n"), (r#"{"a":[1]}"#, "{\"a\":[1]}\n")]
    {
        let token = seal(&keys, &options("note", "json"), value);
        assert_eq!(place.run(&["open", &token]).ok(), printed);
    }
}

#[test]
fn a_value_of_several_lines_takes_one_line() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let token = seal(&place.keys(), &options("note", "json"), "{\n  \"a\": [\r\n1]\n}");
    let line = place.run_with_input(&["open"], token.as_bytes()).ok();
    assert_eq!(line.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["value"], json!({ "a": [1] }));
}

#[test]
fn a_person_is_warned_of_a_value_that_is_none_of_its_kind() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let open =
        |value: &str| place.run(&["open", &seal(&place.keys(), &options("card", "card-number"), value)]);
    let bad = open(r#""4242""#);
    assert_eq!((bad.code, bad.stdout.as_str()), (Some(0), "4242\n"));
    assert_eq!(bad.stderr, "Warning: the value is no card-number.\n");
    assert_eq!(open(r#""4242424242424242""#).stderr, "");
}

/// Whatever its sealer said: a security code may not be kept.
#[test]
fn a_security_code_opens_once() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let token = seal(&place.keys(), &options("cvc", "card-cvc"), r#""737""#);
    assert_eq!(place.run(&["open", &token]).ok(), "737\n");
    assert!(place.run(&["open", &token]).failed(1).contains("error[token-already-opened]"));
}
