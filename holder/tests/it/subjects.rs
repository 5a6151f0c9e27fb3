//! A person is erased, and what was sealed to their keys opens nowhere any more; everybody else's does.

use crate::support::{POSTGRES, Place, Server, contains, options, seal, sql};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::jwe::Token;
use fieldseal::keyset::KeySet;
use fieldseal::sealer::SealOptions;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const PEOPLE: [&str; 3] = ["p-1f0c", "p-2a9d", "p-3e77"];

/// A key holder with keys of two classes and both algorithms.
fn place() -> Place {
    Place::with_keys(&[("payment", "HPKE-9"), ("health", "ECDH-ES"), ("*", "ECDH-ES")])
}

fn registered() -> Place {
    let place = place();
    place.run(&[&["subject", "new"], &PEOPLE[..]].concat()).ok();
    place
}

/// Somebody's keys, as the service gives them.
fn keys_of(server: &Server, id: &str) -> KeySet {
    let answered = server.get(&format!("/.well-known/sealed-input?sub={id}"), &[]);
    assert_eq!(answered.status, 200, "{}", answered.body);
    KeySet::parse(&answered.body).unwrap()
}

fn named(field: &str, kind: &str, sub: Option<&str>) -> SealOptions {
    SealOptions { sub: sub.map(str::to_owned), ..options(field, kind) }
}

/// A card, a diagnosis and a text of somebody, or of nobody in particular.
fn sealed(keys: &KeySet, sub: Option<&str>) -> Vec<String> {
    let of = |field, kind, json: &str| seal(keys, &named(field, kind, sub), json);
    vec![
        of("card", "card-number", "\"4242424242424242\""),
        of("illness", "diagnosis", "\"J45\""),
        of("note", "text", "\"a note\""),
    ]
}

fn kid(token: &str) -> String {
    Token::parse(token).unwrap().header().kid.clone()
}

/// What comes of opening tokens: the values, or the codes.
fn outcomes(server: &Server, secret: &str, tokens: &[String]) -> Vec<Value> {
    let tokens: Vec<Value> = tokens.iter().map(|token| json!(token)).collect();
    let results = server.open(secret, &tokens).results();
    results.into_iter().map(|r| r.get("value").unwrap_or(&r["error"]["code"]).clone()).collect()
}

fn values() -> Vec<Value> {
    vec![json!("4242424242424242"), json!("J45"), json!("a note")]
}

fn failed() -> Vec<Value> {
    vec![json!("open-failed"); 3]
}

fn records(place: &Place, action: &str) -> Vec<Value> {
    place.audit().into_iter().filter(|record| record["action"] == action).collect()
}

/// The wrapped salt of somebody, as it is in the database.
fn salt(place: &Place, id: &str) -> Vec<u8> {
    use sqlx::{Connection, Row};
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut db = sqlx::AnyConnection::connect(&place.url()).await.unwrap();
        let row = sqlx::query("SELECT salt FROM subjects WHERE id = $1").bind(id.to_owned());
        let salt = row.fetch_one(&mut db).await.unwrap().get(0);
        db.close().await.unwrap();
        salt
    })
}

