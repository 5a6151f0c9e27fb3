//! A key that was destroyed is in no file, and not in the memory of a service that had used it.

use super::memory;
use crate::support::{Place, options, seal};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

#[test]
fn a_destroyed_key_is_wiped_from_the_memory_of_a_service() {
    // An expanded key does not keep the seed that it was made of.
    for (alg, parts) in [
        ("ECDH-ES", &["private key"][..]),
        ("HPKE-9", &["X25519 part", "ML-KEM part", "ML-KEM part's seed", "ML-KEM part's rejection value"]),
    ] {
        destroyed(alg, parts);
    }
}

fn destroyed(alg: &str, parts: &[&str]) {
    let place = Place::with_keys(&[("*", alg)]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let token = json!(seal(&keys, &options("f", "text"), "1"));
    let key_file = std::fs::read_to_string(place.path("key")).unwrap();
    let kek = Base64UrlUnpadded::decode_vec(key_file.trim_end()).unwrap();
    let mut secrets = memory::secrets(&place, |_, _| kek);
    if alg == "HPKE-9" {
        memory::expand(&mut secrets);
    }
    let server = place.serve();
    assert_eq!(server.open(&secret, std::slice::from_ref(&token)).results()[0]["value"], 1);
    let Some(found) = memory::find(server.id(), &secrets) else { return };
    assert!(parts.iter().chain(&["signing key"]).all(|name| found.contains(name)), "{alg}: {found:?}");

    let kid = crate::support::first(&keys).kid();
    place.run(&["keys", "destroy", kid, "--confirm", kid]).ok();
    // Any request that comes upon the key will do; without one, the service looks once a minute.
    assert_eq!(server.get("/.well-known/sealed-input", &[]).body, "{\"keys\":[]}");
    let found = memory::find(server.id(), &secrets).unwrap();
    let all = [parts, &["private key"]].concat();
    assert!(!all.iter().any(|name| found.contains(name)), "{alg}: {found:?}");
    assert!(found.contains(&"signing key"), "{found:?}");
    assert_eq!(server.open(&secret, &[token]).results()[0]["error"]["code"], "open-failed");
}
