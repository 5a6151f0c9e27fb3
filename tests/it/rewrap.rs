//! A token sealed again to another key says the same and opens with that key alone.

use crate::support::{Party, entropy, header_json, kind, options, parts};
use fieldseal::form::FormField;
use fieldseal::json::{Json, Object};
use fieldseal::jwe::Token;
use fieldseal::suite::{Alg, Seed};
use fieldseal::{Code, Error, NumericDate, Text};
use serde_json::Value;
use zeroize::Zeroizing;

fn seed(byte: u8) -> Seed {
    Seed::new(Zeroizing::new([byte; Seed::LEN]))
}

fn rewrapped(from: &Party, token: &str, to: &Party, byte: u8) -> fieldseal::Result<String> {
    from.private.rewrap(&Token::parse(token)?, &to.jwk, seed(byte))
}

/// What the header says of the value, and not of the key.
fn said(token: &str) -> Value {
    let mut header: Value = serde_json::from_str(&header_json(token)).unwrap();
    for member in ["alg", "enc", "kid", "epk"] {
        header.as_object_mut().unwrap().remove(member);
    }
    header
}

#[test]
fn every_algorithm_to_every_other() {
    let mut consent = Object::default();
    consent.insert("purpose", Json::String("billing".to_owned())).unwrap();
    let mut full = options("card-number");
    full.sub = Some("customer-7".to_owned());
    full.exp = Some(NumericDate(1_800_000_000));
    full.once = true;
    full.hint = vec!["last4".to_owned(), "brand".to_owned()];
    full.consent = Some(consent);
    full.check = true;
    for from in Alg::ALL {
        for to in Alg::ALL {
            let (old, new) = (Party::new(from, 1), Party::new(to, 2));
            let token = old.seal("\"4242424242424242\"", &full);
            let again = rewrapped(&old, &token, &new, 7).unwrap();
            assert_eq!(new.open(&again).as_deref(), Ok("\"4242424242424242\""));
            assert_eq!(said(&again), said(&token));
            let header = Token::parse(&again).unwrap().into_header();
            assert_eq!((header.alg, header.kid.as_str()), (to, new.jwk.kid()));
            assert!(old.open(&again).is_err() && new.open(&token).is_err());
            // The length tells no more than it did.
            let len = |token: &str, alg| {
                let [ciphertext, tag] = [3, 4].map(|at| crate::support::decode(&parts(token)[at]).len());
                ciphertext + tag - if alg == Alg::Hpke9 { 16 } else { tag }
            };
            assert_eq!(len(&again, to), len(&token, from));
            // And back again.
            let back = rewrapped(&new, &again, &old, 8).unwrap();
            assert_eq!(old.open(&back).as_deref(), Ok("\"4242424242424242\""));
        }
    }
}

#[test]
fn a_form_keeps_its_fields() {
    let (old, new) = (Party::new(Alg::EcdhEs, 1), Party::new(Alg::Hpke9, 2));
    let field = |name: &str, id: &str, value: &str| FormField {
        name: name.to_owned(),
        kind: kind(id),
        value: Text::new(value.to_owned()),
        region: None,
        hint: Vec::new(),
    };
    let fields =
        [field("card", "card-number", "\"4242424242424242\""), field("expiry", "card-expiry", "\"12/30\"")];
    let sealer = old.sealer();
    let now = crate::support::NOW;
    let options = |kind| fieldseal::sealer::SealOptions::new("checkout", kind);
    let prepare = |kind| sealer.prepare(kind, now, entropy());
    let token = sealer.seal_form(&fields, options, now, prepare).unwrap().remove(0).1;
    let again = rewrapped(&old, &token, &new, 7).unwrap();
    assert_eq!(new.open(&again), old.open(&token));
    assert_eq!(said(&again), said(&token));
}

#[test]
fn what_does_not_open_is_not_sealed_again() {
    let (old, new, other) =
        (Party::new(Alg::Hpke9, 1), Party::new(Alg::Hpke9, 2), Party::new(Alg::EcdhEs, 3));
    let failed = Err(Error::new(Code::OpenFailed));
    // The core seals what its caller vouches for; this is no JSON value.
    let broken = old.seal("1,", &options("text"));
    assert_eq!(rewrapped(&old, &broken, &new, 7), failed);
    let token = old.seal("1", &options("text"));
    assert_eq!(rewrapped(&new, &token, &old, 7), failed);
    assert_eq!(rewrapped(&other, &token, &new, 7), Err(Error::new(Code::TokenWrongKey)));
}
