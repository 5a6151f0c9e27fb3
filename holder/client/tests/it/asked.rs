//! What is found out about values without seeing them, and the lists.

use crate::support::Place;
use fieldseal_client::{Ask, Comparison, Expected, Finding};

/// The reference implementation's test vector: the hash of `password`.
const HASH: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

#[tokio::test]
async fn masks_comparisons_and_fingerprints() {
    let place = Place::new();
    let holder = place.client();
    let ask = Ask::purpose("a check");
    let card = place.seal("card-number", "\"4242 4242 4242 4242\"");
    let other = place.seal("card-number", "\"5555 5555 5555 4444\"");

    let masked = holder.open_masked([&card], &ask).await.unwrap().remove(0).unwrap();
    assert_eq!(masked.facts.kind, "card-number");
    assert!(
        matches!(masked.mask, Finding::One(mask) if mask.masked.ends_with("4242") && !mask.masked.contains("424242"))
    );

    assert_eq!(holder.verify(&card, &"4242424242424242", &ask).await, Ok(true));
    assert_eq!(holder.verify(&other, &"4242 4242 4242 4242", &ask).await, Ok(false));
    let wrong = holder.verify(Expected::new(&card).field("other"), &"4242", &ask).await.unwrap_err();
    assert_eq!(wrong.code(), Some("token-wrong-field"));

    let fingerprints = holder.fingerprint([&card, &card, &other], Some("duplicates"), &ask).await.unwrap();
    let [a, b, c] = [0, 1, 2].map(|i| fingerprints[i].clone().unwrap().fingerprint);
    assert!(a == b && a != c);
}

#[tokio::test]
async fn hashes_of_passwords_eight_a_request() {
    let place = Place::new();
    let password = place.seal("password", "\"password\"");
    let comparisons = (0..9).map(|_| Comparison::with_hash(&password, HASH));
    let verified = place.client().verify_all(comparisons, &Ask::new()).await.unwrap();
    assert_eq!(verified.len(), 9);
    assert!(verified.iter().all(|verified| verified.as_ref().is_ok_and(|verified| verified.equal)));
}

#[tokio::test]
async fn tokens_move_to_the_current_key() {
    let place = Place::new();
    let token = place.seal("text", "\"stays\"");
    let mover = place.client().with_credential(place.credential("mover", &["--role", "rewrapper"]));
    let moved = mover.rewrap([token.as_str(), "no token"], &Ask::new()).await.unwrap();
    let same = moved[0].as_ref().unwrap();
    assert_eq!(
        (same.token.as_str(), same.rewrapped, same.kid.as_str()),
        (token.as_str(), false, place.kid())
    );
    assert_eq!(moved[1].as_ref().unwrap_err().code, "token-malformed");
}

#[tokio::test]
async fn the_audit_and_the_keys_are_read_a_page_at_a_time() {
    let place = Place::new();
    let token = place.seal("text", "\"x\"");
    place.client().open([&token, &token, &token], &Ask::purpose("a list")).await.unwrap();
    let auditor = place.client().with_credential(place.credential("auditor", &["--role", "auditor"]));
    let mut places = Vec::new();
    let mut after = None;
    loop {
        let page = auditor.audit(after.as_deref(), Some(2)).await.unwrap();
        assert!(page.records.len() <= 2);
        places.extend(page.records.iter().map(|record| record.seq));
        after = Some(page.next);
        if !page.more {
            break;
        }
    }
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    assert!(places.len() > 3);
    place.client().open([&token], &Ask::purpose("later")).await.unwrap();
    let later = auditor.audit(after.as_deref(), None).await.unwrap();
    assert!(
        later
            .records
            .iter()
            .any(|record| record.rest.get("purpose").is_some_and(|purpose| purpose == "later"))
    );
    assert_eq!(auditor.audit(Some("x"), None).await.unwrap_err().code(), Some("cursor-invalid"));

    let keys = auditor.keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].kid.as_str(), keys[0].class.as_str()), (place.kid(), "*"));
}
