//! The surface that browsers, workers and Node load. It translates and never decides: each type here
//! wraps one of the core, and each function calls one.
//!
//! This folder is the only one that knows JavaScript, and this file the only one that asks the system
//! for the time and for random bytes.

mod catalogue;
mod controls;
mod dom;
mod guard;
mod options;
mod pool;
mod value;

pub use catalogue::{brand_of, check_text, edit_text, input_facts};
pub use guard::{Guard, guard_form};

use crate::ascii::words;
use crate::form::FormField;
use crate::keyset;
use crate::keyset::signed::{Signer, Unverified};
use crate::kind::Class;
use crate::prelude::*;
use crate::sealer::{self, Entropy, Prepared};
use crate::{Code, Error, NumericDate, Result};
use alloc::rc::Rc;
use core::cell::Cell;
use js_sys::{Object, Reflect};
use pool::PooledSealer;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

fn now() -> NumericDate {
    // Dates before 1970 become zero, at which no key is valid.
    NumericDate((js_sys::Date::now() / 1000.0) as u64)
}

fn entropy() -> Result<Entropy> {
    let mut bytes = Zeroizing::new([0; Entropy::LEN]);
    getrandom::fill(&mut *bytes).map_err(|_| Error::new(Code::RandomnessUnavailable))?;
    Ok(Entropy::new(&bytes))
}

/// A key set that may be sealed to, and what its rehearsal made for the first sealer.
#[wasm_bindgen]
pub struct KeySet(keyset::KeySet, Cell<Option<Prepared>>);

#[wasm_bindgen]
impl KeySet {
    /// Reads a JWK Set from its text.
    pub fn parse(text: &str) -> core::result::Result<Self, JsValue> {
        Ok(Self(keyset::KeySet::parse(text)?, Cell::default()))
    }

    /// Keeps only the keys with one of these thumbprints, which are separated by spaces.
    pub fn pinned(self, pins: &str) -> core::result::Result<Self, JsValue> {
        Ok(Self(self.0.pinned(words(pins, b" "))?, self.1))
    }

    /// The keys' thumbprints, separated by spaces.
    pub fn kids(&self) -> String {
        let mut kids = String::new();
        for key in self.0.keys() {
            if !kids.is_empty() {
                kids.push(' ');
            }
            kids.push_str(key.kid());
        }
        kids
    }

    /// Does the costly part of sealing a value once, as engines compile a function when it is called first: so the first
    /// value of a page waits for neither. What goes wrong shows when a value is sealed.
    pub fn rehearse(&self) {
        let now = now();
        let Some(key) = Class::ALL.into_iter().find_map(|class| self.0.choose(class, now).ok()) else {
            return;
        };
        self.1.set(entropy().and_then(|entropy| Prepared::new(key, entropy)).ok());
    }

    /// When sealing ends, in seconds since 1970.
    pub fn exp(&self) -> Option<f64> {
        self.0.exp().map(|exp| exp.0 as f64)
    }
}

/// A signed key set before its signature has been verified.
#[wasm_bindgen]
pub struct SignedKeySet {
    set: Unverified,
    signer: Signer,
}

#[wasm_bindgen]
impl SignedKeySet {
    /// Reads a signed set and the signer's JWK.
    pub fn parse(text: &str, signer: &str) -> core::result::Result<Self, JsValue> {
        let signer = Signer::parse(signer)?;
        Ok(Self { set: Unverified::parse(text, &signer)?, signer })
    }

    /// What to verify: the signer's raw public key (32 bytes), the signature (64) and what was signed.
    pub fn evidence(&self) -> Vec<u8> {
        [&self.signer.public()[..], &self.set.signature()[..], self.set.signing_input().as_bytes()].concat()
    }

    /// Gives the keys if the signature verified and the set is current.
    pub fn trust(self, verified: bool) -> core::result::Result<KeySet, JsValue> {
        Ok(KeySet(self.set.trust(verified, now())?, Cell::default()))
    }
}

/// Seals values of one origin.
#[wasm_bindgen]
pub struct Sealer(Rc<PooledSealer>);

#[wasm_bindgen]
impl Sealer {
    /// A sealer for pages of `origin`.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: &KeySet, origin: &str) -> core::result::Result<Self, JsValue> {
        let sealer = sealer::Sealer::new(keys.0.clone(), origin)?;
        Ok(Self(Rc::new(PooledSealer::new(sealer, keys.1.take()))))
    }

    /// Seals one value.
    pub fn seal(&self, value: &JsValue, options: &str) -> core::result::Result<String, JsValue> {
        let options = options::parse(options)?;
        let json = value::to_json(value)?;
        Ok(self.0.seal_json(&json, &options, now())?)
    }

    /// Seals a form: an array of `[name, kind, value, region, hints]`, where region may be undefined and hints
    /// are names with spaces between; gives an object of tokens by class.
    #[wasm_bindgen(js_name = sealForm)]
    pub fn seal_form(&self, fields: &js_sys::Array, options: &str) -> core::result::Result<Object, JsValue> {
        let mut template = options::parse_form(options)?;
        let mut form = Vec::new();
        for at in 0..fields.length() {
            form.push(form_field(fields.get(at).unchecked_ref())?);
        }
        let out = Object::new();
        self.0.seal_form(&form, &mut template, |class, token| {
            // Setting a property of an object just made cannot fail.
            let _ = Reflect::set(&out, &class.as_str().into(), &token.into());
        })?;
        Ok(out)
    }

    /// Does the costly part of sealing one more of these values ahead of time: their kinds, with spaces between. Gives
    /// false when nothing was left to do. What serves none of them is wiped.
    pub fn prepare(&self, kinds: &str) -> bool {
        self.0.prepare(kinds)
    }

    /// How many values can be sealed without the costly part.
    pub fn prepared(&self) -> usize {
        self.0.prepared()
    }

    /// Wipes what was prepared.
    pub fn wipe(&self) {
        self.0.wipe();
    }
}

fn form_field(entry: &js_sys::Array) -> Result<FormField> {
    let text = |at| entry.get(at).as_string().ok_or(Error::new(Code::FieldInvalid));
    Ok(FormField {
        name: text(0)?,
        kind: text(1)?.parse()?,
        value: value::to_json(&entry.get(2))?,
        region: entry.get(3).as_string(),
        hint: options::names(&text(4)?),
    })
}
