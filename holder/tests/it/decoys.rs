//! Decoys: tokens that nobody honest opens, and what happens to whoever does.

mod receiver;

use crate::support::{ORIGIN, Place, Server, options, seal};
use fieldseal::jwe::Token;
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use receiver::Receiver;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Makes a decoy with these options, and gives its id and its token.
fn decoy(place: &Place, options: &[&str]) -> (String, String) {
    let new = ["decoy", "new", "--json", "--origin", ORIGIN];
    let made: Value = serde_json::from_str(&place.run(&[&new[..], options].concat()).ok()).unwrap();
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

fn card(place: &Place, more: &[&str]) -> (String, String) {
    decoy(place, &[&["--kind", "card-number", "--field", "card"], more].concat())
}

fn alarms(place: &Place) -> Vec<Value> {
    place.audit().into_iter().filter(|record| record["action"] == "decoy-alarm").collect()
}

fn counted(server: &Server) -> u32 {
    let metrics = server.get("/metrics", &[]).body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("keyholder_decoy_alarms_total "));
    line.unwrap().parse().unwrap()
}

fn codes(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["error"]["code"].as_str().unwrap_or("answered")).collect()
}

#[test]
fn a_touched_decoy_raises_the_alarm_within_a_second_and_freezes() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let receiver = Receiver::start(0);
    place.run(&["decoy", "webhook", &receiver.url]).ok();
    let (id, token) = card(&place, &["--freeze", "--hint", "last4", "--note", "orders of 2024"]);
    let (thief, honest) = (place.credential("thief", &["*"]), place.credential("honest", &["*"]));
    let server = place.serve();
    let real: Vec<Value> =
        (0..2).map(|n| json!(seal(&keys, &options("f", "text"), &n.to_string()))).collect();
    let batch = [real[0].clone(), json!(token), real[1].clone()];
    let answered = server.open_named(&thief, "job-7", &batch);
    let at = Instant::now();
    // What is no decoy opens, and the decoy is told as any token that does not.
    let results = answered.results();
    assert_eq!(codes(&results), ["answered", "open-failed", "answered"]);
    assert_eq!((&results[0]["value"], &results[2]["value"]), (&json!(0), &json!(1)));
    let unknown = server.open(
        &honest,
        &[json!(seal(
            &crate::support::as_if_for_all(&Place::with_keys(&[("*", "ECDH-ES")]).keys()),
            &options("f", "text"),
            "0"
        ))],
    );
    assert_eq!(results[1], unknown.results()[0]);

    let body = receiver.wait_for(1, at + Duration::from_secs(1)).remove(0);
    assert_eq!(counted(&server), 1);
    // The credential is refused from the next request on, and nobody else's is.
    assert_eq!(server.open(&thief, &real[..1]).problem(), "credential-invalid");
    assert_eq!(codes(&server.open(&honest, &real[..1]).results()), ["answered"]);

    let records = place.audit();
    let alarm = records.iter().position(|record| record["action"] == "decoy-alarm").unwrap();
    let record = &records[alarm];
    assert_eq!((&record["target"], &record["actor"]), (&json!(id), &json!("thief")));
    assert_eq!((&record["outcome"], &record["request"]), (&json!("token-decoy"), &json!("job-7")));
    // What was asked for stands before it, and the end of the credential after it.
    let (asked, ended) = (&records[alarm - 1], &records[alarm + 1]);
    assert_eq!((&asked["action"], &asked["outcome"]), (&json!("open"), &json!("token-decoy")));
    assert_eq!((&ended["action"], &ended["target"]), (&json!("credential-revoke"), &json!("thief")));
    assert_eq!(ended["actor"], "service:decoys");

    // A security event token that the published signing key has signed.
    let event = receiver::verified(&place, &body.body);
    assert_eq!(body.content_type, "application/secevent+jwt");
    assert_eq!((&event["aud"], &event["toe"]), (&json!(receiver.url), &record["time"]));
    let event = &event["events"]["urn:fieldseal:event:decoy-touched"];
    let expected = json!({
        "decoy": id, "actor": "thief", "action": "open", "frozen": true, "record": record["seq"],
        "address": "127.0.0.1", "request": "job-7",
    });
    assert_eq!(*event, expected);

    let (_, log) = server.stop();
    assert!(log.lines().any(|line| line.contains("ERROR") && line.contains(&id)), "{log}");
    assert!(place.run(&["audit", "verify"]).ok().starts_with("Intact: "));
    // Nothing at rest is the token or tells its value.
    place.assert_nowhere(token.as_bytes());
    let listed: Value = serde_json::from_str(&place.run(&["decoy", "list", "--json"]).ok()).unwrap();
    assert_eq!((&listed[0]["alarms"], &listed[0]["note"]), (&json!(1), &json!("orders of 2024")));
}

