//! What people who look after the key holder ask of it: who did what, how often, and whether the record is whole.

use crate::support::{Answered, Place, Server, bytes, now, options, seal, sql};
use serde_json::{Value, json};

fn get(server: &Server, secret: &str, address: &str) -> Answered {
    server.get(address, &[("authorization", &format!("Bearer {secret}"))])
}

fn verify_anew(server: &Server, secret: &str) -> Value {
    let bearer = format!("Bearer {secret}");
    server.request("POST", "/v1/audit/verification", &[("authorization", &bearer)], b"").json()
}

/// The places of the records that a search finds, in the order in which it finds them.
fn found(server: &Server, secret: &str, search: &str) -> Vec<u64> {
    let answer = get(server, secret, &format!("/v1/audit?{search}")).json();
    let records = answer["records"].as_array().unwrap_or_else(|| panic!("{search}: {answer}"));
    records.iter().map(|record| record["seq"].as_u64().unwrap()).collect()
}

#[test]
fn the_audit_is_searched() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let desk = place.credential("desk", &["general"]);
    let mut of_somebody = options("Straße_17%", "text");
    of_somebody.sub = Some("person-17".to_owned());
    let keys = place.keys();
    let named = json!(seal(&keys, &of_somebody, "\"4242\""));
    let other = json!(seal(&keys, &options("other", "number"), "4242"));
    let server = place.serve();
    server.open(&desk, &[named.clone(), other.clone()]);
    server.open(&auditor, &[other]);
    let records = place.audit();
    let seqs = |holds: &dyn Fn(&Value) -> bool| -> Vec<u64> {
        records.iter().filter(|r| holds(r)).map(|r| r["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(records.len(), 7, "{records:?}");
    for (search, holds) in [
        ("actor=desk", &(|r: &Value| r["actor"] == "desk") as &dyn Fn(&Value) -> bool),
        ("action=open", &|r| r["action"] == "open"),
        ("outcome=not-allowed", &|r| r["outcome"] == "not-allowed"),
        ("kind=number&actor=desk", &|r| r["kind"] == "number" && r["actor"] == "desk"),
        ("class=general", &|r| r["class"] == "general"),
        ("sub=person-17", &|r| r["sub"] == "person-17"),
        ("sub=person-1", &|_| false),
        ("text=PERSON-1", &|r| r["sub"] == "person-17"),
        // What stands for other characters in SQL stands for itself here.
        ("text=_17%25", &|r| r["sub"] == "person-17"),
        ("text=stra%25", &|_| false),
        ("text=p_rson", &|_| false),
        ("text=!", &|_| false),
        // Two members do not make a third between them.
        ("text=deskopen", &|_| false),
        ("text=%27+OR+1%3D1--", &|_| false),
    ] {
        let wanted = seqs(holds);
        assert_eq!(found(&server, &auditor, search), wanted, "{search}");
        let backwards: Vec<u64> = wanted.into_iter().rev().collect();
        assert_eq!(found(&server, &auditor, &format!("{search}&order=newest")), backwards, "{search}");
    }
    let time = now().0;
    assert_eq!(found(&server, &auditor, &format!("until={}", time + 10)).len(), 7);
    assert_eq!(found(&server, &auditor, &format!("since={}", time + 10)), [0_u64; 0]);
    let long = "x".repeat(101);
    for bad in ["text=".to_owned(), format!("text={long}"), "since=99999999999999999".to_owned()] {
        assert_eq!(get(&server, &auditor, &format!("/v1/audit?{bad}")).problem(), "search-invalid", "{bad}");
    }
    assert_eq!(get(&server, &auditor, "/v1/audit?order=sideways").problem(), "page-invalid");
}

#[test]
fn the_audit_is_read_backwards_and_followed() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "\"x\""));
    let server = place.serve();
    server.open(&auditor, &vec![token.clone(); 5]);
    let count = place.audit().len() as u64;
    let first = get(&server, &auditor, "/v1/audit?order=newest&limit=3").json();
    let (mut seqs, mut page) = (Vec::new(), first.clone());
    loop {
        seqs.extend(page["records"].as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()));
        if page["more"] == false {
            break;
        }
        let after = page["next"].as_str().unwrap();
        page = get(&server, &auditor, &format!("/v1/audit?order=newest&limit=3&after={after}")).json();
    }
    assert_eq!(seqs, (1..=count).rev().collect::<Vec<_>>());
    // What came to be meanwhile is what the other order goes on with.
    server.open(&auditor, &[token]);
    let follow = format!("after={}", first["follow"].as_str().unwrap());
    assert_eq!(found(&server, &auditor, &follow), [count + 1]);
    let backwards = format!("/v1/audit?order=newest&{follow}");
    assert_eq!(get(&server, &auditor, &backwards).problem(), "cursor-invalid");
}

