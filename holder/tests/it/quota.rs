//! How many values a credential may have opened.

use crate::support::{Place, options, seal, sql};
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};

fn limited(place: &Place, name: &str, per_minute: &str, per_day: &str) -> String {
    let quota = ["--per-minute", per_minute, "--per-day", per_day];
    let args = [&["credentials", "new", name, "--class", "*"], &quota[..]].concat();
    place.run(&args).ok().trim_end().to_owned()
}

fn tokens(keys: &KeySet, count: usize) -> Vec<Value> {
    (0..count).map(|_| json!(seal(keys, &options("f", "text"), "1"))).collect()
}

fn codes(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["error"]["code"].as_str().unwrap_or("opened")).collect()
}

#[test]
fn a_credential_gets_no_further_than_its_quota() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    // A day has no end while the test runs, but at midnight; a minute may well end.
    let secret = limited(&place, "desk", "none", "5");
    let other = limited(&place, "other", "none", "none");
    let server = place.serve();
    let results = server.open(&secret, &tokens(&keys, 3)).results();
    assert_eq!(codes(&results), ["opened"; 3]);
    // What is refused for another reason takes nothing of it.
    let results = server.open(&secret, &[json!("x"), json!("y")]).results();
    assert_eq!(codes(&results), ["token-malformed"; 2]);
    let results = server.open(&secret, &tokens(&keys, 4)).results();
    assert_eq!(codes(&results), ["opened", "opened", "quota-exceeded", "quota-exceeded"]);
    assert_eq!(codes(&server.open(&secret, &tokens(&keys, 1)).results()), ["quota-exceeded"]);
    // It is this credential's alone, and every replica knows it.
    let replica = place.serve();
    assert_eq!(codes(&replica.open(&secret, &tokens(&keys, 1)).results()), ["quota-exceeded"]);
    assert_eq!(codes(&replica.open(&other, &tokens(&keys, 1)).results()), ["opened"]);
    let outcomes = place.outcomes();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "quota-exceeded").count(), 4);
    // The next day it begins anew.
    sql(&place, "UPDATE credential_use SET start = start - 86400");
    assert_eq!(codes(&server.open(&secret, &tokens(&keys, 6)).results())[4..], ["opened", "quota-exceeded"]);
}

#[test]
fn a_quota_holds_for_many_requests_at_the_same_time() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let secret = limited(&place, "desk", "none", "100");
    let servers = [place.serve(), place.serve()];
    let opened: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let (server, secret, tokens) = (&servers[client % 2], &secret, tokens(&keys, 25));
                scope.spawn(move || {
                    let results = server.open(secret, &tokens).results();
                    codes(&results).iter().filter(|code| **code == "opened").count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(opened, 100);
}

#[test]
fn there_is_a_quota_unless_one_says_none() {
    let place = Place::new();
    place.run(&["credentials", "new", "desk", "--class", "*"]).ok();
    limited(&place, "batch", "none", "none");
    let list: Value = serde_json::from_str(&place.run(&["credentials", "list", "--json"]).ok()).unwrap();
    let quota = |name: &str| {
        let credential =
            list.as_array().unwrap().iter().find(|credential| credential["name"] == name).unwrap();
        (credential["per_minute"].clone(), credential["per_day"].clone())
    };
    assert_eq!(quota("desk"), (json!(600), json!(20000)));
    assert_eq!(quota("batch"), (Value::Null, Value::Null));
    for bad in ["0", "+-1", "1.5", "many", "99999999999"] {
        let said = place.run(&["credentials", "new", "x", "--class", "*", "--per-day", bad]).failed(2);
        assert!(said.contains("A quota is"), "{bad} {said}");
    }
}
