//! A key that was destroyed is in no file, and not in the memory of a service that had used it.

use super::memory;
use crate::support::{Place, options, seal};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

#[test]
fn a_destroyed_key_is_wiped_from_the_memory_of_a_service() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let secret = place.credential("desk", &["*"]);
    let keys = place.keys();
    let token = json!(seal(&keys, &options("f", "text"), "1"));
    let key_file = std::fs::read_to_string(place.path("key")).unwrap();
    let kek = Base64UrlUnpadded::decode_vec(key_file.trim_end()).unwrap();
    let secrets = memory::secrets(&place, |_, _| kek);
    let server = place.serve();
    assert_eq!(server.open(&secret, std::slice::from_ref(&token)).results()[0]["value"], 1);
    let Some(found) = memory::find(server.id(), &secrets) else { return };
    assert!(found.contains(&"private key") && found.contains(&"signing key"), "{found:?}");

    let kid = crate::support::first(&keys).kid();
    place.run(&["keys", "destroy", kid, "--confirm", kid]).ok();
    // Any request that comes upon the key will do; without one, the service looks once a minute.
    assert_eq!(server.get("/.well-known/sealed-input", &[]).body, "{\"keys\":[]}");
    let found = memory::find(server.id(), &secrets).unwrap();
    assert!(!found.contains(&"private key") && found.contains(&"signing key"), "{found:?}");
    assert_eq!(server.open(&secret, &[token]).results()[0]["error"]["code"], "open-failed");
}
