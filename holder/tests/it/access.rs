//! What is kept about a person, put together for them, and the register of what people ask for.

use crate::support::{ORIGIN, Place, options, seal, seal_at, seal_form};
use fieldseal::json::{Json, Object};
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;

/// A token of somebody.
fn of(keys: &KeySet, sub: Option<&str>, field: &str, kind: &str, json: &str) -> String {
    let mut options = options(field, kind);
    options.sub = sub.map(str::to_owned);
    seal(keys, &options, json)
}

/// When the only key is destroyed.
fn destroyed(place: &Place) -> u64 {
    let keys: Value = serde_json::from_str(&place.run(&["keys", "publish"]).ok()).unwrap();
    keys["keys"][0]["destroys"].as_u64().unwrap()
}

fn export(place: &Place, more: &[&str]) -> Value {
    let ran = place.run(&[&["subject", "export", "person-a", "--json"], more].concat());
    assert!(ran.code < Some(2), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_person_gets_their_own_values_and_nobody_elses() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let mut full = SealOptions::new("mail", Kind::parse("email").unwrap());
    full.sub = Some("person-a".to_owned());
    full.hint = vec!["domain".to_owned()];
    let mut consent = Object::default();
    consent.insert("purpose", Json::String("order".to_owned())).unwrap();
    consent.insert("notice", Json::Integer(3)).unwrap();
    full.consent = Some(consent);
    let mail = seal_at(
        &keys,
        &full,
        "\"zoe@shop.example\"",
        ORIGIN,
        fieldseal::NumericDate(crate::support::now().0 - 60),
    );
    let hostile = "<script>alert(1)</script>\u{202e}\"'&";
    let note =
        of(&keys, Some("person-a"), "<img src=x onerror=alert(2)>", "text", &json!(hostile).to_string());
    let number = of(&keys, Some("person-a"), "amount", "number", "12345678901234567890.50");
    let cvc = of(&keys, Some("person-a"), "cvc", "card-cvc", "\"123\"");
    let foreign = of(&keys, Some("person-b"), "mail", "email", "\"secret@other.example\"");
    let unnamed = of(&keys, None, "mail", "email", "\"unnamed@other.example\"");
    let form = seal_form(&keys, &[("card", "card-number", "\"4242424242424242\"")]);

    // Somebody opened the first before.
    let desk = place.role("desk", &["clinician", "payments"]);
    let opener = place.credential("opener", &["contact"]);
    let server = place.serve();
    let body = json!({ "tokens": [mail], "purpose": "order 5" });
    assert_eq!(server.ask(&opener, "/v1/open", &body).results()[0]["value"], "zoe@shop.example");
    assert_eq!(server.ask(&desk, "/v1/open", &body).results()[0]["error"]["code"], "not-allowed");
    assert_eq!(server.ask(&opener, "/v1/open-masked", &body).status, 200);

    std::fs::write(
        place.path("tokens.ndjson"),
        format!("{mail}\n{note}\n{foreign}\n{cvc}\n{unnamed}\nnone\n"),
    )
    .unwrap();
    std::fs::write(place.path("orders.csv"), format!("id,amount,mail\n1,{number},{mail}\n2,,{foreign}\n"))
        .unwrap();
    let done = export(&place, &["--tokens", "tokens.ndjson", "orders.csv"]);
    let left_out = json!({ "of_others": 2, "unnamed": 1, "unreadable": 1 });
    let expected =
        json!({ "directory": "access-person-a", "opened": 3, "withheld": 1, "left_out": left_out });
    assert_eq!(done, expected);

    let dir = place.path("access-person-a");
    assert_eq!(std::fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    let read = |name: &str| {
        assert_eq!(std::fs::metadata(dir.join(name)).unwrap().mode() & 0o777, 0o600);
        std::fs::read_to_string(dir.join(name)).unwrap()
    };
    let (text, page) = (read("access.json"), read("access.html"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&document["format"], &document["subject"]),
        (&json!("fieldseal-subject-access/1"), &json!("person-a"))
    );
    assert_eq!((&document["purpose"], &document["left_out"]), (&json!("subject access request"), &left_out));
    let values = document["values"].as_array().unwrap();
    let first = &values[0];
    assert_eq!(
        (&first["field"], &first["kind_name"], &first["value"], &first["valid"], &first["named"]),
        (&json!("mail"), &json!("Email"), &json!("zoe@shop.example"), &json!(true), &json!(true))
    );
    assert_eq!(
        (&first["purpose"], &first["consent"]),
        (&json!("order"), &json!({ "purpose": "order", "notice": 3 }))
    );
    assert_eq!((&first["hints"], &first["origin"]), (&json!({ "domain": "shop.example" }), &json!(ORIGIN)));
    // It ends with its key, whose date is published.
    let kept = humantime::parse_rfc3339(first["kept_until"].as_str().unwrap()).unwrap();
    assert_eq!(kept.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), destroyed(&place));
    // Each time that it was opened, by role, and not that it was refused, nor this time.
    let opened = first["opened"].as_array().unwrap();
    let uses: Vec<_> =
        opened.iter().map(|u| (&u["action"], &u["roles"], &u["purpose"], &u["credential"])).collect();
    let (role, why) = (json!(["opener"]), json!("order 5"));
    assert_eq!(
        uses,
        [(&json!("open"), &role, &why, &Value::Null), (&json!("open-masked"), &role, &why, &Value::Null),]
    );
    // A number keeps its digits.
    assert!(text.contains("\"value\": 12345678901234567890.50"), "{text}");
    // What opens a single time is not used up by this.
    assert_eq!(document["withheld"][0]["field"], "cvc");
    assert!(!place.audit().iter().any(|record| record["kind"] == "card-cvc"));
    for other in ["secret@other.example", "unnamed@other.example"] {
        assert!(!text.contains(other) && !page.contains(other));
    }
    // The page shows all of it and runs nothing of it.
    for (there, is) in [
        ("zoe@shop.example", true),
        ("order 5", true),
        ("12345678901234567890.50", true),
        ("<script", false),
        ("<img", false),
        ("http-equiv=\"Content-Security-Policy\"", true),
        ("prefers-color-scheme: dark", true),
        ("@media print", true),
    ] {
        assert_eq!(page.contains(there), is, "{there}");
    }
    assert!(page.contains("&#60;script&#62;alert(1)") || page.contains("&lt;script&gt;alert(1)"), "{page}");
    // The openings and the export are on record, for that purpose.
    let records = place.audit();
    let by = |action: &str| {
        records.iter().filter(|r| r["action"] == action && r["purpose"] == "subject access request").count()
    };
    assert_eq!((by("open"), by("subject-export")), (3, 1));

    // What is there is not overwritten, and then nothing is opened.
    let again = place.run(&["subject", "export", "person-a", "--tokens", "tokens.ndjson"]);
    assert!(again.failed(2).contains("output-exists"));
    assert_eq!(place.audit().len(), records.len());
    assert_eq!(read("access.json"), text);

    // A form, and what names nobody, where that is asked for.
    std::fs::write(place.path("more"), format!("{unnamed}\n{form}\n{mail}\n")).unwrap();
    let more = ["--tokens", "more", "--include-unnamed", "--name-credentials", "--out", "o"];
    assert_eq!(export(&place, &more)["opened"], 3);
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(place.path("o/access.json")).unwrap()).unwrap();
    let values = document["values"].as_array().unwrap();
    let form = values.iter().find(|value| value["kind"] == "payment-form").unwrap();
    assert_eq!((&form["fields"], &form["named"]), (&json!({ "card": "card-number" }), &json!(false)));
    assert_eq!(form["value"], json!({ "card": "4242424242424242" }));
    let uses = values[0]["opened"].as_array().unwrap();
    // This time with the one before, of which the person who ran it is not named.
    assert_eq!((uses.len(), &uses[0]["credential"]), (3, &json!("opener")));
    assert_eq!((&uses[2]["roles"], &uses[2]["credential"]), (&json!(["operator"]), &Value::Null));
}

