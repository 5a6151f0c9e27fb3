//! Which controls of a form are declared, and which values each would submit.

use super::value;
use crate::kind::Kind;
use crate::prelude::*;
use crate::{Code, Error, Result};
use wasm_bindgen::prelude::*;
use web_sys::{Element, FormData, HtmlFormElement};

/// What JavaScript calls for each value.
type Visit<'a> =
    dyn FnMut(Element, String, String, Option<String>, Option<String>, bool, bool, JsValue) -> bool + 'a;

#[wasm_bindgen(module = "/src/wasm/controls.js")]
extern "C" {
    #[wasm_bindgen(js_name = nameRadios)]
    pub(super) fn name_radios(form: &HtmlFormElement, guarded: bool);

    /// Puts names and tokens, in turn a line each, into a form's data.
    pub(super) fn append(data: &FormData, lines: &str);

    fn visit(form: &HtmlFormElement, see: &mut Visit<'_>);
}

/// A declared control, and what it says of its value.
pub(super) struct Control {
    pub(super) element: Element,
    /// The name of the form entry.
    pub(super) entry: String,
    /// Whether the page's author gave it a name, though a sealed control should have none.
    pub(super) named: bool,
    kind: String,
    pub(super) hint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) check: bool,
}

impl Control {
    /// Errors: `kind-unknown`, also for a kind of whole forms, which one control is not.
    pub(super) fn kind(&self) -> Result<Kind> {
        let kind = Kind::parse(&self.kind)?;
        if kind.is_form() { Err(Error::new(Code::KindUnknown)) } else { Ok(kind) }
    }
}

/// Gives each declared control to `see` with the JSON text of each of its values, or without one if it would submit none;
/// and the control of the first error with it.
///
/// Errors: `control-unsupported`, `value-too-long`, `value-lone-surrogate`, those of `see`.
pub(super) fn each(
    form: &HtmlFormElement,
    see: &mut dyn FnMut(&Control, Option<&str>) -> Result<()>,
) -> core::result::Result<(), (Error, Control)> {
    let mut failure = None;
    visit(form, &mut |element, entry, kind, hint, region, check, named, value| {
        let control = Control { element, entry, named, kind, hint, region, check };
        let seen = json_of(&value).and_then(|json| see(&control, json.as_deref().map(String::as_str)));
        failure = seen.err().map(|error| (error, control));
        failure.is_none()
    });
    failure.map_or(Ok(()), Err)
}

fn json_of(value: &JsValue) -> Result<Option<Text>> {
    if value.is_undefined() {
        Ok(None)
    } else if value.is_null() {
        Err(Error::new(Code::ControlUnsupported))
    } else {
        value::to_json(value).map(Some)
    }
}
