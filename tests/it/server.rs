//! A server's guard: one fault, one outcome, and no value in any of them.

use crate::support::*;
use fieldseal::form::FormField;
use fieldseal::json::Object;
use fieldseal::jwe::CLOCK_SKEW;
use fieldseal::keyset::signed::{self, Signer, Unverified};
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Class;
use fieldseal::sealer::{SealOptions, Sealer};
use fieldseal::server::{Builder, Checked, DEFAULT_MAX_AGE, Guard, Refusal};
use fieldseal::suite::Alg;
use fieldseal::{Code, NumericDate, Origin};
use proptest::prelude::*;

pub const CARD: &str = "4242 4242 4242 4242";
const ELSEWHERE: &str = "https://elsewhere.example";

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn builder() -> Builder {
    Guard::builder()
        .origin(origin(ORIGIN))
        .origin(origin("http://localhost:8080"))
        .required("card", kind("card-number"))
        .optional("phone", kind("phone"))
        .optional("checkout", kind("payment-form"))
}

fn guard() -> Guard {
    builder().keys(KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]), NOW).build().unwrap()
}

/// A key that serves one class or all, from `nbf` until `exp`.
fn key(n: u8, scope: Scope, nbf: Option<NumericDate>, exp: Option<NumericDate>) -> Jwk {
    Jwk::new(Alg::EcdhEs, scope, &Party::new(Alg::EcdhEs, n).private.public(), nbf, exp).unwrap()
}

/// A token for the field `card`, after a change of how it is sealed.
fn sealed(sealer: &Sealer, at: NumericDate, change: impl FnOnce(&mut SealOptions)) -> String {
    let mut options = SealOptions::new("card", kind("card-number"));
    change(&mut options);
    sealer.seal_json(&format!("\"{CARD}\""), &options, at, entropy()).unwrap()
}

/// A token that passes.
fn good() -> String {
    sealed(&Party::new(Alg::EcdhEs, 1).sealer(), NOW, |_| {})
}

fn code(result: Result<Checked, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "")
}

#[test]
fn one_fault_one_outcome() {
    let party = Party::new(Alg::EcdhEs, 1);
    let sealer = party.sealer();
    let earlier = |seconds: u64| NumericDate(NOW.0 - seconds);
    let token = good();
    let mut twice = header_json(&token);
    twice.insert_str(1, "\"iat\":1,");
    let of_hpke9 = header_json(&token).replace("ECDH-ES", "HPKE-9");
    let elsewhere = Sealer::new(KeySet::new(vec![party.jwk.clone()]), ELSEWHERE).unwrap();
    let localhost = Sealer::new(KeySet::new(vec![party.jwk.clone()]), "http://localhost:8080").unwrap();
    let cases = [
        ("a token", token.clone(), ""),
        ("from the other origin", sealed(&localhost, NOW, |_| {}), ""),
        ("a card number", CARD.to_owned(), "field-in-clear"),
        ("nothing", String::new(), "field-in-clear"),
        ("four dots", "4242.4242.4242.4242.".to_owned(), "field-in-clear"),
        ("a JSON object", "{\"alg\":\"ECDH-ES\"}".to_owned(), "field-in-clear"),
        ("space before", format!(" {token}"), "field-in-clear"),
        ("a token and text", format!("{token} {CARD}"), "field-in-clear"),
        ("cut short", token[..token.len() - 1].to_owned(), "token-malformed"),
        ("the header alone", parts(&token)[0].clone(), "token-malformed"),
        ("a JWT", format!("{}.e30.AAAA", encode("{\"alg\":\"none\"}")), "token-malformed"),
        ("a member twice", with_header(&token, &twice), "token-duplicate-member"),
        (
            "an unknown kind",
            with_header(&token, &header_json(&token).replace("card-number", "card")),
            "kind-unknown",
        ),
        ("an algorithm that has other parts", with_header(&token, &of_hpke9), "token-malformed"),
        ("another origin", sealed(&elsewhere, NOW, |_| {}), "token-wrong-origin"),
        ("another field", sealed(&sealer, NOW, |o| o.field = "phone".into()), "token-wrong-field"),
        ("another kind", sealed(&sealer, NOW, |o| o.kind = kind("text")), "token-wrong-kind"),
        ("expired", sealed(&sealer, earlier(9), |o| o.exp = Some(NOW)), "token-expired"),
        ("its last second", sealed(&sealer, earlier(9), |o| o.exp = Some(NOW.plus(1))), ""),
        ("a clock ahead", sealed(&sealer, NOW.plus(CLOCK_SKEW), |_| {}), ""),
        ("from the future", sealed(&sealer, NOW.plus(CLOCK_SKEW + 1), |_| {}), "token-from-the-future"),
        ("as old as may be", sealed(&sealer, earlier(DEFAULT_MAX_AGE), |_| {}), ""),
        ("too old", sealed(&sealer, earlier(DEFAULT_MAX_AGE + 1), |_| {}), "token-too-old"),
        ("another key", sealed(&Party::new(Alg::EcdhEs, 2).sealer(), NOW, |_| {}), "token-unknown-key"),
        (
            "another algorithm's key",
            sealed(&Party::new(Alg::Hpke9, 1).sealer(), NOW, |_| {}),
            "token-unknown-key",
        ),
    ];
    for (case, value, expected) in cases {
        let result = guard().check([("card", value.as_str())], NOW);
        if let Err(refusal) = &result {
            assert_eq!((refusal.field(), refusal.position()), (Some("card"), Some(0)), "{case}");
            assert!(!refusal.is_temporary(), "{case}");
        }
        assert_eq!(code(result), expected, "{case}");
    }
}

