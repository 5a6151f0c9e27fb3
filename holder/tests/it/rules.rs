//! The rules as an operator handles them: shown, checked, tested, and read again while the service runs.

use crate::support::{Place, options, seal};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NOBODY: &str = "@id(\"nobody\")\nforbid (principal, action, resource);\n";
const EVERYBODY: &str = "@id(\"everybody\")\npermit (principal, action, resource);\n";
const BROKEN: &str =
    "@id(\"broken\")\npermit (principal, action, resource is Token) when { resource.knid };\n";

#[test]
fn the_rules_can_be_read_and_mended() {
    let place = Place::empty();
    let shown = place.run(&["policy", "show"]).ok();
    assert!(shown.contains("@id(\"support-masks\")"), "{shown}");
    assert!(place.run(&["policy", "schema"]).ok().contains("entity Token {"));
    assert!(place.run(&["policy", "roles"]).ok().contains("\nincident-commander\n"));
    // What is shown is a good file to begin with.
    std::fs::write(place.path("rules.cedar"), shown).unwrap();
    assert_eq!(place.run(&["policy", "check", "rules.cedar"]).ok(), "The rules are good.\n");
    std::fs::write(place.path("broken.cedar"), BROKEN).unwrap();
    let said = place.run(&["policy", "check", "broken.cedar"]).failed(2);
    assert!(said.contains("error[policy-invalid]") && said.contains("line 2, column 54"), "{said}");
    assert!(said.contains("did you mean `kind`"), "{said}");
    assert!(place.run(&["policy", "check", "none.cedar"]).failed(2).contains("error[policy-unreadable]"));
    std::fs::write(place.path("long.cedar"), vec![b' '; (1 << 20) + 1]).unwrap();
    assert!(place.run(&["policy", "check", "long.cedar"]).failed(2).contains("error[policy-unreadable]"));
}

#[test]
fn a_broken_policy_stops_the_start() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    std::fs::write(place.path("broken.cedar"), BROKEN).unwrap();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["open", "x"], &["approvals", "list"]] {
        let mut args = command.to_vec();
        args.extend(["--policy", "broken.cedar"]);
        let ran = place.run(&args);
        assert_eq!(ran.stdout, "");
        assert!(ran.failed(2).contains("error[policy-invalid]"));
    }
}

#[test]
fn a_running_service_follows_and_keeps_the_old_where_the_new_is_broken() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "1"));
    let file = place.path("rules.cedar");
    std::fs::write(&file, EVERYBODY).unwrap();
    let server = place.serve_with(&["--policy", "rules.cedar"]);
    let opens = || server.open(&secret, std::slice::from_ref(&token)).results()[0]["value"] == 1;
    let wait_for = |what: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    assert!(opens());
    std::fs::write(&file, NOBODY).unwrap();
    // Not before it is asked to.
    assert!(opens());
    server.hang_up();
    wait_for(&|| !opens());
    std::fs::write(&file, BROKEN).unwrap();
    server.hang_up();
    std::fs::write(place.path("other.cedar"), EVERYBODY).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(!opens());
    std::fs::write(&file, EVERYBODY).unwrap();
    server.hang_up();
    wait_for(&opens);
    let (_, log) = server.stop();
    assert!(log.contains("the policy stays as it was") && log.contains("policy-invalid"), "{log}");
    let reloads = place.audit().into_iter().filter(|record| record["action"] == "policy-reload").count();
    assert_eq!(reloads, 2);
}

#[test]
fn cases_show_what_a_change_changes() {
    let place = Place::empty();
    let cases = json!([
        { "name": "support sees masks", "roles": ["support"], "action": "open-masked", "kind": "card-number", "expect": "allow" },
        { "roles": ["support"], "action": "open", "kind": "card-number", "purpose": "p", "expect": "deny" },
        { "roles": ["privacy-officer"], "action": "open", "kind": "email", "purpose": "p", "batch": 11, "expect": "approval" },
        { "roles": ["privacy-officer"], "action": "open", "kind": "email", "purpose": "p", "batch": 11, "approved": true, "expect": "allow" },
        { "classes": ["health"], "action": "open", "kind": "health-form", "fields": ["diagnosis"], "expect": "allow" },
        { "operator": true, "action": "keys-manage", "expect": "allow" },
        { "roles": ["auditor"], "action": "audit-read", "address": "10.0.0.1", "time": 0, "proof": "oidc", "expect": "allow" },
    ]);
    std::fs::write(place.path("cases.json"), cases.to_string()).unwrap();
    let well = place.run(&["policy", "test", "cases.json"]).ok();
    assert!(well.starts_with("ok    support sees masks\n"), "{well}");
    assert!(well.ends_with("\n7 of 7 cases hold.\n"), "{well}");

    std::fs::write(place.path("rules.cedar"), NOBODY).unwrap();
    let ran = place.run(&["policy", "test", "cases.json", "--policy", "rules.cedar"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stdout.contains("FAIL  support sees masks\n      - allow\n      + deny (by nobody)\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.ends_with("\n1 of 7 cases hold.\n"), "{}", ran.stdout);
    let json = place.run(&["policy", "test", "cases.json", "--policy", "rules.cedar", "--json"]);
    let results: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&results[0]["holds"], &results[0]["got"]), (&json!(false), &json!("deny")));

    for bad in [
        json!({}),
        json!([{ "action": "open", "expect": "allow" }]),
        json!([{ "action": "opne", "kind": "text", "expect": "allow" }]),
        json!([{ "action": "open", "kind": "txet", "expect": "allow" }]),
        json!([{ "action": "open", "kind": "text", "expect": "maybe" }]),
        json!([{ "action": "open", "kind": "text", "expect": "allow", "role": "x" }]),
        json!([{ "action": "open", "kind": "text", "expect": "allow", "classes": ["x"] }]),
    ] {
        std::fs::write(place.path("bad.json"), bad.to_string()).unwrap();
        let said = place.run(&["policy", "test", "bad.json"]).failed(2);
        assert!(said.contains("error[cases-malformed]"), "{bad} {said}");
    }
}

#[test]
fn a_credential_has_roles_that_there_are() {
    let place = Place::new();
    let new = |args: &[&str]| place.run(&[&["credentials", "new"], args].concat());
    assert!(new(&["a"]).failed(2).contains("error[role-missing]"));
    assert!(new(&["a", "--role", "suport"]).failed(2).contains("error[role-unknown]"));
    assert!(new(&["a", "--role", "operator"]).failed(2).contains("error[role-unknown]"));
    assert!(
        new(&["a", "--role", "support", "--role", "payments", "--class", "payment"]).ok().starts_with("fsk_")
    );
    let list: Value = serde_json::from_str(&place.run(&["credentials", "list", "--json"]).ok()).unwrap();
    assert_eq!(list[0]["roles"], json!(["payments", "support"]));
    assert_eq!(list[0]["classes"], json!(["payment"]));
    // Of a policy of one's own.
    std::fs::write(
        place.path("rules.cedar"),
        EVERYBODY.replace("principal,", "principal in Role::\"mine\","),
    )
    .unwrap();
    assert!(new(&["b", "--role", "mine"]).failed(2).contains("error[role-unknown]"));
    new(&["b", "--role", "mine", "--policy", "rules.cedar"]).ok();
}
