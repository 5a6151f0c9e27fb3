//! Lists over HTTP, a page at a time.

use crate::support::{Answered, Place, Server, options, seal};
use serde_json::{Value, json};

fn page(server: &Server, secret: &str, address: &str) -> Answered {
    server.get(address, &[("authorization", &format!("Bearer {secret}"))])
}

/// Reads a list to its end, and gives its entries and the last cursor.
fn all(server: &Server, secret: &str, path: &str, name: &str, limit: usize) -> (Vec<Value>, String) {
    let mut entries = Vec::new();
    let mut address = format!("{path}?limit={limit}");
    loop {
        let body = page(server, secret, &address).json();
        let found = body[name].as_array().unwrap();
        assert!(found.len() <= limit && (found.len() == limit || body["more"] == false), "{body}");
        entries.extend_from_slice(found);
        let next = body["next"].as_str().unwrap().to_owned();
        if body["more"] == false {
            return (entries, next);
        }
        address = format!("{path}?limit={limit}&after={next}");
    }
}

#[test]
fn the_audit_is_read_in_pages_and_followed() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.role("auditor", &["auditor"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "\"4242\""));
    let server = place.serve();
    server.open(&secret, &vec![token.clone(); 5]);
    let records = place.audit();
    for limit in [1, 3, records.len(), 1000] {
        let (read, _) = all(&server, &secret, "/v1/audit", "records", limit);
        assert_eq!(read, records, "{limit}");
    }
    assert_eq!(
        page(&server, &secret, "/v1/audit").json()["records"].as_array().unwrap().len(),
        records.len()
    );
    // The last cursor goes on where the list ended, whenever that is.
    let (_, next) = all(&server, &secret, "/v1/audit", "records", 1000);
    let address = format!("/v1/audit?after={next}");
    let empty = page(&server, &secret, &address).json();
    assert_eq!(
        (&empty["records"], &empty["next"], &empty["more"]),
        (&json!([]), &json!(next), &json!(false))
    );
    server.open(&secret, &[token]);
    let more = page(&server, &secret, &address);
    assert_eq!(more.json()["records"].as_array().unwrap().as_slice(), &place.audit()[records.len()..]);
    assert_eq!(more.header("cache-control"), Some("no-store"));
    assert!(!more.body.contains("4242"));
}

#[test]
fn keys_are_read_in_pages() {
    let place = Place::with_keys(&[("*", "ECDH-ES"), ("payment", "HPKE-9"), ("health", "ECDH-ES")]);
    let secret = place.role("auditor", &["auditor"]);
    let server = place.serve();
    let listed: Value = serde_json::from_str(&place.run(&["keys", "list", "--json"]).ok()).unwrap();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    for limit in [1, 2, 1000] {
        let (mut kids, _) = all(&server, &secret, "/v1/keys", "keys", limit);
        kids.iter_mut().for_each(|key| *key = key["kid"].clone());
        // Those of one second have no order of their own.
        assert_eq!(kids.len(), 3);
        assert!(listed.iter().all(|kid| kids.contains(kid)), "{limit}");
    }
    let kid = listed[1].as_str().unwrap();
    place.run(&["keys", "revoke", kid, "--reason", "leaked"]).ok();
    let (keys, _) = all(&server, &secret, "/v1/keys", "keys", 1000);
    let revoked = keys.iter().find(|key| key["kid"] == kid).unwrap();
    assert!(revoked["state"] == "revoked" && revoked["revoked"].is_u64(), "{revoked}");
    assert_eq!(keys.iter().filter(|key| key.get("revoked").is_some()).count(), 1);
    let body = page(&server, &secret, "/v1/keys").body;
    assert!(!body.contains("wrapped") && !body.contains("public"), "{body}");
}

#[test]
fn lists_are_for_those_who_may_see_them() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (auditor, desk) = (place.role("auditor", &["auditor"]), place.credential("desk", &["payment"]));
    let server = place.serve();
    for (path, action) in [("/v1/audit", "audit-read"), ("/v1/keys", "keys-list")] {
        assert_eq!(server.get(path, &[]).problem(), "unauthenticated");
        let refused = page(&server, &desk, path);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "not-allowed"));
        let last = place.audit().pop().unwrap();
        assert_eq!((&last["actor"], &last["action"]), (&json!("desk"), &json!(action)));
        assert_eq!(last["outcome"], "not-allowed");
        for bad in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1&limit=2", "other=1", "after"] {
            let answered = page(&server, &auditor, &format!("{path}?{bad}"));
            let code = if bad == "after" { "cursor-invalid" } else { "page-invalid" };
            assert_eq!((answered.status, answered.problem().as_str()), (400, code), "{path} {bad}");
        }
    }
    // A cursor of one list is none of another's.
    let next = page(&server, &auditor, "/v1/keys").json()["next"].as_str().unwrap().to_owned();
    assert_eq!(page(&server, &auditor, &format!("/v1/audit?after={next}")).problem(), "cursor-invalid");
}