#[test]
fn opens_are_counted() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let desk = place.credential("desk", &["general"]);
    let both = place.role("both", &["verifier", "privacy-officer"]);
    let keys = place.keys();
    let text = json!(seal(&keys, &options("f", "text"), "\"x\""));
    let number = json!(seal(&keys, &options("f", "number"), "1"));
    let server = place.serve();
    server.open(&desk, &[text.clone(), text.clone(), number.clone()]);
    server.open(&both, std::slice::from_ref(&text));
    server.open(&auditor, &[json!("no token")]);
    place.run(&["open", text.as_str().unwrap()]).ok();
    let answer = get(&server, &auditor, "/v1/statistics").json();
    let day = now().0 / 86400 * 86400;
    let count = |role: &str, kind: Option<&str>, outcome: &str, count: u64| {
        let mut count = json!({ "day": day, "role": role, "outcome": outcome, "count": count });
        kind.inspect(|kind| count["kind"] = json!(kind));
        count
    };
    let refused = answer["opens"][0]["outcome"].as_str().unwrap().to_owned();
    assert_eq!(
        answer["opens"],
        json!([
            count("auditor", None, &refused, 1),
            count("opener", Some("number"), "granted", 1),
            count("opener", Some("text"), "granted", 2),
            count("operator", Some("text"), "granted", 1),
            count("privacy-officer+verifier", Some("text"), "not-allowed", 1),
        ])
    );
    assert_eq!((&answer["from"], &answer["to"]), (&json!(day - 29 * 86400), &json!(day + 86400)));
    let before = get(&server, &auditor, &format!("/v1/statistics?from=0&to={}", 86400)).json();
    assert_eq!(before["opens"], json!([]));
    for bad in ["from=5&to=5", "from=0", "to=x", "other=1", "from=-1&to=5"] {
        let answered = get(&server, &auditor, &format!("/v1/statistics?{bad}"));
        assert_eq!(answered.problem(), "period-invalid", "{bad}");
    }
}

#[test]
fn the_service_checks_the_audit() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "\"x\""));
    let server = place.serve();
    let state = || get(&server, &auditor, "/v1/audit/verification").json();
    let first = state();
    assert_eq!((&first["verified"], &first["size"], &first["checked"]), (&json!(true), &json!(3), &json!(3)));
    assert_eq!(first.get("problem"), None);
    // It goes on with what is added, and the checkpoint is the one that the command prints.
    server.open(&auditor, &vec![token.clone(); 4]);
    let second = state();
    assert_eq!((&second["verified"], &second["checked"]), (&json!(true), &json!(7)));
    assert_eq!((&second["signed"], &second["began"]), (&json!(7), &first["began"]));
    let printed = place.run(&["audit", "checkpoint", "--last"]).ok();
    assert_eq!(second["checkpoint"].as_str().unwrap().trim_end(), printed.trim_end());

    // A record that was checked before is looked at again when somebody asks for all.
    place.unguard_audit();
    sql(&place, "UPDATE audit SET actor = 'nobody' WHERE seq = 5");
    assert_eq!(state()["verified"], true);
    let broken = verify_anew(&server, &auditor);
    assert_eq!(broken["verified"], false);
    assert_eq!(
        (&broken["problem"]["code"], &broken["problem"]["record"]),
        (&json!("audit-broken"), &json!(5))
    );
    // It stays so until it was checked again, whatever is added.
    server.open(&auditor, std::slice::from_ref(&token));
    assert_eq!(state()["problem"]["record"], 5);
    sql(&place, "UPDATE audit SET actor = 'auditor' WHERE seq = 5");
    assert_eq!(verify_anew(&server, &auditor)["verified"], true);

    // One that is new is found without being asked for all.
    server.open(&auditor, &[token]);
    sql(&place, "UPDATE audit SET outcome = 'granted' WHERE seq = 9");
    assert_eq!(state()["problem"]["record"], 9);
}