#[test]
fn whatever_is_asked_of_a_decoy_is_an_alarm_and_tells_nothing() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (_, token) = card(&place, &[]);
    let all = place.credential("all", &["*"]);
    let (support, mover) = (place.role("support", &["support"]), place.role("mover", &["rewrapper"]));
    let server = place.serve();
    let tokens = json!({ "tokens": [token] });
    let candidate = json!({ "tokens": [{ "token": token, "candidate": "4242424242424242" }] });
    for (n, (secret, path, body, code)) in [
        (&all, "/v1/open", &tokens, "open-failed"),
        (&all, "/v1/open-masked", &tokens, "open-failed"),
        (&all, "/v1/verify", &candidate, "open-failed"),
        (&all, "/v1/fingerprint", &tokens, "open-failed"),
        (&mover, "/v1/rewrap", &tokens, "open-failed"),
        // Those whom the rules refuse are told that, and are noticed all the same.
        (&support, "/v1/open", &tokens, "not-allowed"),
        (&mover, "/v1/open", &tokens, "not-allowed"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(codes(&server.ask(secret, path, body).results()), [code], "{path}");
        assert_eq!(counted(&server), n as u32 + 1);
        let last = place.audit();
        let (asked, alarm) = (&last[last.len() - 2], &last[last.len() - 1]);
        assert_eq!(alarm["action"], "decoy-alarm", "{path}");
        assert_eq!(asked["action"], path.strip_prefix("/v1/").unwrap());
    }
    // So are commands, which have no credential to end.
    std::fs::write(place.path("tokens"), format!("{token}\n")).unwrap();
    for (command, n) in [
        (&["open", &token][..], 8),
        (&["open", "--masked", &token], 9),
        (&["open", "--file", "tokens", "--out", "opened"], 10),
        (&["rewrap", "--file", "tokens", "--out", "moved"], 11),
        (&["fingerprint", &token], 12),
    ] {
        let ran = place.run(command);
        assert_eq!(ran.code, Some(1), "{command:?} {} {}", ran.stdout, ran.stderr);
        assert_eq!(alarms(&place).len(), n, "{command:?}");
    }
    for file in ["opened", "moved"] {
        let text = std::fs::read_to_string(place.path(file)).unwrap();
        assert!(text.contains("open-failed") && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn what_waits_for_a_second_person_is_noticed_before() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let (_, token) = card(&place, &["--freeze"]);
    let officer = place.role("officer", &["privacy-officer"]);
    let server = place.serve();
    let mut tokens: Vec<String> =
        (0..10).map(|n| seal(&keys, &options("f", "text"), &n.to_string())).collect();
    tokens.push(token);
    let body = json!({ "tokens": tokens, "purpose": "request 3" });
    assert_eq!(codes(&server.ask(&officer, "/v1/open", &body).results()), ["approval-required"; 11]);
    assert_eq!(alarms(&place).len(), 1);
    assert_eq!(server.ask(&officer, "/v1/open", &body).problem(), "credential-invalid");
}

#[test]
fn nothing_is_opened_after_the_end_of_a_credential_also_of_what_is_under_way() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    let (_, token) = card(&place, &["--freeze"]);
    let thief = place.credential("thief", &["*"]);
    let servers = [place.serve(), place.serve()];
    let real: Vec<Value> =
        (0..20).map(|n| json!(seal(&keys, &options("f", "text"), &n.to_string()))).collect();
    std::thread::scope(|scope| {
        for n in 0..12 {
            let (server, thief, real, token) = (&servers[n % 2], &thief, &real, &token);
            scope.spawn(move || {
                for _ in 0..20 {
                    let tokens = if n == 5 { vec![json!(token)] } else { real.clone() };
                    server.open(thief, &tokens);
                }
            });
        }
    });
    let records = place.audit();
    let end = records.iter().position(|record| record["actor"] == "service:decoys").unwrap();
    assert_eq!(records[end]["action"], "credential-revoke");
    let after: Vec<_> = records[end + 1..].iter().filter(|record| record["actor"] == "thief").collect();
    assert!(!after.is_empty() && after.iter().all(|record| record["outcome"] == "credential-invalid"));
    assert_eq!(alarms(&place).len(), 1);
}

#[test]
fn a_changed_copy_is_known_by_its_name() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (id, token) = card(&place, &[]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let first = if parts[3].starts_with('A') { "B" } else { "A" };
    parts[3].replace_range(..1, first);
    let results = server.open(&secret, &[json!(parts.join(".")), json!(format!("{token}x"))]).results();
    assert_eq!(codes(&results), ["open-failed", "token-malformed"]);
    // What is no token opens for nobody, and has no name.
    assert_eq!(alarms(&place).iter().map(|alarm| &alarm["target"]).collect::<Vec<_>>(), [&json!(id)]);
}

#[test]
fn a_decoy_looks_like_the_sites_own_tokens() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let keys = place.keys();
    let mut full = SealOptions::new("card", Kind::parse("card-number").unwrap());
    full.hint = vec!["brand".to_owned(), "last4".to_owned()];
    full.sub = Some("person-17".to_owned());
    full.exp = Some(crate::support::now().plus(86_400));
    let own = seal(&keys, &full, "\"4242424242424242\"");
    let more = ["--hint", "brand", "--hint", "last4", "--sub", "person-99", "--exp", "1d"];
    let (_, made) = card(&place, &more);
    let members = |token: &str| {
        let header = header(token);
        header.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(members(&made), members(&own));
    let shape = |token: &str| token.split('.').skip(1).map(str::len).collect::<Vec<_>>();
    assert_eq!(shape(&made), shape(&own));
    let (made, own) = (Token::parse(&made).unwrap(), Token::parse(&own).unwrap());
    let (made, own) = (made.header(), own.header());
    assert_eq!((&made.kid, made.kind, &made.field, &made.iss), (&own.kid, own.kind, &own.field, &own.iss));
    assert_eq!(made.exp.unwrap().0 - made.iat.0, 86_400);

    // Many of them were not sealed in one second, and none before its key was there.
    let created = keys.keys().next().unwrap().nbf().unwrap().0;
    let new = ["decoy", "new", "--kind", "email", "--field", "mail", "--origin", ORIGIN, "--count", "40"];
    let made = place.run(&[&new[..], &["--since", "2020-01-01", "--hint", "domain"]].concat()).ok();
    let times: std::collections::BTreeSet<u64> =
        made.lines().map(|token| header(token)["iat"].as_u64().unwrap()).collect();
    assert!(times.len() > 10 && *times.first().unwrap() >= created, "{times:?}");
    // The audit tells that they were made, and not which tokens they are.
    let records = place.audit();
    let records: Vec<_> = records.iter().filter(|record| record["action"] == "decoy-new").collect();
    assert_eq!(records.len(), 41);
    assert!(records.iter().all(|record| record["jti"].is_null() && record["field"].is_null()));
}

fn header(token: &str) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let protected = token.split('.').next().unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(protected).unwrap()).unwrap()
}

