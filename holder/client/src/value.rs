//! An opened value.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;
use zeroize::Zeroizing;

/// A value as the JSON text that was sealed: a number keeps its digits. It is wiped when it is dropped, and cannot
/// be printed by accident.
pub struct Value(Zeroizing<String>);

impl Value {
    /// The JSON text.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// The value as a Rust type. What is made of it is the caller's to wipe.
    ///
    /// Errors: [`Error::Type`].
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        // The reader's own message may quote the value.
        serde_json::from_str(&self.0).map_err(|_| Error::Type)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // Taken over and not copied.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(Zeroizing::new(String::from(Box::<str>::from(raw)))))
    }
}
