//! Consent, objections and do-not-sell: over HTTP with the real service, each on record.

use crate::support::{Place, Server, consent, options, seal, seal_form_with};
use fieldseal::keyset::KeySet;
use fieldseal::sealer::SealOptions;
use serde_json::{Value, json};

/// The email of a subject, with consent to these purposes.
fn email(keys: &KeySet, sub: Option<&str>, purposes: Option<&str>) -> String {
    let sub = sub.map(str::to_owned);
    let consent = purposes.and_then(consent);
    seal(keys, &SealOptions { sub, consent, ..options("email", "email") }, "\"a@b.example\"")
}

/// What opening for a purpose gives for each token: the value, or the code of the refusal.
fn open(server: &Server, secret: &str, purpose: Option<&str>, tokens: &[&String]) -> Vec<String> {
    let mut body = json!({ "tokens": tokens });
    if let Some(purpose) = purpose {
        body["purpose"] = json!(purpose);
    }
    let results = server.ask(secret, "/v1/open", &body).results();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    results
        .iter()
        .map(|r| if r["error"].is_null() { "opened".to_owned() } else { text(&r["error"]["code"]) })
        .collect()
}

/// The outcome and the rules of the last records.
fn last(place: &Place, count: usize) -> Vec<(String, Option<String>)> {
    let records = place.audit();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    records[records.len() - count..]
        .iter()
        .map(|r| (text(&r["outcome"]).unwrap(), text(&r["rule"])))
        .collect()
}

fn refused_by(rule: &str) -> (String, Option<String>) {
    ("not-allowed".to_owned(), Some(rule.to_owned()))
}

fn granted_by(rule: &str) -> (String, Option<String>) {
    ("granted".to_owned(), Some(rule.to_owned()))
}

#[test]
fn a_purpose_without_consent_is_refused_and_recorded() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (letters, desk) = (place.role("letters", &["marketing"]), place.credential("desk", &["*"]));
    let keys = place.keys();
    let (with, without) = (email(&keys, None, Some("surveys newsletter")), email(&keys, None, None));
    let other = email(&keys, None, Some("surveys"));
    let server = place.serve();
    let tokens = [&with, &without, &other];
    for (secret, rule) in [(&letters, "marketing-open"), (&desk, "opener")] {
        let said = open(&server, secret, Some("Newsletter: April"), &tokens);
        assert_eq!(said, ["opened", "not-allowed", "not-allowed"]);
        let recorded = [granted_by(rule), refused_by("consent-missing"), refused_by("consent-missing")];
        assert_eq!(last(&place, 3), recorded);
    }
    let refusal = place.audit().pop().unwrap();
    assert_eq!((&refusal["purpose"], &refusal["field"]), (&json!("Newsletter: April"), &json!("email")));
    // For a purpose that does not rest on consent, it is as it was for the one, and not for the other.
    assert_eq!(open(&server, &desk, Some("order 17"), &tokens), ["opened"; 3]);
    assert_eq!(open(&server, &letters, Some("order 17"), &tokens), ["not-allowed"; 3]);
    // A whole form has one consent for all that is in it.
    let form = |purposes| seal_form_with(&keys, &[("mail", "email", "\"a@b.example\"")], consent(purposes));
    let (with, other) = (form("newsletter"), form("surveys"));
    assert_eq!(open(&server, &letters, Some("newsletter"), &[&with, &other]), ["opened", "not-allowed"]);
    // A mask is no way round it.
    let masks =
        server.ask(&desk, "/v1/open-masked", &json!({ "purpose": "newsletter", "tokens": [without] }));
    assert_eq!(masks.results()[0]["error"]["code"], "not-allowed");
    assert_eq!(last(&place, 1), [refused_by("consent-missing")]);
    // The operator states a purpose, too.
    let ran = place.run(&["open", "--purpose", "newsletter", &without]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("error[not-allowed]"), "{}", ran.stderr);
    assert_eq!(last(&place, 1), [refused_by("consent-missing")]);
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn what_is_no_consent_gives_no_leave() {
    use fieldseal::json::{Json, Object};
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let desk = place.credential("desk", &["*"]);
    let keys = place.keys();
    let sealed = |members: &[(&str, Json)]| {
        let mut consent = Object::default();
        for (name, value) in members {
            consent.insert(name, value.clone()).unwrap();
        }
        seal(&keys, &SealOptions { consent: Some(consent), ..options("email", "email") }, "\"a@b.example\"")
    };
    let text = |text: &str| Json::String(text.to_owned());
    let tokens = [
        sealed(&[]),
        sealed(&[("purpose", text(""))]),
        sealed(&[("purpose", text("news letter"))]),
        sealed(&[("purpose", text("surveys,newsletter"))]),
        sealed(&[("purpose", Json::Bool(true))]),
        sealed(&[("purposes", text("newsletter"))]),
        sealed(&[("purpose", text("NewsLetter")), ("more", Json::Integer(3))]),
    ];
    let server = place.serve();
    let tokens: Vec<&String> = tokens.iter().collect();
    let said = open(&server, &desk, Some("newsletter"), &tokens);
    assert_eq!(said, [&["not-allowed"; 6][..], &["opened"]].concat());
}

