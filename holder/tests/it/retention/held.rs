//! Two people keep a key beyond its date, and two let it go.

use super::{kid_of, listed, opened, place, plan, records, run_at};
use crate::support::{Place, Server, bytes, options, seal, sql};
use fieldseal::kind::Class;
use serde_json::{Value, json};

/// Approves a request over HTTP, as somebody else than who runs the commands.
fn approve(server: &Server, secret: &str, id: &str) -> Value {
    let answered = server.ask(secret, &format!("/v1/approvals/{id}"), &json!({}));
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.json()
}

/// Asks for a hold, and gives the id to approve.
fn ask(place: &Place, what: &[&str], reason: &str) -> String {
    place.run(&[&["retention", "hold", "--reason", reason], what].concat()).ok().trim().to_owned()
}

#[test]
fn two_people_hold_a_key_and_two_release_it() {
    let place = place();
    let approver = place.role("counsel", &["approver"]);
    let kid = kid_of(&place, Class::Payment);
    let card = seal(&place.keys(), &options("card", "card-number"), "1");
    let server = place.serve();
    let id = ask(&place, &["--key", &kid], "case 17");
    // To ask again is to ask the same.
    assert_eq!(ask(&place, &["--key", &kid], "case 17"), id);
    assert_eq!(plan(&place)["holds"], json!([]));
    // One person is not two.
    assert!(place.run(&["approve", &id]).failed(2).contains("approval-own"));
    let listing = place.run(&["approvals", "list"]).ok();
    assert!(listing.contains(&format!("key {kid}")) && listing.contains("case 17"), "{listing}");
    let approved = approve(&server, &approver, &id);
    assert_eq!(
        (&approved["action"], &approved["target"]),
        (&json!("hold-place"), &json!(format!("key {kid}")))
    );
    assert!(approved["used"].is_u64(), "{approved}");
    // It was carried out, and cannot be again.
    assert_eq!(
        server.ask(&approver, &format!("/v1/approvals/{id}"), &json!({})).problem(),
        "approval-unknown"
    );

    let shown = plan(&place);
    let hold = &shown["holds"][0];
    assert_eq!((&hold["id"], &hold["kid"], &hold["reason"]), (&json!(id), &json!(kid), &json!("case 17")));
    assert_eq!((&hold["placed_by"], &hold["whole"]), (&json!("counsel"), &json!(true)));
    assert!(hold["asked_by"].as_str().unwrap().starts_with("cli:"));
    assert_eq!(shown["keys"][0]["holds"], json!([id]));
    assert!(place.run(&["retention", "plan"]).ok().contains(&format!("held by {id}")));
    let record = &records(&place, "hold-place")[0];
    assert_eq!(
        (&record["actor"], &record["purpose"], &record["kid"]),
        (&json!("counsel"), &json!("case 17"), &json!(kid))
    );

    // It is past its date, is not destroyed by anybody, and opens, and so does a token whose own time is over.
    assert_eq!(run_at(&place, 200, &["retention", "run", "--json"]).ok(), "[]\n");
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!(1)]);
    let refused = place.run(&["keys", "destroy", &kid, "--confirm", &kid]).failed(2);
    assert!(refused.contains("key-held"), "{refused}");
    let metrics = |server: &Server| server.get("/metrics", &[]).body;
    let later = place.serve_with(&["--clock", "+200d"]);
    super::wait_until(|| metrics(&later).contains("keyholder_keys_held 1"));
    assert!(metrics(&later).contains("keyholder_keys_overdue 0"));
    drop(later);
    assert_eq!(listed(&place, &kid)["state"], "active");

    // The release takes two again.
    let release = place.run(&["retention", "release", &id, "--reason", "case closed"]).ok();
    assert!(place.run(&["approve", release.trim()]).failed(2).contains("approval-own"));
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!(1)]);
    approve(&server, &approver, release.trim());
    assert_eq!(plan(&place)["holds"], json!([]));
    assert_eq!(records(&place, "hold-release")[0]["purpose"], "case closed");
    let refused = place.run(&["retention", "release", &id, "--reason", "x"]).failed(2);
    assert!(refused.contains("hold-unknown"), "{refused}");
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!("open-failed")]);
    run_at(&place, 200, &["retention", "run"]).ok();
    assert_eq!(listed(&place, &kid)["state"], "destroyed");
    for (args, code) in [
        (["retention", "hold", "--key", kid.as_str(), "--reason", "late"], "key-destroyed"),
        (["retention", "hold", "--key", "no-key", "--reason", "late"], "key-gone"),
        (["retention", "hold", "--class", "payment", "--reason", "a\nb"], "reason-invalid"),
    ] {
        let refused = place.run(&args).failed(2);
        assert!(refused.contains(code), "{refused}");
    }
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn a_class_is_held_with_the_keys_that_are_made_later() {
    let place = place();
    let approver = place.role("counsel", &["approver"]);
    place.run(&["keys", "new", "--class", "*", "--alg", "ECDH-ES", "--days", "1"]).ok();
    let server = place.serve();
    approve(&server, &approver, &ask(&place, &["--class", "payment"], "case 18"));
    let made = place.run(&["keys", "rotate", "--class", "payment"]).ok();
    let shown = plan(&place);
    let held: Vec<_> =
        shown["keys"].as_array().unwrap().iter().filter(|key| key["holds"] != json!([])).collect();
    assert_eq!(held.len(), 3);
    assert!(held.iter().any(|key| key["kid"] == made.trim()) && held.iter().any(|key| key["class"] == "*"));
    assert!(held.iter().all(|key| key["class"] != "health"));
    // After everything's date, what is not held is destroyed.
    run_at(&place, 9000, &["retention", "run"]).ok();
    let shown = plan(&place);
    assert_eq!(shown["keys"].as_array().unwrap().len(), 3);
}

