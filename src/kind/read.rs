//! Reading a value as its kind: the one way from what came in to a normal form.

use super::general::is_number;
use super::text::{are_alphanumeric, are_digits, compact, must, sized};
use super::value::quoted;
use crate::json::Json;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// A string; gives the normal form's text.
    Text(fn(&str, &Context<'_>) -> Read<Text>),
    /// A value that may have parts; gives the normal form's JSON text.
    Record(fn(Json, &Context<'_>) -> Read<Text>),
}

impl Kind {
    /// Reads a value, given as JSON text, and gives the JSON text of its normal form. `null` and `""` are no
    /// answer, which every kind allows.
    ///
    /// Reading a normal form again gives the same, whatever the region.
    ///
    /// Errors: `value-invalid`, with a [`Reason`]'s name as the member.
    pub fn read(self, json: &str, context: &Context<'_>) -> Result<Text> {
        self.try_read(json, context).map_err(|reason| Error::of(Code::ValueInvalid, reason.as_str()))
    }

    /// Reads what a person typed.
    ///
    /// Errors: as [`Kind::read`].
    pub fn read_text(self, text: &str, context: &Context<'_>) -> Result<Text> {
        self.read(&quoted(text), context)
    }

    fn try_read(self, json: &str, context: &Context<'_>) -> Read<Text> {
        let same = || Ok(Text::new(json.to_owned()));
        if matches!(json, "null" | "\"\"") {
            return same();
        }
        match self.0.rule {
            Rule::Any => same(),
            Rule::Boolean if matches!(json, "true" | "false") => same(),
            Rule::Boolean => Err(Reason::Type),
            Rule::Number => {
                let text = json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json);
                if text == json && !json.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                {
                    return Err(Reason::Type);
                }
                is_number(text)?;
                same()
            }
            Rule::Record(read) => read(parse(json)?, context),
            rule => {
                let text = parse(json)?.into_text().ok_or(Reason::Type)?;
                Ok(quoted(&read_text(rule, &text, context)?))
            }
        }
    }
}

/// Reads a text, and gives the normal form's text.
pub(super) fn read_text(rule: Rule, text: &str, context: &Context<'_>) -> Read<Text> {
    match rule {
        Rule::Text(read) => read(text, context),
        Rule::Free(most, allowed) => {
            let mut length = 0;
            for c in text.chars() {
                let is_allowed = u8::try_from(c).is_ok_and(|b| allowed.contains(&b));
                must(!c.is_control() || is_allowed, Reason::Format)?;
                length += 1;
            }
            must(length <= most, Reason::TooLong)?;
            Ok(text.into())
        }
        Rule::Digits(least, most, check) | Rule::Alphanumeric(least, most, check) => {
            let compact = compact(text);
            let letters = matches!(rule, Rule::Alphanumeric(..));
            must(if letters { are_alphanumeric(&compact) } else { are_digits(&compact) }, Reason::Format)?;
            sized(&compact, least, most)?;
            check(&compact)?;
            Ok(compact)
        }
        _ => Err(Reason::Type),
    }
}

/// Values that the strict reader does not take, such as fractions, are of no kind that has parts.
fn parse(json: &str) -> Read<Json> {
    Json::parse(json.as_bytes(), Code::ValueInvalid, Code::ValueInvalid).map_err(|_| Reason::Type)
}
