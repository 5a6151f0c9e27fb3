//! What a form asks of the catalogue while a person fills it in. Nothing here seals, and nothing keeps what
//! it is given.

use super::now;
use super::value::string_to_json;
use crate::Kind;
use crate::json;
use crate::kind::edit::Edit;
use crate::kind::{Brand, Context};
use crate::prelude::*;
use js_sys::JsString;
use wasm_bindgen::prelude::*;

/// Why a text is none of its kind, as the name of a reason; nothing if it is one.
#[wasm_bindgen(js_name = checkText)]
pub fn check_text(kind: &str, text: &JsString, region: Option<String>) -> Result<Option<String>, JsValue> {
    let kind = Kind::parse(kind)?;
    let read = string_to_json(text)
        .and_then(|json| kind.read(&json, &Context { region: region.as_deref(), now: now() }).map(drop));
    Ok(read.err().map(|error| error.member().unwrap_or("format").to_owned()))
}

/// What an edit should leave in a control: the caret and the text, with a `:` between; nothing if it is good
/// as it is.
#[wasm_bindgen(js_name = editText)]
pub fn edit_text(kind: &str, before: &str, after: &str, caret: usize, forward: bool) -> Option<String> {
    let (text, caret) = Kind::parse(kind).ok()?.edit(&Edit { before, after, caret, forward })?;
    let mut out = String::new();
    json::push_digits(&mut out, caret as u64, 1);
    out.push(':');
    out.push_str(&text);
    Some(out)
}

/// The brand of a card number that is being typed.
#[wasm_bindgen(js_name = brandOf)]
pub fn brand_of(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Brand::of(&digits).name.to_owned()
}

/// What a control of a kind tells the browser: `autocomplete`, `inputmode` and `dir`, with a `,` between.
#[wasm_bindgen(js_name = inputFacts)]
pub fn input_facts(kind: &str) -> Result<String, JsValue> {
    Ok(Kind::parse(kind)?.input().to_owned())
}
