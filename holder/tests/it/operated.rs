//! What whoever keeps the service running sees of it: whether it is well, what it counts, its limits and its log.

use crate::support::{Place, Server, options, seal, sql};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// The value of a line of the metrics, or 0.
fn counted(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[test]
fn readiness_is_apart_from_life_and_comes_back_by_itself() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let token = json!(seal(&place.keys(), &options("f", "text"), "1"));
    let server = place.serve();
    let ready = server.get("/readyz", &[]);
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
    assert_eq!(counted(&server.get("/metrics", &[]).body, "keyholder_ready"), 1.0);
    sql(&place, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    // It is noticed with the first record that cannot be written.
    assert_eq!(server.open(&secret, std::slice::from_ref(&token)).status, 503);
    for _ in 0..3 {
        let ready = server.get("/readyz", &[]);
        assert_eq!((ready.status, ready.problem().as_str()), (503, "store-unavailable"));
    }
    let metrics = server.get("/metrics", &[]).body;
    assert_eq!(counted(&metrics, "keyholder_ready"), 0.0, "{metrics}");
    assert_eq!(counted(&metrics, "keyholder_audit_commit_failures_total"), 1.0, "{metrics}");
    // Alive all the while.
    assert_eq!(server.get("/healthz", &[]).status, 200);
    sql(&place, "DROP TRIGGER full");
    let begun = Instant::now();
    while server.get("/readyz", &[]).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(100));
    }
    // It says so in the audit, and nobody had to ask for a value first.
    let last = place.audit().pop().unwrap();
    assert_eq!((&last["action"], &last["actor"]), (&json!("recover"), &json!("service")));
    assert_eq!(server.open(&secret, &[token]).results()[0]["value"], 1);
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
}

