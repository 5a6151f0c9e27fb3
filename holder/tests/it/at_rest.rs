//! What lies on the disk, and what becomes of it when somebody changes it there.

use crate::support::{Place, first, options, seal, sql};
use fieldseal::keyset::KeySet;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn no_value_no_token_and_no_secret_is_in_any_file() {
    let place = Place::with_keys(&[("*", "HPKE-9"), ("payment", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let server = place.serve();
    for kind in ["card-number", "text"] {
        let token = seal(&keys, &options("f", kind), "\"a very special value\"");
        assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], "a very special value");
        assert_eq!(place.run(&["open", &token]).ok(), "a very special value\n");
        // While the service runs, its journal is there too, and is as private as the database.
        let files: Vec<_> = fs::read_dir(place.path("home")).unwrap().map(|file| file.unwrap()).collect();
        assert!(files.len() > 1);
        assert!(files.iter().all(|file| file.metadata().unwrap().permissions().mode() & 0o777 == 0o600));
        place.assert_nowhere(b"very special");
        place.assert_nowhere(&token.as_bytes()[token.len() - 40..]);
    }
    assert_eq!(server.stop().0, Some(0));
    place.assert_nowhere(b"very special");
    place.assert_nowhere(secret.as_bytes());
    let key = fs::read_to_string(place.path("key")).unwrap();
    place.assert_nowhere(key.trim_end().as_bytes());
}

/// Everything that a page trusts about a key is authenticated: change it and the key is gone.
#[test]
fn a_key_that_was_changed_is_neither_published_nor_used() {
    for change in [
        "UPDATE keys SET class = '*'",
        "UPDATE keys SET alg = 'ECDH-ES'",
        "UPDATE keys SET exp = exp + 1",
        "UPDATE keys SET exp = NULL",
        "UPDATE keys SET nbf = 0",
        "UPDATE keys SET public = zeroblob(1216)",
        "UPDATE keys SET wrapped = zeroblob(60)",
        "UPDATE keys SET wrapped = x''",
        "UPDATE keys SET wrapped = (SELECT signer_wrapped FROM holder)",
    ] {
        let place = Place::with_keys(&[("payment", "HPKE-9")]);
        let token = seal(&place.keys(), &options("f", "card-number"), "1");
        let server = place.serve();
        let secret = place.credential("desk", &["*"]);
        assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], 1);
        assert_eq!(sql(&place, change), 1);
        assert_eq!(place.run(&["keys", "publish"]).ok(), "{\"keys\":[]}\n", "{change}");
        assert!(place.run(&["open", &token]).failed(1).contains("error[open-failed]"), "{change}");
        // Also by a service that had it unlocked.
        assert_eq!(server.get("/.well-known/sealed-input", &[]).body, "{\"keys\":[]}", "{change}");
        assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["error"]["code"], "open-failed");
        assert!(place.outcomes()[1..].iter().all(|outcome| outcome == "key-damaged"), "{change}");
    }
}

#[test]
fn a_key_that_somebody_put_there_is_not_published() {
    let place = Place::with_keys(&[("payment", "HPKE-9")]);
    let theirs = Place::with_keys(&[("health", "ECDH-ES")]);
    let attached = format!("ATTACH '{}' AS theirs", theirs.database().display());
    let statement =
        format!("{attached}; UPDATE theirs.keys SET place = 9; INSERT INTO keys SELECT * FROM theirs.keys");
    sql(&place, &statement);
    assert_eq!(place.run(&["keys", "list"]).ok().lines().count(), 2);
    let published = KeySet::parse(&place.run(&["keys", "publish"]).ok()).unwrap();
    assert_eq!(published.keys().len(), 1);
    assert_eq!(first(&published).scope().as_str(), "payment");
}

#[test]
fn a_signing_key_that_was_changed_unlocks_nothing() {
    for (change, code) in [
        ("UPDATE holder SET signer_public = zeroblob(32)", "unlock-failed"),
        ("UPDATE holder SET signer_wrapped = zeroblob(60)", "unlock-failed"),
        ("DELETE FROM holder", "home-missing"),
        ("DELETE FROM origins", "store-damaged"),
    ] {
        let place = Place::with_keys(&[("*", "ECDH-ES")]);
        sql(&place, change);
        let said = place.run(&["keys", "publish", "--signed"]).failed(2);
        assert!(said.contains(&format!("error[{code}]")), "{change} {said}");
    }
}

#[test]
fn a_key_that_was_destroyed_opens_nothing_from_then_on() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let secret = place.credential("desk", &["*"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "1"));
    let server = place.serve();
    assert_eq!(server.open(&secret, std::slice::from_ref(&token)).results()[0]["value"], 1);
    sql(&place, "DELETE FROM keys");
    assert_eq!(server.open(&secret, &[token]).results()[0]["error"]["code"], "open-failed");
    assert_eq!(place.outcomes(), ["granted", "key-unknown"]);
}

#[test]
fn a_file_that_is_no_database() {
    let place = Place::new();
    fs::write(place.database(), "no database at all, but quite a bit of text that could be one").unwrap();
    assert!(place.run(&["keys", "list"]).failed(2).contains("error[store-"));
    // An empty file is an empty database: `init` did not finish.
    let place = Place::new();
    fs::write(place.database(), "").unwrap();
    assert!(place.run(&["open", "x"]).failed(2).contains("error[home-missing]"));
}

#[test]
fn a_command_leaves_one_file() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    place.run(&["open", &seal(&place.keys(), &options("f", "text"), "1")]).ok();
    place.run(&["open", "x"]).failed(1);
    assert_eq!(fs::read_dir(place.path("home")).unwrap().count(), 1);
}
