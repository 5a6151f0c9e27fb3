//! A person is erased, and what was sealed to their keys opens nowhere any more; everybody else's does.

mod kept;
mod registered;
mod restored;

use crate::support::{POSTGRES, Place, Server, contains, options, seal};
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
