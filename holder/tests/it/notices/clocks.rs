//! Deadlines: from awareness, exactly, in order, and only from as many people on as the law says.

use super::{assessed, assessment, duty, follow, ids, incident, regime, states_at, time};
use fieldseal_holder::incident::duties::{Choice, Found, State};
use serde_json::json;

const AWARE: &str = "2026-11-24T10:30:15Z";

#[test]
fn each_deadline_is_counted_from_awareness_to_the_second() {
    // Enough people everywhere for every threshold.
    let places = [
        "DE", "GB", "US-AL", "US-AZ", "US-AR", "US-CA", "US-CO", "US-CT", "US-DE", "US-FL", "US-IN", "US-IA",
        "US-LA", "US-ME", "US-MD", "US-NM", "US-NY", "US-OH", "US-OK", "US-OR", "US-PR", "US-RI", "US-SD",
        "US-TN", "US-TX", "US-VT", "US-WA", "US-WI",
    ];
    let mut of: Vec<_> = places.iter().map(|place| ("us-ssn", "identity", Some(*place), 1001)).collect();
    of.push(("diagnosis", "health", Some("US-CA"), 501));
    of.push(("card-number", "payment", Some("DE"), 1));
    let found = follow(&incident(AWARE, json!([])), Some(&assessment(&of)), &Choice::default());
    for (id, due) in [
        ("gdpr-33", "2026-11-27T10:30:15Z"),
        ("uk-gdpr-33", "2026-11-27T10:30:15Z"),
        // Three days on which people work: Thanksgiving is not left out, so it is early.
        ("pci-visa-report", "2026-11-27T10:30:15Z"),
        ("us-pr-agency", "2026-12-04T10:30:15Z"),
        // Fourteen days on which people work.
        ("us-vt-agency", "2026-12-14T10:30:15Z"),
        ("us-ca-people", "2026-12-24T10:30:15Z"),
        ("us-co-people", "2026-12-24T10:30:15Z"),
        ("us-co-agency", "2026-12-24T10:30:15Z"),
        ("us-fl-people", "2026-12-24T10:30:15Z"),
        ("us-fl-agency", "2026-12-24T10:30:15Z"),
        ("us-me-people", "2026-12-24T10:30:15Z"),
        ("us-ny-people", "2026-12-24T10:30:15Z"),
        ("us-ny-agency", "2026-12-24T10:30:15Z"),
        ("us-wa-people", "2026-12-24T10:30:15Z"),
        ("us-tx-agency", "2026-12-24T10:30:15Z"),
        ("ftc-314.4-j", "2026-12-24T10:30:15Z"),
        // Fifteen days after the people, who must be told by the 24th.
        ("us-ca-agency", "2027-01-08T10:30:15Z"),
        ("us-al-people", "2027-01-08T10:30:15Z"),
        ("us-al-agency", "2027-01-08T10:30:15Z"),
        ("us-az-people", "2027-01-08T10:30:15Z"),
        ("us-ar-agency", "2027-01-08T10:30:15Z"),
        ("us-in-people", "2027-01-08T10:30:15Z"),
        ("us-md-people", "2027-01-08T10:30:15Z"),
        ("us-nm-people", "2027-01-08T10:30:15Z"),
        ("us-oh-people", "2027-01-08T10:30:15Z"),
        ("us-or-people", "2027-01-08T10:30:15Z"),
        ("us-ri-people", "2027-01-08T10:30:15Z"),
        ("us-tn-people", "2027-01-08T10:30:15Z"),
        ("us-vt-people", "2027-01-08T10:30:15Z"),
        ("us-wi-people", "2027-01-08T10:30:15Z"),
        ("hipaa-164.404", "2027-01-23T10:30:15Z"),
        ("hipaa-164.406:US-CA", "2027-01-23T10:30:15Z"),
        ("hipaa-164.408-b", "2027-01-23T10:30:15Z"),
        ("hipaa-164.410", "2027-01-23T10:30:15Z"),
        ("us-ct-people", "2027-01-23T10:30:15Z"),
        ("us-de-people", "2027-01-23T10:30:15Z"),
        ("us-la-people", "2027-01-23T10:30:15Z"),
        ("us-sd-people", "2027-01-23T10:30:15Z"),
        ("us-tx-people", "2027-01-23T10:30:15Z"),
        ("us-la-agency", "2027-02-02T10:30:15Z"),
    ] {
        assert_eq!(duty(&found, id).due, Some(time(due)), "{id}");
    }
    for id in [
        "gdpr-34",
        "gdpr-33-5",
        "us-ar-people",
        "us-ia-people",
        "us-ia-agency",
        "us-ok-agency",
        "ccpa-1798.150",
    ] {
        assert_eq!(duty(&found, id).due, None, "{id}");
    }
    assert!(duty(&found, "pci-acquirer").at_once);
    in_order(&found);
}