#[test]
fn one_is_erased_and_all_others_open() {
    let place = registered();
    let secret = place.credential("desk", &["*"]);
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let common = place.keys();
    let tokens: Vec<Vec<String>> = PEOPLE.iter().map(|id| sealed(&keys_of(&server, id), Some(id))).collect();
    let nobodys = sealed(&common, None);
    for own in &tokens {
        assert_eq!(outcomes(&server, &secret, own), values());
    }
    assert_eq!(outcomes(&server, &secret, &nobodys), values());
    // Every token is to a key of its own person and class.
    let kids: BTreeSet<String> = tokens.iter().flatten().chain(&nobodys).map(|token| kid(token)).collect();
    assert_eq!(kids.len(), 12);
    let before = salt(&place, PEOPLE[1]);
    assert_eq!(before.len(), 60);

    let erased = server.send(
        &officer,
        "DELETE",
        &format!("/v1/subjects/{}", PEOPLE[1]),
        Some(&json!({ "reason": "asked by letter" })),
    );
    assert_eq!(erased.status, 200, "{}", erased.body);
    let receipt = erased.json()["receipt"].as_str().unwrap().to_owned();
    for (own, wanted) in tokens.iter().zip([values(), failed(), values()]) {
        assert_eq!(outcomes(&server, &secret, own), wanted);
    }
    assert_eq!(outcomes(&server, &secret, &nobodys), values());
    let said: Vec<_> = place.outcomes().into_iter().filter(|outcome| outcome == "subject-erased").collect();
    assert_eq!(said.len(), 3);
    // Nor does the operator open them, nor is the salt anywhere.
    for token in &tokens[1] {
        assert!(place.run(&["open", "--revoked", token]).failed(1).contains("error[open-failed]"));
    }
    place.assert_nowhere(&before[12..44]);
    assert!(salt(&place, PEOPLE[1]).is_empty());

    // The key set is gone for good, and so is the name.
    let path = format!("/.well-known/sealed-input?sub={}", PEOPLE[1]);
    for path in [path.clone(), path.replace("input?", "input.jwt?")] {
        let gone = server.get(&path, &[]);
        assert_eq!((gone.status, gone.problem().as_str()), (410, "subject-erased"));
    }
    assert!(place.run(&["subject", "new", PEOPLE[1]]).failed(2).contains("subject-erased"));
    assert_eq!(keys_of(&server, PEOPLE[0]).keys().len(), 3);

    // A second time is harmless, by whoever.
    let again = server.send(&officer, "DELETE", &format!("/v1/subjects/{}", PEOPLE[1]), None);
    assert_eq!((again.status, again.json()["receipt"].as_str().unwrap()), (200, receipt.as_str()));
    assert_eq!(place.run(&["subject", "erase", PEOPLE[1]]).ok().trim_end(), receipt);
    assert_eq!(place.run(&["subject", "receipt", PEOPLE[1]]).ok().trim_end(), receipt);
    let erasures = records(&place, "subject-erase");
    assert_eq!(erasures.len(), 1);
    assert_eq!(erasures[0]["sub"], PEOPLE[1]);
    assert_eq!(
        (&erasures[0]["actor"], &erasures[0]["purpose"]),
        (&json!("officer"), &json!("asked by letter"))
    );
    place.run(&["audit", "verify"]).ok();

    // The receipt says what ended, to anybody who pinned the signer.
    fs::write(place.path("receipt"), &receipt).unwrap();
    fs::write(place.path("signer"), place.run(&["keys", "signer"]).ok()).unwrap();
    let verify = ["--home", "nowhere", "subject", "receipt", "--verify", "receipt", "--signer", "signer"];
    let said: Value = serde_json::from_str(&place.run(&[&verify[..], &["--json"]].concat()).ok()).unwrap();
    let ended: BTreeSet<String> =
        said["kids"].as_array().unwrap().iter().map(|kid| kid.as_str().unwrap().to_owned()).collect();
    assert_eq!(ended, tokens[1].iter().map(|token| kid(token)).collect());
    assert_eq!((&said["subject"], &said["audit"]), (&json!(PEOPLE[1]), &erasures[0]["seq"]));
    assert!(said["erased"].as_u64().unwrap() >= said["created"].as_u64().unwrap());
    let header = Base64UrlUnpadded::decode_vec(receipt.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["typ"], "subject-erasure-receipt+jwt");
    let mut changed = receipt.clone().into_bytes();
    let middle = receipt.find('.').unwrap() + 5;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    fs::write(place.path("receipt"), changed).unwrap();
    assert!(place.run(&verify).failed(2).contains("receipt-invalid"));
    // It is no receipt of a key.
    fs::write(place.path("receipt"), &receipt).unwrap();
    assert!(place.run(&["keys", "receipt", "verify", "receipt"]).failed(2).contains("receipt-invalid"));
}

/// A copy of the database that was made after the erasure opens no more than the database itself.
#[test]
fn a_copy_made_after_opens_no_more() {
    if POSTGRES {
        return;
    }
    let place = registered();
    let server = place.serve();
    let [mine, theirs] =
        [PEOPLE[0], PEOPLE[1]].map(|id| sealed(&keys_of(&server, id), Some(id)).swap_remove(0));
    place.run(&["subject", "erase", PEOPLE[1]]).ok();
    server.stop();
    fs::create_dir(place.path("copy")).unwrap();
    for file in fs::read_dir(place.path("home")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), place.path("copy").join(file.file_name())).unwrap();
    }
    fs::set_permissions(place.path("copy"), fs::Permissions::from_mode(0o700)).unwrap();
    let open = |token: &str| {
        let mut command = place.command(&["open", token]);
        command.env("KEYHOLDER_HOME", place.path("copy")).output().unwrap()
    };
    assert_eq!(open(&mine).stdout, b"4242424242424242\n");
    let refused = open(&theirs);
    assert_eq!(refused.status.code(), Some(1));
    assert!(contains(&refused.stderr, b"open-failed"));
}

