//! Stored tokens move to the current key of their class, and nobody sees a value.

use crate::support::{ORIGIN, Place, first, now, options, seal, seal_at};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet};
use serde_json::{Value, json};
use std::fs;

/// The lines that a run of the command wrote.
fn rewrap(place: &Place, name: &str, tokens: &[&str], code: i32) -> Vec<Value> {
    fs::write(place.path("old.ndjson"), tokens.join("\n")).unwrap();
    let ran = place.run(&["rewrap", "--file", "old.ndjson", "--out", name]);
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    let lines = fs::read_to_string(place.path(name)).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap()
}

fn rotate(place: &Place) -> String {
    place.run(&["keys", "rotate", "--all", "--overlap-days", "1"]).ok().trim_end().to_owned()
}

fn outcomes(place: &Place) -> Vec<String> {
    let records = place.audit().into_iter().filter(|record| record["action"] == "rewrap");
    records.map(|record| record["outcome"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_old_key_can_be_destroyed_once_its_tokens_have_moved() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let old = first(&place.keys()).kid().to_owned();
    let keys = place.keys();
    let tokens: Vec<String> = (0..300)
        .map(|n| seal(&keys, &options("f", "text"), &format!("\"value {n} that is private\"")))
        .collect();
    let new = rotate(&place);
    let young = seal(&place.keys(), &options("f", "text"), "\"young\"");
    let mut given: Vec<&str> = tokens.iter().map(String::as_str).collect();
    given.push(&young);
    let lines = rewrap(&place, "new.ndjson", &given, 0);
    assert_eq!(lines.len(), 301);
    for (line, token) in lines.iter().zip(&given) {
        let (before, after) = (Token::parse(token).unwrap(), Token::parse(text(line, "token")).unwrap());
        assert_eq!((after.header().kid.as_str(), text(line, "kid")), (new.as_str(), new.as_str()));
        assert_eq!(after.header().jti, before.header().jti);
        assert_eq!((after.header().iat, text(line, "jti")), (before.header().iat, &*before.header().jti));
        assert_eq!(line["rewrapped"], json!(before.header().kid == old));
    }
    assert_eq!(text(&lines[300], "token"), young);
    assert!(outcomes(&place).iter().all(|outcome| outcome == "granted") && outcomes(&place).len() == 301);
    assert!(place.outcomes().is_empty());
    place.assert_nowhere(b"that is private");
    assert!(!fs::read_to_string(place.path("new.ndjson")).unwrap().contains("that is private"));

    place.run(&["keys", "destroy", &old, "--confirm", &old]).ok();
    assert!(place.run(&["open", &tokens[7]]).failed(1).contains("error[open-failed]"));
    assert_eq!(place.run(&["open", text(&lines[7], "token")]).ok(), "value 7 that is private\n");
    // Nothing is written over.
    let refused = place.run(&["rewrap", "--file", "old.ndjson", "--out", "new.ndjson"]).failed(2);
    assert!(refused.contains("output-failed"), "{refused}");
}

/// The old token and every new one of it are one token: whichever is opened first is the last.
#[test]
fn a_token_for_a_single_time_stays_one() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let mut once = options("f", "text");
    once.once = true;
    let sealed = |value: &str| seal(&place.keys(), &once, value);
    let [new_first, old_first, spent] = ["1", "2", "3"].map(sealed);
    place.run(&["open", &spent]).ok();
    rotate(&place);
    let lines = rewrap(&place, "a", &[&new_first, &old_first, &spent], 1);
    assert_eq!(lines[2]["error"]["code"], "token-already-opened");
    let again = rewrap(&place, "b", &[&new_first], 0);
    rotate(&place);
    let twice = rewrap(&place, "c", &[text(&lines[0], "token")], 0);

    assert_eq!(place.run(&["open", text(&twice[0], "token")]).ok(), "1\n");
    let others = [text(&lines[0], "token"), text(&again[0], "token"), &new_first, text(&twice[0], "token")];
    for other in others {
        assert!(place.run(&["open", other]).failed(1).contains("token-already-opened"));
    }
    assert_eq!(place.run(&["open", &old_first]).ok(), "2\n");
    assert!(place.run(&["open", text(&lines[1], "token")]).failed(1).contains("token-already-opened"));
    assert_eq!(rewrap(&place, "d", &others, 1).iter().filter(|line| line["error"].is_object()).count(), 4);
}

#[test]
fn what_would_not_open_is_not_moved() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let keys = place.keys();
    let good = seal(&keys, &options("card", "card-number"), "1");
    let mut short = options("card", "card-number");
    short.exp = Some(NumericDate(now().0 - 1000));
    let key = first(&keys);
    let always = Jwk::new(key.alg(), key.scope(), key.key().as_bytes(), None, None).unwrap();
    let expired = seal_at(&KeySet::new(vec![always]), &short, "1", ORIGIN, NumericDate(now().0 - 2000));
    let elsewhere = seal_at(&keys, &options("card", "card-number"), "1", "https://evil.example", now());
    let misnamed = seal(&crate::support::as_if_for_all(&keys), &options("f", "text"), "1");
    let mut altered = good.clone();
    altered.pop();
    let last = if good.ends_with('A') { 'Q' } else { 'A' };
    altered.push(last);
    let stranger = Place::with_keys(&[("payment", "ECDH-ES")]);
    let foreign = seal(&stranger.keys(), &options("card", "card-number"), "1");
    rotate(&place);
    let given: [&str; 7] = [&good, &expired, &elsewhere, &misnamed, &altered, &foreign, "nonsense"];
    let lines = rewrap(&place, "new", &given, 1);
    let codes: Vec<_> = lines.iter().map(|line| line["error"]["code"].as_str().unwrap_or("moved")).collect();
    assert_eq!(
        codes,
        [
            "moved",
            "token-expired",
            "token-wrong-origin",
            "token-wrong-class",
            "open-failed",
            "open-failed",
            "token-malformed"
        ]
    );
    // What it is inside is for the record.
    assert_eq!(outcomes(&place).iter().filter(|outcome| *outcome == "key-unknown").count(), 1);
}