#[test]
fn forms_have_decoys_and_some_kinds_have_none_with_hints() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let form = ["--kind", "payment-form", "--field", "form", "--member", "card=card-number"];
    let (_, token) = decoy(&place, &[&form[..], &["--member", "exp=card-expiry"]].concat());
    let token = Token::parse(&token).unwrap();
    let fields: Vec<_> =
        token.header().fields.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    assert_eq!(fields, [("card", "card-number"), ("exp", "card-expiry")]);
    let (_, ssn) = decoy(&place, &["--kind", "us-ssn", "--field", "ssn"]);
    assert_eq!(Token::parse(&ssn).unwrap().header().kind.as_str(), "us-ssn");
    for (options, code) in [
        (&["--kind", "us-ssn", "--field", "ssn", "--hint", "valid"][..], "decoy-unable"),
        (&["--kind", "payment-form", "--field", "f"], "decoy-members"),
        (&["--kind", "payment-form", "--field", "f", "--member", "a=us-ssn"], "decoy-members"),
        (&["--kind", "text", "--field", "f", "--member", "a=text"], "decoy-members"),
        (&["--kind", "text", "--field", "f", "--note", ""], "note-invalid"),
        (&["--kind", "text", "--field", ""], "field-invalid"),
        (&["--kind", "card-number", "--field", "f", "--hint", "cvc"], "hint-not-allowed"),
    ] {
        let ran = place.run(&[&["decoy", "new", "--origin", ORIGIN], options].concat());
        let said = ran.failed(2);
        assert!(said.starts_with(&format!("error[{code}]")), "{options:?} {said}");
    }
    assert_eq!(place.run(&["decoy", "list"]).ok().lines().count(), 2);
}