#[test]
fn keys_must_be_published_and_serve() {
    let end = NOW.plus(60);
    let seal_with =
        |key: &Jwk| sealed(&Sealer::new(KeySet::new(vec![key.clone()]), ORIGIN).unwrap(), NOW, |_| {});
    let published = key(1, Scope::Class(Class::Payment), Some(NOW), Some(end));
    let token = seal_with(&published);
    let (payment, identity) = (Scope::Class(Class::Payment), Scope::Class(Class::Identity));
    for (case, keys, expected) in [
        ("the key", vec![published.clone()], ""),
        ("the key for all", vec![key(1, Scope::All, None, None)], ""),
        ("beside the class's own", vec![key(1, Scope::All, None, None), key(2, payment, None, None)], ""),
        ("for another class", vec![key(1, identity, None, None)], "token-unknown-key"),
        ("starts later", vec![key(1, payment, Some(NOW.plus(1)), None)], "token-unknown-key"),
        ("ended before", vec![key(1, payment, None, Some(NOW))], "token-unknown-key"),
        ("ended since", vec![key(1, payment, None, Some(NOW.plus(1)))], ""),
        ("not the key", vec![key(2, payment, None, None)], "token-unknown-key"),
        ("no key", vec![], "token-unknown-key"),
    ] {
        let guard = builder().keys(KeySet::new(keys), NOW).build().unwrap();
        assert_eq!(code(guard.check([("card", token.as_str())], NOW.plus(5))), expected, "{case}");
    }
    // The name of one key over what another algorithm made of it.
    let hpke9 = Party::new(Alg::Hpke9, 1);
    let forged = with_header(&token, &header_json(&token).replace(published.kid(), hpke9.jwk.kid()));
    let guard = builder().keys(KeySet::new(vec![hpke9.jwk]), NOW).build().unwrap();
    assert_eq!(code(guard.check([("card", forged.as_str())], NOW)), "token-wrong-key");
}

#[test]
fn keys_are_replaced_while_it_stands() {
    let end = NOW.plus(60);
    let (old, new) = (key(1, Scope::All, None, Some(end)), key(2, Scope::All, None, None));
    let set = |keys: &[&Jwk]| KeySet::new(keys.iter().map(|&key| key.clone()).collect());
    let token = sealed(&Sealer::new(set(&[&old]), ORIGIN).unwrap(), NumericDate(end.0 - 1), |_| {});
    let mut guard = builder().build().unwrap();
    let check = |guard: &Guard, now| code(guard.check([("card", token.as_str())], now));

    let refusal = guard.check([("card", token.as_str())], end).unwrap_err();
    assert_eq!((refusal.code(), refusal.is_temporary()), ("keys-unavailable", true));
    // What is wrong whatever the keys are is said without them.
    assert_eq!(code(guard.check([("card", CARD)], end)), "field-in-clear");
    assert_eq!(code(guard.check([], end)), "field-missing");

    guard.set_keys(set(&[&old]), NOW);
    assert_eq!(check(&guard, end), "");
    // The key has ended and is published no longer, and its last token arrives, also after another set.
    guard.set_keys(set(&[&new]), end);
    guard.set_keys(set(&[&new]), end.plus(60));
    assert_eq!(check(&guard, end.plus(120)), "");
    guard.set_keys(set(&[&new]), end.plus(DEFAULT_MAX_AGE + 1));
    assert_eq!(check(&guard, end.plus(DEFAULT_MAX_AGE - 1)), "token-unknown-key");
    // A key that goes before its end was withdrawn.
    guard.set_keys(set(&[&old]), NOW);
    guard.set_keys(set(&[&new]), NOW);
    assert_eq!(check(&guard, end), "token-unknown-key");
}

