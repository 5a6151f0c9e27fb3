//! A key pair, a form on the page, and a guard on it, all gone again at a test's end.

use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::open::{Expect, PrivateKey};
use fieldseal::suite::Alg;
use fieldseal::wasm::{self, Guard, Sealer, guard_form};
use fieldseal::{NumericDate, kind::Kind};
use js_sys::{Array, Function, Object, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, Document, Element, Event, FormData, HtmlElement, HtmlFormElement};
use zeroize::Zeroizing;

pub const ORIGIN: &str = "https://shop.example";

/// The key holder's half of the test's key. It is the same in each test, and nobody's in the world.
pub fn private_key() -> PrivateKey {
    PrivateKey::from_seed(Alg::Hpke9, Zeroizing::new([7; 32])).unwrap()
}

/// A sealer for that key, until `exp`.
pub fn sealer_until(exp: Option<NumericDate>) -> Sealer {
    let jwk = Jwk::new(Alg::Hpke9, Scope::All, &private_key().public(), None, exp).unwrap();
    let keys = wasm::KeySet::parse(&KeySet::new(vec![jwk]).to_json()).unwrap();
    Sealer::new(&keys, ORIGIN).unwrap()
}

pub fn sealer() -> Sealer {
    sealer_until(None)
}

/// Opens a token that must be for this entry, and gives the value's JSON text.
pub fn open(token: &str, field: &str) -> String {
    let token = Token::parse(token).unwrap();
    let now = NumericDate((js_sys::Date::now() / 1000.0) as u64);
    token.check(&Expect { field: Some(field), origin: Some(ORIGIN), ..Expect::default() }, now).unwrap();
    private_key().open(&token).unwrap().json().to_owned()
}

/// The kind that a token says it is.
pub fn kind_of(token: &str) -> Kind {
    Token::parse(token).unwrap().header().kind
}

/// The stable code of what was thrown.
pub fn code_of(error: &JsValue) -> String {
    Reflect::get(error, &"code".into()).unwrap().as_string().unwrap()
}

pub fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// What the guard told the page: the callback's codes (`None`: all went well), and the events' codes and fields.
#[derive(Default)]
pub struct Told {
    pub reports: RefCell<Vec<Option<String>>>,
    pub events: RefCell<Vec<(String, String)>>,
    /// How many `submit` events reached the page's own listener.
    pub submits: RefCell<usize>,
}

/// A form on the page. Dropping it takes it away.
pub struct Page {
    place: HtmlElement,
    pub form: HtmlFormElement,
    pub told: Rc<Told>,
}

impl Page {
    /// `inside` is the form's content; `outside` comes after it and may join it by `form=FORM`.
    pub fn new(inside: &str, outside: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A test that fails leaves its form behind, and controls must not join that one.
        let id = format!("form-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let html = format!("<form id=FORM action=/nowhere method=post>{inside}</form>{outside}");
        let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        place.set_inner_html(&html.replace("FORM", &id));
        // Beside what is there: the test runner's own output is on the page as well.
        document().body().unwrap().append_child(&place).unwrap();
        let form: HtmlFormElement = place.query_selector("form").unwrap().unwrap().unchecked_into();
        let told = Rc::new(Told::default());
        let page = Self { place, form, told };
        let told = Rc::clone(&page.told);
        page.listen("fieldseal:blocked", move |event| {
            let detail = event.unchecked_into::<CustomEvent>().detail();
            let text =
                |name: &str| Reflect::get(&detail, &name.into()).unwrap().as_string().unwrap_or_default();
            told.events.borrow_mut().push((text("code"), text("field")));
        });
        let told = Rc::clone(&page.told);
        page.listen("submit", move |event| {
            *told.submits.borrow_mut() += 1;
            // The page stays where it is.
            event.prevent_default();
        });
        page
    }

    /// Listens where the form's events bubble to.
    pub fn listen(&self, kind: &str, callback: impl Fn(Event) + 'static) {
        let callback = Closure::<dyn Fn(Event)>::new(callback).into_js_value();
        self.place.add_event_listener_with_callback(kind, callback.unchecked_ref()).unwrap();
    }

    /// Guards the form with a fresh sealer and no options.
    pub fn guard(&self) -> Guard {
        self.guard_with(&sealer(), "{}").unwrap()
    }

    pub fn guard_with(&self, sealer: &Sealer, options: &str) -> Result<Guard, JsValue> {
        let told = Rc::clone(&self.told);
        let report = Closure::<dyn Fn(JsValue)>::new(move |error: JsValue| {
            told.reports.borrow_mut().push((!error.is_undefined()).then(|| code_of(&error)));
        });
        let report: Function = report.into_js_value().unchecked_into();
        guard_form(self.form.clone(), sealer, options, report)
    }

    pub fn element(&self, selector: &str) -> Element {
        self.place.query_selector(selector).unwrap().unwrap()
    }

    /// Sets a property of a control, as a person's input does.
    pub fn set(&self, selector: &str, property: &str, value: impl Into<JsValue>) {
        Reflect::set(&self.element(selector), &property.into(), &value.into()).unwrap();
    }

    /// The names and values that the form submits now.
    pub fn entries(&self) -> Vec<(String, String)> {
        let entries = FormData::new_with_form(&self.form).unwrap();
        let list: Array = Array::from(&entries);
        list.iter()
            .map(|entry| {
                let entry: Array = entry.unchecked_into();
                (entry.get(0).as_string().unwrap(), entry.get(1).as_string().unwrap_or_default())
            })
            .collect()
    }

    /// The tokens under one name.
    pub fn tokens(&self, name: &str) -> Vec<String> {
        self.entries().into_iter().filter(|(entry, _)| entry == name).map(|(_, token)| token).collect()
    }

    /// The values' JSON texts under one name, opened.
    pub fn opened(&self, name: &str) -> Vec<String> {
        self.tokens(name).iter().map(|token| open(token, name)).collect()
    }

    /// Submits as a pressed button does, and says whether the page's own code got to see it.
    pub fn submits(&self) -> bool {
        let before = *self.told.submits.borrow();
        self.form.request_submit().unwrap();
        *self.told.submits.borrow() > before
    }

    pub fn events(&self) -> Vec<(String, String)> {
        self.told.events.take()
    }

    pub fn reports(&self) -> Vec<Option<String>> {
        self.told.reports.take()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.place.remove();
    }
}

/// Another value for a property of a global object, until this is dropped.
pub struct Replaced {
    object: JsValue,
    name: &'static str,
    /// What the object itself had; most of these properties belong to its prototype.
    own: Option<JsValue>,
}

impl Replaced {
    pub fn new(global: &str, name: &'static str, value: &JsValue) -> Self {
        let object = Reflect::get(&js_sys::global(), &global.into()).unwrap();
        let own = Object::has_own(object.unchecked_ref::<Object>(), &name.into());
        let own = own.then(|| Reflect::get(&object, &name.into()).unwrap());
        assert!(Reflect::set(&object, &name.into(), value).unwrap());
        Self { object, name, own }
    }

    /// Every call throws an error whose message is `message`.
    pub fn throwing(global: &str, name: &'static str, message: &str) -> Self {
        let throw = Function::new_no_args(&format!("throw new Error({message:?})"));
        Self::new(global, name, &throw)
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        let done = match &self.own {
            Some(own) => Reflect::set(&self.object, &self.name.into(), own),
            None => Reflect::delete_property(self.object.unchecked_ref::<Object>(), &self.name.into()),
        };
        assert!(done.unwrap());
    }
}