#[test]
fn a_retired_decoy_is_a_token_as_any_other() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (id, token) = card(&place, &["--freeze"]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    place.run(&["decoy", "retire", &id]).ok();
    place.run(&["decoy", "retire", &id]).ok();
    let opened = server.open(&secret, &[json!(token)]).results().remove(0);
    assert_eq!((opened["valid"].as_bool(), opened["value"].as_str().map(str::len)), (Some(true), Some(16)));
    assert!(alarms(&place).is_empty());
    let retired = place.audit().into_iter().filter(|record| record["action"] == "decoy-retire").count();
    assert_eq!(retired, 1);
    assert!(place.run(&["decoy", "retire", "no-such"]).failed(2).contains("decoy-unknown"));
}

#[test]
fn an_alarm_waits_for_its_receiver() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (_, token) = card(&place, &[]);
    // It is raised by a command, while no service runs and the receiver refuses.
    assert_eq!(place.run(&["open", &token]).code, Some(1));
    let receiver = Receiver::start(1);
    place.run(&["decoy", "webhook", &receiver.url]).ok();
    let server = place.serve();
    let bodies = receiver.wait_for(2, Instant::now() + Duration::from_secs(10));
    let events = bodies.iter().map(|body| receiver::verified(&place, &body.body)).collect::<Vec<_>>();
    assert_eq!(events[0]["jti"], events[1]["jti"]);
    assert!(
        events[0]["events"]["urn:fieldseal:event:decoy-touched"]["actor"]
            .as_str()
            .unwrap()
            .starts_with("cli:")
    );
    // Once it was taken, it is not sent again; nor is another for the same one in the same minute.
    assert_eq!(place.run(&["open", &token]).code, Some(1));
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(receiver.wait_for(2, Instant::now()).len(), 2);
    assert_eq!(alarms(&place).len(), 2);
    drop(server);
    for bad in ["http://shop.example/hook", "ftp://127.0.0.1/", "https://u:p@host/", "hook"] {
        assert!(place.run(&["decoy", "webhook", bad]).failed(2).contains("webhook-address"), "{bad}");
    }
    place.run(&["decoy", "webhook", "--off"]).ok();
    assert_eq!(place.run(&["decoy", "webhook", "--json"]).ok(), "{\"webhook\":null}\n");
    // The audit has where, and not the path.
    let targets: Vec<Value> = place
        .audit()
        .into_iter()
        .filter(|record| record["action"] == "decoy-webhook")
        .map(|record| record["target"].clone())
        .collect();
    assert_eq!(targets, [json!(receiver.url.strip_suffix("/hook").unwrap()), Value::Null]);
}

#[test]
fn who_watches_sees_them_and_not_which_they_are() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (id, token) = card(&place, &[]);
    let (auditor, desk) = (place.role("auditor", &["auditor"]), place.credential("desk", &["*"]));
    let server = place.serve();
    let get = |secret: &str| server.get("/v1/decoys", &[("authorization", &format!("Bearer {secret}"))]);
    assert_eq!(get(&desk).problem(), "not-allowed");
    server.open(&desk, &[json!(token)]);
    let answered = get(&auditor);
    assert_eq!(answered.json()["decoys"][0]["id"], json!(id));
    assert_eq!(answered.json()["decoys"][0]["alarms"], 1);
    let jti = Token::parse(&token).unwrap().header().jti.clone();
    assert!(!answered.body.contains(&jti), "{}", answered.body);
}
