//! Containment: what is suspected ends at once, also in a service that is running.

use super::{open, show};
use crate::support::{Place, options, seal, seal_at};
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

fn code(result: &Value) -> &str {
    result["error"]["code"].as_str().unwrap_or("opened")
}

/// The kids of the keys that pages seal to, and their classes.
fn published(keys: &KeySet) -> Vec<(String, String)> {
    let mut all: Vec<_> =
        keys.keys().map(|key| (key.scope().as_str().to_owned(), key.kid().to_owned())).collect();
    all.sort();
    all
}

#[test]
fn all_of_it_in_one_step_after_a_dry_run() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("health", "ECDH-ES")]);
    let (checkout, other) = (place.credential("checkout", &["*"]), place.credential("other", &["*"]));
    let before = place.keys();
    let [(_, health), (_, payment)] = <[_; 2]>::try_from(published(&before)).unwrap();
    let card = json!(seal(&before, &options("card", "card-number"), "1"));
    let diagnosis = json!(seal(&before, &options("d", "diagnosis"), "1"));
    let server = place.serve();
    let opened = |secret: &str, token: &Value| {
        let answered = server.open(secret, std::slice::from_ref(token));
        if answered.status == 200 { code(&answered.results()[0]).to_owned() } else { answered.problem() }
    };
    let id = open(&place, &["--credential", "checkout", "--credential", "cli:alice", "--key", &payment]);
    let contain = ["incident", "contain", &id, "--freeze", "health", "--publish", "sets"];

    // Nothing happens by itself, and a dry run says what would.
    assert!(place.run(&contain).failed(2).contains("error[incident-confirm]"));
    let records = place.audit().len();
    let dry = place.run(&[&contain[..], &["--dry-run"]].concat()).ok();
    for line in [
        "would revoke credential checkout\n".to_owned(),
        "would make a new key for class payment\n".to_owned(),
        format!("would revoke key {payment}\n"),
        "would freeze class health\n".to_owned(),
        "cli:alice has no credential".to_owned(),
        "would publish the new key sets to sets".to_owned(),
    ] {
        assert!(dry.contains(&line), "{line}: {dry}");
    }
    assert_eq!(place.audit().len(), records);
    assert!(!place.path("sets").exists());
    assert_eq!(published(&place.keys()), published(&before));
    assert_eq!((opened(&checkout, &card), opened(&other, &diagnosis)), ("opened".into(), "opened".into()));

    let done = place.run(&[&contain[..], &["--yes"]].concat()).ok();
    assert!(done.contains("revoked credential checkout") && done.contains("froze class health"), "{done}");
    // The service that is running has heard of all of it.
    assert_eq!(opened(&checkout, &card), "credential-invalid");
    assert_eq!(opened(&other, &card), "open-failed");
    assert_eq!(opened(&other, &diagnosis), "class-frozen");
    let after = KeySet::parse(&server.get("/.well-known/sealed-input", &[]).body).unwrap();
    assert_eq!(published(&after).len(), 2);
    assert!(published(&after).contains(&("health".to_owned(), health)));
    assert!(!published(&after).iter().any(|(_, kid)| *kid == payment));
    // So have those who serve files.
    let file = std::fs::read_to_string(place.path("sets/sealed-input")).unwrap();
    assert_eq!(published(&KeySet::parse(&file).unwrap()), published(&after));
    assert!(place.path("sets/sealed-input.jwt").exists());
    // What is sealed to the new key opens.
    let soon = fieldseal::NumericDate(crate::support::now().0 + 1);
    let new = json!(seal_at(&after, &options("card", "card-number"), "1", crate::support::ORIGIN, soon));
    assert_eq!(opened(&other, &new), "opened");

    // On record, under the incident, and once.
    let steps = show(&place, &id)["steps"].clone();
    assert_eq!((&steps[1]["what"], steps.as_array().unwrap().len()), (&json!("contain"), 2));
    assert_eq!(steps[1]["detail"]["revoked_credentials"], json!(["checkout"]));
    assert_eq!(steps[1]["detail"]["revoked_keys"], json!([payment]));
    let why = json!(format!("incident {id}"));
    let audit = place.audit();
    let under = audit.iter().filter(|r| r["purpose"] == why).map(|r| r["action"].as_str().unwrap());
    assert_eq!(under.collect::<Vec<_>>(), ["credential-revoke", "key-revoke", "class-freeze"]);
    assert!(audit.iter().any(|r| r["action"] == "key-rotate" && r["target"] == json!(payment)));
    let again = place.run(&[&contain[..], &["--yes"]].concat()).ok();
    assert!(again.contains("nothing left to revoke, rotate or freeze"), "{again}");
    assert_eq!(show(&place, &id)["steps"], steps);
    place.run(&["audit", "verify"]).ok();
}

