//! What can be asked about a value without seeing it: its mask, whether it equals another, its fingerprint.

use crate::support::{Answered, Place, Server, contains, first, now, options, seal, seal_at, seal_form};
use fieldseal::NumericDate;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use serde_json::{Value, json};
use std::path::Path;

/// The time of the catalogue's cases: 2026-07-01T12:00:00Z.
const CLOCK: NumericDate = NumericDate(1_782_907_200);

const ROUTES: [&str; 3] = ["/v1/open-masked", "/v1/verify", "/v1/fingerprint"];

/// The reference implementation's test vector: the hash of `password`.
const HASH: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

fn place() -> (Place, String, KeySet) {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    // As if the key had always been there.
    let published = place.keys();
    let key = first(&published);
    let timeless = Jwk::new(key.alg(), Scope::All, key.key().as_bytes(), None, None).unwrap();
    (place, secret, KeySet::new(vec![timeless]))
}

/// A body of one token that each of the routes takes.
fn body(route: &str, token: &str) -> Value {
    match route {
        "/v1/verify" => json!({ "tokens": [{ "token": token, "candidate": "4242 4242 4242 4242" }] }),
        _ => json!({ "tokens": [{ "token": token }] }),
    }
}

fn ask(server: &Server, secret: &str, route: &str, tokens: &[Value]) -> Answered {
    server.ask(secret, route, &json!({ "tokens": tokens }))
}

/// The valid cases of the catalogue for one kind.
fn cases(kind: Kind) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/kinds/{}.json", kind.as_str()));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap().iter();
    cases.filter(|case| case.get("as").is_some()).cloned().collect()
}

/// Seals a case as a page would, which makes it normal.
fn seal_case(keys: &KeySet, kind: Kind, case: &Value) -> String {
    let mut options = SealOptions::new("f", kind);
    options.region = case["region"].as_str().map(str::to_owned);
    // What lasts for a while only is sealed now.
    let time = if kind.lifetime().is_some() { now() } else { CLOCK };
    seal_at(keys, &options, &case["in"].to_string(), crate::support::ORIGIN, time)
}

/// The texts of a value that an answer must not have: all of it, and its parts but for the places that masks and
/// hints name.
fn secret_texts(value: &Value) -> Vec<String> {
    match value {
        Value::Object(parts) => parts
            .iter()
            .filter(|(name, _)| !["region", "country"].contains(&name.as_str()))
            .flat_map(|(_, part)| secret_texts(part))
            .collect(),
        Value::Array(items) => items.iter().flat_map(secret_texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
    .into_iter()
    // Shorter ones are anywhere.
    .filter(|text| text.chars().count() > 5)
    .collect()
}

fn assert_hidden(body: &str, case: &Value) {
    for text in secret_texts(&case["as"]).into_iter().chain(secret_texts(&case["in"])) {
        let escaped = serde_json::to_string(&text).unwrap();
        assert!(!body.contains(escaped.trim_matches('"')), "{text} in {body}");
    }
}

#[test]
fn masks_are_those_of_the_catalogue_and_never_the_value() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let mut masks = 0;
    for kind in Kind::all().filter(|kind| !kind.is_form()) {
        let cases = cases(kind);
        for cases in cases.chunks(100) {
            let tokens: Vec<Value> = cases.iter().map(|case| json!(seal_case(&keys, kind, case))).collect();
            let answered = ask(&server, &secret, "/v1/open-masked", &tokens);
            for (result, case) in answered.results().iter().zip(cases) {
                assert_eq!(result["valid"], true, "{} {case} {result}", kind.as_str());
                assert!(result.get("value").is_none());
                if let Some(mask) = case.get("mask") {
                    assert_eq!(&result["masked"], mask, "{} {case}", kind.as_str());
                    masks += 1;
                }
                if let Some(hint) = case.get("hint") {
                    assert_eq!(&result["hints"], hint, "{} {case}", kind.as_str());
                }
                assert_hidden(&result.to_string(), case);
            }
        }
    }
    assert!(masks > 300, "{masks}");
}

#[test]
fn what_is_none_of_its_kind_is_hidden_as_a_whole() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let token = json!(seal(&keys, &options("card", "card-number"), "\"4242424242424241\""));
    let result = &ask(&server, &secret, "/v1/open-masked", &[token]).results()[0];
    assert_eq!(
        (&result["masked"], &result["hints"], &result["valid"]),
        (&json!("•••"), &json!({}), &json!(false))
    );
    assert!(!result.to_string().contains("4241"));
}