#[test]
fn nobody_else_is_opened_for_a_person_who_has_nothing() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    std::fs::write(place.path("t"), of(&keys, Some("person-b"), "f", "text", "\"x\"")).unwrap();
    let ran = place.run(&["subject", "export", "person-a", "--tokens", "t", "--out", "d"]);
    assert!(ran.failed(2).contains("export-empty"));
    assert!(!place.path("d").exists());
    assert!(place.outcomes().is_empty());
    let ran = place.run(&["subject", "export", "person-a", "--tokens", "no-such"]);
    assert!(ran.failed(2).contains("input-unreadable"));
}

#[test]
fn a_value_that_was_changed_is_told_and_not_given() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let token = of(&place.keys(), Some("person-b"), "f", "text", "\"of another\"");
    // Somebody else's token with this person's name written into it.
    use base64ct::{Base64UrlUnpadded, Encoding};
    let (head, rest) = token.split_once('.').unwrap();
    let header = String::from_utf8(Base64UrlUnpadded::decode_vec(head).unwrap()).unwrap();
    let header = header.replace("person-b", "person-a");
    let forged = format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes()));
    std::fs::write(place.path("t"), forged).unwrap();
    let done = export(&place, &["--tokens", "t"]);
    assert_eq!((&done["opened"], &done["withheld"]), (&json!(0), &json!(1)));
    let text = std::fs::read_to_string(place.path("access-person-a/access.json")).unwrap();
    assert!(!text.contains("of another"));
}

