//! The origins of a key holder, and how they change after it was made.

use crate::support::{ORIGIN, Place, now, options, seal_at, sql};
use serde_json::{Value, json};

#[test]
fn origins_change_together_or_not_at_all() {
    let place = Place::new();
    let list = || place.run(&["origins", "list"]).ok();
    let (a, b) = ("https://a.example", "https://b.example");
    assert_eq!(list(), format!("{ORIGIN}\n"));
    place.run(&["origins", "add", b, a, b, ORIGIN]).ok();
    assert_eq!(list(), format!("{a}\n{b}\n{ORIGIN}\n"));
    let listed: Value = serde_json::from_str(&place.run(&["origins", "list", "--json"]).ok()).unwrap();
    assert_eq!(listed, json!([a, b, ORIGIN]));
    for (args, code, about) in [
        (&["add", "https://c.example", "https://d.example/"][..], "origin-invalid", "https://d.example/"),
        (&["add", "null"], "origin-invalid", "null"),
        (&["add", "https://c.example:443"], "origin-not-canonical", "https://c.example:443"),
        (&["remove", a, "https://c.example"], "origin-unknown", "https://c.example"),
        (&["remove", "*"], "origin-unknown", "*"),
        (&["remove", a, b, ORIGIN], "origin-last", ""),
    ] {
        let said = place.run(&[&["origins"], args].concat()).failed(2);
        assert!(said.contains(&format!("error[{code}]")) && said.contains(about), "{args:?} {said}");
    }
    assert_eq!(list(), format!("{a}\n{b}\n{ORIGIN}\n"));
    place.run(&["origins", "add", "*"]).ok();
    let removed = place.run(&["origins", "remove", a, a, b]);
    assert!(removed.stderr.contains("'*' is still there"), "{}", removed.stderr);
    assert_eq!(removed.ok(), "");
    place.run(&["origins", "remove", ORIGIN]).ok();
    assert_eq!(list(), "*\n");
    // What changed nothing is not on record, and what changed is, once.
    let records = place.audit();
    let told: Vec<_> = records[1..].iter().map(|r| (&r["action"], r["target"].as_str().unwrap())).collect();
    let (added, gone) = (&json!("origin-add"), &json!("origin-remove"));
    assert_eq!(told, [(added, b), (added, a), (added, "*"), (gone, a), (gone, b), (gone, ORIGIN)]);
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: 7 records"));
}

#[test]
fn a_service_follows_its_origins_at_once() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let server = place.serve();
    let other = "https://other.example";
    let tokens =
        [ORIGIN, other].map(|origin| json!(seal_at(&keys, &options("f", "text"), "1", origin, now())));
    let opened = || {
        let results = server.open(&secret, &tokens).results();
        let one = |result: &Value| match result["error"]["code"].as_str() {
            None => true,
            Some(code) => code != "token-wrong-origin" && panic!("{code}"),
        };
        [one(&results[0]), one(&results[1])]
    };
    assert_eq!(opened(), [true, false]);
    place.run(&["origins", "add", other]).ok();
    assert_eq!(opened(), [true, true]);
    place.run(&["origins", "remove", ORIGIN]).ok();
    assert_eq!(opened(), [false, true]);
    place.run(&["origins", "add", "*"]).ok();
    assert_eq!(opened(), [true, true]);
    place.run(&["origins", "remove", "*"]).ok();
    assert_eq!(opened(), [false, true]);
    // No origin at all is not what any command leaves behind, and lets nothing through.
    sql(&place, "DELETE FROM origins");
    let damaged = server.open(&secret, &tokens);
    assert_eq!((damaged.status, damaged.problem().as_str()), (500, "internal"));
}