#[test]
fn a_new_epoch_has_new_keys_of_everybody() {
    let place = registered();
    let server = place.serve();
    let secret = place.credential("desk", &["*"]);
    let mover = place.role("mover", &["rewrapper"]);
    let id = PEOPLE[0];
    let old = keys_of(&server, id);
    let mut tokens = sealed(&old, Some(id));
    place.run(&["keys", "rotate", "--all"]).ok();

    let new = keys_of(&server, id);
    assert_eq!(new.keys().len(), 6);
    assert!(old.keys().all(|key| new.get(key.kid()).is_some()));
    // Each is as its parent is, but for whose it is.
    for (own, parent) in new.keys().zip(place.keys().keys()) {
        assert_ne!(own.kid(), parent.kid());
        assert_eq!(own.sub(), Some(id));
        assert_eq!(
            (own.alg(), own.scope(), own.nbf(), own.exp()),
            (parent.alg(), parent.scope(), parent.nbf(), parent.exp())
        );
    }
    let fresh = sealed(&new, Some(id));
    assert!(fresh.iter().all(|token| old.get(&kid(token)).is_none()));
    tokens.extend(fresh);
    assert_eq!(outcomes(&server, &secret, &tokens), [values(), values()].concat());
    let shown: Value = serde_json::from_str(&place.run(&["subject", "show", id, "--json"]).ok()).unwrap();
    let kids: Vec<&str> = shown["kids"].as_array().unwrap().iter().map(|kid| kid.as_str().unwrap()).collect();
    assert!(kids.len() == 6 && kids.iter().all(|kid| new.get(kid).is_some()));

    // Old tokens move to the person's own new key, and not to the class's.
    let body = json!({ "tokens": tokens });
    let moved = server.ask(&mover, "/v1/rewrap", &body).results();
    for (result, is_old) in moved.iter().zip([true, true, true, false, false, false]) {
        assert_eq!(result["rewrapped"], is_old, "{result}");
        let kid = result["kid"].as_str().unwrap();
        assert!(new.get(kid).is_some() && old.get(kid).is_none());
    }
    let moved: Vec<String> = moved.iter().map(|r| r["token"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes(&server, &secret, &moved), [values(), values()].concat());

    // A key that is destroyed or revoked takes with it what was derived from it.
    let parent = place.keys().keys().next().unwrap().kid().to_owned();
    place.run(&["keys", "revoke", &parent, "--reason", "lost"]).ok();
    assert_eq!(keys_of(&server, id).keys().len(), 5);
    assert_eq!(outcomes(&server, &secret, &tokens[..1]), [json!("open-failed")]);
    assert_eq!(place.outcomes().last().unwrap(), "key-revoked");
    place.run(&["keys", "destroy", &parent, "--confirm", &parent]).ok();
    assert_eq!(outcomes(&server, &secret, &tokens[..1]), [json!("open-failed")]);
    assert_eq!(place.outcomes().last().unwrap(), "key-destroyed");
    assert_eq!(outcomes(&server, &secret, &tokens[1..3]), values()[1..]);
    // Erasing reaches the keys of every epoch.
    place.run(&["subject", "erase", id]).ok();
    assert_eq!(outcomes(&server, &secret, &moved), [failed(), failed()].concat());
    assert_eq!(outcomes(&server, &secret, &tokens[1..]), [failed(), failed()].concat()[1..]);
    let again = server.ask(&mover, "/v1/rewrap", &body).results();
    assert!(again.iter().all(|result| result["error"]["code"] == "open-failed"), "{again:?}");
}

/// The page chooses the key and writes the header. It cannot keep one person's value under another's name.
#[test]
fn a_key_of_one_person_opens_nothing_of_another() {
    let place = registered();
    let server = place.serve();
    let secret = place.credential("desk", &["*"]);
    let own = keys_of(&server, PEOPLE[0]);
    for sub in [Some(PEOPLE[1]), None] {
        assert_eq!(
            outcomes(&server, &secret, &sealed(&own, sub)),
            vec![json!("token-wrong-subject"); 3],
            "{sub:?}"
        );
    }
    // A class's key seals what any header says, as it always did.
    assert_eq!(outcomes(&server, &secret, &sealed(&place.keys(), Some(PEOPLE[1]))), values());
}

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

#[test]
fn what_was_erased_since_a_backup_is_erased_again() {
    let place = registered();
    let server = place.serve();
    let tokens: Vec<Vec<String>> = PEOPLE.iter().map(|id| sealed(&keys_of(&server, id), Some(id))).collect();
    place.run(&["subject", "erase", PEOPLE[0]]).ok();
    let shares = ["--shares", "1", "--threshold", "1", "--shares-dir", "shares"];
    place.run(&[&["backup", "create", "--out", "backup"], &shares[..]].concat()).ok();
    // After it: one is erased, one comes and goes, and a key is destroyed.
    place.run(&["subject", "erase", PEOPLE[1], "--reason", "asked"]).ok();
    place.run(&["subject", "new", "late"]).ok();
    let late = sealed(&keys_of(&server, "late"), Some("late"));
    place.run(&["subject", "erase", "late"]).ok();
    let health = kid(&sealed(&place.keys(), None)[1]);
    place.run(&["keys", "destroy", &health, "--confirm", &health]).ok();
    server.stop();
    let since = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(crate::support::now().0 - 3600),
    );
    fs::create_dir(place.path("receipts")).unwrap();
    let receipts = place.run(&["receipts", "export", "--since", &since.to_string()]).ok();
    assert_eq!(receipts.lines().count(), 4);
    assert_eq!(place.run(&["receipts", "export"]).ok(), receipts);
    assert_eq!(place.run(&["receipts", "export", "--since", "2100-01-01"]).ok(), "");
    let (first, rest) = receipts.split_once('\n').unwrap();
    fs::write(place.path("receipts/a"), first).unwrap();
    fs::write(place.path("receipts/b"), rest).unwrap();

    let restore = |home: &str, args: &[&str]| {
        let backup = ["backup", "restore", "backup", "--share", "shares/share-1-of-1.txt"];
        at(&place, home, &[&backup[..], args].concat())
    };
    let said = restore("recovered", &["--receipts", "receipts", "--json"]).ok();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["destroyed"], &said["erased"], &said["keys"]), (&json!(1), &json!(2), &json!(2)));
    let open = |home: &str, token: &str| at(&place, home, &["open", token]);
    for token in tokens[0].iter().chain(&tokens[1]).chain(&late).chain(&tokens[2][1..2]) {
        assert!(open("recovered", token).failed(1).contains("open-failed"));
    }
    assert_eq!(open("recovered", &tokens[2][0]).ok(), "4242424242424242\n");
    assert_eq!(open("recovered", &tokens[2][2]).ok(), "a note\n");
    // Their names are used no more, and their receipts are there again.
    for id in [PEOPLE[0], PEOPLE[1], "late"] {
        assert!(at(&place, "recovered", &["subject", "new", id]).failed(2).contains("subject-erased"));
        let receipt = at(&place, "recovered", &["subject", "receipt", id]).ok();
        assert!(receipts.contains(receipt.trim_end()));
    }
    let audit = at(&place, "recovered", &["audit", "list", "--json", "--limit", "1000"]).ok();
    let again = audit.lines().filter(|line| line.contains("\"subject-erase\"")).count();
    // One of before the backup, and two of the restore.
    assert_eq!(again, 3);
    at(&place, "recovered", &["audit", "verify"]).ok();
    // Who is left gets keys of the epochs that are left, and their old ones are the same.
    let shown = at(&place, "recovered", &["subject", "show", PEOPLE[2], "--json"]).ok();
    assert!(tokens[2].iter().all(|token| shown.contains(&kid(token))));

    // Without the receipts it opens again, which has to be said.
    assert!(restore("careless", &[]).failed(2).contains("receipts-unsaid"));
    restore("careless", &["--no-receipts"]).ok();
    assert_eq!(open("careless", &tokens[1][0]).ok(), "4242424242424242\n");
    assert!(open("careless", &tokens[0][0]).failed(1).contains("open-failed"));
}