/// A key of `*` stays for the one class that is held, and opens nothing else beyond its date.
#[test]
fn a_hold_of_one_class_keeps_no_other() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let approver = place.role("counsel", &["approver"]);
    let keys = place.keys();
    let tokens =
        [seal(&keys, &options("card", "card-number"), "1"), seal(&keys, &options("note", "text"), "2")];
    let server = place.serve();
    approve(&server, &approver, &ask(&place, &["--class", "payment"], "case 19"));
    assert_eq!(opened(&place, 9000, &tokens), [json!(1), json!("open-failed")]);
    assert!(place.audit().iter().any(|record| record["outcome"] == "key-retention-over"));
}

/// What somebody who can write to the database can do about holds: nothing that opens or destroys.
#[test]
fn a_hold_that_was_changed_opens_nothing_and_destroys_nothing() {
    let place = place();
    let approver = place.role("counsel", &["approver"]);
    let kid = kid_of(&place, Class::Payment);
    let card = seal(&place.keys(), &options("card", "card-number"), "1");
    // One that nobody placed.
    let forged = format!(
        "INSERT INTO holds (id, kid, reason, asked_by, placed_by, placed, signature)
         VALUES ('forged', '{kid}', 'x', 'a', 'b', 1, {})",
        bytes(&[7; 64])
    );
    sql(&place, &forged);
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!("open-failed")]);
    assert_eq!(place.outcomes().last().unwrap(), "key-retention-over");
    for args in [&["retention", "run"][..], &["keys", "destroy", &kid, "--confirm", &kid]] {
        let refused = run_at(&place, 200, args).failed(2);
        assert!(refused.contains("hold-damaged") && refused.contains("forged"), "{refused}");
    }
    assert_eq!(plan(&place)["holds"][0]["whole"], false);
    assert!(place.run(&["retention", "plan"]).ok().contains("CHANGED IN THE DATABASE"));
    assert_eq!(listed(&place, &kid)["state"], "active");
    // Two people look, and say so.
    let server = place.serve();
    let id = place.run(&["retention", "release", "forged", "--reason", "nobody placed it"]).ok();
    approve(&server, &approver, id.trim());

    // A real one, and its release taken back.
    let id = ask(&place, &["--key", &kid], "case 17");
    approve(&server, &approver, &id);
    sql(&place, "UPDATE holds SET reason = 'case 18' WHERE reason = 'case 17'");
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!("open-failed")]);
    sql(&place, "UPDATE holds SET reason = 'case 17' WHERE reason = 'case 18'");
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!(1)]);
    let release = place.run(&["retention", "release", &id, "--reason", "closed"]).ok();
    approve(&server, &approver, release.trim());
    assert_eq!(opened(&place, 200, std::slice::from_ref(&card)), [json!("open-failed")]);
    sql(&place, &format!("UPDATE holds SET released = NULL WHERE id = '{id}'"));
    assert_eq!(opened(&place, 200, &[card]), [json!("open-failed")]);
    assert!(run_at(&place, 200, &["retention", "run"]).failed(2).contains("hold-damaged"));
}

#[test]
fn both_people_may_come_over_http() {
    let place = place();
    let officer = place.role("officer", &["privacy-officer"]);
    let other = place.role("other", &["approver"]);
    let kid = kid_of(&place, Class::Payment);
    let server = place.serve();
    let hold = |secret: &str, body: &Value| server.ask(secret, "/v1/retention/holds", body);
    let good = json!({ "key": kid, "reason": "case 20" });
    assert_eq!(hold(&other, &good).problem(), "not-allowed");
    for (body, status, code) in [
        (json!({ "reason": "x" }), 400, "hold-malformed"),
        (json!({ "key": kid, "class": "*", "reason": "x" }), 400, "hold-malformed"),
        (json!({ "key": kid }), 400, "hold-malformed"),
        (json!({ "class": "money", "reason": "x" }), 400, "class-unknown"),
        (json!({ "class": "*", "reason": "" }), 400, "reason-invalid"),
        (json!({ "key": "no-key", "reason": "x" }), 404, "key-gone"),
    ] {
        let refused = hold(&officer, &body);
        assert_eq!((refused.status, refused.problem().as_str()), (status, code), "{body}");
    }
    let id = hold(&officer, &good).json()["approval"].as_str().unwrap().to_owned();
    // The officer may approve, but not what the officer asked for.
    let own = server.ask(&officer, &format!("/v1/approvals/{id}"), &json!({}));
    assert_eq!(own.problem(), "approval-own");
    approve(&server, &other, &id);
    let hold = &plan(&place)["holds"][0];
    assert_eq!((&hold["asked_by"], &hold["placed_by"]), (&json!("officer"), &json!("other")));
    let release = |id: &str| {
        server.ask(&officer, &format!("/v1/retention/holds/{id}/release"), &json!({ "reason": "over" }))
    };
    assert_eq!(release("no-hold").problem(), "hold-unknown");
    let asked = release(&id).json()["approval"].as_str().unwrap().to_owned();
    approve(&server, &other, &asked);
    assert_eq!(plan(&place)["holds"], json!([]));
}

#[test]
fn a_request_for_a_hold_lapses_after_a_week() {
    let place = place();
    let approver = place.role("counsel", &["approver"]);
    let id = ask(&place, &["--class", "health"], "case 19");
    let server = place.serve_with(&["--clock", "+8d"]);
    assert_eq!(
        server.ask(&approver, &format!("/v1/approvals/{id}"), &json!({})).problem(),
        "approval-unknown"
    );
    drop(server);
    let server = place.serve_with(&["--clock", "+6d"]);
    approve(&server, &approver, &id);
    assert_eq!(plan(&place)["holds"][0]["class"], "health");
}
