//! Who is registered, and who may do what about it; and what somebody who can write to the database could try.

use super::{PEOPLE, failed, keys_of, kid, outcomes, place, records, registered, salt, sealed, values};
use crate::support::sql;
use fieldseal::keyset::KeySet;
use serde_json::json;

#[test]
fn only_the_registered_have_keys() {
    let place = place();
    let registrar = place.role("site", &["registrar"]);
    let auditor = place.role("auditor", &["auditor"]);
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let unknown = server.get("/.well-known/sealed-input?sub=stranger", &[]);
    assert_eq!((unknown.status, unknown.problem().as_str()), (404, "subject-unknown"));
    for bad in ["", "a%0Ab", "a&sub=b", &"x".repeat(257)] {
        let refused = server.get(&format!("/.well-known/sealed-input?sub={bad}"), &[]);
        assert_eq!((refused.status, refused.problem().as_str()), (400, "subject-invalid"), "{bad}");
    }
    // Asking made nothing.
    assert_eq!(place.run(&["subject", "list"]).ok(), "");

    let id = "u/17 ä";
    let path = "/v1/subjects/u%2F17%20%C3%A4";
    for other in [&auditor, &officer] {
        assert_eq!(server.send(other, "POST", path, None).problem(), "not-allowed");
    }
    let made = server.send(&registrar, "POST", path, None);
    assert_eq!((made.status, &made.json()["id"], &made.json()["keys"]), (200, &json!(id), &json!(3)));
    // Twice is once, and the registrar does nothing else.
    assert_eq!(server.send(&registrar, "POST", path, None).json(), made.json());
    assert_eq!(records(&place, "subject-new").len(), 1);
    for (method, path) in [("GET", path), ("GET", "/v1/subjects"), ("DELETE", path)] {
        assert_eq!(server.send(&registrar, method, path, None).problem(), "not-allowed");
    }
    let bad = server.send(&registrar, "POST", "/v1/subjects/a%0Ab", None);
    assert_eq!((bad.status, bad.problem().as_str()), (400, "subject-invalid"));

    let set = server.get("/.well-known/sealed-input?sub=u%2F17%20%C3%A4", &[]);
    assert_eq!(set.header("cache-control"), Some("private, no-cache"));
    let keys = set.json()["keys"].as_array().unwrap().clone();
    assert!(keys.len() == 3 && keys.iter().all(|key| key["sub"] == id));
    let etag = set.header("etag").unwrap();
    let known = server.get("/.well-known/sealed-input?sub=u%2F17%20%C3%A4", &[("if-none-match", etag)]);
    assert_eq!(known.status, 304);
    // The signed set is signed as ever, and is the same when it is asked for again.
    let signed = || server.get("/.well-known/sealed-input.jwt?sub=u%2F17%20%C3%A4", &[]);
    let jws = signed().body;
    let signer = fieldseal::keyset::signed::Signer::parse(&place.run(&["keys", "signer"]).ok()).unwrap();
    let unverified = fieldseal::keyset::signed::Unverified::parse(&jws, &signer).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(signer.public()).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(unverified.signature());
    key.verify_strict(unverified.signing_input().as_bytes(), &signature).unwrap();
    let trusted = unverified.trust(true, crate::support::now()).unwrap();
    assert!(trusted.keys().eq(KeySet::parse(&set.body).unwrap().keys()));
    assert_eq!(signed().body, jws);

    // Those who may see who there is see no key and no salt.
    let shown = server.send(&auditor, "GET", path, None);
    assert_eq!(shown.json(), made.json());
    assert_eq!(server.send(&auditor, "GET", "/v1/subjects/none", None).problem(), "subject-unknown");
    for n in 0..3 {
        place.run(&["subject", "new", &format!("more-{n}")]).ok();
    }
    let mut ids = Vec::new();
    let (mut next, mut more) = (String::new(), true);
    while more {
        let page = server.send(&auditor, "GET", &format!("/v1/subjects?limit=3{next}"), None).json();
        ids.extend(page["subjects"].as_array().unwrap().iter().map(|person| person["id"].clone()));
        (next, more) = (format!("&after={}", page["next"].as_str().unwrap()), page["more"] == true);
    }
    assert!(ids.len() == 4 && ids.contains(&json!(id)), "{ids:?}");
    assert_eq!(place.run(&["subject", "list", "--json"]).ok().lines().count(), 4);
    let refused = server.send(&auditor, "DELETE", path, None);
    assert_eq!(refused.problem(), "not-allowed");
    let refused = server.send(&officer, "DELETE", path, Some(&json!({ "reason": "a\nb" })));
    assert_eq!((refused.status, refused.problem().as_str()), (400, "reason-invalid"));
    let refused = server.send(&officer, "DELETE", path, Some(&json!({ "why": "x" })));
    assert_eq!(refused.problem(), "request-malformed");
    assert_eq!(server.send(&officer, "DELETE", "/v1/subjects/none", None).problem(), "subject-unknown");

    // A rehearsal says what would end, and ends nothing.
    let said = place.run(&["subject", "erase", id, "--dry-run"]).ok();
    assert_eq!(said.lines().count(), 4, "{said}");
    assert!(place.run(&["subject", "receipt", id]).failed(2).contains("subject-not-erased"));
    assert!(place.run(&["subject", "erase", "none", "--dry-run"]).failed(2).contains("subject-unknown"));
    // The name is nowhere in the log.
    let log = server.log();
    assert!(log.contains("/v1/subjects/{id}") && !log.contains("u/17") && !log.contains("u%2F17"));
}

