//! Bad tokens: one fault each, and what is said about it outside and in the audit. The same table is
//! run through the service and through the command.

use crate::support::{ORIGIN, Place, as_if_for_all, first, now, options, seal, seal_at};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};

struct Case {
    fault: String,
    item: Value,
    /// The code that the one who asks gets.
    shown: &'static str,
    /// The code in the audit: more exact where opening fails.
    audited: &'static str,
}

fn parts(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

fn with_part(token: &str, at: usize, part: String) -> String {
    let mut parts = parts(token);
    parts[at] = part;
    parts.join(".")
}

/// The token with one bit of a part turned over.
fn with_bit_flipped(token: &str, at: usize) -> String {
    let mut bytes = Base64UrlUnpadded::decode_vec(&parts(token)[at]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    with_part(token, at, Base64UrlUnpadded::encode_string(&bytes))
}

/// The token with another spelling of the same bytes: a last letter whose unused bits are not zero.
fn with_stray_bit(token: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let parts = parts(token);
    let at = parts.iter().position(|part| part.len() % 4 > 1).unwrap();
    let (rest, last) = parts[at].split_at(parts[at].len() - 1);
    let next = ALPHABET.find(last).unwrap() + 1;
    with_part(token, at, format!("{rest}{}", &ALPHABET[next..=next]))
}

/// The token with its header's text changed, and nothing else.
fn with_header(token: &str, change: impl FnOnce(String) -> String) -> String {
    let header = Base64UrlUnpadded::decode_vec(&parts(token)[0]).unwrap();
    let changed = change(String::from_utf8(header.clone()).unwrap());
    assert_ne!(changed.as_bytes(), header);
    with_part(token, 0, Base64UrlUnpadded::encode_string(changed.as_bytes()))
}

fn header_of(token: &str) -> Value {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(&parts(token)[0]).unwrap()).unwrap()
}

/// A key holder of a key for payment data, and what can be wrong with a token for it.
fn cases(place: &Place, alg: &str) -> Vec<Case> {
    let keys = place.keys();
    let options = options("card", "card-number");
    let token = seal(&keys, &options, r#""4242""#);
    let mut of_somebody = options.clone();
    of_somebody.sub = Some("customer-7".to_owned());
    let of_somebody = seal(&keys, &of_somebody, "1");
    let mut cases = Vec::new();
    let mut add = |fault: &str, item: Value, shown, audited| {
        cases.push(Case { fault: format!("{alg}: {fault}"), item, shown, audited });
    };
    let mut same = |fault: &str, token: String, code| add(fault, json!(token), code, code);

    // The token's text.
    same("empty", String::new(), "token-malformed");
    same("no token", "4242 4242 4242 4242".to_owned(), "token-malformed");
    for at in 0..5 {
        same(&format!("cut before part {at}"), parts(&token)[..at].join("."), "token-malformed");
    }
    same("a sixth part", format!("{token}."), "token-malformed");
    same("padding", with_part(&token, 0, format!("{}=", parts(&token)[0])), "token-malformed");
    same("white space", format!("{token}\u{a0}"), "token-malformed");
    same("a stray bit", with_stray_bit(&token), "token-malformed");
    for (at, part) in parts(&token).iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        // The ciphertext's length is not fixed, so a shorter one is noticed only by opening.
        let code = if at == 3 { "open-failed" } else { "token-malformed" };
        let bytes = Base64UrlUnpadded::decode_vec(part).unwrap();
        let shorter = Base64UrlUnpadded::encode_string(&bytes[..bytes.len() - 1]);
        same(&format!("part {at} is cut short"), with_part(&token, at, shorter), code);
        if at > 0 {
            same(&format!("a bit of part {at}"), with_bit_flipped(&token, at), "open-failed");
        }
    }

    // The header.
    let swapped = with_part(&token, 0, parts(&seal(&keys, &options, r#""4242""#))[0].clone());
    same("the header of another token", swapped, "open-failed");
    let renamed = with_header(&token, |header| header.replace("\"card\"", "\"cvc\""));
    same("another field in the header", renamed, "open-failed");
    let duplicated = with_header(&token, |header| header.replacen('{', "{\"field\":\"card\",", 1));
    same("a member twice", duplicated, "token-duplicate-member");
    let unknown = with_header(&token, |header| header.replacen('{', "{\"crit\":[],", 1));
    same("an unknown member", unknown, "token-malformed");
    let none = with_header(&token, |header| header.replace(alg, "none"));
    same("alg none", none, "token-alg-unknown");
    let kind = with_header(&token, |header| header.replace("card-number", "card-colour"));
    same("an unknown kind", kind, "kind-unknown");
    let low = low_order(&token, alg);
    same("an X25519 part of low order", low, "token-low-order");

    // What the header says.
    let at = |origin: &str, now| seal_at(&keys, &options, "1", origin, now);
    same("another origin", at("https://evil.example", now()), "token-wrong-origin");
    same("from the future", at(ORIGIN, now().plus(600)), "token-from-the-future");
    let mut expired = options.clone();
    expired.exp = Some(now());
    let earlier = NumericDate(now().0 - 60);
    same("expired", seal_at(&keys, &expired, "1", ORIGIN, earlier), "token-expired");
    let mut once = options.clone();
    once.once = true;
    let once = seal(&keys, &once, "1");
    same("opened once", once.clone(), "");
    same("opened twice", once, "token-already-opened");

    // What is expected.
    let mut expect = |token: &str, member: &str, value: &str, code| {
        add(member, json!({ "token": token, member: value }), code, code);
    };
    expect(&token, "field", "cvc", "token-wrong-field");
    expect(&token, "kind", "card-cvc", "token-wrong-kind");
    expect(&token, "kind", "card-colour", "kind-unknown");
    expect(&token, "origin", "https://other.example", "token-wrong-origin");
    expect(&of_somebody, "sub", "customer-8", "token-wrong-subject");
    expect(&of_somebody, "sub", "", "token-wrong-subject");
    // A token that says nothing of a person is not that person's.
    expect(&token, "sub", "customer-7", "token-wrong-subject");
    expect(&token, "field", "card", "");
    expect(&token, "kind", "card-number", "");
    expect(&token, "origin", ORIGIN, "");
    expect(&of_somebody, "sub", "customer-7", "");

    // The key.
    let other = Place::with_keys(&[("payment", alg)]).keys();
    add("a key of another key holder", json!(seal(&other, &options, "1")), "open-failed", "key-unknown");
    let theirs = seal(&other, &options, "1");
    let kid = |keys: &KeySet| first(keys).kid().to_owned();
    let renamed = with_header(&theirs, |header| header.replace(&kid(&other), &kid(&keys)));
    add("our kid over another's token", json!(renamed), "open-failed", "open-failed");
    let nobodys = with_header(&token, |header| header.replace(&kid(&keys), &"A".repeat(43)));
    add("a kid of no key", json!(nobodys), "open-failed", "key-unknown");
    for bad in [String::new(), "A".repeat(42), "k".repeat(9000), "%".repeat(43)] {
        let token = with_header(&token, |header| header.replace(&kid(&keys), &bad));
        let fault = format!("a kid of {} characters that is none", bad.len());
        add(&fault, json!(token), "token-malformed", "token-malformed");
    }
    let wrong_alg = if alg == "HPKE-9" { "ECDH-ES" } else { "HPKE-9" };
    let theirs = seal(&Place::with_keys(&[("payment", wrong_alg)]).keys(), &options, "1");
    let header = header_of(&theirs);
    let confused = with_header(&theirs, |text| text.replace(header["kid"].as_str().unwrap(), &kid(&keys)));
    add("another algorithm than the key's", json!(confused), "open-failed", "token-wrong-key");
    let mislabelled = seal(&as_if_for_all(&keys), &self::options("note", "diagnosis"), "1");
    add("another class than the key's", json!(mislabelled), "token-wrong-class", "token-wrong-class");
    cases
}

/// All zeros is a point of order 4.
fn low_order(token: &str, alg: &str) -> String {
    if alg == "HPKE-9" {
        let mut enc = Base64UrlUnpadded::decode_vec(&parts(token)[1]).unwrap();
        let x25519 = enc.len() - 32;
        enc[x25519..].fill(0);
        return with_part(token, 1, Base64UrlUnpadded::encode_string(&enc));
    }
    let header = header_of(token);
    let zeros = Base64UrlUnpadded::encode_string(&[0; 32]);
    with_header(token, |text| text.replace(header["epk"]["x"].as_str().unwrap(), &zeros))
}

/// The outcomes that the audit has for a table: a grant that did not open has two records.
fn audited(cases: &[Case]) -> Vec<&'static str> {
    let first = |case: &Case| match case.audited {
        "" | "open-failed" => "granted",
        code => code,
    };
    let later = cases.iter().map(|case| case.audited).filter(|code| *code == "open-failed");
    cases.iter().map(first).chain(later).collect()
}

fn check(results: &[Value], cases: &[Case]) {
    assert_eq!(results.len(), cases.len());
    for (result, case) in results.iter().zip(cases) {
        let code = result["error"]["code"].as_str().unwrap_or("");
        assert_eq!(code, case.shown, "{}: {result}", case.fault);
        assert_eq!(code.is_empty(), result.get("value").is_some());
    }
}

#[test]
fn by_the_service() {
    for alg in ["HPKE-9", "ECDH-ES"] {
        let place = Place::with_keys(&[("payment", alg)]);
        let cases = cases(&place, alg);
        let secret = place.credential("desk", &["payment", "health"]);
        let server = place.serve();
        let items: Vec<Value> = cases.iter().map(|case| case.item.clone()).collect();
        let answered = server.open(&secret, &items);
        check(&answered.results(), &cases);
        for result in answered.results() {
            if let Some(error) = result.get("error") {
                let code = error["code"].as_str().unwrap();
                assert_eq!(error["type"], format!("/problems/{code}"));
                assert!(error["title"].is_string() && error["detail"].is_string());
                assert_eq!(error.as_object().unwrap().len(), 4);
            }
        }
        assert_eq!(place.outcomes(), audited(&cases));
    }
}

#[test]
fn by_the_command() {
    for alg in ["HPKE-9", "ECDH-ES"] {
        let place = Place::with_keys(&[("payment", alg)]);
        // An empty line is no token, and a line ends where it ends.
        let mut cases = cases(&place, alg);
        cases.retain(|case| case.item != json!("") && !case.fault.contains("white space"));
        let line = |case: &Case| match &case.item {
            Value::String(token) => token.clone(),
            object => object.to_string(),
        };
        let input = cases.iter().map(line).collect::<Vec<_>>().join("\n");
        let ran = place.run_with_input(&["open", "--purpose", "a test"], input.as_bytes());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
        let results: Vec<Value> = ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        check(&results, &cases);
        // A pipe may bring the lines in several batches, and each puts its failures at its end.
        let (mut outcomes, mut expected) = (place.outcomes(), audited(&cases));
        outcomes.sort();
        expected.sort();
        assert_eq!(outcomes, expected);
    }
}

/// Opening must not tell what was wrong, so all of these must look the same.
#[test]
fn opening_fails_in_one_way() {
    let place = Place::with_keys(&[("payment", "HPKE-9")]);
    let secret = place.credential("desk", &["payment"]);
    let cases = cases(&place, "HPKE-9");
    let server = place.serve();
    let failed = cases.iter().filter(|case| case.shown == "open-failed");
    let answers: Vec<Value> =
        failed.map(|case| server.open(&secret, std::slice::from_ref(&case.item)).json()).collect();
    assert!(answers.len() >= 8);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn a_credential_opens_its_classes_only() {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("health", "ECDH-ES"), ("*", "ECDH-ES")]);
    let keys = place.keys();
    let kinds = ["card-number", "diagnosis", "email"];
    let tokens: Vec<Value> = kinds.map(|kind| json!(seal(&keys, &options("f", kind), "1"))).into();
    let payment = place.credential("payments", &["payment"]);
    let two = place.credential("two", &["health", "contact"]);
    let all = place.credential("all", &["*"]);
    let server = place.serve();
    for (secret, may) in [(payment, [true, false, false]), (two, [false, true, true]), (all, [true; 3])] {
        let results = server.open(&secret, &tokens).results();
        for (result, may) in results.iter().zip(may) {
            let expected = if may { Value::Null } else { json!("not-allowed") };
            assert_eq!(result["error"]["code"], expected);
        }
    }
    let records = place.audit();
    let refused = records.iter().find(|record| record["outcome"] == "not-allowed").unwrap();
    assert_eq!((&refused["actor"], &refused["kind"]), (&json!("payments"), &json!("diagnosis")));
}

#[test]
fn a_holder_of_any_origin_opens_tokens_of_any() {
    let place = Place::empty();
    place.run(&["init", "--origin", "*"]).ok();
    place.run(&["keys", "new", "--class", "*"]).ok();
    let token = seal_at(&place.keys(), &options("f", "text"), "1", "https://anywhere.example", now());
    assert_eq!(place.run(&["open", &token]).ok(), "1\n");
    let expecting = place.run(&["open", "--origin", ORIGIN, &token]).failed(1);
    assert!(expecting.contains("token-wrong-origin"), "{expecting}");
}

#[test]
fn the_times_in_a_header_are_no_limits_to_the_arithmetic() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let mut late = options("f", "text");
    late.exp = Some(now().plus(60));
    let token = seal(&keys, &late, "1");
    let with_latest = |member: &str| {
        let now = format!("\"{member}\":{}", header_of(&token)[member]);
        with_header(&token, |text| text.replace(&now, &format!("\"{member}\":{}", NumericDate::MAX.0)))
    };
    let open = |token: &str| place.run(&["open", token]).failed(1);
    assert!(open(&with_latest("iat")).contains("token-from-the-future"));
    // Its time is right, and only then is it found out that somebody changed it.
    assert!(open(&with_latest("exp")).contains("open-failed"));
}
