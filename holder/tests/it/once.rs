//! Tokens that open a single time, and the same request that comes again.

use crate::support::{Place, options, seal, sql};
use serde_json::{Value, json};

fn once(place: &Place, count: usize) -> Vec<Value> {
    let mut options = options("f", "text");
    options.once = true;
    let keys = place.keys();
    (0..count).map(|n| json!(seal(&keys, &options, &n.to_string()))).collect()
}

fn told(results: &[Value]) -> Vec<String> {
    let told = |result: &Value| match result["error"]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => result["value"].to_string(),
    };
    results.iter().map(told).collect()
}

const SPENT: &str = "token-already-opened";

#[test]
fn the_same_request_may_come_again() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let (secret, other) = (place.credential("desk", &["*"]), place.credential("other", &["*"]));
    let server = place.serve();
    let tokens = once(&place, 2);
    assert_eq!(told(&server.open_named(&secret, "job-1", &tokens).results()), ["0", "1"]);
    // The answer did not arrive, so the client asks again, maybe another replica.
    let replica = place.serve();
    assert_eq!(told(&replica.open_named(&secret, "job-1", &tokens).results()), ["0", "1"]);
    // Nobody else does, nor does another request, nor one without a name.
    assert_eq!(told(&server.open_named(&other, "job-1", &tokens).results()), [SPENT; 2]);
    assert_eq!(told(&server.open_named(&secret, "job-2", &tokens).results()), [SPENT; 2]);
    assert_eq!(told(&server.open(&secret, &tokens).results()), [SPENT; 2]);
    // The audit tells them apart.
    let records = place.audit();
    let opens: Vec<_> = records.iter().filter(|record| record["action"] == "open").collect();
    let outcomes: Vec<_> = opens.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes[..4], ["granted", "granted", "granted-again", "granted-again"]);
    assert_eq!(outcomes[4..], [SPENT; 6]);
    assert_eq!((&opens[0]["request"], &opens[8]["request"]), (&json!("job-1"), &Value::Null));
    // Ten minutes later it is too late.
    sql(&place, "UPDATE opened_once SET time = time - 601");
    assert_eq!(told(&server.open_named(&secret, "job-1", &tokens).results()), [SPENT; 2]);
}

#[test]
fn a_request_does_not_open_a_token_twice_by_naming_it_twice() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    let token = once(&place, 1).remove(0);
    let twice = [token.clone(), token];
    assert_eq!(told(&server.open_named(&secret, "job", &twice).results()), ["0", SPENT]);
    assert_eq!(told(&server.open_named(&secret, "job", &twice).results()), ["0", SPENT]);
}

#[test]
fn a_name_that_cannot_be_read_is_an_error() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let server = place.serve();
    let tokens = once(&place, 1);
    for name in ["", "two words", &"x".repeat(65), "é"] {
        assert_eq!(server.open_named(&secret, name, &tokens).problem(), "request-name-invalid", "{name}");
    }
    let bearer = format!("Bearer {secret}");
    let twice = [("authorization", bearer.as_str()), ("idempotency-key", "a"), ("idempotency-key", "b")];
    let answered =
        server.request("POST", "/v1/open", &twice, json!({ "tokens": tokens }).to_string().as_bytes());
    assert_eq!((answered.status, answered.problem().as_str()), (400, "request-name-invalid"));
    assert_eq!(told(&server.open_named(&secret, &"x".repeat(64), &tokens).results()), ["0"]);
}