#[test]
fn the_service_finds_records_that_are_missing() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "\"x\""));
    let server = place.serve();
    server.open(&auditor, &vec![token; 4]);
    let verified = get(&server, &auditor, "/v1/audit/verification").json();
    assert_eq!((&verified["verified"], &verified["checked"]), (&json!(true), &json!(7)));
    // Cut off together with the note of the end: only what was known before shows it.
    place.unguard_audit();
    sql(&place, "DELETE FROM audit WHERE seq > 2");
    let (peaks, empty) = (bytes(&[7; 32]), bytes(&[]));
    sql(&place, &format!("UPDATE audit_head SET size = 2, peaks = {peaks}"));
    let cut = get(&server, &auditor, "/v1/audit/verification").json();
    assert_eq!((&cut["verified"], &cut["problem"]["there_were"]), (&json!(false), &json!(7)), "{cut}");
    // From the start, the checkpoint is what shows it.
    let cut = verify_anew(&server, &auditor);
    assert_eq!((&cut["verified"], &cut["problem"]["there_were"]), (&json!(false), &json!(7)), "{cut}");
    sql(&place, &format!("UPDATE audit_head SET size = 0, peaks = {empty}, checkpoint = 'no note'"));
    let forged = verify_anew(&server, &auditor);
    assert_eq!(forged["verified"], false);
    assert_eq!(forged["problem"]["code"], "checkpoint-invalid", "{forged}");
}

#[test]
fn roles_are_those_of_the_matrix() {
    let place = Place::new();
    let auditor = place.role("auditor", &["auditor"]);
    let server = place.serve();
    let answer = get(&server, &auditor, "/v1/roles").json();
    let matrix = place.run(&["policy", "matrix"]).ok();
    let cell = |cell: &Value| match cell["from"].as_u64() {
        None => cell["one"].as_str().unwrap().to_owned(),
        Some(from) => {
            format!("{}; from {from}: {}", cell["one"].as_str().unwrap(), cell["many"].as_str().unwrap())
        }
    };
    let row = |role: &Value, cells: Vec<String>| {
        format!("| {} | {} |\n", role["role"].as_str().unwrap(), cells.join(" | "))
    };
    let roles = answer["roles"].as_array().unwrap();
    assert!(roles.len() > 5 && answer["groups"].as_array().unwrap().len() > 4);
    for access in ["open", "open-masked", "verify", "fingerprint", "rewrap"] {
        let table = matrix.split(&format!("\n## {access}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for role in roles {
            let cells = role["values"][access].as_array().unwrap();
            assert!(table.contains(&row(role, cells.iter().map(cell).collect())), "{access} {role}");
        }
    }
    for role in roles {
        for (duty, allowed) in role["duties"].as_object().unwrap() {
            assert!(matrix.contains(&format!("| {duty} |")) && allowed["one"].is_string(), "{duty}");
        }
    }
    // The second answer is the first one, kept.
    assert_eq!(get(&server, &auditor, "/v1/roles").json(), answer);
}

#[test]
fn credentials_are_listed_without_what_proves_them() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let auditor = place.role("auditor", &["auditor"]);
    let desk = place.credential("desk", &["payment", "contact"]);
    place.run(&["credentials", "revoke", "desk"]).ok();
    let server = place.serve();
    let answered = get(&server, &auditor, "/v1/credentials");
    let credentials = answered.json()["credentials"].as_array().unwrap().clone();
    let of = |name: &str| credentials.iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(of("auditor")["roles"], json!(["auditor"]));
    assert_eq!(of("auditor").get("revoked"), None);
    assert_eq!(of("desk")["classes"], json!(["contact", "payment"]));
    assert!(of("desk")["revoked"].is_u64() && of("desk")["proof"] == "bearer");
    assert!(!answered.body.contains("hash") && !answered.body.contains(&desk));
}

#[test]
fn what_is_asked_is_for_those_who_may() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let desk = place.credential("desk", &["payment"]);
    let server = place.serve();
    for (path, duty) in [
        ("/v1/statistics", "audit-read"),
        ("/v1/audit/verification", "audit-verify"),
        ("/v1/roles", "policy-read"),
        ("/v1/credentials", "credentials-list"),
    ] {
        assert_eq!(server.get(path, &[]).problem(), "unauthenticated");
        let refused = get(&server, &desk, path);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "not-allowed"), "{path}");
        let last = place.audit().pop().unwrap();
        assert_eq!((&last["actor"], &last["action"]), (&json!("desk"), &json!(duty)));
    }
    assert_eq!(verify_anew(&server, &desk)["code"], "not-allowed");
}