/// At once, then what has an end in its order, then the rest.
fn in_order(found: &Found) {
    let key = |at: usize| {
        let due = &found.duties[at];
        (if due.at_once { 0 } else { 1 + u8::from(due.due.is_none()) }, due.due)
    };
    assert!((1..found.duties.len()).all(|at| key(at - 1) <= key(at)), "{:?}", ids(found));
    assert!(found.duties[0].at_once && found.duties.last().unwrap().due.is_none());
}

#[test]
fn fewer_than_500_are_told_to_the_secretary_after_the_year() {
    let of = |count| assessment(&[("diagnosis", "health", Some("US-CA"), count)]);
    let found = |count| follow(&incident(AWARE, json!([])), Some(&of(count)), &regime("hipaa"));
    let few = found(499);
    assert_eq!(ids(&few), ["hipaa-164.404", "hipaa-164.410", "hipaa-164.408-c"]);
    // Sixty days after the last day of 2026.
    assert_eq!(duty(&few, "hipaa-164.408-c").due, Some(time("2027-03-01T00:00:00Z")));
    // "500 or more" to the Secretary, and "more than 500" of a state to the media.
    assert_eq!(ids(&found(500)), ["hipaa-164.404", "hipaa-164.408-b", "hipaa-164.410"]);
    assert_eq!(
        ids(&found(501)),
        ["hipaa-164.404", "hipaa-164.406:US-CA", "hipaa-164.408-b", "hipaa-164.410"]
    );
    // 1,000 people, and in no state more than 500.
    let spread = assessment(&[
        ("diagnosis", "health", Some("US-CA"), 500),
        ("diagnosis", "health", Some("US-NV"), 500),
    ]);
    let found = follow(&incident(AWARE, json!([])), Some(&spread), &regime("hipaa"));
    assert_eq!(ids(&found), ["hipaa-164.404", "hipaa-164.408-b", "hipaa-164.410"]);
    // A year that begins on the day of awareness.
    let early = follow(&incident("2027-01-01T00:00:00Z", json!([])), Some(&of(1)), &regime("hipaa"));
    assert_eq!(duty(&early, "hipaa-164.408-c").due, Some(time("2028-02-29T00:00:00Z")));
}

#[test]
fn an_agency_is_told_from_as_many_residents_on_as_its_law_says() {
    for (state, below, from) in [
        ("US-CA", 500, 501),
        ("US-CO", 499, 500),
        ("US-TX", 249, 250),
        ("US-OR", 250, 251),
        ("US-AL", 1000, 1001),
        ("US-DC", 49, 50),
        ("US-NY", 0, 1),
    ] {
        let agency = format!("{}-agency", state.to_lowercase());
        let has = |count| {
            let touched = assessment(&[("us-ssn", "identity", Some(state), count)]);
            let found = follow(&incident(AWARE, json!([])), Some(&touched), &regime("us-states"));
            ids(&found).contains(&agency.as_str())
        };
        assert!(!has(below) && has(from), "{state}");
    }
}

#[test]
fn only_what_was_touched_calls_for_a_duty() {
    let of = |kind, class, place| {
        let touched = assessment(&[(kind, class, place, 3)]);
        let found = follow(&incident(AWARE, json!([])), Some(&touched), &Choice::default());
        (found.duties.iter().map(|due| due.id.clone()).collect::<Vec<_>>(), found.unplaced, found.safe)
    };
    let (german_card, unplaced, safe) = of("card-number", "payment", Some("DE"));
    assert_eq!(
        german_card,
        ["pci-acquirer", "gdpr-33", "pci-visa-report", "gdpr-33-2", "gdpr-33-5", "gdpr-34"]
    );
    assert_eq!((unplaced, safe), (0, 7));
    let (phone, ..) = of("phone", "contact", Some("US-CA"));
    // What is kept on record in any case, and no law of California, whose list has no phone numbers.
    assert_eq!(phone, ["gdpr-33-5"]);
    // Where nobody knows where people are, the laws of all states would be noise.
    let (nowhere, unplaced, _) = of("us-ssn", "identity", None);
    assert!(nowhere.iter().any(|id| id == "gdpr-33") && !nowhere.iter().any(|id| id.starts_with("us-")));
    assert_eq!(unplaced, 3);
    let nobody = follow(&incident(AWARE, json!([])), Some(&assessment(&[])), &Choice::default());
    assert_eq!(ids(&nobody), ["gdpr-33-5"]);
}

