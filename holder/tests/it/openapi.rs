//! The document that describes the service, held against the service.

use crate::support::{Answered, Place, Server, options, seal, seal_form};
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

/// A service with every way to prove oneself.
fn serve(place: &Place) -> Server {
    let oidc = ["--oidc-issuer", "https://identity.example", "--oidc-audience", "keyholder"];
    place.serve_with(&[&oidc[..], &["--console"]].concat())
}

fn document(server: &Server) -> Value {
    let answered = server.get("/openapi.json", &[]);
    assert_eq!((answered.status, answered.header("content-type")), (200, Some("application/json")));
    answered.json()
}

/// `BLESS=1 cargo test -p fieldseal-holder --test it openapi` writes the file anew.
#[test]
fn the_document_is_the_one_that_is_kept() {
    let place = Place::new();
    let served = serve(&place).get("/openapi.json", &[]).body;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(GOLDEN, &served).unwrap();
    }
    let kept = std::fs::read_to_string(GOLDEN).unwrap();
    assert!(
        served == kept,
        "the service is not what holder/openapi.json says; look at the difference, then BLESS=1"
    );
    // Without an identity provider, none is promised.
    let plain = document(&place.serve());
    assert!(!plain.to_string().contains("oidc") && !plain.to_string().contains("openIdConnect"));
    assert_eq!(plain["openapi"], "3.1.0");
}

/// The addresses in the source, as there is no other list of them.
fn routes() -> BTreeSet<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = ["http.rs", "http/health.rs"].map(|file| std::fs::read_to_string(src.join(file)).unwrap());
    let before_tests = text.iter().map(|text| text.split("#[cfg(test)]").next().unwrap());
    let routes = before_tests.flat_map(|text| text.split(".route(\"").skip(1));
    routes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_address_is_described_and_every_description_has_an_address() {
    let place = Place::new();
    let server = serve(&place);
    let document = document(&server);
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(routes(), paths.keys().cloned().collect());
    let mut ids = BTreeSet::new();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let address = path.replace("{code}", "not-found").replace("{id}", "none");
            let answered = server.request(&method.to_uppercase(), &address, &[], b"");
            assert!(![404, 405].contains(&answered.status), "{method} {path}");
            // What it answers to strangers is described, too.
            let status = answered.status.to_string();
            let responses = &operation["responses"];
            assert!(responses.get(&status).is_some(), "{method} {path} {status}");
            assert_eq!(
                status == "401",
                operation.get("security").is_some_and(|s| s[0] != json!({})),
                "{path}"
            );
            assert!(responses.get("default").is_some() && operation["tags"].is_array());
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
            let first =
                responses.as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).unwrap();
            assert!(first.1["headers"]["traceparent"].is_object(), "{path}");
        }
    }
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["bearer", "certificate", "oidc", "session"]);
}

/// The same schemas, with no member that they do not name.
fn strict(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut members: Map<_, _> =
                members.iter().map(|(name, value)| (name.clone(), strict(value))).collect();
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(members)
        }
        Value::Array(items) => items.iter().map(strict).collect(),
        value => value.clone(),
    }
}

/// What the document says, followed to its end.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let whole = json!({ "allOf": [strict(schema)], "components": strict(&document["components"]) });
    jsonschema::validator_for(&whole).unwrap()
}

/// Asserts that an answer is one that the document promises.
fn hold(document: &Value, method: &str, path: &str, answered: &Answered) {
    let responses = &document["paths"][path][method]["responses"];
    let by_status = responses.get(answered.status.to_string());
    let response = resolve(document, by_status.unwrap_or(&responses["default"]));
    let media_type = answered.header("content-type").unwrap();
    let content = response["content"].as_object().unwrap();
    let found = content.iter().find(|(known, _)| media_type.split(';').next() == Some(known));
    let (_, content) = found.unwrap_or_else(|| panic!("{path} gives {media_type}"));
    let body = if media_type.ends_with("json") { answered.json() } else { json!(answered.body) };
    let validator = validator(document, &content["schema"]);
    let faults: Vec<_> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{method} {path}: {faults:?}\n{body}");
    for (header, _) in response["headers"].as_object().into_iter().flatten() {
        assert!(answered.header(header).is_some(), "{path} has no {header}");
    }
}

