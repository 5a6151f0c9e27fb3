//! The catalogue inside a browser: the same case files that the core's tests read, through the surface that
//! pages call.

use super::support::{code_of, open, sealer};
use fieldseal::kind::{Context, Kind};
use fieldseal::wasm::{check_text, edit_text};
use fieldseal::{Code, NumericDate};
use js_sys::{Array, JSON, JsString, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// The time of every case.
const CLOCK: NumericDate = NumericDate(1_782_907_200);

macro_rules! files {
    ($($kind:literal),* $(,)?) => {
        [$(($kind, include_str!(concat!("../kinds/", $kind, ".json")))),*]
    };
}

const FILES: [(&str, &str); 36] = files![
    "person-name",
    "postal-address",
    "billing-address",
    "phone",
    "email",
    "us-ssn",
    "us-itin",
    "us-ein",
    "drivers-licence",
    "passport-number",
    "date-of-birth",
    "national-id",
    "card-number",
    "card-expiry",
    "card-cvc",
    "iban",
    "us-bank-account",
    "transaction",
    "payment-history",
    "medical-record-number",
    "health-insurance-id",
    "diagnosis",
    "treatment",
    "medication",
    "health-note",
    "username",
    "password",
    "security-answer",
    "auth-token",
    "session-data",
    "text",
    "number",
    "boolean",
    "choice",
    "date",
    "json",
];

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap()
}

fn cases(text: &str) -> Vec<JsValue> {
    Array::from(&member(&JSON::parse(text).unwrap(), "cases")).iter().collect()
}

/// JSON text as JavaScript writes it: of two equal values the same, if their members are in the same order.
fn json(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

#[wasm_bindgen_test]
fn every_kind_is_here() {
    let kinds: Vec<_> = Kind::all().filter(|kind| !kind.is_form()).map(Kind::as_str).collect();
    assert_eq!(kinds, FILES.map(|(kind, _)| kind));
}

#[wasm_bindgen_test]
fn every_case_reads_the_same_in_a_browser() {
    let mut wrong = Vec::new();
    for (kind, text) in FILES {
        for case in cases(text) {
            let region = member(&case, "region").as_string();
            let context = Context { region: region.as_deref(), now: CLOCK };
            let read = Kind::parse(kind).unwrap().read(&json(&member(&case, "in")), &context);
            let found = match read {
                Ok(normal) => json(&JSON::parse(&normal).unwrap()),
                Err(error) => error.member().unwrap().to_owned(),
            };
            let wanted = match member(&case, "no").as_string() {
                Some(reason) => reason,
                None => json(&member(&case, "as")),
            };
            if found != wanted {
                wrong.push(format!("{kind} {}: {found}, wanted {wanted}", json(&member(&case, "in"))));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// What does not depend on the clock, through the functions that a page calls: the reason of what is refused,
/// and the value that comes out of what is sealed.
#[wasm_bindgen_test]
fn what_a_page_is_told_and_what_it_seals() {
    let dated = ["card-expiry", "date-of-birth"];
    for (kind, text) in FILES.into_iter().filter(|(kind, _)| !dated.contains(kind)) {
        // Sealing is slow without optimisation, so of each file a few are sealed.
        let (mut sealed, mut refused) = (0, 0);
        for case in cases(text) {
            let value = member(&case, "in");
            let region = member(&case, "region").as_string();
            let reason = member(&case, "no").as_string();
            if let Some(typed) = value.dyn_ref::<JsString>() {
                let told = check_text(kind, typed, region.clone()).map_err(|error| code_of(&error));
                assert_eq!(told, Ok(reason.clone()), "{kind} {}", json(&value));
            }
            let region = region.map_or(String::new(), |region| format!(r#","region":"{region}""#));
            let options = format!(r#"{{"field":"entry","kind":"{kind}"{region}}}"#);
            if reason.is_some() && refused < 5 {
                refused += 1;
                let error = sealer().seal(&value, &options).unwrap_err();
                assert_eq!(code_of(&error), "value-invalid", "{kind} {}", json(&value));
                assert_eq!(member(&error, "member").as_string(), reason);
            } else if reason.is_none() && sealed < 3 {
                sealed += 1;
                let opened = open(&sealer().seal(&value, &options).unwrap(), "entry");
                assert_eq!(json(&JSON::parse(&opened).unwrap()), json(&member(&case, "as")), "{kind}");
            }
        }
    }
}

#[wasm_bindgen_test]
fn an_unknown_kind_is_an_error_and_no_reason() {
    let error = check_text("card", &"4242".into(), None).unwrap_err();
    assert_eq!(code_of(&error), Code::KindUnknown.as_str());
    assert_eq!(edit_text("card", "", "42424", 5, false), None);
}

/// Carets are counted as browsers do, in UTF-16 code units.
#[wasm_bindgen_test]
fn edits_for_a_page() {
    for (kind, before, after, caret, forward, wanted) in [
        ("card-number", "4242", "42424", 5, false, Some("6:4242 4")),
        ("card-number", "4242 4", "4242 ", 5, false, Some("4:4242")),
        ("card-number", "4242 1234", "42421234", 4, true, Some("4:4242 234")),
        ("card-number", "", "\u{661}\u{661}\u{661}\u{661}\u{661}", 5, false, Some("6:1111 1")),
        ("card-number", "", "🦀", 2, false, None),
        ("text", "", "a b", 3, false, None),
    ] {
        assert_eq!(edit_text(kind, before, after, caret, forward).as_deref(), wanted, "{after}");
    }
}