/// Whoever is at a terminal is shown the plan, and types the incident's id.
#[test]
fn at_a_terminal_it_asks() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let id = open(&place, &[]);
    let keyholder = place.command(&[]);
    let program = keyholder.get_program().to_str().unwrap();
    for (typed, froze) in [("yes", false), (id.as_str(), true)] {
        let command = format!("{program} incident contain {id} --freeze health");
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).current_dir(place.path(""));
        script.envs(keyholder.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let Ok(mut child) = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            eprintln!("skipped: script is missing, which gives a command a terminal");
            return;
        };
        child.stdin.take().unwrap().write_all(format!("{typed}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("would freeze class health") && said.contains(&format!("Type {id}")), "{said}");
        assert_eq!((output.status.success(), said.contains("froze class health")), (froze, froze), "{said}");
        assert_eq!(said.contains("incident-confirm"), !froze, "{said}");
    }
}

#[test]
fn a_frozen_class_is_shut_to_all_until_it_is_thawed() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let token = json!(seal(&keys, &options("d", "diagnosis"), "\"flu\""));
    let email = json!(seal(&keys, &options("e", "email"), "\"a@b.example\""));
    let (first, second) = (open(&place, &[]), open(&place, &[]));
    let server = place.serve();
    let asked = |path: &str| {
        let item = match path {
            "/v1/verify" => json!({ "token": token, "candidate": "x" }),
            _ => token.clone(),
        };
        let answered = server.ask(&secret, path, &json!({ "tokens": [item] }));
        code(&answered.results()[0]).to_owned()
    };
    let ways = ["/v1/open", "/v1/open-masked", "/v1/verify", "/v1/fingerprint"];
    for id in [&first, &second] {
        place.run(&["incident", "contain", id, "--freeze", "health", "--yes"]).ok();
    }
    for path in ways {
        assert_eq!(asked(path), "class-frozen", "{path}");
    }
    assert_eq!(code(&server.open(&secret, std::slice::from_ref(&email)).results()[0]), "opened");
    // Whoever runs a command says that they mean it; and sealing again shows nothing.
    let text = token.as_str().unwrap();
    assert!(place.run(&["open", text]).failed(1).contains("error[class-frozen]"));
    assert_eq!(place.run(&["open", text, "--frozen"]).ok(), "flu\n");
    std::fs::write(place.path("tokens"), text).unwrap();
    std::fs::write(place.path("bulk"), text).unwrap();
    place.run(&["rewrap", "--file", "tokens", "--out", "moved"]).ok();
    assert!(place.run(&["open", "--file", "bulk"]).stdout.contains("class-frozen"));
    assert!(place.run(&["open", "--file", "bulk", "--frozen"]).ok().contains("flu"));
    // The refusals are on record.
    let refused = place.audit().into_iter().filter(|record| record["outcome"] == "class-frozen").count();
    assert_eq!(refused, ways.len() + 2);

    // Each incident thaws its own, and is not closed before.
    assert!(place.run(&["incident", "close", &first]).failed(2).contains("error[incident-frozen]"));
    place.run(&["incident", "thaw", &first, "--class", "health"]).ok();
    assert_eq!(asked("/v1/open"), "class-frozen");
    let none = place.run(&["incident", "thaw", &second, "--class", "payment", "--json"]).ok();
    assert_eq!(none, "{\"thawed\":[]}\n");
    place.run(&["incident", "thaw", &second]).ok();
    for path in ways {
        assert_eq!(asked(path), "opened", "{path}");
    }
    place.run(&["incident", "close", &first]).ok();
    let all = open(&place, &[]);
    place.run(&["incident", "contain", &all, "--freeze", "*", "--yes"]).ok();
    assert_eq!(code(&server.open(&secret, &[email]).results()[0]), "class-frozen");
    assert_eq!(show(&place, &all)["steps"][1]["detail"]["frozen"], json!(["*"]));
}

/// A key that has a successor which did not leave is only revoked; with --rotate, every class gets a new one.
#[test]
fn a_new_key_is_made_where_one_is_needed() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("health", "ECDH-ES")]);
    let old = published(&place.keys());
    let payment = &old[1].1;
    place.run(&["keys", "rotate", "--class", "payment"]).ok();
    let id = open(&place, &["--key", payment]);
    let contained = |args: &[&str]| -> Value {
        let args = [&["incident", "contain", &id, "--json"], args].concat();
        serde_json::from_str(&place.run(&args).ok()).unwrap()
    };
    let dry = contained(&["--dry-run"]);
    assert_eq!(dry["dry_run"], true);
    assert_eq!((&dry["done"]["rotated"], &dry["done"]["revoked_keys"]), (&json!([]), &json!([payment])));
    let done = contained(&["--rotate", "--yes"]);
    let mut classes: Vec<_> =
        done["done"]["rotated"].as_array().unwrap().iter().map(|r| r["class"].as_str().unwrap()).collect();
    classes.sort_unstable();
    assert_eq!(classes, ["health", "payment"]);
    assert_eq!(done["done"]["revoked_keys"], json!([payment]));
    // The last key of a class that was revoked by itself before is followed by one, too.
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let payment = published(&place.keys())[0].1.clone();
    place.run(&["keys", "revoke", &payment, "--reason", "at once"]).ok();
    let id = open(&place, &["--key", &payment]);
    place.run(&["incident", "contain", &id, "--yes"]).ok();
    assert_eq!(published(&place.keys()).len(), 1);
}
