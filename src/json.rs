//! JSON as the profile reads it: no duplicate members, whole numbers only, members in order.
//!
//! The reader is our own because the general ones keep the last of two members with one name, and
//! because theirs would be a third of the wasm module. Values that users type never pass through it.

mod read;
mod write;

pub(crate) use write::{Writer, push_digits, push_integer, push_name, push_string, to_string};

use crate::prelude::*;
use crate::{Code, Error, Result};

/// A JSON value without fractions, whose objects keep the order of their members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number from -(2^53 - 1) to 2^53 - 1, the range that every JSON reader keeps exactly
    /// (RFC 8259 section 6).
    Integer(i64),
    /// A string
    String(String),
    /// An array
    Array(Vec<Json>),
    /// An object; no name appears twice.
    Object(Object),
}

/// The members of an object, in order; no name appears twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(Vec<(String, Json)>);

impl Json {
    /// Reads one JSON text. `malformed` and `duplicate` are the codes for the two ways to fail.
    pub(crate) fn parse(text: &[u8], malformed: Code, duplicate: Code) -> Result<Self> {
        read::parse(text).map_err(|fault| {
            Error::new(match fault {
                read::Fault::Malformed => malformed,
                read::Fault::Duplicate => duplicate,
            })
        })
    }

    /// The object, if it is one.
    pub fn into_object(self) -> Option<Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// Wipes every text in it.
    #[cfg(not(feature = "module"))]
    pub(crate) fn wipe(&mut self) {
        use zeroize::Zeroize;
        match self {
            Self::Null | Self::Bool(_) => {}
            Self::Integer(whole) => whole.zeroize(),
            Self::String(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Self::wipe),
            Self::Object(members) => {
                for (name, value) in &mut members.0 {
                    name.zeroize();
                    value.wipe();
                }
            }
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
}

impl Object {
    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Takes the member `name` out.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Puts a member at the end, or gives `None` if the name is there already.
    #[must_use]
    pub fn insert(&mut self, name: &str, value: Json) -> Option<()> {
        if self.get(name).is_some() {
            return None;
        }
        self.0.push((name.to_owned(), value));
        Some(())
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object's JSON text.
    pub fn to_json(&self) -> String {
        to_string(self)
    }
}
