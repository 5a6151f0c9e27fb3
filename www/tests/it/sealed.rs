//! Real tokens and a real signed key set, with keys of the test's own. Nothing here opens a token.

use std::{
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, routing::get};
use ed25519_dalek::{Signer as _, SigningKey};
use fieldseal::{
    NumericDate,
    keyset::{
        Jwk, KeySet, Scope,
        signed::{self, Signer},
    },
    sealer::{Entropy, SealOptions, Sealer},
    suite::Alg,
};
use serde_json::Value;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::http::serve;

/// The origin of the shop's pages.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8080";

fn now() -> NumericDate {
    NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs())
}

/// One key for every class. Any 32 bytes are an X25519 public key, and nobody has the private one.
fn keys() -> KeySet {
    KeySet::new(vec![Jwk::new(Alg::EcdhEs, Scope::All, &[0x55; 32], None, None).expect("a key")])
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The JWK of the signer.
pub(crate) fn signer() -> Value {
    let signer = Signer::new(signing_key().verifying_key().to_bytes());
    serde_json::from_str(&signer.to_json()).expect("JSON")
}

/// The key set, signed by this key but in the signer's name.
pub(crate) fn signed_by(key: &SigningKey) -> String {
    let signer = Signer::new(signing_key().verifying_key().to_bytes());
    signed::issue(&keys(), &signer, "test", now(), now().plus(3600), |input| key.sign(input).to_bytes())
}

/// Serves a key set as a key holder does.
pub(crate) async fn publish(jws: String) -> Url {
    let path = "/.well-known/sealed-input";
    let holder = serve(Router::new().route(path, get(async move || jws))).await;
    holder.join(path).expect("a URL")
}

/// Serves the key set that the tokens are sealed to.
pub(crate) async fn publish_keys() -> Url {
    publish(signed_by(&signing_key())).await
}

/// A token of a page of [`ORIGIN`].
pub(crate) fn seal(field: &str, kind: &str, value: &str) -> String {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(bytes.as_mut_slice()).expect("randomness");
    let options = SealOptions::new(field, kind.parse().expect("a kind")).unchecked();
    let sealer = Sealer::new(keys(), ORIGIN).expect("a sealer");
    let value = Value::from(value).to_string();
    sealer.seal_json(&value, &options, now(), Entropy::new(&bytes)).expect("a token")
}

/// The same token for a field and a kind each time, where only its header matters.
pub(crate) fn token(field: &str, kind: &str) -> String {
    type Tokens = std::collections::HashMap<(String, String), String>;
    static TOKENS: OnceLock<std::sync::Mutex<Tokens>> = OnceLock::new();
    let mut tokens = TOKENS.get_or_init(Default::default).lock().expect("a lock");
    let key = (field.to_owned(), kind.to_owned());
    tokens.entry(key).or_insert_with(|| seal(field, kind, "a value")).clone()
}

/// What the checkout sends sealed at least.
pub(crate) const REQUIRED: [(&str, &str); 8] = [
    ("full_name", "person-name"),
    ("email", "email"),
    ("address_line1", "postal-address"),
    ("address_city", "postal-address"),
    ("address_postcode", "postal-address"),
    ("card_number", "card-number"),
    ("card_expiry", "card-expiry"),
    ("card_cvc", "card-cvc"),
];

/// An order with all that is required, and these entries before it.
pub(crate) fn order(entries: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(entries);
    form.extend_pairs(REQUIRED.map(|(field, kind)| (field, token(field, kind))));
    form.finish()
}
