//! The life of keys: one takes over from another, is revoked, and is destroyed for good.

use crate::support::{POSTGRES, Place, contains, first, now, options, seal, sql, try_sql};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};
use std::fs;

const DAY: u64 = 24 * 60 * 60;

fn kid(place: &Place) -> String {
    first(&place.keys()).kid().to_owned()
}

fn list(place: &Place) -> Vec<Value> {
    serde_json::from_str(&place.run(&["keys", "list", "--json"]).ok()).unwrap()
}

fn wrapped(place: &Place, kid: &str) -> Vec<u8> {
    use sqlx::{Connection, Row};
    sqlx::any::install_default_drivers();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut db = sqlx::AnyConnection::connect(&place.url()).await.unwrap();
        let row = sqlx::query("SELECT wrapped FROM keys WHERE kid = $1").bind(kid).fetch_one(&mut db).await;
        let wrapped = row.unwrap().get(0);
        db.close().await.unwrap();
        wrapped
    })
}

/// The records of one action: outcome, kid and actor.
fn records(place: &Place, action: &str) -> Vec<Value> {
    place.audit().into_iter().filter(|record| record["action"] == action).collect()
}

#[test]
fn a_new_key_takes_over_and_the_old_one_goes_on_for_a_while() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("*", "HPKE-9")]);
    let old = place.keys();
    let before = seal(&old, &options("card", "card-number"), "1");
    let new = place.run(&["keys", "rotate", "--class", "payment", "--overlap-days", "7"]).ok();
    let new = new.trim_end();

    let keys = place.keys();
    assert_eq!(keys.keys().len(), 3);
    let payment = fieldseal::kind::Class::Payment;
    let chosen = keys.choose(payment, now()).unwrap();
    assert_eq!((chosen.kid(), chosen.alg()), (new, fieldseal::suite::Alg::EcdhEs));
    let was = old.choose(payment, now()).unwrap();
    let is = keys.get(was.kid()).unwrap();
    assert!(is.exp().unwrap() < was.exp().unwrap());
    assert!((now().0 + 6 * DAY..=now().0 + 7 * DAY).contains(&is.exp().unwrap().0));
    // What either was sealed to opens.
    let after = seal(&keys, &options("card", "card-number"), "2");
    assert_eq!(place.run(&["open", &before]).ok(), "1\n");
    assert_eq!(place.run(&["open", &after]).ok(), "2\n");
    // The other class was left alone.
    assert_eq!(list(&place).iter().filter(|key| key["class"] == "*").count(), 1);
    let record = &records(&place, "key-rotate")[0];
    assert_eq!((&record["kid"], &record["target"]), (&json!(new), &json!(was.kid())));

    // An end that comes sooner is kept, and a class without a key has nothing to take over from.
    place.run(&["keys", "rotate", "--all", "--overlap-days", "300"]).ok();
    assert_eq!(place.keys().get(was.kid()).unwrap().exp(), is.exp());
    assert_eq!(place.keys().keys().len(), 5);
    let refused = place.run(&["keys", "rotate", "--class", "health"]).failed(2);
    assert!(refused.contains("key-none-to-rotate"), "{refused}");
    let refused = place.run(&["keys", "rotate", "--all", "--overlap-days", "0"]).failed(2);
    assert!(refused.contains("days-out-of-range"), "{refused}");
}

/// The end of an old key is authenticated like all that a page trusts.
#[test]
fn an_end_that_was_cut_cannot_be_put_back_in_the_database() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let end = first(&place.keys()).exp().unwrap().0;
    place.run(&["keys", "rotate", "--all", "--overlap-days", "1"]).ok();
    assert_eq!(place.keys().keys().len(), 2);
    let statement = format!("UPDATE keys SET exp = {end} WHERE exp < {end}");
    assert_eq!(sql(&place, &statement), 1);
    assert_eq!(place.keys().keys().len(), 1);
}

