//! For how long data is kept, and what that does to tokens and to keys that there are.

use super::{DAY, listed, opened, place, plan, records, run_at};
use crate::support::{Place, now, options, seal, seal_form, sql};
use serde_json::{Value, json};

fn policy(place: &Place, args: &[&str]) -> Value {
    let args = [&["retention", "policy", "--json"], args].concat();
    serde_json::from_str(&place.run(&args).ok()).unwrap()
}

fn kind(policy: &Value, kind: &str) -> Value {
    policy["kinds"].as_array().unwrap().iter().find(|period| period["kind"] == kind).unwrap().clone()
}

#[test]
fn a_new_key_holder_begins_with_the_defaults() {
    let place = Place::new();
    let first = policy(&place, &[]);
    assert_eq!((&first["on"], &first["classes"]["payment"]), (&json!(true), &json!(3653)));
    let cvc = kind(&first, "card-cvc");
    assert_eq!((&cvc["days"], &cvc["said"]), (&json!(1), &json!("default")));
    assert!(cvc["source"].as_str().unwrap().contains("PCI DSS"));
    let said = place.run(&["keys", "new", "--class", "payment", "--alg", "ECDH-ES"]);
    assert!(said.stderr.contains("It is destroyed on "), "{}", said.stderr);
    let kid = said.ok();
    let key = listed(&place, kid.trim());
    assert_eq!(key["destroys"].as_u64().unwrap(), key["exp"].as_u64().unwrap() + 3653 * DAY);

    let text = place.run(&["retention", "policy"]);
    assert!(text.stdout.contains("45 CFR 164.316") && text.stderr.contains("no legal advice"));

    policy(&place, &["--class", "payment", "--days", "400"]);
    let changed = policy(&place, &["--kind", "iban", "--days", "30"]);
    assert_eq!((&changed["classes"]["payment"], &changed["classes"]["*"]), (&json!(400), &json!(3653)));
    assert_eq!(kind(&changed, "iban")["said"], "kind");
    assert_eq!(kind(&changed, "card-number")["said"], "class");
    assert_eq!(policy(&place, &["--default"]), first);
    let set: Vec<_> = records(&place, "retention-policy").iter().map(|r| r["target"].clone()).collect();
    assert_eq!(set, ["400 days", "30 days", "default"]);

    for (args, code) in [
        (&["--class", "payment", "--days", "0"][..], "retention-days"),
        (&["--kind", "iban", "--days", "36526"], "retention-days"),
        (&["--kind", "payment-form", "--days", "5"], "retention-form"),
        (&["--days", "5"], "retention-what"),
    ] {
        let refused = place.run(&[&["retention", "policy"], args].concat()).failed(2);
        assert!(refused.contains(code), "{refused}");
    }
    assert_eq!(records(&place, "retention-policy").len(), 3);
}

#[test]
fn a_kind_that_is_kept_for_a_shorter_time_opens_for_that_long() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("health", "ECDH-ES")]);
    place.run(&["retention", "policy", "--kind", "iban", "--days", "10"]).ok();
    let keys = place.keys();
    let token = |field: &str, kind: &str| seal(&keys, &options(field, kind), "\"x\"");
    let tokens = [
        token("iban", "iban"),
        token("card", "card-number"),
        // A form is kept no longer than what is in it.
        seal_form(&keys, &[("a", "iban", "\"x\""), ("b", "card-number", "\"x\"")]),
        seal_form(&keys, &[("b", "card-number", "\"x\"")]),
        token("note", "health-note"),
    ];
    let over = json!("token-retention-over");
    let of_form = json!({ "b": "x" });
    let all = [json!("x"), json!("x"), json!({ "a": "x", "b": "x" }), of_form.clone(), json!("x")];
    assert_eq!(opened(&place, 9, &tokens), all);
    assert_eq!(opened(&place, 10, &tokens), [over.clone(), json!("x"), over.clone(), of_form, json!("x")]);
    // Five years for a card.
    assert_eq!(opened(&place, 1827, &tokens), [over.clone(), over.clone(), over.clone(), over, json!("x")]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve_with(&["--clock", "+11d"]);
    let result = &server.open(&secret, &[json!(tokens[0])]).results()[0];
    assert_eq!(result["error"]["code"], "token-retention-over");
    assert_eq!(place.outcomes().last().unwrap(), "token-retention-over");
    // It opens again for whoever keeps it for longer: the key is still there.
    place.run(&["retention", "policy", "--kind", "iban", "--days", "20"]).ok();
    assert_eq!(server.open(&secret, &[json!(tokens[0])]).results()[0]["value"], "x");
}

