//! The service over HTTP.

use crate::support::{Place, Server, agent, contains, now, options, seal};
use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::keyset::KeySet;
use fieldseal::keyset::signed::{Signer, Unverified};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const SIGNED: &str = "application/jwk-set+jwt";

#[test]
fn publishes_keys_that_parse_and_verify() {
    let place = Place::with_keys(&[("payment", "HPKE-9"), ("*", "ECDH-ES")]);
    let server = place.serve();
    let plain = server.get("/.well-known/sealed-input", &[]);
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(plain.header("access-control-allow-origin"), Some("*"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(plain.header("vary"), Some("accept"));
    assert_eq!(plain.header("x-content-type-options"), Some("nosniff"));
    let keys = KeySet::parse(&plain.body).unwrap();
    assert_eq!(keys, place.keys());
    assert_eq!(keys.keys().len(), 2);

    let signer = Signer::parse(&place.run(&["keys", "signer"]).ok()).unwrap();
    let by_address = server.get("/.well-known/sealed-input.jwt", &[]);
    let by_accept =
        server.get("/.well-known/sealed-input", &[("accept", &format!("text/html, {SIGNED};q=1"))]);
    assert_eq!(by_address.body, by_accept.body);
    for answered in [&by_address, &by_accept] {
        assert_eq!(answered.header("content-type"), Some(SIGNED));
        assert_eq!(answered.header("access-control-allow-origin"), Some("*"));
    }
    assert_eq!(verified(&by_address.body, &signer).to_json(), keys.to_json());
    // The command signs as well.
    assert_eq!(
        verified(&place.run(&["keys", "publish", "--signed"]).ok(), &signer).to_json(),
        keys.to_json()
    );
}

/// The set, if its signature is the signer's.
fn verified(set: &str, signer: &Signer) -> KeySet {
    let set = Unverified::parse(set, signer).unwrap();
    let key = VerifyingKey::from_bytes(signer.public()).unwrap();
    let signature = Signature::from_bytes(set.signature());
    let is_theirs = key.verify_strict(set.signing_input().as_bytes(), &signature).is_ok();
    set.trust(is_theirs, now()).unwrap()
}

#[test]
fn a_key_set_that_is_known_is_not_sent_again() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve();
    for path in ["/.well-known/sealed-input", "/.well-known/sealed-input.jwt"] {
        let first = server.get(path, &[]);
        let etag = first.header("etag").unwrap().to_owned();
        let again = server.get(path, &[("if-none-match", &format!("\"other\", W/{etag}"))]);
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        assert_eq!(again.header("etag"), Some(etag.as_str()));
    }
    let etag = server.get("/.well-known/sealed-input", &[]).header("etag").unwrap().to_owned();
    place.run(&["keys", "new", "--class", "payment"]).ok();
    let changed = server.get("/.well-known/sealed-input", &[("if-none-match", &etag)]);
    assert_eq!(changed.status, 200);
}

#[test]
fn a_service_notices_what_commands_do_beside_it() {
    let place = Place::new();
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    assert_eq!(server.get("/.well-known/sealed-input", &[]).body, r#"{"keys":[]}"#);
    place.run(&["keys", "new", "--class", "*"]).ok();
    let keys = KeySet::parse(&server.get("/.well-known/sealed-input", &[]).body).unwrap();
    let token = json!(seal(&keys, &options("f", "text"), "1"));
    assert_eq!(server.open(&secret, std::slice::from_ref(&token)).results()[0]["value"], 1);
    place.run(&["credentials", "revoke", "desk"]).ok();
    assert_eq!(server.open(&secret, &[token]).problem(), "credential-invalid");
    assert_eq!(place.outcomes(), ["granted", "credential-invalid"]);
    assert_eq!(place.audit().last().unwrap()["actor"], "desk");
}

#[test]
fn requests_with_one_fault_each() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let revoked = place.credential("old", &["*"]);
    place.run(&["credentials", "revoke", "old"]).ok();
    let server = place.serve();

    let token = seal(&place.keys(), &options("f", "text"), "1");
    let good = json!({ "tokens": [token] }).to_string();
    assert_eq!(server.post(&secret, good.as_bytes()).status, 200);

    let bearers = [
        (None, "unauthenticated", "Bearer"),
        (Some(String::new()), "unauthenticated", "Bearer"),
        (Some(secret.clone()), "unauthenticated", "Bearer"),
        (Some(format!("Basic {secret}")), "unauthenticated", "Bearer"),
        (Some("Bearer x".to_owned()), "credential-invalid", "Bearer error=\"invalid_token\""),
        (Some(format!("Bearer {secret}x")), "credential-invalid", "Bearer error=\"invalid_token\""),
        (
            Some(format!("Bearer {}", garbled(&secret))),
            "credential-invalid",
            "Bearer error=\"invalid_token\"",
        ),
        (Some(format!("Bearer {revoked}")), "credential-invalid", "Bearer error=\"invalid_token\""),
    ];
    for (bearer, code, challenge) in bearers {
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        let answered = server.request("POST", "/v1/open", &headers, good.as_bytes());
        assert_eq!((answered.status, answered.problem().as_str()), (401, code), "{bearer:?}");
        assert_eq!(answered.header("www-authenticate"), Some(challenge));
    }

    let many = json!({ "tokens": vec!["x"; 101] }).to_string();
    let purpose = |purpose: &str| json!({ "tokens": ["x"], "purpose": purpose }).to_string();
    let bodies = [
        (String::new(), 400, "request-malformed"),
        ("{".to_owned(), 400, "request-malformed"),
        ("[]".to_owned(), 400, "request-malformed"),
        (format!("{good} "), 200, ""),
        (format!("{good}{good}"), 400, "request-malformed"),
        (good.replacen('{', "{\"tokens\":[],", 1), 400, "request-malformed"),
        (good.replacen('{', "{\"reason\":1,", 1), 400, "request-malformed"),
        (json!({ "tokens": [{ "token": "x", "fields": 1 }] }).to_string(), 400, "request-malformed"),
        (r#"{"tokens":[{"token":"x","token":"y"}]}"#.to_owned(), 400, "request-malformed"),
        (json!({ "tokens": [] }).to_string(), 400, "too-many-tokens"),
        (many, 400, "too-many-tokens"),
        (purpose(""), 400, "purpose-invalid"),
        (purpose("a\nb"), 400, "purpose-invalid"),
        (purpose(&"p".repeat(201)), 400, "purpose-invalid"),
        (purpose(&"é".repeat(200)), 200, ""),
    ];
    for (body, status, code) in bodies {
        let answered = server.post(&secret, body.as_bytes());
        assert_eq!(answered.status, status, "{body}: {}", answered.body);
        if status != 200 {
            assert_eq!(answered.problem(), code, "{body}");
        }
    }
    // Not even UTF-8.
    assert_eq!(server.post(&secret, b"{\"tokens\":[\"\xff\"]}").problem(), "request-malformed");

    for (method, path, status, code) in [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1/open/", 404, "not-found"),
        ("GET", "/.well-known/../keyholder.db", 404, "not-found"),
        ("GET", "/v1/open", 405, "method-not-allowed"),
        ("DELETE", "/v1/open", 405, "method-not-allowed"),
        ("POST", "/.well-known/sealed-input", 405, "method-not-allowed"),
        ("GET", "/problems/no-such", 404, "not-found"),
    ] {
        let answered = server.request(method, path, &[], b"");
        assert_eq!((answered.status, answered.problem().as_str()), (status, code), "{method} {path}");
        assert_eq!(answered.header("allow").is_some(), status == 405, "{method} {path}");
    }

    let health = server.get("/healthz", &[]);
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert!(server.get("/problems/open-failed", &[]).body.contains("does not open"));
    // Every fault above was one request's, and none was anybody else's.
    assert_eq!(server.post(&secret, good.as_bytes()).status, 200);
}

/// The same secret with its last letter changed to another.
fn garbled(secret: &str) -> String {
    let last = if secret.ends_with('A') { 'E' } else { 'A' };
    format!("{}{last}", &secret[..secret.len() - 1])
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    let body = |len: usize| {
        let empty = json!({ "tokens": [""] }).to_string().len();
        json!({ "tokens": ["x".repeat(len - empty)] }).to_string().into_bytes()
    };
    let largest = server.post(&secret, &body(1 << 20));
    assert_eq!(largest.results()[0]["error"]["code"], "token-malformed");
    let answered = raw(&server, &secret, &body((1 << 20) + 1), false);
    assert!(answered.starts_with("HTTP/1.1 413 "), "{answered}");
    assert!(answered.contains("\"code\":\"body-too-large\""), "{answered}");
    // One that does not say how long it is gets no further.
    let answered = raw(&server, &secret, &body((1 << 20) + 1), true);
    assert!(answered.starts_with("HTTP/1.1 413 "), "{answered}");
    // Strangers are turned away before their body is read.
    let answered = raw(&server, "fsk_", &body((1 << 20) + 1), false);
    assert!(answered.starts_with("HTTP/1.1 401 "), "{answered}");
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

/// Sends a request by hand, and reads what comes although the body is not taken to its end.
fn raw(server: &Server, secret: &str, body: &[u8], chunked: bool) -> String {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = match chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {}", body.len()),
    };
    let head =
        format!("POST /v1/open HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\n{length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let sending = {
        let mut stream = stream.try_clone().unwrap();
        let body = body.to_vec();
        // The other side may close before it has read this.
        std::thread::spawn(move || match chunked {
            true => write!(stream, "{:x}\r\n", body.len())
                .and_then(|()| stream.write_all(&body))
                .and_then(|()| stream.write_all(b"\r\n0\r\n\r\n")),
            false => stream.write_all(&body),
        })
    };
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !contains(&answer, b"}") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => answer.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    drop(stream);
    let _ = sending.join();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_is_no_http_harms_nobody() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve();
    let address = server.url.strip_prefix("http://").unwrap();
    for noise in
        [&b"\0\0\0\0"[..], b"GET", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
    {
        TcpStream::connect(address).unwrap().write_all(noise).unwrap();
    }
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

#[test]
fn many_at_the_same_time() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let server = place.serve();
    let mut once = options("f", "text");
    once.once = true;
    let once = json!(seal(&keys, &once, "\"once\""));
    let opened_once: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let (server, secret, keys, once) = (&server, &secret, &keys, &once);
                scope.spawn(move || {
                    for round in 0..5 {
                        let value = json!([client, round]);
                        let token = seal(keys, &options("f", "json"), &value.to_string());
                        assert_eq!(server.open(secret, &[json!(token)]).results()[0]["value"], value);
                    }
                    let result = server.open(secret, &[once.clone(), once.clone()]).results();
                    let opened = result.iter().filter(|result| result["value"] == "once").count();
                    let refused = result
                        .iter()
                        .filter(|result| result["error"]["code"] == "token-already-opened")
                        .count();
                    assert_eq!(opened + refused, 2);
                    opened
                })
            })
            .collect();
        // And the command beside the service.
        for _ in 0..3 {
            let token = seal(&keys, &options("f", "text"), "\"by hand\"");
            assert_eq!(place.run(&["open", &token]).ok(), "by hand\n");
        }
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(opened_once, 1);
    assert_eq!(place.outcomes().iter().filter(|outcome| *outcome == "granted").count(), 8 * 5 + 3 + 1);
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn an_answer_that_was_given_is_on_record_whatever_comes_then() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let server = place.serve();
    let tokens: Vec<Value> = (0..10).map(|_| json!(seal(&keys, &options("f", "text"), "1"))).collect();
    let body = json!({ "tokens": tokens, "purpose": "refund 17" }).to_string();
    assert_eq!(server.post(&secret, body.as_bytes()).results().len(), 10);
    server.kill();
    let records = place.audit();
    let opens: Vec<_> = records.iter().filter(|record| record["action"] == "open").collect();
    assert_eq!(opens.len(), 10);
    for (record, token) in opens.iter().zip(&tokens) {
        let token = fieldseal::jwe::Token::parse(token.as_str().unwrap()).unwrap();
        let header = token.header();
        assert_eq!(record["jti"], header.jti);
        assert_eq!(record["kid"], header.kid);
        assert_eq!(record["actor"], "desk");
        assert_eq!(record["class"], "general");
        assert_eq!(record["kind"], "text");
        assert_eq!(record["field"], "f");
        assert_eq!(record["iss"], "https://shop.example");
        assert_eq!(record["purpose"], "refund 17");
        assert_eq!(record["outcome"], "granted");
        assert!(record["time"].as_u64().unwrap().abs_diff(now().0) < 60);
    }
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn nothing_is_opened_that_cannot_be_recorded() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let token = seal(&place.keys(), &options("f", "text"), "\"4242\"");
    let server = place.serve();
    place.refuse_records();
    let answered = server.open(&secret, &[json!(token)]);
    assert_eq!((answered.status, answered.problem().as_str()), (503, "store-unavailable"));
    assert!(!answered.body.contains("4242"));
    let by_hand = place.run(&["open", &token]);
    assert_eq!((by_hand.code, by_hand.stdout.as_str()), (Some(2), ""));
    place.take_records_again();
    assert_eq!(server.open(&secret, &[json!(token)]).results()[0]["value"], "4242");
}

#[test]
fn the_log_holds_no_token_no_value_and_no_secret() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let secret = place.credential("desk", &["*"]);
    let token = seal(&place.keys(), &options("f", "text"), "\"a very special value\"");
    let server = place.serve();
    server.open(&secret, &[json!(token)]);
    server.open(&secret, &[json!({ "token": token, "field": "other" }), json!("not a token")]);
    server.post(&secret, b"{\"tokens\":\"a very special value\"}");
    server.open("fsk_guess", &[json!(token)]);
    // A token in the wrong place.
    server.get(&format!("/v1/open?token={}", &token[..400]), &[]);
    server.get(&format!("/{}", &token[..400]), &[]);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("request") && log.contains("stopping"), "{log}");
    for hidden in [&token[..60], "a very special", &secret, "fsk_", "not a token", "Bearer"] {
        assert!(!log.contains(hidden), "{hidden} in {log}");
    }
}

#[test]
fn a_crash_leaves_no_copy_of_the_keys() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve();
    // Where the system tells, as Linux does.
    if let Ok(limits) = std::fs::read_to_string(format!("/proc/{}/limits", server.id())) {
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    }
}

#[test]
fn stops_when_it_is_asked_and_finishes_what_it_does() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve();
    // An idle connection does not hold it up.
    let idle = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    let url = server.url.clone();
    assert_eq!(server.get("/healthz", &[]).status, 200);
    assert_eq!(server.stop().0, Some(0));
    drop(idle);
    assert!(agent().get(format!("{url}/healthz")).call().is_err());
}
