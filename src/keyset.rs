//! The key set: a JWK Set (RFC 7517 section 5) of recipient keys, each for one class of data.

mod jwk;
pub mod signed;
mod thumbprint;

pub use jwk::{Jwk, Scope};

use crate::json::{Json, Object, Writer};
use crate::kind::Class;
use crate::prelude::*;
use crate::{Code, Error, NumericDate, Result};
use alloc::sync::Arc;

/// The longest key set that is read, in bytes: hundreds of keys.
const MAX_LEN: usize = 1 << 20;

/// Recipient keys, parsed and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// Shared, because a key is kilobytes once it is expanded and a set is handed around.
    keys: Vec<Arc<Jwk>>,
    /// When the set itself ends, if it was signed.
    exp: Option<NumericDate>,
}

impl KeySet {
    /// A set of these keys.
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys: keys.into_iter().map(Arc::new).collect(), exp: None }
    }

    /// Reads a JWK Set. Every key is checked, and one bad key spoils the set: a publisher's mistake
    /// shows at once and not on the day that the key is needed.
    ///
    /// Errors: `keyset-malformed`, `keyset-duplicate-member`, `keyset-empty`, and those of [`Jwk`].
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = Error::new(Code::KeysetMalformed);
        if text.len() > MAX_LEN {
            return Err(malformed);
        }
        let json = Json::parse(text.as_bytes(), Code::KeysetMalformed, Code::KeysetDuplicateMember)?;
        let Json::Object(set) = json else { return Err(Error::of(Code::KeysetMalformed, "keys")) };
        Self::from_json(&set)
    }

    fn from_json(set: &Object) -> Result<Self> {
        let Some(Json::Array(list)) = set.get("keys") else {
            return Err(Error::of(Code::KeysetMalformed, "keys"));
        };
        if list.is_empty() {
            return Err(Error::new(Code::KeysetEmpty));
        }
        let mut set = Self { keys: Vec::new(), exp: None };
        let mut twice = false;
        for key in list {
            let key = Jwk::from_json(key)?;
            twice |= set.get(key.kid()).is_some();
            set.keys.push(Arc::new(key));
        }
        // One key under two classes would quietly undo the separation that classes are for.
        if twice { Err(Error::of(Code::KeysetMalformed, "kid")) } else { Ok(set) }
    }

    /// The JWK Set's JSON.
    pub fn to_json(&self) -> String {
        let mut set = Writer::object();
        set.raw("keys", &self.keys_json());
        set.end()
    }

    fn keys_json(&self) -> String {
        let keys: Vec<_> = self.keys.iter().map(|key| key.to_json()).collect();
        format_array(&keys)
    }

    /// The keys, in the order of the set.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Jwk> {
        self.keys.iter().map(Arc::as_ref)
    }

    /// The key of that RFC 7638 thumbprint.
    pub fn get(&self, kid: &str) -> Option<&Jwk> {
        self.keys().find(|key| key.kid() == kid)
    }

    /// Whether the set was signed and is believed no longer: it says nothing about the keys of today.
    pub fn is_expired(&self, now: NumericDate) -> bool {
        self.exp.is_some_and(|exp| now >= exp)
    }

    /// Keeps only the keys with one of these RFC 7638 thumbprints.
    ///
    /// Errors: `keyset-pin-mismatch` if none is left.
    pub fn pinned<'a>(self, pins: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self> {
        let mut kept = Self { keys: Vec::new(), exp: self.exp };
        for key in &self.keys {
            if pins.clone().into_iter().any(|pin| pin == key.kid()) {
                kept.keys.push(Arc::clone(key));
            }
        }
        if kept.keys.is_empty() { Err(Error::new(Code::KeysetPinMismatch)) } else { Ok(kept) }
    }

    /// When sealing ends unless the set is fetched again: the end of the set, or of the last key of the
    /// class that ends first, whichever comes sooner.
    pub fn exp(&self) -> Option<NumericDate> {
        let mut first = self.exp.unwrap_or(NumericDate::MAX);
        for key in self.keys() {
            // A class ends with its last key; a key without an end keeps it going for ever.
            let mut last = NumericDate(0);
            for other in self.of_scope(key.scope()) {
                last = last.max(other.exp().unwrap_or(NumericDate::MAX));
            }
            first = first.min(last);
        }
        if first < NumericDate::MAX { Some(first) } else { None }
    }

    fn of_scope(&self, scope: Scope) -> impl Iterator<Item = &Jwk> {
        self.keys().filter(move |key| key.scope() == scope)
    }

    /// Chooses the key for a class at a time.
    ///
    /// A key made for the class goes before a key of class `*`, which serves only classes that have no
    /// key of their own: falling back from an expired key would hand the value to other people. Of
    /// several, the one that became valid last is taken, so that a new key takes over from its start.
    ///
    /// Errors: `keyset-expired`, `key-missing`, `key-expired`, `key-not-yet-valid`.
    pub fn choose(&self, class: Class, now: NumericDate) -> Result<&Jwk> {
        if self.is_expired(now) {
            return Err(Error::new(Code::KeysetExpired));
        }
        let scope = match self.of_scope(Scope::Class(class)).next() {
            Some(_) => Scope::Class(class),
            None => Scope::All,
        };
        let mut why = Error::new(Code::KeyMissing);
        let mut best: Option<&Jwk> = None;
        for key in self.of_scope(scope) {
            match key.check_validity(now) {
                Ok(()) if best.is_none_or(|b| key.nbf() > b.nbf()) => best = Some(key),
                Ok(()) => {}
                // A key that starts later says more about what to do than one that ended.
                Err(e) if why.kind() != Code::KeyNotYetValid => why = e,
                Err(_) => {}
            }
        }
        best.ok_or(why)
    }
}

fn format_array(items: &[String]) -> String {
    let mut out = "[".to_owned();
    out.push_str(&items.join(","));
    out.push(']');
    out
}