#[test]
fn what_is_not_known_is_a_condition_and_not_left_out() {
    let touched = assessment(&[("us-ssn", "identity", None, 600)]);
    let with = |places: &[&str], regimes: &[&str]| {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let choice = Choice { regimes: own(regimes), jurisdictions: own(places) };
        follow(&incident(AWARE, json!([])), Some(&touched), &choice)
    };
    let found = with(&["US-CA"], &[]);
    let agency = duty(&found, "us-ca-agency");
    assert_eq!(agency.conditions[1], "if 501 people or more are affected (0 to 600 people)");
    // Whoever names California says that they are not in the Union.
    assert!(!ids(&found).iter().any(|id| id.starts_with("gdpr")), "{:?}", ids(&found));
    // Values without a subject may be of one person or of as many.
    let value = |n: u32| {
        json!({
            "jti": n.to_string(), "kid": "k", "class": "health", "kind": "diagnosis", "field": "f",
            "iss": "https://shop.example", "jurisdiction": "US-CA", "exposed": false, "openings": [],
        })
    };
    let values: Vec<_> = (0..600).map(value).collect();
    let nameless = assessed(json!([]), json!(values));
    let found = follow(&incident(AWARE, json!([])), Some(&nameless), &regime("hipaa"));
    for id in ["hipaa-164.406:US-CA", "hipaa-164.408-b", "hipaa-164.408-c"] {
        let due = duty(&found, id);
        assert!(due.conditions[1].ends_with("are affected (1 to 600 people)"), "{id}: {:?}", due.conditions);
    }
    assert_eq!((found.people.least, found.people.most), (1, Some(600)));
    // A hint that is no place is nobody's jurisdiction.
    let odd = assessment(&[("us-ssn", "identity", Some("<script>"), 1)]);
    assert_eq!(follow(&incident(AWARE, json!([])), Some(&odd), &Choice::default()).unplaced, 1);
}

#[test]
fn keys_that_left_without_their_tokens_leave_the_number_open() {
    let mut incident = incident(AWARE, json!([]));
    incident.suspected.keys.push("k".to_owned());
    let touched = assessment(&[("diagnosis", "health", Some("US-CA"), 3)]);
    let found = follow(&incident, Some(&touched), &regime("hipaa"));
    assert_eq!((found.people.least, found.people.most), (3, None));
    let secretary = duty(&found, "hipaa-164.408-b");
    assert_eq!(secretary.conditions[1], "if 500 people or more are affected (3 people or more)");
    // What came to be suspected since, and a copy of the database, leave it open as well.
    let mut since = self::incident(AWARE, json!([]));
    since.suspected.credentials.push("late".to_owned());
    let mut copied = self::incident(AWARE, json!([]));
    copied.suspected.database_copy = true;
    for incident in [since, copied] {
        assert_eq!(follow(&incident, Some(&touched), &regime("hipaa")).people.most, None);
    }
    // Without an assessment nothing is ruled out.
    let blind = follow(&incident, None, &Choice::default());
    assert!(!blind.assessed && ids(&blind).contains(&"gdpr-33") && ids(&blind).contains(&"hipaa-164.408-c"));
}

#[test]
fn what_was_done_is_done_and_other_clocks_go_by_it() {
    let touched =
        assessment(&[("us-ssn", "identity", Some("US-CA"), 501), ("us-ssn", "identity", Some("US-IA"), 501)]);
    let step = |duty: &str, at: &str| {
        json!({ "time": time(at) + 5, "by": "cli:a", "what": "notify",
                "detail": { "duty": duty, "at": time(at), "reference": "case 7" } })
    };
    let steps =
        json!([step("us-ca-people", "2026-12-01T00:00:00Z"), step("us-ia-people", "2026-12-04T12:00:00Z")]);
    let found = follow(&incident(AWARE, steps), Some(&touched), &regime("us-states"));
    let people = duty(&found, "us-ca-people");
    assert_eq!(people.done.as_ref().unwrap().reference.as_deref(), Some("case 7"));
    assert_eq!(people.state(u64::MAX), State::Done);
    // Fifteen days after the people were told, and not after they had to be.
    assert_eq!(duty(&found, "us-ca-agency").due, Some(time("2026-12-16T00:00:00Z")));
    // A Friday, and five days on which people work.
    assert_eq!(duty(&found, "us-ia-agency").due, Some(time("2026-12-11T12:00:00Z")));
    assert_eq!(duty(&found, "us-ca-agency").state(time("2026-12-16T00:00:00Z")), State::Open);
    assert_eq!(duty(&found, "us-ca-agency").state(time("2026-12-16T00:00:01Z")), State::Overdue);
    assert_eq!(duty(&found, "us-ca-agency").left(time("2026-12-15T23:59:00Z")), Some(60));
    assert_eq!(states_at(&found, "2026-11-24T12:00:00Z").iter().filter(|s| **s == State::Done).count(), 2);
}

#[test]
fn a_hundred_thousand_values_are_counted_at_once() {
    let places = ["US-CA", "US-TX", "US-NY", "DE"];
    let value = |n: usize| {
        json!({
            "jti": n.to_string(), "kid": "k", "class": "identity", "kind": "us-ssn", "field": "f",
            "iss": "https://shop.example", "exposed": false, "openings": [],
            "jurisdiction": places[n % 4],
        })
    };
    let touched = assessed(json!([]), (0..100_000).map(value).collect());
    let incident = incident(AWARE, json!([]));
    let began = std::time::Instant::now();
    let found = follow(&incident, Some(&touched), &Choice::default());
    assert_eq!(duty(&found, "us-tx-people").people.most, Some(25_000));
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
