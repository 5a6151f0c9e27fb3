//! What is sealed ahead of time: as much as the values ask for, for the keys of the day, and nothing beyond.

use super::support::{Page, Replaced, kind_of, open, sealer, sealer_until};
use fieldseal::NumericDate;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Class;
use fieldseal::suite::Alg;
use fieldseal::wasm::{self, Sealer};
use wasm_bindgen_test::wasm_bindgen_test;

const ORIGIN: &str = super::support::ORIGIN;

fn now() -> NumericDate {
    NumericDate((js_sys::Date::now() / 1000.0) as u64)
}

/// Prepares for these values until nothing is left to do, and gives how many are ready.
fn fill(sealer: &Sealer, kinds: &str) -> usize {
    while sealer.prepare(kinds) {}
    sealer.prepared()
}

fn sealed(sealer: &Sealer, kind: &str, value: &str) -> String {
    let options = format!("{{\"field\":\"a\",\"kind\":\"{kind}\"}}");
    sealer.seal(&value.into(), &options).unwrap()
}

fn kid(token: &str) -> String {
    Token::parse(token).unwrap().header().kid.clone()
}

/// A key that nobody has the other half of.
fn key(last: u8, scope: Scope, nbf: Option<NumericDate>, exp: Option<NumericDate>) -> Jwk {
    let mut public = vec![0; Alg::Hpke9.public_key_len()];
    *public.last_mut().unwrap() = last;
    Jwk::new(Alg::Hpke9, scope, &public, nbf, exp).unwrap()
}

fn sealer_of(keys: Vec<Jwk>) -> Sealer {
    Sealer::new(&wasm::KeySet::parse(&KeySet::new(keys).to_json()).unwrap(), ORIGIN).unwrap()
}

/// Another clock for the module, until this is dropped.
fn clock(time: NumericDate) -> Replaced {
    let late = js_sys::Function::new_no_args(&format!("return {}", time.0 * 1000));
    Replaced::new("Date", "now", &late)
}

#[wasm_bindgen_test]
fn what_is_prepared_is_used_once() {
    let page = Page::new("<input data-seal=a value=x><input data-seal=b value=y>", "");
    let sealer = sealer();
    assert_eq!(fill(&sealer, "text text text"), 3);
    let _guard = page.guard_with(&sealer, "{}").unwrap();
    assert_eq!(sealer.prepared(), 3);
    assert_eq!((page.opened("a"), sealer.prepared()), (vec!["\"x\"".into()], 1));
    // Half from the pool and half on the spot.
    assert_eq!((page.opened("b"), sealer.prepared()), (vec!["\"y\"".into()], 0));
    assert_eq!(fill(&sealer, "text"), 1);
    sealer.wipe();
    assert_eq!(sealer.prepared(), 0);
}

#[wasm_bindgen_test]
fn one_is_made_at_a_time_and_none_twice() {
    let sealer = sealer();
    assert!(!sealer.prepare("") && !sealer.prepare("  "));
    assert!(sealer.prepare("text email") && sealer.prepare("text email"));
    assert!(!sealer.prepare("text email"));
    // Any kind takes what was made for its key.
    assert!(!sealer.prepare("card-number us-ssn"));
    let encs: Vec<String> =
        (0..3).map(|_| sealed(&sealer, "text", "x").split('.').nth(1).unwrap().to_owned()).collect();
    assert_ne!(encs[0], encs[1]);
    assert_ne!(encs[1], encs[2]);
    assert_eq!(sealer.prepared(), 0);
}

#[wasm_bindgen_test]
fn what_opens_is_what_was_sealed_with_the_pool_and_without() {
    let sealer = sealer();
    fill(&sealer, "text");
    for value in ["warm", "cold"] {
        let token = sealed(&sealer, "text", value);
        assert_eq!((open(&token, "a"), kind_of(&token).as_str()), (format!("\"{value}\""), "text"));
    }
}

#[wasm_bindgen_test]
fn a_form_that_has_become_smaller_keeps_less() {
    let sealer = sealer();
    assert_eq!(fill(&sealer, "text text text text"), 4);
    assert_eq!(fill(&sealer, "text text"), 2);
    assert_eq!(fill(&sealer, ""), 0);
}

#[wasm_bindgen_test]
fn there_is_an_end_to_it() {
    let sealer = sealer();
    assert_eq!(fill(&sealer, &"text ".repeat(100)), 64);
    assert!(!sealer.prepare(&"text ".repeat(100)));
}

#[wasm_bindgen_test]
fn it_is_counted_by_key() {
    let card = || key(9, Scope::Class(Class::Payment), None, None);
    let rest = || key(2, Scope::All, None, None);
    let sealer = sealer_of(vec![card(), rest()]);
    assert_eq!(fill(&sealer, "card-number card-cvc text"), 3);
    assert_eq!(fill(&sealer, "card-number text us-ssn"), 3);
    // Both payment values have one, and the second was trimmed: this one is made on the spot.
    assert_eq!(kid(&sealed(&sealer, "card-cvc", "123")), card().kid());
    assert_eq!(sealer.prepared(), 2);
    assert_eq!(kid(&sealed(&sealer, "card-cvc", "123")), card().kid());
    assert_eq!(sealer.prepared(), 2);
    for left in [1, 0] {
        assert_eq!(kid(&sealed(&sealer, "text", "x")), rest().kid());
        assert_eq!(sealer.prepared(), left);
    }
}

#[wasm_bindgen_test]
fn what_cannot_be_sealed_is_passed_over() {
    let sealer = sealer_of(vec![key(9, Scope::Class(Class::General), None, None)]);
    assert_eq!(fill(&sealer, "nonsense text card-number \u{e9} text"), 2);
    let _broken = Replaced::throwing("crypto", "getRandomValues", "no randomness");
    assert!(!sealer.prepare("text text text"));
    assert_eq!(sealer.prepared(), 2);
}

#[wasm_bindgen_test]
fn when_another_key_takes_over_the_old_keys_are_wiped() {
    let change = now().plus(3600);
    let old = || key(9, Scope::All, None, None);
    let new = || key(2, Scope::All, Some(change), None);
    for ask_first in [true, false] {
        let sealer = sealer_of(vec![old(), new()]);
        assert_eq!(fill(&sealer, "text text"), 2);
        assert_eq!(kid(&sealed(&sealer, "text", "x")), old().kid());
        let _clock = clock(change);
        if ask_first {
            assert_eq!(sealer.prepared(), 0);
        }
        assert_eq!(kid(&sealed(&sealer, "text", "x")), new().kid());
        assert_eq!(fill(&sealer, "text text text"), 3);
        assert_eq!(kid(&sealed(&sealer, "text", "x")), new().kid());
        assert_eq!(sealer.prepared(), 2);
    }
}

#[wasm_bindgen_test]
fn when_the_keys_end_nothing_is_left() {
    let end = now().plus(3600);
    let sealer = sealer_until(Some(end));
    assert_eq!(fill(&sealer, "text text"), 2);
    let _clock = clock(end);
    assert!(!sealer.prepare("text text"));
    assert_eq!(sealer.prepared(), 0);
}