#[test]
fn a_withdrawal_counts_at_once_and_on_every_replica() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let letters = place.role("letters", &["marketing"]);
    let (site, officer) = (place.role("site", &["registrar"]), place.role("officer", &["privacy-officer"]));
    let keys = place.keys();
    let (hers, his) =
        (email(&keys, Some("u/1 é"), Some("newsletter")), email(&keys, Some("u2"), Some("newsletter")));
    let servers = [place.serve(), place.serve()];
    let both = |server: &Server| open(server, &letters, Some("newsletter"), &[&hers, &his]);
    for server in &servers {
        assert_eq!(both(server), ["opened", "opened"]);
    }
    let path = "/v1/subjects/u%2F1%20%C3%A9/flags";
    let change = json!({ "set": [{ "flag": "withdrawal", "purpose": "Newsletter" }] });
    let set = servers[0].ask(&site, path, &change).json();
    assert_eq!(
        (&set["flags"][0]["flag"], &set["flags"][0]["purpose"]),
        (&json!("withdrawal"), &json!("newsletter"))
    );
    assert_eq!(set["flags"][0]["by"], "site");
    for server in &servers {
        assert_eq!(both(server), ["not-allowed", "opened"]);
        assert_eq!(last(&place, 2), [refused_by("purpose-withdrawn"), granted_by("marketing-open")]);
    }
    let noted = place.audit().into_iter().find(|record| record["action"] == "subject-flag").unwrap();
    let told = ["actor", "target", "sub", "purpose"].map(|member| noted[member].as_str().unwrap());
    assert_eq!(told, ["site", "withdrawal", "u/1 é", "newsletter"]);
    // A page that seals a new consent does not undo it.
    let again = email(&keys, Some("u/1 é"), Some("newsletter"));
    assert_eq!(open(&servers[1], &letters, Some("newsletter"), &[&again]), ["not-allowed"]);
    // Neither does the site, but the officer, to whom the person spoke.
    let undo = json!({ "lift": [{ "flag": "withdrawal", "purpose": "newsletter" }] });
    assert_eq!(servers[1].ask(&site, path, &undo).problem(), "not-allowed");
    assert_eq!(servers[1].ask(&officer, path, &undo).json(), json!({ "flags": [] }));
    assert_eq!(both(&servers[0]), ["opened", "opened"]);
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn an_objection_and_do_not_sell_are_honoured() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let desk = place.credential("desk", &["*"]);
    let keys = place.keys();
    let token = email(&keys, Some("u1"), Some("profiling"));
    let server = place.serve();
    let open = |purpose| open(&server, &desk, purpose, &[&token]).remove(0);
    for purpose in [Some("profiling"), Some("sale"), Some("order 17"), None] {
        assert_eq!(open(purpose), "opened", "{purpose:?}");
    }
    let flags = place.run(&["subject", "flag", "u1", "--do-not-sell", "--object", "profiling"]).ok();
    assert!(
        flags.contains("do-not-sell  since ") && flags.contains("objection profiling  since "),
        "{flags}"
    );
    for (purpose, rule) in [
        (Some("profiling"), "purpose-objected"),
        (Some("Sale to a broker"), "sale-opted-out"),
        (Some("share"), "sale-opted-out"),
        (Some("targeted-advertising"), "sale-opted-out"),
        (None, "purpose-unstated"),
    ] {
        assert_eq!(open(purpose), "not-allowed", "{purpose:?}");
        assert_eq!(last(&place, 1), [refused_by(rule)]);
    }
    assert_eq!(open(Some("order 17")), "opened");
    // Moving what is stored to a newer key shows nobody anything.
    let mover = place.role("mover", &["rewrapper"]);
    let moved = server.ask(&mover, "/v1/rewrap", &json!({ "tokens": [token] })).results();
    assert!(moved[0]["token"].is_string(), "{moved:?}");

    let list: Value = serde_json::from_str(&place.run(&["subject", "flags", "u1", "--json"]).ok()).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!((&list[1]["flag"], &list[1]["purpose"]), (&json!("objection"), &json!("profiling")));
    place.run(&["subject", "unflag", "u1", "--do-not-sell"]).ok();
    assert_eq!((open(Some("sale")), open(None)), ("opened".to_owned(), "not-allowed".to_owned()));
    place.run(&["subject", "unflag", "u1", "--object", "profiling"]).ok();
    assert_eq!(open(Some("profiling")), "opened");
    assert_eq!(place.run(&["subject", "flags", "u1", "--json"]).ok(), "[]\n");
}

