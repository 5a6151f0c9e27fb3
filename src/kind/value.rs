//! Values that have parts: an object is read member by member, and written again in a fixed order.

use super::read::read_text;
use super::text::{are_alphanumeric, compact, must};
use super::{Context, Read, Reason, Rule};
use crate::json::{self, Json, Object};
use crate::prelude::*;

/// An object that is being read, and written again.
pub(super) struct Record<'a> {
    members: &'a Object,
    /// How many of the members were not asked for yet.
    left: usize,
    context: &'a Context<'a>,
    out: &'a mut Text,
}

impl<'a> Record<'a> {
    /// Errors: `type` for anything but an object.
    pub(super) fn of(value: &'a Json, context: &'a Context<'a>, out: &'a mut Text) -> Read<Self> {
        let Json::Object(members) = value else { return Err(Reason::Type) };
        Ok(Self::of_members(members, context, out))
    }

    pub(super) fn of_members(members: &'a Object, context: &'a Context<'a>, out: &'a mut Text) -> Self {
        out.push('{');
        Self { members, left: members.iter().len(), context, out }
    }

    fn get(&mut self, name: &str) -> Option<&'a Json> {
        let found = self.members.get(name);
        self.left -= usize::from(found.is_some());
        found
    }

    /// A member that must be a string; a missing one is empty.
    fn text(&mut self, name: &str) -> Read<&'a str> {
        self.get(name).map_or(Some(""), Json::as_str).ok_or(Reason::Type)
    }

    /// Writes a member.
    fn put(&mut self, name: &str, text: &str) {
        json::push_name(self.out, name);
        json::push_string(self.out, text);
    }

    /// Writes a member as it is if it is a whole number.
    pub(super) fn take_integer(&mut self, name: &str) -> bool {
        let Some(Json::Integer(whole)) = self.members.get(name) else { return false };
        self.left -= 1;
        json::push_name(self.out, name);
        json::push_integer(self.out, *whole);
        true
    }

    /// Takes a member, reads it and writes what it is. Errors: `type` if it is missing and must not be; an empty
    /// one is missing.
    pub(super) fn take(&mut self, name: &str, rule: Rule, required: bool) -> Read<()> {
        let text = self.text(name)?;
        if text.is_empty() { must(!required, Reason::Type) } else { self.read(name, rule, text) }
    }

    /// Reads a text as if it had come as a member, and writes what it is.
    pub(super) fn read(&mut self, name: &str, rule: Rule, text: &str) -> Read<()> {
        let mut text = Text::from(text);
        read_text(rule, &mut text, self.context)?;
        self.put(name, &text);
        Ok(())
    }

    /// Errors: `type` if a member is left that the kind does not have.
    pub(super) fn end(self) -> Read<()> {
        self.out.push('}');
        must(self.left == 0, Reason::Type)
    }
}

/// A number that counts in one region only: `{"region": …, "number": …}`, or the number's text where the
/// form said the region. `check` gives the region's name.
pub(super) fn regional(
    value: &Json,
    context: &Context<'_>,
    out: &mut Text,
    check: fn(&str, &str) -> Read<&'static str>,
) -> Read<()> {
    let none = Object::default();
    let (mut record, region, number) = match value {
        Json::String(number) => {
            let record = Record::of_members(&none, context, out);
            (record, context.region.ok_or(Reason::Region)?, number.as_str())
        }
        value => {
            let mut record = Record::of(value, context, out)?;
            let region = record.text("region")?;
            must(!region.is_empty(), Reason::Region)?;
            let number = record.text("number")?;
            must(!number.is_empty() && record.left == 0, Reason::Type)?;
            (record, region, number)
        }
    };
    let number = compact(number);
    must(are_alphanumeric(&number), Reason::Format)?;
    record.put("region", check(region, &number)?);
    record.put("number", &number);
    record.end()
}