#[test]
fn an_expired_set_says_nothing_of_the_keys_of_today() {
    let signer = Signer::new([7; 32]);
    let set = KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]);
    let jws = signed::issue(&set, &signer, "iss", NOW, NOW.plus(60), |_| [0; 64]);
    let set = Unverified::parse(&jws, &signer).unwrap().trust(true, NOW).unwrap();
    let guard = builder().keys(set, NOW).build().unwrap();
    let token = good();
    assert_eq!(code(guard.check([("card", token.as_str())], NOW.plus(59))), "");
    let refusal = guard.check([("card", token.as_str())], NOW.plus(60)).unwrap_err();
    assert_eq!((refusal.code(), refusal.is_temporary()), ("keyset-expired", true));
}

#[test]
fn whole_submissions() {
    let (card, clear) = (good(), "+1 415 555 0142");
    let phone = sealed(&Party::new(Alg::EcdhEs, 1).sealer(), NOW, |o| {
        *o = SealOptions::new("phone", kind("phone")).unchecked();
    });
    let (card, phone) = (card.as_str(), phone.as_str());
    for (case, entries, expected, field, position) in [
        ("all", vec![("card", card), ("phone", phone)], "", None, None),
        ("the optional one is missing", vec![("card", card)], "", None, None),
        ("other entries", vec![("plan", "12"), ("card", card), ("", "x")], "", None, None),
        ("the required one is missing", vec![("phone", phone)], "field-missing", Some("card"), None),
        ("no entry", vec![], "field-missing", Some("card"), None),
        ("names are exact", vec![("Card", card)], "field-missing", Some("card"), None),
        (
            "the second in clear",
            vec![("card", card), ("phone", clear)],
            "field-in-clear",
            Some("phone"),
            Some(1),
        ),
        (
            "a token and the value",
            vec![("card", card), ("card", CARD)],
            "field-in-clear",
            Some("card"),
            Some(1),
        ),
        ("swapped", vec![("phone", card), ("card", phone)], "token-wrong-field", Some("phone"), Some(0)),
        ("a card in the plan", vec![("plan", CARD), ("card", card)], "data-in-clear", None, Some(0)),
        ("an SSN in the plan", vec![("card", card), ("plan", "123-45-6789")], "data-in-clear", None, Some(1)),
        ("a card as a name", vec![("card", card), (CARD, "")], "data-in-clear", None, Some(1)),
        ("a token in another entry", vec![("card", card), ("again", card)], "", None, None),
        ("the fault comes before what is missing", vec![("plan", CARD)], "data-in-clear", None, Some(0)),
    ] {
        let set = KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]);
        let guard = builder().watch().keys(set, NOW).build().unwrap();
        let result = guard.check(entries.clone(), NOW);
        if let Err(refusal) = &result {
            assert_eq!((refusal.field(), refusal.position()), (field, position), "{case}");
        }
        assert_eq!(code(result), expected, "{case}");
        let present = code(guard.check_present(entries, NOW));
        assert_eq!(present, if expected == "field-missing" { "" } else { expected }, "{case}");
    }
    // Without the watch nobody looks at other entries.
    assert_eq!(code(guard().check([("card", card), ("plan", CARD)], NOW)), "");
}

#[test]
fn headers_and_hints_are_given_in_their_order() {
    let sealer = Party::new(Alg::EcdhEs, 1).sealer();
    let with_last4 = |card: &str| {
        let options = SealOptions {
            hint: vec!["last4".into()],
            sub: Some("customer-17".into()),
            ..SealOptions::new("card", kind("card-number"))
        };
        sealer.seal_json(&format!("\"{card}\""), &options, NOW, entropy()).unwrap()
    };
    let (first, second, none) = (with_last4(CARD), with_last4("4111 1111 1111 1111"), good());
    let entries =
        [("card", first.as_str()), ("plan", "12"), ("card", none.as_str()), ("card", second.as_str())];
    let checked = guard().check(entries, NOW).unwrap();
    let last4 = |hint: Option<&Object>| Some(hint?.get("last4")?.as_str()?.to_owned());
    let found: Vec<_> = checked.hints("card").map(last4).collect();
    assert_eq!(found, [Some("4242".to_owned()), None, Some("1111".to_owned())]);
    assert_eq!(checked.headers().len(), 3);
    assert_eq!(checked.of("card").filter(|header| header.iss.as_str() == ORIGIN).count(), 3);
    assert_eq!((checked.of("plan").count(), checked.of("phone").count()), (0, 0));
    assert_eq!(
        format!("{checked:?}"),
        "Checked {\"card\": card-number, \"card\": card-number, \"card\": card-number}"
    );
}