#[test]
fn real_answers_are_as_they_are_described() {
    let place = Place::with_keys(&[("*", "HPKE-9"), ("payment", "ECDH-ES")]);
    let (all, general) = (place.credential("all", &["*"]), place.credential("general", &["general"]));
    let keys = place.keys();
    // A hint is of a value that is checked.
    let mut full = SealOptions::new("card", Kind::parse("card-number").unwrap());
    full.sub = Some("person-17".to_owned());
    full.once = true;
    full.hint = vec!["last4".to_owned()];
    let card = seal(&keys, &full, "\"4242424242424242\"");
    let plain = seal(&keys, &options("f", "json"), "{\"a\":[1,null]}");
    let server = serve(&place);
    let document = document(&server);
    let request = json!({
        "purpose": "refund 17",
        "tokens": [card, plain, { "token": card, "field": "card", "kind": "card-number" }, "no token",
                   { "token": plain, "origin": "https://other.example", "sub": "x" }],
    });
    let takes = |body: &Value| {
        let schema =
            &document["paths"]["/v1/open"]["post"]["requestBody"]["content"]["application/json"]["schema"];
        validator(&document, schema).is_valid(body)
    };
    assert!(takes(&request));
    let opened = server.post(&all, request.to_string().as_bytes());
    let codes: Vec<_> = opened.results().iter().map(|result| result["error"]["code"].clone()).collect();
    assert_eq!(codes[..2], [Value::Null, Value::Null]);
    assert_eq!(opened.results()[0]["hint_matches"], true);
    assert!(codes[2..].iter().all(Value::is_string));
    hold(&document, "post", "/v1/open", &opened);
    // What the document does not take, the service does not either.
    for bad in [
        json!({}),
        json!([]),
        json!({ "tokens": [] }),
        json!({ "tokens": [1] }),
        json!({ "tokens": ["x"], "x": 1 }),
    ] {
        let answered = server.post(&all, bad.to_string().as_bytes());
        assert!(!takes(&bad) && answered.status == 400, "{bad}");
        hold(&document, "post", "/v1/open", &answered);
    }
    hold(&document, "post", "/v1/open", &server.post("fsk_wrong", b"{}"));
    let mover = place.role("mover", &["rewrapper"]);
    let bearer = format!("Bearer {mover}");
    let body = json!({ "tokens": [plain, "no token"] }).to_string();
    let moved = server.request("POST", "/v1/rewrap", &[("authorization", &bearer)], body.as_bytes());
    assert!(moved.results()[0]["token"].is_string() && moved.results()[1]["error"].is_object());
    hold(&document, "post", "/v1/rewrap", &moved);
    found_answers(&place, &server, &document);
    let new =
        ["decoy", "new", "--kind", "text", "--field", "f", "--origin", crate::support::ORIGIN, "--freeze"];
    let decoy = place.run(&new).ok().trim_end().to_owned();
    let touches = place.credential("touches", &["*"]);
    assert_eq!(server.open(&touches, &[json!(decoy)]).results()[0]["error"]["code"], "open-failed");
    place.run(&["subject", "request", "new", "person-17", "--kind", "access", "--note", "by letter"]).ok();
    let auditor = place.role("auditor", &["auditor"]);
    let bearer = format!("Bearer {auditor}");
    let authorized = [("authorization", bearer.as_str())];
    for path in ["/v1/decoys", "/v1/requests"] {
        hold(&document, "get", path, &server.get(path, &authorized));
        hold(&document, "get", path, &server.get(path, &[]));
    }
    for path in ["/v1/audit/verification", "/v1/credentials", "/v1/roles", "/v1/statistics"] {
        hold(&document, "get", path, &server.get(path, &authorized));
        hold(&document, "get", path, &server.get(path, &[]));
    }
    let anew = server.request("POST", "/v1/audit/verification", &authorized, b"");
    hold(&document, "post", "/v1/audit/verification", &anew);
    hold(&document, "get", "/v1/audit", &server.get("/v1/audit?order=newest&limit=2", &authorized));
    let (registrar, officer) =
        (place.role("site", &["registrar"]), place.role("privacy", &["privacy-officer"]));
    let (one, path) = ("/v1/subjects/p-1f0c", "/v1/subjects/{id}");
    let why = json!({ "reason": "asked" });
    let steps = [
        ("post", &registrar, None),
        ("get", &auditor, None),
        ("delete", &officer, Some(&why)),
        ("get", &auditor, None),
        ("post", &registrar, None),
        ("delete", &registrar, None),
    ];
    for (method, secret, body) in steps {
        hold(&document, method, path, &server.send(secret, &method.to_uppercase(), one, body));
    }
    for whose in ["?sub=p-1f0c", "?sub=", "?sub=nobody"] {
        let path = "/.well-known/sealed-input";
        hold(&document, "get", path, &server.get(&format!("{path}{whose}"), &[]));
    }
    for path in ["/v1/audit", "/v1/keys", "/v1/subjects"] {
        hold(&document, "get", path, &server.get(path, &authorized));
        hold(&document, "get", path, &server.get(path, &[]));
        hold(&document, "get", path, &server.get(&format!("{path}?limit=0"), &authorized));
        let other = format!("Bearer {general}");
        hold(&document, "get", path, &server.get(path, &[("authorization", other.as_str())]));
    }
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/.well-known/sealed-input",
        "/.well-known/sealed-input.jwt",
        "/openapi.json",
    ] {
        hold(&document, "get", path, &server.get(path, &[]));
    }
    hold(&document, "get", "/problems/{code}", &server.get("/problems/open-failed", &[]));
    hold(&document, "get", "/problems/{code}", &server.get("/problems/no-such", &[]));
    // The check itself finds faults.
    let page = &document["components"]["schemas"]["KeyPage"];
    for bad in [
        json!({}),
        json!({ "keys": [], "next": "x" }),
        json!({ "keys": [], "next": "x", "more": true, "x": 1 }),
    ] {
        assert!(!validator(&document, page).is_valid(&bad));
    }
}

