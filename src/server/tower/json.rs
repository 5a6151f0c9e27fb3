//! A JSON text as entries: each member at any depth whose value is not an object or a list.
//!
//! A declared name is looked for at every depth, because a client that does not seal may as well nest. A
//! name that comes twice gives two entries, whichever of them the service will take. The profile's own
//! reader is for headers and refuses fractions, which other people's requests may have.

use crate::prelude::*;
use alloc::borrow::Cow;
use alloc::string::ToString;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

type Add<'a> = &'a mut dyn FnMut(&str, Cow<'_, str>);

/// Gives every entry of a JSON text to `add`. An object that has a name is given with an empty value as
/// well, so that a declared name is refused and does not hide what is in it.
pub(super) fn read(text: &[u8], add: Add<'_>) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    Walk { name: "", add }.deserialize(&mut reader)?;
    reader.end()
}

/// The value of the member `name`.
struct Walk<'n, 'a> {
    name: &'n str,
    add: Add<'a>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    /// `null` says that there is no value.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        (self.add)(self.name, value.into());
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        (self.add)(self.name, if value { "true" } else { "false" }.into());
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        (self.add)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        (self.add)(self.name, value.to_string().into());
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        (self.add)(self.name, value.to_string().into());
        Ok(())
    }

    /// The items of a list are the values of a name that comes several times.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Walk { name: self.name, add: &mut *self.add })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if !self.name.is_empty() {
            (self.add)(self.name, Cow::default());
        }
        while let Some(name) = members.next_key::<String>()? {
            members.next_value_seed(Walk { name: &name, add: &mut *self.add })?;
        }
        Ok(())
    }
}
