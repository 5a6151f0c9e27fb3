//! Values that have parts: an object is read member by member, and written again in a fixed order.

use super::read::read_text;
use super::text::{are_alphanumeric, compact, must};
use super::{Context, Read, Reason, Rule};
use crate::json::{self, Json, Object, Writer};
use crate::prelude::*;

/// The JSON text of a string.
pub(super) fn quoted(text: &str) -> Text {
    // A text may grow sixfold when it is escaped; with the capacity right the buffer never moves.
    let mut out = Text::with_capacity(6 * text.len() + 2);
    json::push_string(&mut out, text);
    out
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

    /// An object of these strings, as if it had come.
    pub(super) fn of_parts(parts: &[(&str, &str)]) -> Self {
        let mut left = Object::default();
        for (name, text) in parts {
            // No name comes twice.
            let _ = left.insert(name, Json::String((*text).to_owned()));
        }
        Self { left, out: Writer::object(), empty: true }
    }

    /// Takes a member if it is a whole number.
    pub(super) fn integer(&mut self, name: &str) -> Option<i64> {
        let Some(Json::Integer(whole)) = self.left.get(name) else { return None };
        let whole = *whole;
        self.left.take(name);
        Some(whole)
    }

    /// Takes a member that must be a string; an empty one is none.
    pub(super) fn string(&mut self, name: &str) -> Read<Option<Text>> {
        match self.left.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(Text::new(text)).filter(|text| !text.is_empty())),
            Some(_) => Err(Reason::Type),
        }
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

    /// Takes a member, reads it and writes what it is. Errors: `type` if it is missing and must not be.
    pub(super) fn take(&mut self, name: &str, rule: Rule, required: bool, context: &Context<'_>) -> Read<()> {
        match self.string(name)? {
            Some(text) => self.put(name, &read_text(rule, &text, context)?),
            None => must(!required, Reason::Type)?,
        }
        Ok(())
    }

    /// The object's JSON text. Errors: `type` if a member is left that the kind does not have.
    pub(super) fn end(self) -> Read<Text> {
        must(self.left.is_empty(), Reason::Type)?;
        Ok(Text::new(self.out.end()))
    }
}

/// A number that counts in one region only: `{"region": …, "number": …}`, or the number's text where the
/// form said the region. `check` gives the region's name.
pub(super) fn regional(
    value: Json,
    region: Option<&str>,
    check: fn(&str, &str) -> Read<&'static str>,
) -> Read<Text> {
    let (region, number): (Text, Text) = match value {
        Json::String(number) => (region.ok_or(Reason::Region)?.into(), Text::new(number)),
        value => {
            let mut record = Record::of(value)?;
            let region = record.string("region")?.ok_or(Reason::Region)?;
            let number = record.string("number")?.ok_or(Reason::Type)?;
            record.end()?;
            (region, number)
        }
    };
    let number = compact(&number);
    must(are_alphanumeric(&number), Reason::Format)?;
    let region = check(&region, &number)?;
    let mut out = Writer::object();
    out.string("region", region);
    out.string("number", &number);
    Ok(Text::new(out.end()))
}