#[test]
fn a_service_moves_what_its_credential_covers() {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("health", "ECDH-ES")]);
    let mover = ["credentials", "new", "mover", "--role", "rewrapper", "--class", "payment"];
    let secret = place.run(&mover).ok().trim_end().to_owned();
    let desk = place.credential("desk", &["payment"]);
    let keys = place.keys();
    let card = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    let health = seal(&keys, &options("f", "diagnosis"), "\"x\"");
    rotate(&place);
    let server = place.serve();
    let bearer = format!("Bearer {secret}");
    let post = |headers: &[(&str, &str)], body: Value| {
        server.request("POST", "/v1/rewrap", headers, body.to_string().as_bytes())
    };
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let answered = post(&headers, json!({ "tokens": [card, health, { "token": card, "field": "other" }] }));
    assert!(!answered.body.contains("4242"));
    assert_eq!(answered.header("cache-control"), Some("no-store"));
    let results = answered.results();
    assert_eq!(results[0]["rewrapped"], true);
    assert_eq!(results[1]["error"]["code"], "not-allowed");
    assert_eq!(results[2]["error"]["code"], "token-wrong-field");
    let moved = results[0]["token"].clone();
    assert_eq!(server.open(&desk, &[moved]).results()[0]["value"], "4242424242424242");
    assert_eq!(post(&[], json!({ "tokens": [card] })).problem(), "unauthenticated");
    assert_eq!(post(&headers, json!({ "tokens": [] })).problem(), "too-many-tokens");
    assert_eq!(post(&headers, json!({ "token": card })).problem(), "request-malformed");

    // A revoked key's tokens do not move without leave.
    let kid = Token::parse(&card).unwrap().header().kid.clone();
    place.run(&["keys", "revoke", &kid, "--reason", "x"]).ok();
    let results = post(&headers, json!({ "tokens": [card] })).results();
    assert_eq!(results[0]["error"]["code"], "open-failed");
    fs::write(place.path("old"), &card).unwrap();
    place.run(&["rewrap", "--file", "old", "--out", "new", "--revoked"]).ok();
}
