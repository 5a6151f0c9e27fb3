//! A key's date and a hold on it are those of the keys that were derived from it, too.

use super::{PEOPLE, keys_of, named};
use crate::support::{Place, Ran, first, seal};
use serde_json::{Value, json};

#[test]
fn a_persons_keys_end_with_their_epoch_and_a_hold_keeps_both() {
    let (place, id) = (Place::new(), PEOPLE[0]);
    place.run(&["retention", "policy", "--class", "payment", "--days", "30"]).ok();
    place.run(&["keys", "new", "--class", "payment", "--alg", "ECDH-ES"]).ok();
    place.run(&["subject", "new", id]).ok();
    let counsel = place.role("counsel", &["approver"]);
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let keys = keys_of(&server, id);
    assert!(first(&keys).destroys().is_some() && first(&keys).destroys() == first(&place.keys()).destroys());
    let card = seal(&keys, &named("card", "card-number", Some(id)), "1");
    let late = |args: &[&str]| -> Ran { place.run(&[args, &["--clock", "+200d"]].concat()) };
    let two_people = |args: &[&str]| {
        let asked = place.run(args).ok();
        let approved = server.ask(&counsel, &format!("/v1/approvals/{}", asked.trim()), &json!({}));
        assert_eq!(approved.status, 200, "{}", approved.body);
        asked.trim().to_owned()
    };
    let rehearsed = || -> Value {
        serde_json::from_str(&place.run(&["subject", "erase", id, "--dry-run", "--json"]).ok()).unwrap()
    };
    // Its date has come, whether or not anybody has destroyed it yet.
    assert!(late(&["open", &card]).failed(1).contains("open-failed"));
    assert_eq!(place.outcomes().last().unwrap(), "key-retention-over");
    assert_eq!(rehearsed()["held"], false);

    let kid = first(&place.keys()).kid().to_owned();
    let hold = two_people(&["retention", "hold", "--key", &kid, "--reason", "case 17"]);
    assert_eq!(late(&["open", &card]).ok(), "1\n");
    assert_eq!(rehearsed()["held"], true);
    assert!(place.run(&["subject", "erase", id]).failed(2).contains("key-held"));
    let refused = server.send(&officer, "DELETE", &format!("/v1/subjects/{id}"), None);
    assert_eq!((refused.status, refused.problem().as_str()), (409, "key-held"));
    assert_eq!(place.run(&["open", &card]).ok(), "1\n");

    two_people(&["retention", "release", &hold, "--reason", "settled"]);
    place.run(&["subject", "erase", id]).ok();
    assert!(place.run(&["open", &card]).failed(1).contains("open-failed"));
    assert_eq!(place.outcomes().last().unwrap(), "subject-erased");
    place.run(&["audit", "verify"]).ok();
}

/// In an incident what was sealed to a person's key counts as what was sealed to the key that it was derived from.
#[test]
fn a_stolen_token_of_a_person_is_exposed_with_the_key_of_its_class() {
    let (place, id) = (super::registered(), PEOPLE[0]);
    let server = place.serve();
    let tokens = super::sealed(&keys_of(&server, id), Some(id));
    std::fs::write(place.path("stolen"), tokens.join("\n")).unwrap();
    let payment =
        place.keys().choose(fieldseal::kind::Class::Payment, crate::support::now()).unwrap().kid().to_owned();
    let incident = place.run(&["incident", "open", "--title", "a key is out", "--key", &payment]).ok();
    let made = place.run(&["incident", "assess", incident.trim(), "--out", "-", "--tokens", "stolen"]).ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["given"], json!({ "read": 3, "tokens": 3, "unreadable": 0, "foreign": 0 }));
    assert_eq!((&made["totals"]["exposed"], &made["totals"]["safe"]), (&json!(1), &json!(2)), "{made}");
}
