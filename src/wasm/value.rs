//! JavaScript values to JSON text, without losing anything: what JSON cannot say is an error here,
//! where `JSON.stringify` would quietly say something else.

use crate::prelude::*;
use crate::{Code, Error, MAX_VALUE_LEN, Result, json};
use js_sys::{Array, JsString, Number, Reflect};
use wasm_bindgen::prelude::*;

const MAX_DEPTH: usize = 64;

#[wasm_bindgen(module = "/src/wasm/text.js")]
extern "C" {
    fn whole(text: &JsString) -> Option<String>;
}

/// The JSON text of a string, finite number, boolean, null, array or plain object.
///
/// Errors: `value-type`, `value-too-long`, `value-too-deep`, `value-lone-surrogate`.
pub(super) fn to_json(value: &JsValue) -> Result<Text> {
    let mut out = Text::default();
    push(&mut out, value, MAX_DEPTH)?;
    Ok(out)
}

/// The JSON text of a text.
pub(super) fn string_to_json(value: &JsString) -> Result<Text> {
    let mut out = Text::default();
    push_string(&mut out, value)?;
    Ok(out)
}

fn push(out: &mut String, value: &JsValue, depth: usize) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new(Code::ValueTooDeep));
    };
    if let Some(text) = value.dyn_ref::<JsString>() {
        push_string(out, text)?;
    } else if let Some(truth) = value.as_bool() {
        out.push_str(if truth { "true" } else { "false" });
    } else if let Some(number) = value.as_f64() {
        push_number(out, number)?;
    } else if value.is_null() {
        out.push_str("null");
    } else if Array::is_array(value) {
        push_array(out, value, depth)?;
    } else if is_plain(value) {
        push_object(out, value, depth)?;
    } else {
        return Err(Error::new(Code::ValueType));
    }
    if out.len() > MAX_VALUE_LEN { Err(Error::new(Code::ValueTooLong)) } else { Ok(()) }
}

/// Objects of a class (dates, maps, files, elements) would lose what makes them what they are.
fn is_plain(value: &JsValue) -> bool {
    if !value.is_object() {
        return false;
    }
    // `Object.prototype` of another realm is told by having no prototype of its own.
    let prototype_of = |value: &JsValue| Reflect::get_prototype_of(value).map(JsValue::from);
    match prototype_of(value) {
        Ok(prototype) => prototype.is_null() || prototype_of(&prototype).is_ok_and(|root| root.is_null()),
        Err(_) => false,
    }
}

/// A getter or a proxy may throw whatever it likes; what it threw is dropped, as it may hold a value.
fn unreadable(_: JsValue) -> Error {
    Error::new(Code::ValueType)
}

fn push_array(out: &mut String, array: &JsValue, depth: usize) -> Result<()> {
    out.push('[');
    let length = Reflect::get(array, &"length".into()).map_err(unreadable)?;
    // The length of an array is below 2^32.
    for at in 0..length.as_f64().unwrap_or_default() as u32 {
        if at > 0 {
            out.push(',');
        }
        push(out, &Reflect::get_u32(array, at).map_err(unreadable)?, depth)?;
    }
    out.push(']');
    Ok(())
}

fn push_object(out: &mut String, object: &JsValue, depth: usize) -> Result<()> {
    out.push('{');
    let keys = Reflect::own_keys(object).map_err(unreadable)?;
    for at in 0..keys.length() {
        let key = keys.get(at);
        let name = key.dyn_ref::<JsString>().ok_or(Error::new(Code::ValueType))?;
        if at > 0 {
            out.push(',');
        }
        push_string(out, name)?;
        out.push(':');
        push(out, &Reflect::get(object, &key).map_err(unreadable)?, depth)?;
    }
    out.push('}');
    Ok(())
}

fn push_string(out: &mut String, text: &JsString) -> Result<()> {
    if text.length() as usize > MAX_VALUE_LEN {
        return Err(Error::new(Code::ValueTooLong));
    }
    let text = Text::new(whole(text).ok_or(Error::new(Code::ValueLoneSurrogate))?);
    json::push_string(out, &text);
    if out.len() > MAX_VALUE_LEN { Err(Error::new(Code::ValueTooLong)) } else { Ok(()) }
}

/// JavaScript's shortest text that reads back as the same number is JSON too, save for -0.
fn push_number(out: &mut String, number: f64) -> Result<()> {
    if !number.is_finite() {
        return Err(Error::new(Code::ValueType));
    }
    if number == 0.0 && number.is_sign_negative() {
        out.push('-');
    }
    let text = Number::from(number).to_string_with_radix(10).map_err(|_| Error::new(Code::ValueType))?;
    out.push_str(&String::from(text));
    Ok(())
}