#[test]
fn values_are_equal_however_they_were_typed() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let mut compared = (0, 0);
    for kind in Kind::all().filter(|kind| !kind.is_form()) {
        let cases = cases(kind);
        let sealed = &cases[0];
        for candidates in cases.chunks(100) {
            let token = |candidate: &Value| {
                let mut item =
                    json!({ "token": seal_case(&keys, kind, sealed), "candidate": candidate["in"] });
                if let Some(region) = candidate.get("region") {
                    item["region"] = region.clone();
                }
                item
            };
            let tokens: Vec<Value> = candidates.iter().map(token).collect();
            let answered = ask(&server, &secret, "/v1/verify", &tokens);
            for (result, candidate) in answered.results().iter().zip(candidates) {
                let equal = candidate["as"] == sealed["as"];
                assert_eq!(result["equal"], equal, "{} {sealed} {candidate} {result}", kind.as_str());
                if equal { compared.0 += 1 } else { compared.1 += 1 }
            }
            assert_hidden(&answered.body, sealed);
        }
    }
    assert!(compared.0 > 60 && compared.1 > 300, "{compared:?}");
    let (_, log) = server.stop();
    // Nor do candidates stay here.
    assert!(!contains(log.as_bytes(), b"4242424242424242"));
    place.assert_nowhere(b"4242424242424242");
}

#[test]
fn a_password_is_compared_with_its_hash() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let seal = |kind: &str, value: &str| seal(&keys, &options("f", kind), &json!(value).to_string());
    let item = |token: &str, hash: &str| json!({ "token": token, "hash": hash });
    let (right, wrong) = (seal("password", "password"), seal("password", "Password"));
    let text = seal("text", "password");
    let answered = ask(
        &server,
        &secret,
        "/v1/verify",
        &[
            item(&right, HASH),
            item(&wrong, HASH),
            item(&text, HASH),
            item(&right, "password"),
            json!({ "token": right, "candidate": HASH }),
        ],
    );
    let results = answered.results();
    assert_eq!((&results[0]["equal"], &results[1]["equal"]), (&json!(true), &json!(false)));
    assert_eq!(results[2]["error"]["code"], "candidate-wrong-kind");
    assert_eq!(results[3]["error"]["code"], "hash-malformed");
    // A candidate is a value, whatever it looks like.
    assert_eq!(results[4]["equal"], false);
    let many = vec![item(&right, HASH); 9];
    let refused = ask(&server, &secret, "/v1/verify", &many);
    assert_eq!((refused.status, refused.problem().as_str()), (400, "hashes-many"));
    // Not one of them was compared.
    assert_eq!(place.audit().iter().filter(|record| record["action"] == "verify").count(), 5 + 1);
}

