//! The audit: only added to, and whole.

use crate::support::{Place, options, seal, sql, try_sql};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key holder with six records.
fn place() -> Place {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    for value in 0..4 {
        place.run(&["open", &seal(&keys, &options("f", "number"), &value.to_string())]).ok();
    }
    place
}

#[test]
fn says_who_did_what() {
    let place = place();
    place.credential("desk", &["payment", "contact"]);
    place.run(&["credentials", "revoke", "desk"]).ok();
    place.run(&["origins", "add", "https://b.example", "https://a.example"]).ok();
    place.run(&["origins", "remove", "https://b.example"]).ok();
    let told = |record: &Value| {
        let member = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
        [member("action"), member("outcome"), member("target"), member("class")].join(" ")
    };
    let records = place.audit();
    for (at, expected) in [
        (0, "init granted - -"),
        (1, "key-new granted - *"),
        (2, "open granted - general"),
        (6, "credential-new granted desk payment contact"),
        (7, "credential-revoke granted desk -"),
        (8, "origin-add granted https://b.example -"),
        (9, "origin-add granted https://a.example -"),
        (10, "origin-remove granted https://b.example -"),
    ] {
        assert_eq!(told(&records[at]), expected);
    }
    assert!(records.iter().all(|record| record["actor"].as_str().unwrap().starts_with("cli:")));
    assert_eq!(records.len(), 11);
    let readable = place.run(&["audit", "list", "--limit", "5"]).ok();
    assert_eq!(readable.lines().count(), 5);
    assert!(readable.starts_with("     7  20"), "{readable}");
    assert!(readable.contains("credential-new  granted  target=\"desk\""), "{readable}");
}

#[test]
fn is_only_added_to() {
    let place = place();
    for statement in [
        "UPDATE audit SET actor = 'nobody' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
        "INSERT INTO audit (seq, time, actor, action, outcome, hash) VALUES (99, 0, '', '', '', zeroblob(32))",
    ] {
        let error = try_sql(&place, statement).unwrap_err();
        assert!(error.contains("the audit is append-only"), "{statement} {error}");
    }
    let verified: Value = serde_json::from_str(&place.run(&["audit", "verify", "--json"]).ok()).unwrap();
    assert_eq!((&verified["intact"], &verified["records"]), (&json!(true), &json!(6)));
    assert_eq!(verified["head"], place.audit().last().unwrap()["hash"]);
}

/// Whoever owns the file can do without the triggers. The chain shows what they did.
#[test]
fn shows_what_was_changed() {
    for (change, broken) in [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", 3),
        ("UPDATE audit SET sub = '' WHERE seq = 3", 3),
        ("UPDATE audit SET time = time + 1 WHERE seq = 6", 6),
        ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("UPDATE audit SET seq = 9 WHERE seq = 6", 6),
    ] {
        let place = place();
        sql(
            &place,
            "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; DROP TRIGGER audit_grows_at_the_end",
        );
        assert_eq!(sql(&place, change), 1);
        let said = place.run(&["audit", "verify"]).failed(1);
        assert!(
            said.contains("error[audit-broken]") && said.contains(&format!("(record {broken})")),
            "{said}"
        );
    }
}

/// Anyone can check it with SHA-256 and the documented rule, without this program.
#[test]
fn can_be_verified_by_others() {
    let place = place();
    let listed = place.run(&["audit", "list", "--json"]).ok();
    let mut head = vec![0; 32];
    for line in listed.lines() {
        let (canonical, hash) = line.rsplit_once(",\"hash\":\"").unwrap();
        let next = Sha256::new().chain_update(&head).chain_update(canonical).chain_update("}").finalize();
        head = next.to_vec();
        let encoded = Base64UrlUnpadded::encode_string(&head);
        assert_eq!(hash.strip_suffix("\"}"), Some(encoded.as_str()));
    }
}

#[test]
fn keeps_a_long_header_whole_and_gives_no_orders_with_it() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    // Nothing here is a control character, so a name may have them: they turn the direction of writing,
    // take no room, or break a line.
    let orders = "\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}";
    let name = |letter: &str| format!("{orders}{}", letter.repeat(256 - orders.len()));
    let mut long = options(&name("f"), "text");
    long.sub = Some(name("s"));
    assert_eq!(place.run(&["open", &seal(&place.keys(), &long, "1")]).ok(), "1\n");
    let record = place.audit().pop().unwrap();
    assert_eq!((&record["field"], &record["sub"]), (&json!(name("f")), &json!(name("s"))));
    let readable = place.run(&["audit", "list"]).ok();
    assert!(!readable.contains(|c| orders.contains(c)), "{readable:?}");
    assert!(readable.contains(&format!("field=\"{}f", orders.escape_debug())), "{readable}");
    assert_eq!(readable.lines().count(), 3);
}