#[test]
fn where_it_is_off_nothing_ends_by_itself_until_somebody_says_so() {
    let place = Place::new();
    place.run(&["retention", "policy", "--off"]).ok();
    let said = place.run(&["keys", "new", "--class", "payment", "--alg", "ECDH-ES"]);
    assert!(said.stderr.contains("never destroyed by itself"), "{}", said.stderr);
    let kid = said.ok().trim().to_owned();
    let token = seal(&place.keys(), &options("cvc", "iban"), "1");
    assert_eq!(listed(&place, &kid)["destroys"], Value::Null);
    assert_eq!(run_at(&place, 9000, &["retention", "run", "--json"]).ok(), "[]\n");
    assert_eq!(opened(&place, 9000, &[token]), [json!(1)]);
    assert!(place.run(&["retention", "plan"]).stderr.contains("Nothing ends by itself"));
    let refused = place.run(&["retention", "shorten", "--all"]).failed(2);
    assert!(refused.contains("retention-off"), "{refused}");

    // A database from before there was any retention is such a one.
    sql(&place, "DELETE FROM settings WHERE name = 'retention'");
    assert_eq!(policy(&place, &[])["on"], false);

    place.run(&["retention", "policy", "--class", "payment", "--days", "100"]).ok();
    assert_eq!(listed(&place, &kid)["destroys"], Value::Null);
    let planned: Value =
        serde_json::from_str(&place.run(&["retention", "shorten", "--all", "--dry-run", "--json"]).ok())
            .unwrap();
    assert_eq!(listed(&place, &kid)["destroys"], Value::Null);
    let done: Value =
        serde_json::from_str(&place.run(&["retention", "shorten", "--all", "--json"]).ok()).unwrap();
    assert_eq!(done, planned);
    let key = listed(&place, &kid);
    assert_eq!(key["destroys"].as_u64().unwrap(), key["exp"].as_u64().unwrap() + 100 * DAY);
    assert_eq!(done[0]["before"], Value::Null);
    assert_eq!(records(&place, "retention-shorten")[0]["kid"], json!(kid));
    assert_eq!(place.keys().get(&kid).unwrap().destroys().map(|time| time.0), key["destroys"].as_u64());
}

/// A key holder that was made before there was retention is brought up to date, and nothing in it ends for that.
#[test]
fn an_older_key_holder_goes_on_as_it_was() {
    let place = Place::new();
    place.run(&["retention", "policy", "--off"]).ok();
    place.run(&["keys", "new", "--class", "*", "--alg", "ECDH-ES"]).ok();
    let token = seal(&place.keys(), &options("cvc", "iban"), "1");
    sql(
        &place,
        "DELETE FROM settings WHERE name = 'retention'; DROP TABLE holds;
         ALTER TABLE keys DROP COLUMN destroys; ALTER TABLE approvals DROP COLUMN target;
         DELETE FROM _sqlx_migrations WHERE version = 20",
    );
    assert_eq!(policy(&place, &[])["on"], false);
    assert_eq!(opened(&place, 9000, &[token]), [json!(1)]);
    assert_eq!(plan(&place)["keys"][0]["destroys"], Value::Null);
}

#[test]
fn a_date_only_ever_comes_sooner() {
    let place = place();
    let kid = plan(&place)["keys"][0]["kid"].as_str().unwrap().to_owned();
    let before = listed(&place, &kid);
    let date = |days: u64| humantime_day(now().0 + days * DAY);
    let shorten = |on: &str| place.run(&["retention", "shorten", "--key", &kid, "--on", on]);
    // Later than it is, before pages stop sealing, in the past, and no date.
    for on in [date(130), date(60), date(0), "2001-01-01".to_owned()] {
        let refused = shorten(&on).failed(2);
        assert!(refused.contains("retention-date"), "{on} {refused}");
    }
    assert!(shorten("soon").failed(2).contains("A time is a day such as"));
    assert_eq!(listed(&place, &kid), before);
    shorten(&date(100)).ok();
    let after = listed(&place, &kid)["destroys"].as_u64().unwrap();
    assert!(after < before["destroys"].as_u64().unwrap() && after > now().0 + 98 * DAY);
    // A longer policy changes nothing about it.
    place.run(&["retention", "policy", "--class", "payment", "--days", "900"]).ok();
    assert_eq!(place.run(&["retention", "shorten", "--class", "payment", "--json"]).ok(), "[]\n");
    assert_eq!(listed(&place, &kid)["destroys"], after);
    let refused = place.run(&["retention", "shorten", "--key", "no-key"]).failed(2);
    assert!(refused.contains("key-gone"), "{refused}");
    run_at(&place, 101, &["retention", "run"]).ok();
    assert_eq!(listed(&place, &kid)["state"], "destroyed");
}

/// The day of a time, as people write it.
fn humantime_day(time: u64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(time);
    humantime::format_rfc3339_seconds(time).to_string()[..10].to_owned()
}