/// Whoever can only write to the database gets no key of their own published, and opens nothing.
#[test]
fn what_was_changed_in_the_database_is_not_used() {
    let place = registered();
    let server = place.serve();
    let secret = place.credential("desk", &["*"]);
    let [own, other] = [PEOPLE[0], PEOPLE[1]].map(|id| sealed(&keys_of(&server, id), Some(id)));
    server.stop();
    // The salt of one in the place of another's.
    let theirs = crate::support::bytes(&salt(&place, PEOPLE[2]));
    sql(&place, &format!("UPDATE subjects SET salt = {theirs} WHERE id = '{}'", PEOPLE[0]));
    let server = place.serve();
    assert_eq!(outcomes(&server, &secret, &own), failed());
    assert_eq!(place.outcomes().last().unwrap(), "key-damaged");
    let refused = server.get(&format!("/.well-known/sealed-input?sub={}", PEOPLE[0]), &[]);
    assert_eq!(refused.status, 500);
    assert_eq!(outcomes(&server, &secret, &other), values());
    server.stop();

    // A thumbprint that is somebody else's.
    let real = kid(&other[0]);
    sql(&place, &format!("UPDATE subject_keys SET kid = 'x' WHERE kid = '{real}'"));
    let server = place.serve();
    let left = keys_of(&server, PEOPLE[1]);
    assert!(left.keys().len() == 2 && left.get(&real).is_none());
    assert_eq!(outcomes(&server, &secret, &other[..1]), [json!("open-failed")]);
    server.stop();
    // The keys of one as another's.
    let (from, to) = (PEOPLE[2], "newcomer");
    place.run(&["subject", "new", to]).ok();
    sql(&place, &format!("DELETE FROM subject_keys WHERE subject = '{to}'"));
    sql(&place, &format!("UPDATE subject_keys SET subject = '{to}' WHERE subject = '{from}'"));
    let server = place.serve();
    let set = server.get(&format!("/.well-known/sealed-input?sub={to}"), &[]).json();
    assert_eq!(set, json!({ "keys": [] }));
    // A registration that is pushed back in time is another's.
    sql(&place, "UPDATE subjects SET created = created - 1");
    assert_eq!(server.get(&format!("/.well-known/sealed-input?sub={}", PEOPLE[2]), &[]).status, 500);
}
