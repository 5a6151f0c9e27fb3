//! The audit: only added to, and whole.

use crate::support::{POSTGRES, Place, bytes, options, seal, sql, try_sql};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

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
    let others = match POSTGRES {
        true => ["TRUNCATE audit CASCADE", "UPDATE audit SET seq = 99 WHERE seq = 6"],
        false => [
            "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
            "INSERT INTO audit (seq, time, actor, action, outcome, hash) VALUES (99, 0, '', '', '', zeroblob(32))",
        ],
    };
    let statements = [
        "UPDATE audit SET actor = 'nobody' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
    ];
    for statement in statements.into_iter().chain(others) {
        let error = try_sql(&place, statement).unwrap_err();
        assert!(error.contains("the audit is append-only"), "{statement} {error}");
    }
    let verified: Value = serde_json::from_str(&place.run(&["audit", "verify", "--json"]).ok()).unwrap();
    assert_eq!((&verified["intact"], &verified["records"]), (&json!(true), &json!(6)));
    assert_eq!(verified["root"], json!(Base64::encode_string(&root(&leaves(&place)))));
}

/// Whoever owns the file can do without the triggers. The records show what they did.
#[test]
fn shows_what_was_changed() {
    for (change, broken) in [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", 3),
        ("UPDATE audit SET sub = '' WHERE seq = 3", 3),
        ("UPDATE audit SET time = time + 1 WHERE seq = 6", 6),
        (&format!("UPDATE audit SET hash = {} WHERE seq = 1", bytes(&[0; 32])), 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("UPDATE audit SET seq = 9 WHERE seq = 6", 6),
    ] {
        let place = place();
        place.unguard_audit();
        assert_eq!(sql(&place, change), 1);
        let said = place.run(&["audit", "verify"]).failed(1);
        assert!(
            said.contains("error[audit-broken]") && said.contains(&format!("(record {broken})")),
            "{said}"
        );
    }
}

/// The leaf hashes (RFC 6962 section 2.1), computed from what is printed and nothing else.
fn leaves(place: &Place) -> Vec<[u8; 32]> {
    let listed = place.run(&["audit", "export"]).ok();
    let leaf = |line: &str| {
        let (canonical, hash) = line.rsplit_once(",\"hash\":\"").unwrap();
        let leaf = Sha256::new().chain_update([0]).chain_update(canonical).chain_update("}").finalize();
        assert_eq!(hash.strip_suffix("\"}"), Some(Base64UrlUnpadded::encode_string(&leaf).as_str()));
        leaf.into()
    };
    listed.lines().map(leaf).collect()
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
}

/// Anyone can check it with SHA-256, Ed25519 and the documented rules, without this program.
#[test]
fn can_be_verified_by_others() {
    let place = place();
    let note = place.run(&["audit", "checkpoint"]).ok();
    let lines: Vec<_> = note.lines().collect();
    let name = format!("fieldseal-keyholder/{}", signer(&place)["kid"].as_str().unwrap());
    assert_eq!(lines[..2], [name.as_str(), "6"]);
    assert_eq!((lines[2], lines[3]), (Base64::encode_string(&root(&leaves(&place))).as_str(), ""));
    let signed = lines[4].strip_prefix(&format!("— {name} ")).unwrap();
    let signature = Base64::decode_vec(signed).unwrap();
    let x = Base64UrlUnpadded::decode_vec(signer(&place)["x"].as_str().unwrap()).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
    let text = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[2]);
    let signature = ed25519_dalek::Signature::from_slice(&signature[4..]).unwrap();
    key.verify_strict(text.as_bytes(), &signature).unwrap();
    let verifier = place.run(&["audit", "checkpoint", "--verifier-key"]).ok();
    assert!(verifier.starts_with(&format!("{name}+")), "{verifier}");
}

fn signer(place: &Place) -> Value {
    serde_json::from_str(&place.run(&["keys", "signer"]).ok()).unwrap()
}

/// Rewrites the records in the database as somebody could who knows this program: all hashes fit again.
fn rewrite(place: &Place, change: &str) {
    place.unguard_audit();
    sql(place, change);
    let mut tree = Vec::new();
    for line in place.run(&["audit", "export"]).ok().lines() {
        let canonical = format!("{}}}", line.rsplit_once(",\"hash\":").unwrap().0);
        let leaf: [u8; 32] = Sha256::new().chain_update([0]).chain_update(canonical).finalize().into();
        let seq = serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
        tree.push(leaf);
        sql(place, &format!("UPDATE audit SET hash = {} WHERE seq = {seq}", bytes(&leaf)));
    }
    // The complete subtrees of the new tree, from left to right.
    let (mut rest, mut peaks) = (tree.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (complete, others) = rest.split_at(1 << rest.len().ilog2());
        peaks.extend(root(complete));
        rest = others;
    }
    sql(place, &format!("UPDATE audit_head SET size = {}, peaks = {}", tree.len(), bytes(&peaks)));
}

