//! The form guard: seals declared controls inside the form's `formdata` event, and stops in `submit`
//! what could not be sealed.
//!
//! By the time these handlers run, the package's own listener has taken every declared name out of the
//! entry list (`pkg-config/src/guard.ts`), so a failure here leaves entries out and never in clear.

use super::controls::{self, Control};
use super::dom::{FormDataEvent, Listener, dispatch_blocked};
use super::options::GuardOptions;
use super::pool::PooledSealer;
use super::{Sealer, entropy, now};
use crate::prelude::*;
use crate::{Code, Error};
use alloc::rc::Rc;
use alloc::vec;
use core::cell::Cell;
use wasm_bindgen::prelude::*;
use web_sys::{Event, HtmlFormElement, console};

/// A guard in place.
#[wasm_bindgen]
pub struct Guard {
    form: HtmlFormElement,
    listeners: Vec<Listener>,
}

#[wasm_bindgen]
impl Guard {
    /// Takes the guard away. Dropping the handle does not: a form stays guarded until it is released.
    pub fn release(self) {
        self.listeners.iter().for_each(Listener::remove);
        controls::name_radios(&self.form, false);
    }
}

/// Guards `form`. `blocked` is called with an error, and the control it is about, whenever one stops or
/// empties a submission, and with nothing when a submission goes through.
#[wasm_bindgen(js_name = guardForm)]
pub fn guard_form(
    form: HtmlFormElement,
    sealer: &Sealer,
    options: &str,
    blocked: js_sys::Function,
) -> core::result::Result<Guard, JsValue> {
    let watch = Rc::new(Watch {
        form: form.clone(),
        sealer: Rc::clone(&sealer.0),
        options: GuardOptions::parse(options, now())?,
        blocked,
        warned: Cell::new(false),
    });
    controls::name_radios(&form, true);
    let document = form.owner_document().ok_or(Error::new(Code::OptionInvalid))?;
    let on = |target, kind, handle: fn(&Watch, Event)| {
        let watch = Rc::clone(&watch);
        Listener::new(target, kind, move |event| handle(&watch, event))
    };
    let listeners = vec![
        on(&form, "submit", Watch::on_submit)?,
        on(&form, "formdata", Watch::on_formdata)?,
        // Radio buttons added later join their group before a person can press one.
        on(&document, "focusin", Watch::on_approach)?,
        on(&document, "pointerdown", Watch::on_approach)?,
    ];
    Ok(Guard { form, listeners })
}

struct Watch {
    form: HtmlFormElement,
    sealer: Rc<PooledSealer>,
    options: GuardOptions,
    blocked: js_sys::Function,
    warned: Cell<bool>,
}

/// An error and the control it is about, if it is about one.
type Failure = (Error, Option<Control>);

impl Watch {
    /// Stops a submission that could not be sealed, before the page's own handlers see it.
    fn on_submit(&self, event: Event) {
        if !self.is_own(&event) {
            return;
        }
        match self.rehearse() {
            Ok(()) => self.report(None),
            Err(failure) => {
                event.prevent_default();
                event.stop_immediate_propagation();
                self.report(Some(failure));
            }
        }
    }

    /// Everything that sealing needs, without the cost of sealing.
    fn rehearse(&self) -> core::result::Result<(), Failure> {
        let now = now();
        controls::each(&self.form, &mut |control, value| {
            let options = self.options.of_control(control, now)?;
            options.check(now)?;
            self.sealer.check(options.kind, now)?;
            if let Some(value) = value {
                options.read(options.kind, value, options.region.as_deref(), now)?;
            }
            Ok(())
        })
        .map_err(|(error, control)| (error, Some(control)))?;
        entropy().map(drop).map_err(|error| (error, None))
    }

    /// Puts a token in the entry list for each value. One failure leaves all of them out, because half
    /// a form is worse than a form that is plainly missing its sealed part.
    fn on_formdata(&self, event: Event) {
        if !self.is_own(&event) {
            return;
        }
        match self.seal_all() {
            Ok(lines) => controls::append(&event.unchecked_ref::<FormDataEvent>().form_data(), &lines),
            Err(failure) => self.report(Some(failure)),
        }
    }

    /// Entries' names and their tokens in turn, a line each: neither can have a line feed in it.
    fn seal_all(&self) -> core::result::Result<String, Failure> {
        let now = now();
        let mut lines = String::new();
        controls::each(&self.form, &mut |control, value| {
            self.warn_of_name(control);
            let options = self.options.of_control(control, now)?;
            if let Some(value) = value {
                let token = self.sealer.seal_json(value, &options, now)?;
                for text in [&options.field, &token] {
                    lines.push_str(text);
                    lines.push('\n');
                }
            }
            Ok(())
        })
        .map_err(|(error, control)| (error, Some(control)))?;
        Ok(lines)
    }

    fn warn_of_name(&self, control: &Control) {
        if control.named && !self.warned.replace(true) {
            console::warn_2(
                &"fieldseal: a sealed control has a name, so without JavaScript its value would be sent in clear. \
                  Remove the name; data-seal is enough."
                    .into(),
                // The entry's name and not the control, which has the value in it.
                &control.entry.as_str().into(),
            );
        }
    }

    /// Wherever it was: a label lies outside of its radio button, and that one may be outside of the form.
    fn on_approach(&self, _: Event) {
        controls::name_radios(&self.form, true);
    }

    /// `submit` and `formdata` bubble, and a guard minds its own form only.
    fn is_own(&self, event: &Event) -> bool {
        event.target().is_some_and(|target| *target == **AsRef::<web_sys::EventTarget>::as_ref(&self.form))
    }

    /// Tells the page what was stopped, or that nothing was.
    fn report(&self, failure: Option<Failure>) {
        let (error, control) = match failure {
            Some((error, control)) => {
                let field = control.as_ref().map_or("", |control| &control.entry);
                dispatch_blocked(&self.form, error, field);
                (error.into(), control.map_or(JsValue::UNDEFINED, |control| control.element.into()))
            }
            None => (JsValue::UNDEFINED, JsValue::UNDEFINED),
        };
        // What the page's own callback throws is the page's own affair.
        let _ = self.blocked.call2(&JsValue::UNDEFINED, &error, &control);
    }
}
