//! What web-sys lacks or says in many words: event listeners that clean up, and events of our own.

use crate::Error;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, CustomEvent, CustomEventInit, Event, EventTarget, FormData};

#[wasm_bindgen]
extern "C" {
    /// WHATWG HTML, "The FormDataEvent interface", which web-sys does not have.
    #[wasm_bindgen(extends = Event)]
    pub(super) type FormDataEvent;

    #[wasm_bindgen(method, getter, js_name = formData)]
    pub(super) fn form_data(this: &FormDataEvent) -> FormData;
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
