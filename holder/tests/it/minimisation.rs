//! What is collected and not needed, found in the audit of a real service.

use crate::support::{ORIGIN, Place, now, options, seal, sql};
use serde_json::{Value, json};

fn report(place: &Place, args: &[&str]) -> Value {
    let args = [&["report", "minimisation", "--json"], args].concat();
    serde_json::from_str(&place.run(&args).ok()).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["field"].as_str().unwrap()).collect()
}

/// A key holder where an email was opened, a card masked, a password compared, a note refused, and nothing else.
fn used() -> Place {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (desk, reader) = (place.credential("desk", &["*"]), place.role("reader", &["support"]));
    let keys = place.keys();
    let token = |field: &str, kind: &str| json!(seal(&keys, &options(field, kind), "\"x\""));
    let server = place.serve();
    server.ask(&desk, "/v1/open", &json!({ "tokens": [token("email", "email"), token("email", "email")] }));
    server.ask(&reader, "/v1/open-masked", &json!({ "tokens": [token("card", "card-number")] }));
    let compared = json!([{ "token": token("password", "password"), "candidate": "y" }]);
    server.ask(&desk, "/v1/verify", &json!({ "tokens": compared }));
    let refused = server.ask(&reader, "/v1/open", &json!({ "tokens": [token("note", "health-note")] }));
    assert_eq!(refused.results()[0]["error"]["code"], "not-allowed");
    place
}

fn declare(place: &Place) -> &'static str {
    let fields = json!([
        { "name": "email", "kind": "email", "required": true, "hints": ["domain", "valid"] },
        { "name": "card", "kind": "card-number", "required": true, "hints": ["last4", "bin"] },
        { "name": "password", "kind": "password", "required": true },
        { "name": "phone", "kind": "phone", "required": false, "hints": ["valid"] },
        { "name": "note", "kind": "health-note", "required": true },
        { "name": "birth", "kind": "date-of-birth", "required": false, "hints": ["year"] },
    ]);
    let declared = json!({ "origins": [ORIGIN], "fields": fields });
    std::fs::write(place.path("declared.json"), declared.to_string()).unwrap();
    "declared.json"
}

#[test]
fn what_nobody_opens_is_found() {
    let place = used();
    let file = declare(&place);
    let found = report(&place, &["--declared", file]);
    assert_eq!((&found["days"], &found["declared"]), (&json!(90), &json!(6)));
    // Something was asked of a card and of a password without showing them, and of a note in vain.
    assert_eq!(names(&found["unused"]), ["birth", "note", "phone"]);
    assert_eq!(
        found["unused"][1],
        json!({ "origin": ORIGIN, "field": "note", "kind": "health-note", "required": true })
    );
    let used: Vec<_> = found["used"]
        .as_array()
        .unwrap()
        .iter()
        .map(|usage| {
            assert!(usage["last"].as_u64().unwrap().abs_diff(now().0) < 60);
            ["opened", "masked", "compared"].map(|what| usage[what].as_u64().unwrap())
        })
        .collect();
    assert_eq!(names(&found["used"]), ["card", "email", "password"]);
    assert_eq!(used, [[0, 1, 0], [2, 0, 0], [0, 0, 1]]);
    assert_eq!(found["undeclared"], json!([]));
    let hints: Vec<_> = found["hints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hint| {
            (
                hint["hint"].as_str().unwrap(),
                hint["identifies"].as_str().unwrap(),
                hint["wider_than_mask"] == true,
                hint["unused"] == true,
            )
        })
        .collect();
    assert_eq!(
        hints,
        [("domain", "much", false, false), ("bin", "some", true, false), ("year", "some", false, true)]
    );
    let text = place.run(&["report", "minimisation", "--declared", file]).ok();
    assert!(text.contains("You collect it and do not use it (3 of 6 declared)\n"), "{text}");
    let of = |field: &str| text.lines().find(|line| line.contains(field)).unwrap().to_owned();
    assert!(of("note").contains("never asked for") && of("note").ends_with("required"), "{text}");
    assert!(!of("phone").contains("required"), "{text}");
    assert!(of(" bin ").ends_with("more than the mask"), "{text}");
}

