//! Dual control: what takes a second person.

use crate::support::{Place, Server, options, seal, sql};
use serde_json::{Value, json};

/// A key holder, and a body that takes a second person: eleven values for the privacy officer.
fn place() -> (Place, Value) {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let tokens: Vec<String> = (0..11).map(|i| seal(&keys, &options("f", "text"), &i.to_string())).collect();
    let body = json!({ "tokens": tokens, "purpose": "request 17" });
    (place, body)
}

fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[member] = value;
    body
}

fn approve(server: &Server, secret: &str, id: &str) -> String {
    let answered = server.ask(secret, &format!("/v1/approvals/{id}"), &json!({}));
    if answered.status == 200 {
        answered.json()["approved_by"].as_str().unwrap().to_owned()
    } else {
        answered.problem()
    }
}

#[test]
fn a_request_passes_once_with_a_second_person() {
    let (place, body) = place();
    let officer = place.role("officer", &["privacy-officer"]);
    let other = place.role("other-officer", &["privacy-officer"]);
    let approver = place.role("second", &["approver"]);
    let support = place.role("support", &["support"]);
    let server = place.serve();
    let open = |secret: &str, body: &Value| server.ask(secret, "/v1/open", body);

    let first = open(&officer, &body);
    assert!(first.results().iter().all(|result| result["error"]["code"] == "approval-required"));
    let id = first.json()["approval"].as_str().unwrap().to_owned();
    // To ask again is to ask the same.
    assert_eq!(open(&officer, &body).json()["approval"], id);
    let approved = with(&body, "approval", json!(id));
    // Nobody has approved it yet.
    assert_eq!(open(&officer, &approved).problem(), "approval-invalid");

    let list =
        server.request("GET", "/v1/approvals", &[("authorization", &format!("Bearer {approver}"))], b"");
    let listed = &list.json()["approvals"][0];
    assert_eq!((listed["id"].as_str(), listed["actor"].as_str()), (Some(id.as_str()), Some("officer")));
    assert_eq!((listed["count"].as_u64(), listed["purpose"].as_str()), (Some(11), Some("request 17")));

    assert_eq!(approve(&server, &officer, &id), "approval-own");
    assert_eq!(approve(&server, &support, &id), "not-allowed");
    assert_eq!(approve(&server, &approver, "no-such"), "approval-unknown");
    assert_eq!(approve(&server, &approver, &id), "second");
    // The first stays.
    assert_eq!(approve(&server, &other, &id), "second");

    // One thing changed each.
    let swapped = {
        let mut tokens = body["tokens"].as_array().unwrap().clone();
        tokens.swap(0, 1);
        with(&approved, "tokens", json!(tokens))
    };
    let fewer = with(&approved, "tokens", json!(body["tokens"].as_array().unwrap()[..10]));
    for changed in [swapped, fewer, with(&approved, "purpose", json!("request 18"))] {
        assert_eq!(open(&officer, &changed).problem(), "approval-invalid");
    }
    assert_eq!(open(&other, &approved).problem(), "approval-invalid");
    assert_eq!(server.ask(&officer, "/v1/open-masked", &approved).problem(), "approval-invalid");

    let values: Vec<Value> = open(&officer, &approved).results().iter().map(|r| r["value"].clone()).collect();
    assert_eq!(values, (0..11).map(|i| json!(i)).collect::<Vec<_>>());
    assert_eq!(open(&officer, &approved).problem(), "approval-invalid");
    // And without it, it takes another.
    let again = open(&officer, &body).json()["approval"].as_str().unwrap().to_owned();
    assert_ne!(again, id);

    let records = place.audit();
    let of = |action: &str, outcome: &str| {
        records
            .iter()
            .filter(|r| r["action"] == action && r["outcome"] == outcome)
            .cloned()
            .collect::<Vec<_>>()
    };
    let approvals = of("approve", "granted");
    assert_eq!(approvals.len(), 1);
    assert_eq!(
        (approvals[0]["actor"].as_str(), approvals[0]["target"].as_str()),
        (Some("second"), Some(id.as_str()))
    );
    assert_eq!(of("approve", "approval-own").len(), 1);
    assert_eq!(of("approve", "not-allowed").len(), 1);
    assert_eq!(of("approval-request", "granted").len(), 2);
    assert_eq!(of("open", "granted").len(), 11);
}

