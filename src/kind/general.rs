//! Everything else.

use super::calendar::Date;
use super::text::{are_digits, is_shaped, must, number, part, split, trim};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::prelude::*;

pub(super) static KINDS: &[Entry] = &[
    entry("text", Class::General, 256, Rule::Any).input("on,text,"),
    entry("number", Class::General, 64, Rule::Number).input("on,decimal,"),
    entry("boolean", Class::General, 64, Rule::Boolean).input("on,text,"),
    entry("choice", Class::General, 128, Rule::Free(256, b"")).input("on,text,"),
    entry("date", Class::General, 64, Rule::Text(date)).input("on,text,"),
    entry("json", Class::General, 1024, Rule::Any),
    entry("general-form", Class::General, 1024, Rule::Any),
];

/// WHATWG HTML, "valid date string" and "valid local date and time string": what date inputs give.
fn date(text: &mut Text, _: &Context<'_>) -> Read<()> {
    trim(text);
    let (day, time) = split(text, b"T").unwrap_or((text, "00:00"));
    Date::parse(day)?;
    must(is_shaped(time, b"99:99:99.999"), Reason::Format)?;
    must(matches!(time.len(), 5 | 8 | 10..), Reason::Incomplete)?;
    must(time.len() <= 12, Reason::Format)?;
    let at = |from| number(part(time, from, from + 2));
    must(at(0) < 24 && at(3) < 60 && at(6) < 60, Reason::Range)
}

/// A decimal number: WHATWG HTML, "valid floating-point number", which is what number inputs give. JSON's
/// own numbers are spelt more strictly and have been read as JSON.
pub(super) fn is_number(text: &str) -> Read<()> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = split(unsigned, b"eE").unwrap_or((unsigned, "0"));
    let (whole, fraction) = split(mantissa, b".").unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && are_digits(text);
    // The part before the point may be left out if there is a point.
    let whole = if whole.is_empty() && fraction.len() < mantissa.len() { "0" } else { whole };
    must(digits(whole) && digits(fraction) && digits(exponent), Reason::Format)?;
    must(text.len() <= 64, Reason::TooLong)
}
