//! Everything else.

use super::calendar::Date;
use super::identity::owned;
use super::text::{Text, free, must, number};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};

pub(super) static KINDS: &[Entry] = &[
    entry("text", Class::General, 256, Rule::Any),
    entry("number", Class::General, 64, Rule::Number),
    entry("boolean", Class::General, 64, Rule::Boolean),
    entry("choice", Class::General, 128, Rule::Text(|text, _| free(text, 256, ""))),
    entry("date", Class::General, 64, Rule::Text(date)),
    entry("json", Class::General, 1024, Rule::Any),
    entry("general-form", Class::General, 1024, Rule::Any),
];

/// WHATWG HTML, "valid date string" and "valid local date and time string": what date inputs give.
fn date(text: &str, _: &Context<'_>) -> Read<Text> {
    let text = text.trim();
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00"));
    Date::parse(day)?;
    let digits = |(i, b): (usize, u8)| if i % 3 == 2 { b == b':' } else { b.is_ascii_digit() };
    must(time.bytes().enumerate().all(digits), Reason::Format)?;
    must(matches!(time.len(), 5 | 8..), Reason::Incomplete)?;
    must(time.len() <= 8, Reason::Format)?;
    let at = |from| number(super::text::part(time, from, from + 2));
    must(at(0) < 24 && at(3) < 60 && at(6) < 60, Reason::Range)?;
    Ok(owned(text))
}

/// RFC 8259 section 6: a decimal number.
pub(super) fn is_number(text: &str) -> Read<()> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits =
        digits(whole) && digits(fraction) && digits(exponent) && (whole == "0" || !whole.starts_with('0'));
    must(fits, Reason::Format)?;
    must(text.len() <= 64, Reason::TooLong)
}
