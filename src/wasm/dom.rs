//! What web-sys lacks or says in many words: event listeners that clean up, and events of our own.

use crate::Error;
use js_sys::{JsString, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{
    AddEventListenerOptions, CustomEvent, CustomEventInit, Event, EventTarget, FormData, HtmlCollection,
    HtmlFormElement,
};

#[wasm_bindgen]
extern "C" {
    /// WHATWG HTML, "The FormDataEvent interface", which web-sys does not have.
    #[wasm_bindgen(extends = Event)]
    pub(super) type FormDataEvent;

    #[wasm_bindgen(method, getter, js_name = formData)]
    pub(super) fn form_data(this: &FormDataEvent) -> FormData;

    /// Any control with a `value`. It is read as a JavaScript string, because a Rust one could not show
    /// that half a surrogate pair was in it.
    pub(super) type WithValue;

    #[wasm_bindgen(method, getter)]
    pub(super) fn value(this: &WithValue) -> JsString;

    #[wasm_bindgen(thread_local_v2, js_namespace = HTMLFormElement, js_name = prototype)]
    static FORM_PROTOTYPE: JsValue;

    /// ECMA-262, "Reflect.get", with a receiver.
    #[wasm_bindgen(js_namespace = Reflect, js_name = get)]
    fn get_from(target: &JsValue, name: &str, receiver: &JsValue) -> JsValue;
}

/// The form's controls, even if one of them is called `elements` and stands in the way: a form shows its
/// controls under their names before its own properties.
pub(super) fn elements(form: &HtmlFormElement) -> HtmlCollection {
    FORM_PROTOTYPE.with(|prototype| get_from(prototype, "elements", form)).unchecked_into()
}

/// A listener on the capturing side, so that it runs before the page's own.
pub(super) struct Listener {
    target: EventTarget,
    kind: &'static str,
    callback: JsValue,
}

impl Listener {
    pub(super) fn new(
        target: &EventTarget,
        kind: &'static str,
        callback: impl Fn(Event) + 'static,
    ) -> Result<Self, JsValue> {
        // JavaScript's collector owns the callback: it lives exactly as long as the listener does, even
        // if the page lets go of the guard's handle.
        let callback = Closure::<dyn Fn(Event)>::new(callback).into_js_value();
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        target.add_event_listener_with_callback_and_add_event_listener_options(
            kind,
            callback.unchecked_ref(),
            &options,
        )?;
        Ok(Self { target: target.clone(), kind, callback })
    }

    pub(super) fn remove(&self) {
        // Removing a listener that was added cannot fail.
        let _ = self.target.remove_event_listener_with_callback_and_bool(
            self.kind,
            self.callback.unchecked_ref(),
            true,
        );
    }
}

/// Tells the page that a submission was stopped, or that entries were left out: a bubbling
/// `fieldseal:blocked` whose `detail` is `{ code, field }`.
pub(super) fn dispatch_blocked(target: &EventTarget, error: Error, field: &str) {
    let detail = Object::new();
    let init = CustomEventInit::new();
    // Setting a property of an object just made cannot fail; neither can dispatching a new event.
    let _ = Reflect::set(&detail, &"code".into(), &error.code().into());
    let _ = Reflect::set(&detail, &"field".into(), &field.into());
    init.set_bubbles(true);
    init.set_detail(&detail);
    if let Ok(event) = CustomEvent::new_with_event_init_dict("fieldseal:blocked", &init) {
        let _ = target.dispatch_event(&event);
    }
}