#[test]
fn what_happens_is_counted_and_nobody_is_named() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk-of-somebody", &["general"]);
    let keys = place.keys();
    let server = place.serve();
    let mut with_sub = options("field-of-somebody", "text");
    with_sub.sub = Some("person-17".to_owned());
    let good = json!(seal(&keys, &with_sub, "\"4242 4242\""));
    let card = json!(seal(&keys, &options("card", "card-number"), "\"4242424242424242\""));
    server.open(&secret, &[good.clone(), good, card, json!("no token")]);
    server.open("fsk_wrong", &[json!("x")]);
    server.request("BREW", "/person-17", &[], b"");
    let answered = server.get("/metrics", &[]);
    assert_eq!(answered.status, 200);
    assert!(answered.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let metrics = answered.body;
    for (line, value) in [
        (r#"keyholder_tokens_total{action="open",outcome="granted"}"#, 2.0),
        (r#"keyholder_tokens_total{action="open",outcome="not-allowed"}"#, 1.0),
        (r#"keyholder_tokens_total{action="open",outcome="token-malformed"}"#, 1.0),
        (r#"keyholder_requests_total{method="POST",route="/v1/open",status="200"}"#, 1.0),
        (r#"keyholder_requests_total{method="POST",route="/v1/open",status="401"}"#, 1.0),
        (r#"keyholder_requests_total{method="other",route="none",status="404"}"#, 1.0),
        (r#"keyholder_request_duration_seconds_count{route="/v1/open"}"#, 2.0),
        ("keyholder_audit_group_size_sum", 4.0),
        ("keyholder_audit_commit_seconds_count", 1.0),
    ] {
        assert_eq!(counted(&metrics, line), value, "{line} in {metrics}");
    }
    assert!(counted(&metrics, "keyholder_connections") >= 1.0, "{metrics}");
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for name in ["somebody", "person", "4242", "shop.example", "127.0.0.1", "fsk_"] {
        assert!(!metrics.contains(name), "{name} in {metrics}");
    }
}

/// An address of this machine that others reach, too.
fn outer() -> Option<std::net::IpAddr> {
    // Nothing is sent; the system only says which address it would use.
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[test]
fn metrics_are_for_this_machine_for_credentials_or_on_an_address_of_their_own() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("prometheus", &["general"]);
    let bearer = format!("Bearer {secret}");
    let server = place.serve();
    assert_eq!(server.get("/metrics", &[]).status, 200);
    // Through a proxy on this machine it could be anybody.
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
        assert_eq!(server.get("/metrics", &[(header, "127.0.0.1")]).problem(), "unauthenticated");
    }
    assert_eq!(server.get("/metrics", &[("via", "1.1 proxy"), ("authorization", &bearer)]).status, 200);
    if let Some(ip) = outer() {
        let mut server = place.serve_with(&["--listen", &format!("{ip}:0")]);
        server.url = server.said("listening on ");
        assert_eq!(server.get("/metrics", &[]).problem(), "unauthenticated");
        assert_eq!(server.get("/metrics", &[("authorization", &bearer)]).status, 200);
        assert!(server.stop().1.contains("this is plain HTTP"));
    }
    let mut server = place.serve_with(&["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(server.get("/metrics", &[]).problem(), "not-found");
    server.url = server.said("metrics on ").strip_suffix("/metrics").unwrap().to_owned();
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(server.get(path, &[("via", "1.1 proxy")]).status, 200, "{path}");
    }
    for path in ["/v1/open", "/.well-known/sealed-input", "/"] {
        assert_eq!(server.get(path, &[]).problem(), "not-found", "{path}");
    }
}

#[test]
fn who_sends_too_much_is_told_when_to_come_back() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (desk, other) = (place.credential("desk", &["*"]), place.credential("other", &["*"]));
    let token = [json!(seal(&place.keys(), &options("f", "text"), "1"))];
    let limited = |answered: &crate::support::Answered| {
        if answered.status != 429 {
            return false;
        }
        assert_eq!(answered.problem(), "rate-limited");
        assert_eq!(answered.header("retry-after"), Some("1"));
        true
    };
    let server = place.serve_with(&["--rate-per-credential", "2"]);
    assert!((0..20).any(|_| limited(&server.open(&desk, &token))));
    // Nobody else is meant, and the promise holds.
    assert_eq!(server.open(&other, &token).status, 200);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.open(&desk, &token).status, 200);
    assert!(counted(&server.get("/metrics", &[]).body, "keyholder_rate_limited_total") >= 1.0);

    let server = place.serve_with(&["--rate-per-address", "10", "--trust-proxy-header"]);
    let from = |address: &str, secret: &str| {
        let bearer = format!("Bearer {secret}");
        server.request("POST", "/v1/open", &[("x-forwarded-for", address), ("authorization", &bearer)], b"{}")
    };
    // Whoever tries secrets is slowed down sooner: 20 requests at once, or 10 failures.
    let tried = (0..20).take_while(|_| !limited(&from("10.0.0.9, 192.0.2.1", "fsk_guess"))).count();
    assert!((10..=13).contains(&tried), "{tried}");
    let sent = (0..60).take_while(|_| !limited(&from("192.0.2.2", &desk))).count();
    assert!((20..60).contains(&sent), "{sent}");
    assert_eq!(from("192.0.2.3", &desk).status, 400);
    // A probe is never turned away.
    assert_eq!(server.get("/readyz", &[("x-forwarded-for", "192.0.2.1")]).status, 200);

    // Without a proxy that is trusted, the header is what a client likes to say.
    let server = place.serve_with(&["--rate-per-address", "2"]);
    let mut answers = (0..20).map(|i| {
        let address = format!("192.0.2.{i}");
        server.get("/.well-known/sealed-input", &[("x-forwarded-for", &address)])
    });
    assert!(answers.any(|answered| limited(&answered)));
}

/// The log's lines.
fn lines(server: Server) -> Vec<Value> {
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_request_is_found_again_by_its_trace() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let server = place.serve_with(&["--json"]);
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let sent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answered = server.get("/.well-known/sealed-input", &[("traceparent", &sent)]);
    let parts: Vec<_> = answered.header("traceparent").unwrap().split('-').collect();
    assert_eq!((parts[0], parts[1], parts[3]), ("00", TRACE, "01"));
    let span = parts[2].to_owned();
    assert!(span != "00f067aa0ba902b7" && span.len() == 16);
    let other = server.get("/no-such-place", &[("traceparent", "00-4242424242424242-x-01")]);
    let other_trace = other.header("traceparent").unwrap().split('-').nth(1).unwrap().to_owned();
    assert_ne!(other_trace, TRACE);
    let lines = lines(server);
    let of = |trace: &str| lines.iter().find(|line| line["span"]["trace_id"] == trace).unwrap();
    let line = of(TRACE);
    assert_eq!((&line["span"]["span_id"], &line["fields"]["status"]), (&json!(span), &json!(200)));
    assert_eq!(line["span"]["parent_id"], "00f067aa0ba902b7");
    assert_eq!(line["span"]["route"], "/.well-known/sealed-input");
    assert_eq!(of(&other_trace)["fields"]["status"], 404);
    assert!(!lines.iter().any(|line| line.to_string().contains("no-such-place")));
}