#[test]
fn fingerprints_find_equal_values() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let sealed = |kind: &str, value: &str| seal(&keys, &options("f", kind), &json!(value).to_string());
    let fingerprints =
        |server: &Server, secret: &str, label: Option<&str>, tokens: &[String]| -> Vec<String> {
            let mut body = json!({ "tokens": tokens });
            if let Some(label) = label {
                body["label"] = json!(label);
            }
            let results = server.ask(secret, "/v1/fingerprint", &body).results();
            results.iter().map(|result| result["fingerprint"].as_str().unwrap().to_owned()).collect()
        };
    let tokens = [
        sealed("us-ssn", "123456789"),
        // Sealed without a check, and so as it was typed.
        sealed("us-ssn", "123-45-6789"),
        sealed("us-ssn", "123456788"),
        // The same digits as another kind, and as none of its own.
        sealed("text", "123456789"),
        sealed("us-itin", "123456789"),
    ];
    let found = fingerprints(&server, &secret, None, &tokens);
    assert_eq!(found[0], found[1]);
    for (i, other) in found.iter().enumerate().skip(2) {
        assert!(found.iter().take(i).all(|before| before != other), "{found:?}");
    }
    assert!(found.iter().all(|text| text.len() == 43), "{found:?}");

    let [fraud, research] =
        ["fraud", "research"].map(|label| fingerprints(&server, &secret, Some(label), &tokens[..1]));
    assert!(fraud != research && fraud[0] != found[0] && research[0] != found[0]);
    let refused = server.ask(&secret, "/v1/fingerprint", &json!({ "tokens": tokens, "label": "a b" }));
    assert_eq!((refused.status, refused.problem().as_str()), (400, "label-invalid"));

    // The command gives the same, and so does the next start.
    let lines = place.run_with_input(&["fingerprint", "--label", "fraud"], tokens.join("\n").as_bytes()).ok();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["fingerprint"], fraud[0]);
    assert_eq!(place.run(&["fingerprint", &tokens[0]]).ok().trim_end(), found[0]);
    server.stop();
    let server = place.serve();
    assert_eq!(fingerprints(&server, &secret, None, &tokens), found);

    // Another key holder's are others.
    let (other, secret, keys) = self::place();
    let token = seal(&keys, &options("f", "us-ssn"), "\"123456789\"");
    assert_ne!(fingerprints(&other.serve(), &secret, None, &[token])[0], found[0]);
}

#[test]
fn of_a_form_each_member_is_told() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let form = seal_form(
        &keys,
        &[("card.1", "card-number", "\"4242424242424242\""), ("iban", "iban", "\"DE89370400440532013000\"")],
    );
    let single = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    let masked = &ask(&server, &secret, "/v1/open-masked", &[json!(form)]).results()[0];
    assert_eq!(masked["fields"]["card.1"]["masked"], "•••• 4242");
    assert_eq!(masked["fields"]["card.1"]["kind"], "card-number");
    assert_eq!(masked["fields"]["iban"]["masked"], "DE•• •••• 3000");
    assert_eq!((&masked["valid"], masked.get("masked")), (&json!(true), None));
    assert!(!masked.to_string().contains("42424242") && !masked.to_string().contains("370400440532"));

    let results = ask(&server, &secret, "/v1/fingerprint", &[json!(form), json!(single)]).results();
    assert_eq!(results[0]["fields"]["card.1"]["fingerprint"], results[1]["fingerprint"]);

    for (candidate, equal) in [
        (json!({ "card.1": "4242 4242 4242 4242" }), true),
        (json!({ "card.1": "4242 4242 4242 4242", "iban": "DE89 3704 0044 0532 0130 00" }), true),
        (json!({ "card.1": "4242 4242 4242 4242", "iban": "DE89 3704 0044 0532 0130 01" }), false),
        (json!({ "card.1": "4242 4242 4242 4242", "cvc": "" }), false),
        (json!({ "iban": "4242 4242 4242 4242" }), false),
        (json!({}), false),
        (json!("4242 4242 4242 4242"), false),
        (json!(null), false),
    ] {
        let item = json!({ "token": form, "candidate": candidate });
        assert_eq!(ask(&server, &secret, "/v1/verify", &[item]).results()[0]["equal"], equal, "{candidate}");
    }
}