/// What makes every hash fit again does not make the checkpoint fit. The service signs one with each answer, so one is
/// in the database as well.
#[test]
fn a_checkpoint_shows_what_was_rewritten() {
    let swap = "UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
                UPDATE audit SET seq = 4 WHERE seq = 99";
    let remove = "DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
                  UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6";
    for (change, found) in [
        (
            "UPDATE audit SET actor = 'nobody' WHERE seq = 3",
            "the first 6 records are not those of the checkpoint",
        ),
        (
            "UPDATE audit SET time = time - 60 WHERE seq = 6",
            "the first 6 records are not those of the checkpoint",
        ),
        (swap, "the first 6 records are not those of the checkpoint"),
        (remove, "there are 5 records, and there were 6"),
        ("DELETE FROM audit WHERE seq > 4", "there are 4 records, and there were 6"),
    ] {
        let place = place();
        std::fs::write(place.path("note"), place.run(&["audit", "checkpoint"]).ok()).unwrap();
        rewrite(&place, change);
        let said = place.run(&["audit", "verify"]).failed(1);
        assert!(said.contains("error[audit-broken]") && said.contains(found), "{change} {said}");
        // Somebody who takes the stored one away is found out by the one that was kept elsewhere.
        sql(&place, "UPDATE audit_head SET checkpoint = NULL");
        place.run(&["audit", "verify"]).ok();
        let said = place.run(&["audit", "verify", "--checkpoint", "note"]).failed(1);
        assert!(said.contains(found), "{change} {said}");
        let json = place.run(&["audit", "verify", "--json", "--checkpoint", "note"]);
        assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["intact"], false);
        // And so is whoever exports what was rewritten.
        place.run(&["audit", "export", "--out", "all.ndjson"]).ok();
        let file = ["audit", "verify", "--file", "all.ndjson", "--checkpoint", "note"];
        assert!(place.run(&file).failed(1).contains(found), "{change}");
    }
}

#[test]
fn an_older_copy_of_the_database_is_found_out() {
    let place = place();
    let old = Copied::of(&place);
    place.run(&["open", &seal(&place.keys(), &options("f", "number"), "5")]).ok();
    std::fs::write(place.path("note"), place.run(&["audit", "checkpoint"]).ok()).unwrap();
    place.run(&["audit", "verify", "--checkpoint", "note"]).ok();
    old.put_back(&place);
    // By itself it is as whole as it was then.
    place.run(&["audit", "verify"]).ok();
    let said = place.run(&["audit", "verify", "--checkpoint", "note"]).failed(1);
    assert!(said.contains("there are 6 records, and there were 7"), "{said}");
}

/// The records of a database as they were at one time.
struct Copied(Option<PathBuf>);

impl Copied {
    fn of(place: &Place) -> Self {
        if POSTGRES {
            sql(
                place,
                "CREATE TABLE old AS SELECT * FROM audit; CREATE TABLE old_head AS SELECT * FROM audit_head",
            );
            return Self(None);
        }
        let copy = place.path("old.db");
        std::fs::copy(place.database(), &copy).unwrap();
        Self(Some(copy))
    }

    fn put_back(self, place: &Place) {
        match self.0 {
            Some(copy) => drop(std::fs::copy(copy, place.database()).unwrap()),
            None => {
                place.unguard_audit();
                let back = "DELETE FROM audit; INSERT INTO audit SELECT * FROM old;
                            DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM old_head";
                sql(place, back);
            }
        }
    }
}

#[test]
fn only_its_own_checkpoints_count() {
    let (place, other) = (place(), Place::new());
    place.run(&["audit", "export", "--out", "all.ndjson"]).ok();
    std::fs::write(place.path("signer"), place.run(&["keys", "signer"]).ok()).unwrap();
    let note = place.run(&["audit", "checkpoint"]).ok();
    let file = ["audit", "verify", "--file", "all.ndjson", "--checkpoint", "note", "--signer", "signer"];
    for (note, fits) in [
        (note.clone(), true),
        (note.replace("\n6\n", "\n5\n"), false),
        (note.replace('—', "-"), false),
        (String::new(), false),
        (other.run(&["audit", "checkpoint"]).ok(), false),
    ] {
        std::fs::write(place.path("note"), &note).unwrap();
        let ran = place.run(&file);
        match fits {
            true => assert!(ran.ok().starts_with("Intact: 6 records")),
            false => assert!(ran.failed(2).contains("error[checkpoint-invalid]"), "{note}"),
        }
    }
    // A line that is none, and a file that is not there.
    std::fs::write(place.path("all.ndjson"), "{}\n").unwrap();
    assert!(place.run(&file[..4]).failed(2).contains("error[audit-unreadable]"));
    assert!(place.run(&["audit", "verify", "--file", "none"]).failed(2).contains("error[input-unreadable]"));
    // The stored one was swapped.
    sql(&place, "UPDATE audit_head SET checkpoint = 'x'");
    assert!(place.run(&["audit", "verify"]).failed(2).contains("error[checkpoint-invalid]"));
}

#[test]
fn can_be_asked() {
    let place = place();
    let seqs = |args: &[&str]| -> Vec<u64> {
        let printed = place.run(&[&["audit", "query", "--json"], args].concat()).ok();
        let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
        printed.lines().map(seq).collect()
    };
    assert_eq!(seqs(&[]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(&["--action", "open"]), [3, 4, 5, 6]);
    assert_eq!(seqs(&["--action", "open", "--limit", "2"]), [3, 4]);
    assert_eq!(seqs(&["--action", "open", "--after", "4"]), [5, 6]);
    assert_eq!(
        seqs(&["--action", "open", "--class", "general", "--kind", "number", "--outcome", "granted"]).len(),
        4
    );
    assert_eq!(seqs(&["--action", "open", "--kind", "text"]), [0; 0]);
    let jti = place.audit()[3]["jti"].as_str().unwrap().to_owned();
    assert_eq!(seqs(&["--jti", &jti]), [4]);
    assert_eq!(seqs(&["--since", "2020-01-01", "--until", "2100-01-01T00:00:00Z"]).len(), 6);
    assert_eq!(seqs(&["--since", "2100-01-01"]), [0; 0]);
    assert!(place.run(&["audit", "query", "--since", "soon"]).failed(2).contains("A time is a day"));
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