#[test]
fn keys_follow_each_other_by_age() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("health", "ECDH-ES"), ("contact", "ECDH-ES")]);
    assert_eq!(place.run(&["keys", "policy"]).ok(), "Keys are rotated by hand.\n");
    assert_eq!(place.run(&["keys", "rotate", "--due", "--json"]).ok(), "[]\n");
    for bad in [["30", "30"], ["30", "0"], ["0", "1"], ["4000", "1"]] {
        place.run(&["keys", "policy", "--rotate-days", bad[0], "--overlap-days", bad[1]]).failed(2);
    }
    place.run(&["keys", "policy", "--rotate-days", "30", "--overlap-days", "5"]).ok();
    let policy: Value = serde_json::from_str(&place.run(&["keys", "policy", "--json"]).ok()).unwrap();
    assert_eq!(policy, json!({ "rotate_days": 30, "overlap_days": 5 }));
    assert_eq!(place.run(&["keys", "rotate", "--due", "--json"]).ok(), "[]\n");

    // One is old, one is young but ends soon, and one is neither.
    sql(&place, "UPDATE keys SET created = created - 30 * 86400 WHERE class = 'payment'");
    place.run(&["keys", "rotate", "--class", "health", "--days", "4"]).ok();
    let server = place.serve();
    let rotated = || records(&place, "key-rotate").len();
    wait_until(|| rotated() == 3);
    let by_service: Vec<_> =
        records(&place, "key-rotate").into_iter().filter(|record| record["actor"] == "service").collect();
    let mut classes: Vec<_> = by_service.iter().map(|record| record["class"].as_str().unwrap()).collect();
    classes.sort_unstable();
    assert_eq!(classes, ["health", "payment"]);
    let set = KeySet::parse(&server.get("/.well-known/sealed-input", &[]).body).unwrap();
    assert_eq!(set.keys().len(), 6);
    let chosen = set.choose(fieldseal::kind::Class::Payment, now()).unwrap();
    assert!((now().0 + 34 * DAY..=now().0 + 35 * DAY).contains(&chosen.exp().unwrap().0));

    place.run(&["keys", "policy", "--off"]).ok();
    assert_eq!(place.run(&["keys", "policy", "--json"]).ok(), "null\n");
    assert_eq!(records(&place, "key-policy").len(), 2);
}

fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..200 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("waited in vain");
}

/// Many come at the same time for what one has to do.
#[test]
fn a_key_that_is_due_is_followed_by_one_key() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    place.run(&["keys", "policy", "--rotate-days", "30", "--overlap-days", "5"]).ok();
    sql(&place, "UPDATE keys SET created = created - 31 * 86400");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| place.run(&["keys", "rotate", "--due"]).ok());
        }
    });
    assert_eq!(records(&place, "key-rotate").len(), 1);
    assert_eq!(place.keys().keys().len(), 2);
}

