//! Values that have parts: an object is read member by member, and written again in a fixed order.

use super::text::Text;
use super::{Read, Reason};
use crate::json::{self, Json, Object, Writer};
use crate::prelude::*;
use zeroize::Zeroizing;

/// The JSON text of a string.
pub(super) fn quoted(text: &str) -> Text {
    // A name may grow sixfold when it is escaped; with the capacity right the buffer never moves.
    let mut out = Zeroizing::new(String::with_capacity(6 * text.len() + 2));
    json::push_string(&mut out, text);
    out
}

/// The JSON text of what a string is when it is read.
pub(super) fn text_of(value: String, read: impl Fn(&str) -> Read<Text>) -> Read<Text> {
    Ok(quoted(&read(&Zeroizing::new(value))?))
}

/// An object that is being read.
pub(super) struct Record {
    left: Object,
    out: Writer,
    empty: bool,
}

impl Record {
    /// Errors: `type` for anything but an object.
    pub(super) fn of(value: Json) -> Read<Self> {
        let left = value.into_object().ok_or(Reason::Type)?;
        Ok(Self { left, out: Writer::object(), empty: true })
    }

    /// Whether nothing has been written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.empty
    }

    /// Takes a member that must be a string; an empty one is none.
    pub(super) fn string(&mut self, name: &str) -> Read<Option<Text>> {
        match self.left.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(Zeroizing::new(text)).filter(|text| !text.is_empty())),
            Some(_) => Err(Reason::Type),
        }
    }

    /// Takes a member as it is.
    pub(super) fn any(&mut self, name: &str) -> Option<Json> {
        self.left.take(name)
    }

    /// Writes a member.
    pub(super) fn put(&mut self, name: &str, text: &str) {
        self.out.string(name, text);
        self.empty = false;
    }

    /// Writes a member that is JSON text.
    pub(super) fn put_json(&mut self, name: &str, json: &str) {
        self.out.raw(name, json);
        self.empty = false;
    }

    /// Takes a member, reads it and writes what it is. It may be missing.
    pub(super) fn take(&mut self, name: &str, read: impl Fn(&str) -> Read<Text>) -> Read<()> {
        if let Some(text) = self.string(name)? {
            self.put(name, &read(&text)?);
        }
        Ok(())
    }

    /// The object's JSON text. Errors: `type` if a member is left that the kind does not have.
    pub(super) fn end(self) -> Read<Text> {
        if self.left.is_empty() { Ok(Zeroizing::new(self.out.end())) } else { Err(Reason::Type) }
    }
}

/// A number that counts in one region only: `{"region": …, "number": …}`, or the number's text where the
/// form said the region.
pub(super) fn regional(
    value: Json,
    region: Option<&str>,
    read: impl Fn(&str, &str) -> Read<(Text, Text)>,
) -> Read<Text> {
    let (region, number) = match value {
        Json::String(number) => {
            (Zeroizing::new(region.ok_or(Reason::Region)?.to_owned()), Zeroizing::new(number))
        }
        value => {
            let mut record = Record::of(value)?;
            let region = record.string("region")?.ok_or(Reason::Region)?;
            let number = record.string("number")?.ok_or(Reason::Type)?;
            record.end()?;
            (region, number)
        }
    };
    let (region, number) = read(&region, &number)?;
    let mut out = Writer::object();
    out.string("region", &region);
    out.string("number", &number);
    Ok(Zeroizing::new(out.end()))
}