#[test]
fn a_form_is_declared_by_its_name_and_kind() {
    let sealer = Party::new(Alg::EcdhEs, 1).sealer();
    let field = FormField {
        name: "number".into(),
        kind: kind("card-number"),
        value: fieldseal::Text::new(format!("\"{CARD}\"")),
        region: None,
        hint: vec![],
    };
    let tokens = sealer
        .seal_form(
            &[field],
            |kind| SealOptions::new("checkout", kind),
            NOW,
            |kind| sealer.prepare(kind, NOW, entropy()),
        )
        .unwrap();
    let card = good();
    let entries = [("checkout", tokens[0].1.as_str()), ("card", card.as_str())];
    let checked = guard().check(entries, NOW).unwrap();
    let header = checked.of("checkout").next().unwrap();
    assert_eq!(header.fields, [("number".to_owned(), kind("card-number"))]);
    assert_eq!(code(guard().check([("checkout", card.as_str())], NOW)), "token-wrong-field");
}

#[test]
fn a_guard_says_what_it_was_told() {
    let fields = r#"{"name":"card","kind":"card-number","required":true},{"name":"phone","kind":"phone","required":false},{"name":"checkout","kind":"payment-form","required":false}"#;
    let expected = format!(r#"{{"origins":["{ORIGIN}","http://localhost:8080"],"fields":[{fields}]}}"#);
    assert_eq!(guard().declared(), expected);
    assert_eq!(Guard::builder().watch().build().unwrap().declared(), r#"{"origins":[],"fields":[]}"#);
}

#[test]
fn a_guard_that_makes_no_sense_is_not_built() {
    let empty = Guard::builder;
    for (case, builder, expected) in [
        ("nothing to look at", empty().origin(origin(ORIGIN)), Some((Code::OptionInvalid, Some("fields")))),
        ("no origin", empty().optional("a", kind("text")), Some((Code::OptionInvalid, Some("origins")))),
        ("twice", builder().optional("card", kind("text")), Some((Code::OptionInvalid, Some("fields")))),
        ("no name", builder().optional("", kind("text")), Some((Code::FieldInvalid, None))),
        ("a control character", builder().required("a\n", kind("text")), Some((Code::FieldInvalid, None))),
        ("only a watch", empty().watch(), None),
        ("fields", builder(), None),
    ] {
        let error = builder.build().err().map(|error| (error.kind(), error.member()));
        assert_eq!(error, expected, "{case}");
    }
}

#[test]
fn an_age_can_be_chosen() {
    let token = good();
    let keys = KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]);
    let guard = builder().max_age(60).keys(keys, NOW).build().unwrap();
    assert_eq!(code(guard.check([("card", token.as_str())], NOW.plus(60))), "");
    assert_eq!(code(guard.check([("card", token.as_str())], NOW.plus(61))), "token-too-old");
}

proptest! {
    /// Whatever is refused, no piece of it is in what the refusal says.
    #[test]
    fn no_refusal_tells_a_value(
        before in "[0-9a-z .-]{0,12}", value in "[A-Z]{6,20}", in_name in any::<bool>(), declared in any::<bool>()
    ) {
        let guard = builder().watch().build().unwrap();
        let value = format!("{before}{value} {CARD}");
        let name = match (declared, in_name) {
            (true, _) => "card",
            (false, true) => value.as_str(),
            (false, false) => "search",
        };
        let refusal = guard.check([(name, value.as_str())], NOW).unwrap_err();
        // Without blanks, of which a refusal has runs of its own.
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let said = squeezed(&format!("{refusal} {refusal:?} {refusal:#?} {}", refusal.message()));
        for piece in squeezed(&value).as_bytes().windows(6) {
            let piece = std::str::from_utf8(piece).unwrap();
            prop_assert!(!said.contains(piece), "{said}");
        }
        prop_assert_eq!(refusal.field().is_some(), declared);
    }
}
