//! JavaScript values as Rust programs make them with serde-wasm-bindgen: sealed, opened, and equal.

use super::support::{code_of, open, sealer};
use js_sys::{Array, Function, JSON, Object, Reflect};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::{Serializer, from_value};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const OPTIONS: &str = r#"{"field":"entry","kind":"json"}"#;

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Patient {
    name: String,
    born: Option<String>,
    weight: f64,
    visits: Vec<Visit>,
    allergies: BTreeMap<String, u32>,
    insured: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Visit {
    Phone { minutes: u8 },
    Ward { nights: i64, note: String },
}

fn patient() -> Patient {
    Patient {
        name: "Zoë \u{1F980}\0\u{2028}".into(),
        born: None,
        weight: 61.25,
        visits: vec![
            Visit::Phone { minutes: 12 },
            Visit::Ward { nights: -9_007_199_254_740_991, note: String::new() },
        ],
        allergies: BTreeMap::from([("penicillin".into(), 3), (String::new(), u32::MAX)]),
        insured: true,
    }
}

fn seal(value: &JsValue) -> Result<String, JsValue> {
    sealer().seal(value, OPTIONS)
}

/// Seals and opens, and reads what came out as JavaScript would.
fn round_trip(value: &JsValue) -> JsValue {
    let json = open(&seal(value).unwrap(), "entry");
    JSON::parse(&json).unwrap()
}

fn refused(value: &JsValue) -> String {
    code_of(&seal(value).unwrap_err())
}

#[wasm_bindgen_test]
fn a_structure_comes_back() {
    let value = patient().serialize(&Serializer::json_compatible()).unwrap();
    assert_eq!(from_value::<Patient>(round_trip(&value)).unwrap(), patient());
}

#[wasm_bindgen_test]
fn many_of_them_come_back_in_order() {
    let many: Vec<Patient> = (0..40).map(|n| Patient { weight: f64::from(n) / 3.0, ..patient() }).collect();
    let value = many.serialize(&Serializer::json_compatible()).unwrap();
    assert_eq!(from_value::<Vec<Patient>>(round_trip(&value)).unwrap(), many);
}

#[wasm_bindgen_test]
fn numbers_keep_every_bit() {
    let bits = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        0.1,
        1e21,
        1e-7,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::EPSILON,
        9_007_199_254_740_991.0,
        123_456_789.123_456_79,
        2.225_073_858_507_201_4e-308,
    ];
    for number in bits {
        let back = round_trip(&number.into()).as_f64().unwrap();
        assert_eq!(back.to_bits(), number.to_bits(), "{number:e}");
    }
}

#[wasm_bindgen_test]
fn text_keeps_every_character() {
    let all: String = (0..=0x2fff).chain(0xfff0..=0x10_0010).filter_map(char::from_u32).collect();
    for part in all.chars().collect::<Vec<_>>().chunks(20_000) {
        let text: String = part.iter().collect();
        assert_eq!(round_trip(&text.as_str().into()).as_string().unwrap(), text);
    }
}

#[wasm_bindgen_test]
fn the_rest_of_json_comes_back() {
    for value in
        [JsValue::NULL, true.into(), false.into(), "".into(), Array::new().into(), Object::new().into()]
    {
        let text = |value: &JsValue| String::from(JSON::stringify(value).unwrap());
        assert_eq!(text(&round_trip(&value)), text(&value));
    }
}

#[wasm_bindgen_test]
fn what_serde_would_make_of_other_types_is_refused() {
    // By default a map becomes a `Map`, a long number a BigInt, and bytes a `Uint8Array`.
    let map = serde_wasm_bindgen::to_value(&BTreeMap::from([("canary", 1)])).unwrap();
    let large = u64::MAX.serialize(&Serializer::new().serialize_large_number_types_as_bigints(true)).unwrap();
    let bytes = js_sys::Uint8Array::from(&[1u8, 2, 3][..]);
    let unit = serde_wasm_bindgen::to_value(&()).unwrap();
    for value in [
        map,
        large,
        bytes.into(),
        unit,
        JsValue::symbol(Some("canary")),
        f64::NAN.into(),
        f64::INFINITY.into(),
    ] {
        assert_eq!(refused(&value), "value-type", "{value:?}");
    }
}

#[wasm_bindgen_test]
fn what_only_a_page_has_is_refused() {
    let window = web_sys::window().unwrap();
    let document = window.document().unwrap();
    let values: [JsValue; 5] = [
        document.create_element("input").unwrap().into(),
        web_sys::FormData::new().unwrap().into(),
        document.into(),
        Function::new_no_args("").into(),
        js_sys::Date::new_0().into(),
    ];
    for value in values {
        assert_eq!(refused(&value), "value-type");
        assert_eq!(refused(&Array::of1(&value)), "value-type");
    }
    assert_eq!(refused(&window.into()), "value-type");
}

/// What was thrown must not come out again: it may hold a value.
#[wasm_bindgen_test]
fn what_throws_when_it_is_read_is_refused_in_our_words() {
    let throwing = "const fail = () => { throw Object.assign(new Error('canary'), { code: 'canary' }) };";
    for expression in [
        "({ get a() { fail() } })",
        "Object.defineProperty([1, 2], 1, { get: fail })",
        "new Proxy({ a: 1 }, { get: fail })",
        "new Proxy({ a: 1 }, { ownKeys: fail })",
        "new Proxy({ a: 1 }, { getPrototypeOf: fail })",
        "new Proxy([1], { get: fail })",
        "[{ deep: { get a() { fail() } } }]",
    ] {
        let value =
            Function::new_no_args(&format!("{throwing} return {expression}")).call0(&JsValue::NULL).unwrap();
        let error = seal(&value).unwrap_err();
        assert_eq!(code_of(&error), "value-type", "{expression}");
        let message = Reflect::get(&error, &"message".into()).unwrap().as_string().unwrap();
        assert!(!message.contains("canary"));
    }
}

#[wasm_bindgen_test]
fn depth_and_length_have_limits() {
    let nested = |depth| (1..depth).fold(Array::new(), |inner, _| Array::of1(&inner));
    assert!(seal(&nested(64)).is_ok());
    assert_eq!(refused(&nested(65)), "value-too-deep");
    let cyclic = Array::new();
    cyclic.push(&cyclic);
    assert_eq!(refused(&cyclic), "value-too-deep");

    let text = |len: usize| JsValue::from("x".repeat(len));
    assert!(seal(&text(fieldseal::MAX_VALUE_LEN - 2)).is_ok());
    assert_eq!(refused(&text(fieldseal::MAX_VALUE_LEN - 1)), "value-too-long");
}

#[wasm_bindgen_test]
fn objects_of_another_frame_are_plain_too() {
    let document = web_sys::window().unwrap().document().unwrap();
    let frame = document.create_element("iframe").unwrap();
    document.body().unwrap().append_child(&frame).unwrap();
    let other = Reflect::get(&frame, &"contentWindow".into()).unwrap();
    let of_other = |name: &str| Reflect::get(&other, &name.into()).unwrap().unchecked_into::<Function>();
    let object = Reflect::construct(&of_other("Object"), &Array::new()).unwrap();
    let array = Reflect::construct(&of_other("Array"), &Array::new()).unwrap();
    let date = Reflect::construct(&of_other("Date"), &Array::new()).unwrap();
    Reflect::set(&object, &"list".into(), &array).unwrap();
    assert_eq!(open(&seal(&object).unwrap(), "entry"), "{\"list\":[]}");
    assert_eq!(refused(&date), "value-type");
    frame.remove();
}