#[test]
fn flags_are_set_once_and_within_limits() {
    let place = Place::new();
    let (site, support) = (place.role("site", &["registrar"]), place.role("desk", &["support"]));
    let server = place.serve();
    let path = "/v1/subjects/-u1/flags";
    let sell = json!({ "set": [{ "flag": "do-not-sell" }] });
    let first = server.ask(&site, path, &sell).json();
    assert_eq!(server.ask(&site, path, &sell).json(), first);
    let bearer = format!("Bearer {site}");
    assert_eq!(server.get(path, &[("authorization", &bearer)]).json(), first);
    let count = || place.audit().iter().filter(|record| record["action"] == "subject-flag").count();
    assert_eq!(count(), 1);
    // An id that looks like an option is one.
    assert!(place.run(&["subject", "flags", "-u1"]).ok().starts_with("do-not-sell  since "));

    assert_eq!(server.ask(&support, path, &sell).problem(), "not-allowed");
    assert_eq!(server.request("POST", path, &[], sell.to_string().as_bytes()).problem(), "unauthenticated");
    let many: Vec<Value> =
        (0..64).map(|n| json!({ "flag": "objection", "purpose": format!("p{n}") })).collect();
    for (body, code) in [
        (json!({}), "flags-malformed"),
        (json!({ "set": [] }), "flags-malformed"),
        (json!({ "set": [{ "flag": "do-not-sell" }], "more": 1 }), "flags-malformed"),
        (json!({ "set": [{ "flag": "objection" }] }), "flag-unknown"),
        (json!({ "set": [{ "flag": "do-not-sell", "purpose": "sale" }] }), "flag-unknown"),
        (json!({ "set": [{ "flag": "sell" }] }), "flag-unknown"),
        (json!({ "set": [{ "flag": "objection", "purpose": "two words" }] }), "purpose-name-invalid"),
        (json!({ "set": many }), "flags-many"),
        (json!({ "set": many, "lift": many }), "flags-malformed"),
    ] {
        let answered = server.ask(&site, path, &body);
        assert_eq!((answered.status, answered.problem().as_str()), (400, code), "{body}");
    }
    assert_eq!(server.ask(&site, "/v1/subjects/a%0Ab/flags", &sell).problem(), "subject-invalid");
    assert_eq!(server.ask(&site, "/v1/subjects/%FF/flags", &sell).problem(), "subject-invalid");
    assert_eq!(count(), 1, "what was refused left nothing");

    assert!(place.run(&["subject", "flag", "u1"]).failed(2).contains("--do-not-sell"));
    let said = place.run(&["subject", "flag", "u1", "--object", "two words"]).failed(2);
    assert!(said.contains("one word"), "{said}");
    assert!(place.run(&["subject", "flags", &"x".repeat(257)]).failed(2).contains("error[subject-invalid]"));
}