#[test]
fn a_token_that_opens_once_is_not_guessed_at() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let once = |value: &str| seal(&keys, &options("cvc", "card-cvc"), value);
    let code = |answered: Answered| answered.results()[0]["error"]["code"].as_str().map(str::to_owned);
    let used = Some("token-already-opened".to_owned());
    // A mask may be looked at until it is opened.
    let token = once("\"737\"");
    for _ in 0..2 {
        assert_eq!(code(server.ask(&secret, ROUTES[0], &body(ROUTES[0], &token))), None);
    }
    assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], "737");
    for route in ROUTES {
        assert_eq!(code(server.ask(&secret, route, &body(route, &token))), used, "{route}");
    }
    // A thousand comparisons, or a fingerprint and a thousand others, would tell it.
    for route in &ROUTES[1..] {
        let token = once("\"738\"");
        assert_eq!(code(server.ask(&secret, route, &body(route, &token))), None, "{route}");
        for again in ["/v1/open", "/v1/open-masked", "/v1/verify", "/v1/fingerprint"] {
            assert_eq!(code(server.ask(&secret, again, &body(again, &token))), used, "{route} {again}");
        }
    }
}

#[test]
fn requests_with_one_fault_each() {
    let (place, secret, keys) = place();
    let (support, health) = (place.role("support", &["auditor"]), place.credential("ward", &["health"]));
    let server = place.serve();
    let card = || options("card", "card-number");
    let value = "\"4242424242424242\"";
    let token = seal(&keys, &card(), value);
    let mut expired = card();
    expired.exp = Some(NumericDate(now().0 - 1000));
    let expired = seal_at(&keys, &expired, value, crate::support::ORIGIN, NumericDate(now().0 - 2000));
    let elsewhere = seal_at(&keys, &card(), value, "https://other.example", now());
    let others = seal(&Place::with_keys(&[("*", "ECDH-ES")]).keys(), &card(), value);
    let altered = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'Q' } else { 'A' });

    for route in ROUTES {
        let good = body(route, &token);
        let answered = server.ask(&secret, route, &good);
        let result = &answered.results()[0];
        assert!(result.get("error").is_none(), "{route} {result}");
        let facts = (&result["field"], &result["kind"], &result["iss"], &result["valid"]);
        assert_eq!(
            facts,
            (&json!("card"), &json!("card-number"), &json!("https://shop.example"), &json!(true))
        );
        assert!(!answered.body.contains("42424242"));

        for (secret, token, code) in [
            (&support, &token, "not-allowed"),
            (&health, &token, "not-allowed"),
            (&secret, &expired, "token-expired"),
            (&secret, &elsewhere, "token-wrong-origin"),
            (&secret, &others, "open-failed"),
            (&secret, &altered, "open-failed"),
            (&secret, &"x".to_owned(), "token-malformed"),
        ] {
            let answered = server.ask(secret, route, &body(route, token));
            assert_eq!(answered.results()[0]["error"]["code"], code, "{route} {}", answered.body);
            assert!(!answered.body.contains("4242"), "{}", answered.body);
        }
        for (member, value, code) in [
            ("field", "cvc", "token-wrong-field"),
            ("kind", "iban", "token-wrong-kind"),
            ("kind", "no-such", "kind-unknown"),
            ("sub", "u17", "token-wrong-subject"),
            ("origin", "https://other.example", "token-wrong-origin"),
        ] {
            let mut body = good.clone();
            body["tokens"][0][member] = json!(value);
            let results = server.ask(&secret, route, &body).results();
            assert_eq!(results[0]["error"]["code"], code, "{route} {member}");
        }
        assert_eq!(server.ask("fsk_x", route, &good).problem(), "credential-invalid");
        assert_eq!(server.request("GET", route, &[], b"").problem(), "method-not-allowed");
        let many = vec![good["tokens"][0].clone(); 101];
        for (body, code) in [
            (json!({ "tokens": [] }), "too-many-tokens"),
            (json!({ "tokens": many }), "too-many-tokens"),
            (json!({ "tokens": good["tokens"], "purpose": "" }), "purpose-invalid"),
            (json!({ "tokens": good["tokens"], "approval": "x" }), "approval-invalid"),
            (json!({ "tokens": good["tokens"], "reason": "x" }), "request-malformed"),
            (json!([]), "request-malformed"),
        ] {
            assert_eq!(server.ask(&secret, route, &body).problem(), code, "{route} {body}");
        }
    }
    // What one address takes is not what another does.
    for (route, member) in [(ROUTES[0], "label"), (ROUTES[1], "label")] {
        let mut body = body(route, &token);
        body[member] = json!("x");
        assert_eq!(server.ask(&secret, route, &body).problem(), "request-malformed");
    }
    let results = ask(&server, &secret, "/v1/verify", &[json!({ "token": token })]).results();
    assert_eq!(results[0]["error"]["code"], "candidate-malformed");
    assert_eq!(ask(&server, &secret, "/v1/verify", &[json!(token)]).problem(), "request-malformed");
}

