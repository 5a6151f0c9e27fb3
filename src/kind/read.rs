//! Reading a value as its kind: the one way from what came in to a normal form.

use super::general::is_number;
use super::text::{are_alphanumeric, are_digits, compact, must, sized, without};
use crate::ascii::is;
use crate::json::{self, Json};
use crate::prelude::*;
use crate::{Code, Error, Kind, NumericDate, Result};

/// What reading depends on beside the value.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The country (ISO 3166-1, `GB`) or state (`US-CA`) that the form is about, if it said so.
    pub region: Option<&'a str>,
    /// The time: no card has expired yet, nobody is born tomorrow.
    pub now: NumericDate,
}

/// Why a value is not one of its kind. The names are stable.
// As wide as a register, so that no caller has to cut it out of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Reason {
    /// It could be the beginning of one: too short.
    Incomplete,
    /// It is longer than any.
    TooLong,
    /// It holds a character, or has a shape, that none has.
    Format,
    /// A check digit is wrong, as after a slip of the finger.
    CheckDigit,
    /// It is well-formed and yet none: never assigned, expired, no day of the calendar.
    Range,
    /// It depends on a country or state that was not given or is not known.
    Region,
    /// It is of another JSON type, or an object with other members.
    Type,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Incomplete,
        Self::TooLong,
        Self::Format,
        Self::CheckDigit,
        Self::Range,
        Self::Region,
        Self::Type,
    ];

    /// The name, as it stands in errors and in files of messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::TooLong => "too-long",
            Self::Format => "format",
            Self::CheckDigit => "check-digit",
            Self::Range => "range",
            Self::Region => "region",
            Self::Type => "type",
        }
    }
}

/// What reading gives.
pub(super) type Read<T> = core::result::Result<T, Reason>;

/// How a kind is read.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number, or a string that is one.
    Number,
    /// A string as it was typed, with so many characters at most, and these control characters.
    Free(usize, &'static [u8]),
    /// A string of digits, so many at least and at most, of which more must hold.
    Digits(usize, usize, fn(&str) -> Read<()>),
    /// The same with letters, in upper case.
    Alphanumeric(usize, usize, fn(&str) -> Read<()>),
    /// A string, from which its normal form is made in place.
    Text(fn(&mut Text, &Context<'_>) -> Read<()>),
    /// The same for one that comes folded, in upper case and without these characters.
    Folded(&'static [u8], fn(&mut Text, &Context<'_>) -> Read<()>),
    /// A value that may have parts; writes the normal form's JSON text.
    Record(fn(&Json, &Context<'_>, &mut Text) -> Read<()>),
}

impl Kind {
    /// Reads a value, given as JSON text, and gives the JSON text of its normal form. `null` and `""` are no
    /// answer, which every kind allows.
    ///
    /// Reading a normal form again gives the same, whatever the region.
    ///
    /// Errors: `value-invalid`, with a [`Reason`]'s name as the member.
    pub fn read(self, json: &str, context: &Context<'_>) -> Result<Text> {
        // A normal form is no longer than what came, save for a country code or a region, so the buffer never moves.
        let mut out = Text::with_capacity(json.len() + 64);
        match self.read_into(json, context, &mut out) {
            Ok(()) => Ok(out),
            Err(reason) => Err(Error::of(Code::ValueInvalid, reason.as_str())),
        }
    }

    /// Reads what a person typed.
    ///
    /// Errors: as [`Kind::read`].
    pub fn read_text(self, text: &str, context: &Context<'_>) -> Result<Text> {
        // A text may grow sixfold when it is escaped.
        let mut json = Text::with_capacity(6 * text.len() + 2);
        json::push_string(&mut json, text);
        self.read(&json, context)
    }

    fn read_into(self, json: &str, context: &Context<'_>, out: &mut Text) -> Read<()> {
        match self.0.rule {
            _ if matches!(json, "null" | "\"\"") => {}
            Rule::Any => {}
            Rule::Boolean => must(matches!(json, "true" | "false"), Reason::Type)?,
            Rule::Number => {
                let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json);
                let starts = json.bytes().next().is_some_and(|b| is(b, b"09--"));
                must(text != json || starts, Reason::Type)?;
                is_number(text)?;
            }
            Rule::Record(read) => return read(&parse(json)?.0, context, out),
            rule => {
                let mut text: Text = parse(json)?.0.as_str().ok_or(Reason::Type)?.into();
                read_text(rule, &mut text, context)?;
                json::push_string(out, &text);
                return Ok(());
            }
        }
        out.push_str(json);
        Ok(())
    }
}

/// Makes the normal form's text of a text.
pub(super) fn read_text(rule: Rule, text: &mut Text, context: &Context<'_>) -> Read<()> {
    match rule {
        Rule::Text(read) => read(text, context),
        Rule::Folded(separators, read) => {
            *text = without(text, separators);
            read(text, context)
        }
        Rule::Free(most, allowed) => {
            let mut length = 0;
            for c in text.chars() {
                let is_allowed = u8::try_from(c).is_ok_and(|b| allowed.contains(&b));
                must(!c.is_control() || is_allowed, Reason::Format)?;
                length += 1;
            }
            must(length <= most, Reason::TooLong)
        }
        Rule::Digits(least, most, check) | Rule::Alphanumeric(least, most, check) => {
            *text = compact(text);
            let letters = matches!(rule, Rule::Alphanumeric(..));
            must(if letters { are_alphanumeric(text) } else { are_digits(text) }, Reason::Format)?;
            sized(text, least, most)?;
            check(text)
        }
        _ => Err(Reason::Type),
    }
}

/// A value that is being read. Its texts are wiped when it is dropped.
pub(super) struct Parsed(pub(super) Json);

/// In the published module the allocator wipes whatever is freed.
#[cfg(not(feature = "module"))]
impl Drop for Parsed {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

/// Values that the strict reader does not take, such as fractions, are of no kind that has parts.
pub(super) fn parse(json: &str) -> Read<Parsed> {
    match Json::parse(json.as_bytes(), Code::ValueInvalid, Code::ValueInvalid) {
        Ok(json) => Ok(Parsed(json)),
        Err(_) => Err(Reason::Type),
    }
}