#[test]
fn a_revoked_key_is_published_no_more_and_opens_for_nobody_without_leave() {
    let place = Place::with_keys(&[("payment", "ECDH-ES"), ("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let token = seal(&keys, &options("card", "card-number"), "1");
    let other = seal(&keys, &options("f", "text"), "2");
    let server = place.serve();
    assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], 1);
    let etag = server.get("/.well-known/sealed-input", &[]).header("etag").unwrap().to_owned();

    let kid = keys.choose(fieldseal::kind::Class::Payment, now()).unwrap().kid().to_owned();
    let refused = place.run(&["keys", "revoke", &kid, "--reason", "two\nlines"]).failed(2);
    assert!(refused.contains("reason-invalid"), "{refused}");
    let refused = place.run(&["keys", "revoke", "no-key", "--reason", "x"]).failed(2);
    assert!(refused.contains("key-gone"), "{refused}");
    let said = place.run(&["keys", "revoke", &kid, "--reason", "a laptop was stolen"]);
    assert!(said.stderr.contains("keys rotate --class 'payment'"), "{}", said.stderr);
    said.ok();
    // Twice is once.
    place.run(&["keys", "revoke", &kid, "--reason", "again"]).ok();
    assert_eq!(records(&place, "key-revoke").len(), 1);
    assert_eq!(records(&place, "key-revoke")[0]["purpose"], "a laptop was stolen");

    // The service that has it unlocked knows at once.
    let known = server.get("/.well-known/sealed-input", &[("if-none-match", &etag)]);
    assert_eq!(known.status, 200);
    assert!(KeySet::parse(&known.body).unwrap().get(&kid).is_none());
    let results = server.open(&secret, &[json!(token), json!(other)]).results();
    assert_eq!(results[0]["error"]["code"], "open-failed");
    assert_eq!(results[1]["value"], 2);
    assert!(place.outcomes().contains(&"key-revoked".to_owned()));
    assert!(!server.get("/problems/open-failed", &[]).body.contains("revoked"));
    // The operator has to say it.
    assert!(place.run(&["open", &token]).failed(1).contains("error[open-failed]"));
    assert_eq!(place.run(&["open", "--revoked", &token]).ok(), "1\n");
    for key in list(&place) {
        assert_eq!(key["state"], if key["kid"] == json!(kid) { "revoked" } else { "active" });
    }

    // The class goes on with a new key, and what is sealed to that opens.
    place.run(&["keys", "rotate", "--class", "payment"]).ok();
    let fresh = seal(&place.keys(), &options("card", "card-number"), "3");
    assert_eq!(server.open(&secret, &[json!(fresh)]).results()[0]["value"], 3);

    // Whoever can only write to the database cannot take it back.
    sql(&place, "UPDATE keys SET revoked = NULL");
    assert!(KeySet::parse(&place.run(&["keys", "publish"]).ok()).unwrap().get(&kid).is_none());
    assert!(place.run(&["open", &token]).failed(1).contains("error[open-failed]"));
}

#[test]
fn a_destroyed_key_is_in_no_file_and_opens_nothing() {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let token = seal(&place.keys(), &options("card", "card-number"), "1");
    let kid = fieldseal::jwe::Token::parse(&token).unwrap().header().kid.clone();
    let wrapped = wrapped(&place, &kid);
    assert_eq!(wrapped.len(), 60);
    let server = place.serve();
    assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], 1);
    // Its row is written again beside a service, so that its journal has it, too.
    place.run(&["keys", "rotate", "--class", "payment", "--overlap-days", "1"]).ok();

    for args in [vec!["keys", "destroy", &kid], vec!["keys", "destroy", &kid, "--confirm", "other"]] {
        let refused = place.run(&args).failed(2);
        assert!(refused.contains("key-confirm"), "{refused}");
    }
    let refused = place.run(&["keys", "receipt", &kid]).failed(2);
    assert!(refused.contains("key-not-destroyed"), "{refused}");
    let after_rotation = self::wrapped(&place, &kid);
    if !POSTGRES {
        // They are there to be found: the rotation left the first in the journal's older pages.
        let files = fs::read_dir(place.path("home")).unwrap();
        let files: Vec<_> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        for bytes in [&wrapped, &after_rotation] {
            assert!(files.iter().any(|content| contains(content, bytes)));
        }
    }
    let destroy = ["keys", "destroy", &kid, "--confirm", &kid, "--reason", "retention: 2 years"];
    let receipt = place.run(&destroy).ok();

    // While the service runs, and after it has stopped.
    for bytes in [&wrapped[..], &wrapped[12..44], &after_rotation] {
        place.assert_nowhere(bytes);
    }
    assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["error"]["code"], "open-failed");
    assert_eq!(place.outcomes().last().unwrap(), "key-destroyed");
    assert!(place.run(&["open", "--revoked", &token]).failed(1).contains("error[open-failed]"));
    assert!(KeySet::parse(&server.get("/.well-known/sealed-input", &[]).body).unwrap().get(&kid).is_none());
    server.stop();
    place.assert_nowhere(&wrapped[12..44]);
    place.assert_nowhere(&after_rotation);
    for key in list(&place) {
        assert_eq!(key["state"], if key["kid"] == json!(kid) { "destroyed" } else { "active" });
    }

    // Nobody undoes it, and to do it again gives the same receipt.
    assert_eq!(place.run(&destroy).ok(), receipt);
    assert_eq!(place.run(&["keys", "receipt", &kid]).ok(), receipt);
    assert_eq!(records(&place, "key-destroy").len(), 1);
    let refused = place.run(&["keys", "revoke", &kid, "--reason", "x"]).failed(2);
    assert!(refused.contains("key-destroyed"), "{refused}");
    try_sql(&place, "UPDATE keys SET destroyed = NULL").unwrap();
    assert!(place.run(&["open", &token]).failed(1).contains("error[open-failed]"));
    place.run(&["audit", "verify"]).ok();
}