/// A suppression list that could be lost would have people written to again.
#[test]
fn flags_are_in_a_backup() {
    let place = Place::new();
    place.run(&["subject", "flag", "u1", "--withdraw", "newsletter"]).ok();
    let shares = ["--shares", "1", "--threshold", "1", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "copy"], &shares[..]].concat()).ok();
    let share = std::fs::read_dir(place.path("shares")).unwrap().next().unwrap().unwrap().path();
    let restored = Place::empty();
    let copy = place.path("copy");
    let args =
        ["backup", "restore", copy.to_str().unwrap(), "--share", share.to_str().unwrap(), "--no-receipts"];
    restored.run(&args).ok();
    assert!(restored.run(&["subject", "flags", "u1"]).ok().starts_with("withdrawal newsletter  since "));
}

/// The way to demand consent for everything, as the documentation has it.
#[test]
fn a_rule_of_ones_own_demands_consent_for_every_purpose() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/governance/consent.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let rule = guide.split("```cedar\n").nth(1).unwrap().split("```").next().unwrap();
    let standard = place.run(&["policy", "show"]).ok();
    std::fs::write(place.path("rules.cedar"), format!("{standard}\n{rule}")).unwrap();
    let desk = place.credential("desk", &["*"]);
    let keys = place.keys();
    let (with, without) = (email(&keys, None, Some("delivery")), email(&keys, None, None));
    let server = place.serve_with(&["--policy", "rules.cedar"]);
    assert_eq!(open(&server, &desk, Some("delivery"), &[&with, &without]), ["opened", "not-allowed"]);
    assert_eq!(open(&server, &desk, Some("order 17"), &[&with, &without]), ["not-allowed"; 2]);
    assert_eq!(open(&server, &desk, None, &[&with]), ["not-allowed"]);
    assert_eq!(last(&place, 1), [refused_by("consent-for-everything")]);

    let cases = json!([
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "delivery", "consent": { "purposes": ["delivery"] }, "expect": "allow" },
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "delivery", "consent": { "purposes": [] }, "expect": "deny" },
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "delivery", "expect": "deny" },
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "sale", "consent": { "purposes": ["sale"], "notice": "1", "time": 0 }, "doNotSell": true, "expect": "deny" },
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "a", "consent": { "purposes": ["a"] }, "objections": ["a"], "expect": "deny" },
        { "classes": ["*"], "action": "open", "kind": "email", "purpose": "a", "consent": { "purposes": ["a"] }, "withdrawn": ["b"], "expect": "allow" },
    ]);
    std::fs::write(place.path("cases.json"), cases.to_string()).unwrap();
    let said = place.run(&["policy", "test", "cases.json", "--policy", "rules.cedar"]).ok();
    assert!(said.ends_with("6 of 6 cases hold.\n"), "{said}");
    let bad = json!([{ "classes": ["*"], "action": "open", "kind": "email", "objections": ["a b"], "expect": "deny" }]);
    std::fs::write(place.path("bad.json"), bad.to_string()).unwrap();
    assert!(place.run(&["policy", "test", "bad.json"]).failed(2).contains("error[cases-malformed]"));
}