/// What is told without showing a value, of single values and of forms, and what waits for a second person.
fn found_answers(place: &Place, server: &Server, document: &Value) {
    let keys = place.keys();
    let email = seal(&keys, &options("mail", "email"), "\"zoe@shop.example\"");
    let members =
        [("card", "card-number", "\"4242424242424242\""), ("iban", "iban", "\"DE89370400440532013000\"")];
    let form = seal_form(&keys, &members);
    let masks = format!("Bearer {}", place.role("masks", &["support"]));
    let compares = format!("Bearer {}", place.role("compares", &["verifier"]));
    let expected = json!({ "token": email, "candidate": "zoe@shop.example", "field": "mail" });
    for (path, bearer, tokens) in [
        ("/v1/open-masked", &masks, json!([email, form, "no token"])),
        ("/v1/fingerprint", &compares, json!([email, form, "no token"])),
        ("/v1/verify", &compares, json!([expected, { "token": email, "hash": "$argon2id$" }])),
    ] {
        let body = json!({ "purpose": "ticket 5", "tokens": tokens }).to_string();
        let answered = server.request("POST", path, &[("authorization", bearer)], body.as_bytes());
        assert!(answered.results()[0]["error"].is_null(), "{path} {}", answered.body);
        hold(document, "post", path, &answered);
    }
    let officer = format!("Bearer {}", place.role("officer", &["privacy-officer"]));
    let body = json!({ "purpose": "request 9", "tokens": vec![&email; 100] }).to_string();
    let waits = server.request("POST", "/v1/open", &[("authorization", &officer)], body.as_bytes());
    hold(document, "post", "/v1/open", &waits);
    let id = waits.json()["approval"].as_str().unwrap().to_owned();
    let approver = format!("Bearer {}", place.role("second", &["approver"]));
    let approver = [("authorization", approver.as_str())];
    hold(document, "get", "/v1/approvals", &server.get("/v1/approvals", &approver));
    let approved = server.request("POST", &format!("/v1/approvals/{id}"), &approver, b"");
    assert_eq!(approved.json()["approved_by"], "second");
    hold(document, "post", "/v1/approvals/{id}", &approved);
    let reason = json!({ "class": "payment", "reason": "case 17" });
    let officer = officer.strip_prefix("Bearer ").unwrap();
    let asked = server.ask(officer, "/v1/retention/holds", &reason);
    hold(document, "post", "/v1/retention/holds", &asked);
    let id = asked.json()["approval"].as_str().unwrap().to_owned();
    hold(document, "get", "/v1/approvals", &server.get("/v1/approvals", &approver));
    server.request("POST", &format!("/v1/approvals/{id}"), &approver, b"");
    let bearer = format!("Bearer {officer}");
    let plan = server.get("/v1/retention", &[("authorization", &bearer)]);
    assert_eq!(plan.json()["holds"][0]["class"], "payment");
    hold(document, "get", "/v1/retention", &plan);
    let released =
        server.ask(officer, &format!("/v1/retention/holds/{id}/release"), &json!({ "reason": "over" }));
    hold(document, "post", "/v1/retention/holds/{id}/release", &released);
}
