//! Tokens, as a page of the shop makes them.

use super::{ORIGIN, now};
use fieldseal::form::FormField;
use fieldseal::json::{Json, Object};
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::{NumericDate, Text};
use zeroize::Zeroizing;

pub(crate) fn options(field: &str, kind: &str) -> SealOptions {
    SealOptions::new(field, Kind::parse(kind).unwrap()).unchecked()
}

pub(crate) fn entropy() -> Entropy {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(bytes.as_mut_slice()).unwrap();
    Entropy::new(&bytes)
}

/// Seals JSON text on a page of the shop.
pub(crate) fn seal(keys: &KeySet, options: &SealOptions, json: &str) -> String {
    seal_at(keys, options, json, ORIGIN, now())
}

pub(crate) fn seal_at(
    keys: &KeySet,
    options: &SealOptions,
    json: &str,
    origin: &str,
    now: NumericDate,
) -> String {
    Sealer::new(keys.clone(), origin).unwrap().seal_json(json, options, now, entropy()).unwrap()
}

/// The person's consent to purposes, as a page would put it into a token.
pub(crate) fn consent(purposes: &str) -> Option<Object> {
    let mut consent = Object::default();
    consent.insert("purpose", Json::String(purposes.to_owned()))?;
    consent.insert("notice", Json::String("2026-04".to_owned()))?;
    Some(consent)
}

/// Seals a form of one class.
pub(crate) fn seal_form(keys: &KeySet, fields: &[(&str, &str, &str)]) -> String {
    seal_form_with(keys, fields, None)
}

/// The same with the person's consent.
pub(crate) fn seal_form_with(
    keys: &KeySet,
    fields: &[(&str, &str, &str)],
    consent: Option<Object>,
) -> String {
    let field = |(name, kind, json): &(&str, &str, &str)| FormField {
        name: (*name).to_owned(),
        kind: Kind::parse(kind).unwrap(),
        value: Text::from(*json),
        region: None,
        hint: Vec::new(),
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    let sealer = Sealer::new(keys.clone(), ORIGIN).unwrap();
    let options =
        |kind| SealOptions { consent: consent.clone(), ..SealOptions::new("form", kind).unchecked() };
    let prepare = |kind| sealer.prepare(kind, now(), entropy());
    sealer.seal_form(&fields, options, now(), prepare).unwrap().remove(0).1
}

/// The first key of the set.
pub(crate) fn first(keys: &KeySet) -> &Jwk {
    keys.keys().next().unwrap()
}

/// The first key of the set, published as if it served every class.
pub(crate) fn as_if_for_all(keys: &KeySet) -> KeySet {
    let key = first(keys);
    KeySet::new(vec![Jwk::new(key.alg(), Scope::All, key.key().as_bytes(), key.nbf(), key.exp()).unwrap()])
}