/// A command to another key holder of the same place.
fn at(place: &Place, home: &str, args: &[&str]) -> crate::support::Ran {
    let mut command = place.command(args);
    command.env("KEYHOLDER_HOME", place.path(home)).env("KEYHOLDER_KEY_FILE", place.path("new-key"));
    if POSTGRES {
        use std::collections::BTreeMap;
        use std::sync::Mutex;
        static DATABASES: Mutex<BTreeMap<std::path::PathBuf, String>> = Mutex::new(BTreeMap::new());
        let mut databases = DATABASES.lock().unwrap();
        let url = databases.entry(place.path(home)).or_insert_with(crate::support::postgres::database);
        command.env("KEYHOLDER_DATABASE", url.clone());
    }
    let output = command.output().unwrap();
    crate::support::Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Two services on one database: what one erases the other opens no more, at once.
#[test]
fn an_erasure_counts_at_every_replica() {
    let place = registered();
    let secret = place.credential("desk", &["*"]);
    let officer = place.role("officer", &["privacy-officer"]);
    let [one, other] = [place.serve(), place.serve()];
    let tokens = sealed(&keys_of(&one, PEOPLE[0]), Some(PEOPLE[0]));
    assert_eq!(outcomes(&other, &secret, &tokens), values());
    let erased = one.send(&officer, "DELETE", &format!("/v1/subjects/{}", PEOPLE[0]), None);
    assert_eq!(erased.status, 200, "{}", erased.body);
    assert_eq!(outcomes(&other, &secret, &tokens), failed());
    assert_eq!(other.get(&format!("/.well-known/sealed-input?sub={}", PEOPLE[0]), &[]).status, 410);
}