#[test]
fn a_receipt_is_checked_without_a_key_holder() {
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let kid = kid(&place);
    let receipt = place.run(&["keys", "destroy", &kid, "--confirm", &kid, "--reason", "over"]).ok();
    fs::write(place.path("receipt"), &receipt).unwrap();
    fs::write(place.path("signer"), place.run(&["keys", "signer"]).ok()).unwrap();
    let other = Place::new();
    fs::write(place.path("other"), other.run(&["keys", "signer"]).ok()).unwrap();
    let verify = ["--home", "nowhere", "keys", "receipt", "verify", "receipt", "--signer", "signer"];

    let said = place.run(&verify).ok();
    assert!(said.contains(&kid) && said.contains("payment"), "{said}");
    let said: Value = serde_json::from_str(&place.run(&[&verify[..], &["--json"]].concat()).ok()).unwrap();
    let seq = records(&place, "key-destroy")[0]["seq"].clone();
    assert_eq!((&said["kid"], &said["reason"], &said["audit"]), (&json!(kid), &json!("over"), &seq));
    assert!(said["destroyed"].as_u64().unwrap().abs_diff(now().0) < 60);
    assert!(said["by"].as_str().unwrap().starts_with("cli:"));
    // The key holder itself knows its signer.
    place.run(&["keys", "receipt", "verify", "receipt"]).ok();

    // It is a JWS that any library verifies: its parts are those of RFC 7515.
    let header = Base64UrlUnpadded::decode_vec(receipt.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("Ed25519"), &json!("key-destruction-receipt+jwt")));

    let refused = place.run(&[&verify[..7], &["other"]].concat()).failed(2);
    assert!(refused.contains("receipt-invalid"), "{refused}");
    let refused = place.run(&[&verify[..7], &["receipt"]].concat()).failed(2);
    assert!(refused.contains("signer-invalid"), "{refused}");
    let parts: Vec<_> = receipt.trim_end().split('.').collect();
    for at in 0..3 {
        let mut changed: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let swapped = if changed[at].starts_with('e') { "f" } else { "e" };
        changed[at].replace_range(..1, swapped);
        fs::write(place.path("receipt"), changed.join(".")).unwrap();
        let refused = place.run(&verify).failed(2);
        assert!(refused.contains("receipt-invalid"), "{at} {refused}");
    }
    // A signed key set of the same signer is no receipt.
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    fs::write(place.path("set"), place.run(&["keys", "publish", "--signed"]).ok()).unwrap();
    let refused = place.run(&["keys", "receipt", "verify", "set"]).failed(2);
    assert!(refused.contains("receipt-invalid"), "{refused}");
}

/// A process that reads for long keeps the journal from being emptied, and that is said.
#[test]
fn a_journal_that_cannot_be_emptied_is_not_passed_over() {
    use sqlx::{Connection, Executor};
    if POSTGRES {
        return;
    }
    let place = Place::with_keys(&[("payment", "ECDH-ES")]);
    let kid = kid(&place);
    let server = place.serve();
    let url = format!("sqlite://{}", place.database().display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut reader = runtime.block_on(async {
        let mut reader = sqlx::SqliteConnection::connect(&url).await.unwrap();
        reader.execute("BEGIN").await.unwrap();
        reader.execute("SELECT * FROM keys").await.unwrap();
        reader
    });
    let destroy = ["keys", "destroy", &kid, "--confirm", &kid];
    let refused = place.run(&destroy).failed(2);
    assert!(refused.contains("key-traces"), "{refused}");
    runtime.block_on(async { reader.execute("ROLLBACK").await.unwrap() });
    let receipt = place.run(&destroy).ok();
    assert_eq!(place.run(&["keys", "receipt", &kid]).ok(), receipt);
    drop(server);
}
