//! The surface that servers load: it reads what is public of tokens and key sets as strictly as the key holder
//! does, and finds values in text. It has no key and no sealer, so it asks neither the clock nor the system.
//!
//! What a server makes of it is decided by its caller, `pkg-config/src/server`.

use crate::jwe::{Token, header};
use crate::keyset::KeySet;
use crate::prelude::*;
use crate::{Code, Error, Kind, Origin, kind};
use wasm_bindgen::prelude::*;

/// The protected header of a token, as JSON.
///
/// Errors: those of [`Token::parse`].
#[wasm_bindgen]
pub fn inspect(token: &str) -> Result<String, JsValue> {
    Ok(Token::parse(token)?.header().to_json())
}

/// The kind of the first card number or Social Security number in a text; nothing if there is none.
#[wasm_bindgen]
pub fn detect(text: &str) -> Option<String> {
    kind::detect(text).map(|kind| kind.as_str().to_owned())
}

/// A JWK Set as it was understood: checked, and without members that mean nothing here.
///
/// Errors: those of [`KeySet::parse`].
#[wasm_bindgen(js_name = readKeySet)]
pub fn read_key_set(text: &str) -> Result<String, JsValue> {
    Ok(KeySet::parse(text)?.to_json())
}

/// The class whose keys seal a kind.
///
/// Errors: `kind-unknown`.
#[wasm_bindgen(js_name = classOf)]
pub fn class_of(kind: &str) -> Result<String, JsValue> {
    Ok(Kind::parse(kind)?.class().as_str().to_owned())
}

/// The names of the hints that a kind allows, separated by spaces.
///
/// Errors: `kind-unknown`.
#[wasm_bindgen(js_name = hintsOf)]
pub fn hints_of(kind: &str) -> Result<String, JsValue> {
    Ok(Kind::parse(kind)?.hints().join(" "))
}

/// Whether tokens can have this field name.
///
/// Errors: `field-invalid`.
#[wasm_bindgen(js_name = checkField)]
pub fn check_field(name: &str) -> Result<(), JsValue> {
    if header::is_name(name) { Ok(()) } else { Err(Error::new(Code::FieldInvalid).into()) }
}

/// Whether tokens can have this origin.
///
/// Errors: `origin-invalid`.
#[wasm_bindgen(js_name = checkOrigin)]
pub fn check_origin(origin: &str) -> Result<(), JsValue> {
    Origin::parse(origin)?;
    Ok(())
}