#[test]
fn each_is_on_record_under_its_own_name_before_it_is_answered() {
    let (place, secret, keys) = place();
    let server = place.serve();
    let token = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    for route in ROUTES {
        server.ask(&secret, route, &body(route, &token));
    }
    let actions: Vec<Value> = place
        .audit()
        .iter()
        .filter(|r| r["outcome"] == "granted" && r["kind"] == "card-number")
        .map(|r| r["action"].clone())
        .collect();
    assert_eq!(actions, ["open-masked", "verify", "fingerprint"]);
    place.refuse_records();
    for route in ROUTES {
        let answered = server.ask(&secret, route, &body(route, &token));
        assert_eq!((answered.status, answered.problem().as_str()), (503, "store-unavailable"), "{route}");
    }
}

#[test]
fn the_commands() {
    let (place, _, keys) = place();
    let card = seal(&keys, &options("card", "card-number"), "\"4242424242424242\"");
    let password = seal(&keys, &options("p", "password"), "\"password\"");
    assert_eq!(place.run(&["open", "--masked", &card]).ok(), "•••• 4242\n");
    let json: Value = serde_json::from_str(&place.run(&["open", "--masked", "--json", &card]).ok()).unwrap();
    assert_eq!(json["hints"]["brand"], "visa");
    let lines = place.run_with_input(&["open", "--masked"], format!("{card}\nx\n").as_bytes());
    assert_eq!(lines.code, Some(1));
    let lines: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["masked"], &lines[1]["error"]["code"]),
        (&json!("•••• 4242"), &json!("token-malformed"))
    );

    let verify =
        |args: &[&str], input: &str| place.run_with_input(&[&["verify"], args].concat(), input.as_bytes());
    assert_eq!(verify(&[&card], "4242 4242 4242 4242\r\n").ok(), "equal\n");
    let differs = verify(&[&card], "4242 4242 4242 4241");
    assert_eq!((differs.code, differs.stdout.as_str()), (Some(1), "not equal\n"));
    std::fs::write(place.path("candidate"), "\"4242424242424242\"\n").unwrap();
    assert_eq!(verify(&["--json-candidate", "--candidate-file", "candidate", &card], "").ok(), "equal\n");
    assert_eq!(verify(&["--hash", &password], HASH).ok(), "equal\n");
    assert!(verify(&["--hash", &password], "x").failed(2).contains("error[hash-malformed]"));
    assert!(verify(&["--json-candidate", &card], "{").failed(2).contains("error[candidate-malformed]"));
    assert!(verify(&["--candidate-file", "none", &card], "").failed(2).contains("error[input-unreadable]"));
    assert!(verify(&["--field", "cvc", &card], "1").failed(1).contains("error[token-wrong-field]"));
    assert!(place.run(&["fingerprint", "--label", "a b", &card]).failed(2).contains("A label has"));
    place.assert_nowhere(b"4242424242424242");
}