#[test]
fn time_and_origin_count() {
    let place = used();
    let file = declare(&place);
    // What was opened was opened a hundred days ago.
    place.unguard_audit();
    let then = now().0 - 100 * 86_400;
    sql(&place, &format!("UPDATE audit SET time = {then} WHERE field = 'email'"));
    let found = report(&place, &["--declared", file]);
    assert_eq!(names(&found["unused"]), ["birth", "note", "phone", "email"]);
    assert_eq!(found["unused"][3]["last"], then);
    assert_eq!(
        names(&report(&place, &["--declared", file, "--days", "101"])["unused"]),
        ["birth", "note", "phone"]
    );
    // Without a declaration, what was never asked for is not known.
    let found = report(&place, &[]);
    assert_eq!(names(&found["unused"]), ["email"]);
    assert!(found.get("declared").is_none() && found["undeclared"] == json!([]));
    // A field of the same name elsewhere is another.
    let elsewhere = json!({ "origins": ["https://other.example"], "fields": [{ "name": "card", "kind": "card-number" }] });
    std::fs::write(place.path("other.json"), elsewhere.to_string()).unwrap();
    let found = report(&place, &["--declared", "other.json"]);
    assert_eq!(names(&found["unused"]), ["card"]);
    assert_eq!(names(&found["undeclared"]), ["card", "password"]);
    let both = report(&place, &["--declared", "other.json", "--declared", file]);
    assert_eq!((&both["declared"], names(&both["undeclared"]).len()), (&json!(7), 0));
}

#[test]
fn a_file_that_declares_nothing_is_told_so() {
    let place = Place::new();
    let found = report(&place, &[]);
    assert_eq!((&found["unused"], &found["used"]), (&json!([]), &json!([])));
    assert!(place.run(&["report", "minimisation"]).ok().contains("\n  none\n"));
    std::fs::write(place.path("bad.json"), r#"{"origins":[],"fields":[{"name":"a","kind":"x"}]}"#).unwrap();
    let run = |file: &str| place.run(&["report", "minimisation", "--declared", file]).failed(2);
    assert!(run("bad.json").contains("error[declared-malformed]") && run("bad.json").contains("no kind x"));
    assert!(run("none.json").contains("error[input-unreadable]"));
    assert!(place.run(&["report", "minimisation", "--days", "0"]).failed(2).contains("--days"));
}

/// A key goes when the kind of its class may go that is kept longest.
#[test]
fn what_outlives_its_time_is_found() {
    let place = Place::new();
    for (kind, days) in [
        ("card-number", "30"),
        ("card-expiry", "100"),
        ("card-cvc", "1"),
        ("iban", "400"),
        ("us-bank-account", "100"),
        ("transaction", "100"),
        ("payment-history", "100"),
    ] {
        place.run(&["retention", "policy", "--kind", kind, "--days", days]).ok();
    }
    place.run(&["keys", "new", "--class", "payment", "--alg", "ECDH-ES"]).ok();
    let fields = json!([
        { "name": "card", "kind": "card-number" }, { "name": "account", "kind": "iban" },
        { "name": "expiry", "kind": "card-expiry" }, { "name": "mail", "kind": "email" },
    ]);
    let declared = json!({ "origins": [ORIGIN], "fields": fields });
    std::fs::write(place.path("declared.json"), declared.to_string()).unwrap();
    let found = report(&place, &["--declared", "declared.json"]);
    let kept = |kind: &str, days: u64, over: u64| json!({ "kind": kind, "policy_days": days, "keys": 1, "without_date": 0, "over_days": over });
    assert_eq!(found["kept"], json!([kept("card-number", 30, 370), kept("card-expiry", 100, 300)]));
    assert_eq!(found["retention"], true);
    let text = || place.run(&["report", "minimisation", "--declared", "declared.json"]).ok();
    assert!(
        text().contains("card-number  to be kept 30 days   1 key  up to 370 days longer\n"),
        "{}",
        text()
    );

    // A key without a date keeps everything of its class, and what is destroyed nothing.
    let kid = place.keys().keys().next().unwrap().kid().to_owned();
    place.run(&["keys", "destroy", &kid, "--confirm", &kid]).ok();
    assert_eq!(report(&place, &["--declared", "declared.json"])["kept"], json!([]));
    place.run(&["retention", "policy", "--off"]).ok();
    place.run(&["keys", "new", "--class", "contact", "--alg", "ECDH-ES"]).ok();
    let found = report(&place, &["--declared", "declared.json"]);
    assert_eq!(found["retention"], false);
    assert_eq!(found["kept"].as_array().unwrap().len(), 1);
    let kept = ["kind", "keys", "without_date"].map(|member| found["kept"][0][member].clone());
    assert_eq!(kept, [json!("email"), json!(1), json!(1)]);
    assert!(text().contains("for good, by 1 without a date"), "{}", text());
    assert!(text().contains("Nothing ends by itself."), "{}", text());
}