/// Who lost their credential was perhaps not who asked or approved.
#[test]
fn what_a_revoked_credential_asked_for_or_approved_is_void() {
    let (place, body) = place();
    let officer = place.role("officer", &["privacy-officer"]);
    let (second, third) = (place.role("second", &["approver"]), place.role("third", &["approver"]));
    let server = place.serve();
    let ask = || server.ask(&officer, "/v1/open", &body).json()["approval"].as_str().unwrap().to_owned();
    let id = ask();
    assert_eq!(approve(&server, &second, &id), "second");
    place.run(&["credentials", "revoke", "second"]).ok();
    let approved = with(&body, "approval", json!(id));
    assert_eq!(server.ask(&officer, "/v1/open", &approved).problem(), "approval-invalid");
    let again = ask();
    place.run(&["credentials", "revoke", "officer"]).ok();
    assert_eq!(approve(&server, &third, &again), "approval-unknown");
}

#[test]
fn nothing_of_a_request_that_waits_is_used_up() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    // A rule that wants a second person for some data and not for other.
    let rules = r#"
        @id("all") permit (principal, action, resource is Token);
        @id("two") forbid (principal, action, resource is Token) when { resource.kind == "json" && !context.approved };
        @id("approve") permit (principal in Role::"r", action == Action::"approve", resource);
    "#;
    std::fs::write(place.path("rules.cedar"), rules).unwrap();
    let mut once = options("f", "text");
    once.once = true;
    let tokens = [seal(&keys, &once, "1"), seal(&keys, &options("f", "json"), "2")];
    let run = |args: &[&str]| {
        let with_policy: Vec<&str> = args.iter().copied().chain(["--policy", "rules.cedar"]).collect();
        place.run(&with_policy)
    };
    let secret = run(&["credentials", "new", "a", "--role", "r"]).ok();
    let second = run(&["credentials", "new", "b", "--role", "r"]).ok();
    let server = place.serve_with(&["--policy", "rules.cedar"]);
    let body = json!({ "tokens": tokens });
    let waits = server.ask(secret.trim(), "/v1/open", &body);
    assert!(waits.results().iter().all(|result| result["error"]["code"] == "approval-required"));
    let id = waits.json()["approval"].as_str().unwrap().to_owned();
    assert_eq!(approve(&server, second.trim(), &id), "b");
    let opened = server.ask(secret.trim(), "/v1/open", &with(&body, "approval", json!(id))).results();
    assert_eq!((&opened[0]["value"], &opened[1]["value"]), (&json!(1), &json!(2)));
}

#[test]
fn an_approval_lasts_an_hour() {
    let (place, body) = place();
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let id = server.ask(&officer, "/v1/open", &body).json()["approval"].as_str().unwrap().to_owned();
    let listed = place.run(&["approvals", "list"]).ok();
    assert!(listed.starts_with(&format!("{id}  officer  open  11 values  waits until ")), "{listed}");
    let approved = place.run(&["approve", &id]).ok();
    assert!(approved.contains("approved by cli:"), "{approved}");
    // An hour passes.
    assert_eq!(sql(&place, "UPDATE approvals SET expires = created"), 1);
    let late = server.ask(&officer, "/v1/open", &with(&body, "approval", json!(id)));
    assert_eq!((late.status, late.problem().as_str()), (403, "approval-invalid"));
    assert!(place.run(&["approve", &id]).failed(2).contains("approval-unknown"));
    assert_eq!(place.run(&["approvals", "list"]).ok(), "");
}

#[test]
fn nobody_fills_the_database_with_requests() {
    let (place, body) = place();
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let ask =
        |i: usize| server.ask(&officer, "/v1/open", &with(&body, "purpose", json!(format!("request {i}"))));
    for i in 0..100 {
        assert!(ask(i).json()["approval"].is_string());
    }
    let refused = ask(100);
    assert_eq!((refused.status, refused.problem().as_str()), (429, "approvals-waiting"));
    // Those that wait still do.
    assert!(ask(7).json()["approval"].is_string());
}
