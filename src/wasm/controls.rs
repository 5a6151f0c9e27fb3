//! Which controls of a form are declared, and which values each would submit: the steps of WHATWG
//! HTML, "constructing the entry list", for controls that carry `data-seal`.

use super::dom::{self, WithValue};
use super::value;
use crate::kind::Kind;
use crate::prelude::*;
use crate::{Code, Error, Result};
use js_sys::JsString;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement};

/// The attribute that declares a control and names its form entry.
const SEAL: &str = "data-seal";
/// The attribute that names the kind; a control without it is sealed as `text`.
const KIND: &str = "data-kind";
/// What the guard names a group of radio buttons, which without a name would not be a group.
const RADIO_PREFIX: &str = "fieldseal:";

/// A declared control.
pub(super) struct Control {
    pub(super) element: Element,
    /// The name of the form entry.
    pub(super) entry: String,
}

impl Control {
    /// The control, if `element` is declared.
    pub(super) fn of(element: Element) -> Option<Self> {
        let entry = element.get_attribute(SEAL)?;
        Some(Self { element, entry })
    }

    /// What another of the control's attributes says.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.element.get_attribute(name)
    }

    /// Errors: `kind-unknown`, also for a kind of whole forms, which one control is not.
    pub(super) fn kind(&self) -> Result<Kind> {
        let id = self.element.get_attribute(KIND);
        let kind = Kind::parse(id.as_deref().unwrap_or("text"))?;
        if kind.is_form() { Err(Error::new(Code::KindUnknown)) } else { Ok(kind) }
    }

    /// The name that the page's author gave the control, though a sealed control should have none.
    pub(super) fn authored_name(&self) -> Option<String> {
        self.element.get_attribute("name").filter(|name| !name.is_empty() && !name.starts_with(RADIO_PREFIX))
    }

    fn input_of_type(&self, kind: &str) -> Option<&HtmlInputElement> {
        self.element.dyn_ref::<HtmlInputElement>().filter(|input| input.type_() == kind)
    }

    /// Gives a radio button without a name its group's name, so that the browser keeps one of the group
    /// checked, arrow keys move, and screen readers count.
    pub(super) fn name_radio(&self) {
        if let Some(radio) = self.input_of_type("radio").filter(|radio| radio.name().is_empty()) {
            radio.set_name(&[RADIO_PREFIX, &self.entry].concat());
        }
    }

    /// Takes that name away again.
    pub(super) fn unname_radio(&self) {
        if let Some(radio) =
            self.input_of_type("radio").filter(|radio| radio.name().starts_with(RADIO_PREFIX))
        {
            let _ = radio.remove_attribute("name");
        }
    }

    /// Gives the values that the control would submit now to `see`, as JSON text: none, one, or several.
    ///
    /// Errors: `control-unsupported`, `value-too-long`, `value-lone-surrogate`, those of `see`.
    pub(super) fn values(&self, see: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let is = |selector| self.element.matches(selector).unwrap_or_default();
        if is(":disabled") || is("datalist *") {
            return Ok(());
        }
        if let Some(select) = self.element.dyn_ref::<HtmlSelectElement>() {
            return selected(select, see);
        }
        if let Some(input) = self.element.dyn_ref::<HtmlInputElement>() {
            match input.type_().as_str() {
                // Sealed whether checked or not: an entry that is missing would tell the answer.
                "checkbox" if self.kind()?.is_boolean() => {
                    return see(if input.checked() { "true" } else { "false" });
                }
                "checkbox" | "radio" if !input.checked() => return Ok(()),
                // A button submits nothing of its own unless it is pressed, and holds no secret then. A file is no
                // string, and its name alone can be telling.
                "button" | "reset" | "submit" | "image" | "file" => {
                    return Err(Error::new(Code::ControlUnsupported));
                }
                _ => {}
            }
        } else if !self.element.is_instance_of::<web_sys::HtmlTextAreaElement>() {
            return Err(Error::new(Code::ControlUnsupported));
        }
        see(&value_of(&self.element)?)
    }
}

/// The form's declared controls in tree order, those joined by a `form` attribute too.
pub(super) fn declared(form: &HtmlFormElement) -> Vec<Control> {
    let elements = dom::elements(form);
    let mut controls = Vec::new();
    for at in 0..elements.length() {
        controls.extend(elements.item(at).and_then(Control::of));
    }
    controls
}

fn value_of(element: &Element) -> Result<Text> {
    let text: JsString = element.unchecked_ref::<WithValue>().value();
    value::string_to_json(&text)
}

fn selected(select: &HtmlSelectElement, see: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    let options = select.selected_options();
    for at in 0..options.length() {
        // `:disabled` covers an option whose group is disabled, as "constructing the entry list" asks.
        if let Some(option) = options.item(at)
            && option.is_instance_of::<HtmlOptionElement>()
            && !option.matches(":disabled").unwrap_or_default()
        {
            see(&value_of(&option)?)?;
        }
    }
    Ok(())
}