#[test]
fn requests_are_kept_with_the_day_they_are_due() {
    let place = Place::new();
    let new = |more: &[&str]| {
        let ran = place.run(&[&["subject", "request", "new", "--json"], more].concat());
        serde_json::from_str::<Value>(&ran.ok()).unwrap()
    };
    let late =
        new(&["person-a", "--kind", "erasure", "--received", "2025-01-31T10:00:00Z", "--note", "by phone"]);
    let seconds = |text: &str| {
        let time = humantime::parse_rfc3339(text).unwrap();
        time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
    };
    assert_eq!(
        (late["due"].as_u64(), &late["overdue"]),
        (Some(seconds("2025-02-28T10:00:00Z")), &json!(true))
    );
    let soon = new(&["person-b", "--kind", "access", "--regime", "ccpa"]);
    assert_eq!(soon["due"].as_u64().unwrap() - soon["received"].as_u64().unwrap(), 45 * 86_400);
    let list = || place.run(&["subject", "request", "list"]).ok();
    let listed = list();
    assert!(listed.lines().next().unwrap().contains("OVERDUE") && listed.lines().count() == 2, "{listed}");

    for (args, code) in [
        (&["new", "", "--kind", "access"][..], "subject-invalid"),
        (&["new", "x", "--kind", "access", "--received", "2999-01-01"], "request-received"),
        (&["new", "x", "--kind", "access", "--note", "two\nlines"], "note-invalid"),
        (&["done", "no-such"], "request-unknown"),
    ] {
        let said = place.run(&[&["subject", "request"], args].concat()).failed(2);
        assert!(said.contains(code), "{said}");
    }
    std::fs::write(place.path("receipt"), "a.b.c\n").unwrap();
    let id = late["id"].as_str().unwrap();
    let done = ["subject", "request", "done", id, "--receipt", "receipt"];
    place.run(&done).ok();
    assert!(place.run(&done).failed(2).contains("request-done"));
    assert_eq!(list().lines().count(), 1);
    let all: Value =
        serde_json::from_str(&place.run(&["subject", "request", "list", "--all", "--json"]).ok()).unwrap();
    assert_eq!((&all[0]["receipt"], &all[0]["overdue"]), (&json!("a.b.c"), &json!(false)));

    // Over HTTP for those who answer and those who look on.
    let (officer, auditor) =
        (place.role("officer", &["privacy-officer"]), place.role("auditor", &["auditor"]));
    let support = place.role("support", &["support"]);
    let server = place.serve();
    let get = |secret: &str| server.get("/v1/requests", &[("authorization", &format!("Bearer {secret}"))]);
    assert_eq!(get(&support).problem(), "not-allowed");
    assert_eq!(get(&auditor).json(), get(&officer).json());
    let told = &get(&officer).json()["requests"][0];
    assert_eq!((&told["subject"], &told["done_by"].is_string()), (&json!("person-a"), &true));
    // What was entered and done is on record.
    let records = place.audit();
    let of = |action: &str| records.iter().filter(|record| record["action"] == action).count();
    assert_eq!((of("subject-request-new"), of("subject-request-done")), (2, 1));
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}
