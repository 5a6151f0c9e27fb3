//! Records, insurance, conditions, treatments.

use super::read::read_text;
use super::text::{COLUMNS, are_alphanumeric, fold, must, part, sized, split};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::prelude::*;

/// The longest note, in characters.
const NOTE: usize = 20_000;

pub(super) static KINDS: &[Entry] = &[
    entry("medical-record-number", Class::Health, 64, Rule::Text(record_number)),
    entry("health-insurance-id", Class::Health, 64, Rule::Alphanumeric(4, 20, insurance_id)),
    entry("diagnosis", Class::Health, 512, Rule::Text(diagnosis)),
    entry("treatment", Class::Health, 1024, Rule::Free(NOTE, COLUMNS)),
    entry("medication", Class::Health, 512, Rule::Free(NOTE, COLUMNS)),
    entry("health-note", Class::Health, 4096, Rule::Free(NOTE, COLUMNS)),
    entry("health-form", Class::Health, 4096, Rule::Any),
];

/// What a hospital prints: there is no standard for it, only characters that all of them use.
fn record_number(text: &str, _: &Context<'_>) -> Read<Text> {
    let mut out = Text::with_capacity(text.len());
    out.extend(text.trim_ascii().chars().filter_map(fold).map(|c| c.to_ascii_uppercase()));
    must(out.bytes().all(|b| b.is_ascii_alphanumeric() || b"-./ _".contains(&b)), Reason::Format)?;
    sized(&out, 1, 32)?;
    Ok(out)
}

/// Any insurer's number. One in the shape of a Medicare number must be one: Centers for Medicare and Medicaid
/// Services, "Understanding the Medicare Beneficiary Identifier (MBI) Format".
fn insurance_id(id: &str) -> Read<()> {
    let (mut shape, mut strict) = (id.len() == 11, true);
    for (b, class) in id.bytes().zip(*b"CAXNAXNAANN") {
        let letter = b.is_ascii_uppercase();
        shape &= class == b'X' || letter == (class == b'A');
        // These letters are left out, because they look like digits.
        strict &= !(b"SLOIBZ".contains(&b) || class == b'C' && b == b'0');
    }
    must(!shape || strict, Reason::Format)
}

/// An ICD-10-CM code (National Center for Health Statistics: a letter, a digit, a digit or A or B, and up to
/// four more after a dot), or a condition in words.
fn diagnosis(text: &str, context: &Context<'_>) -> Read<Text> {
    let code = Text::new(text.trim_ascii().to_ascii_uppercase());
    let (category, detail) = split(&code, b".").unwrap_or((&code, "0"));
    let is = |at, holds: fn(&u8) -> bool| part(category, at, at + 1).as_bytes().first().is_some_and(holds);
    let is_category = category.len() == 3
        && is(0, u8::is_ascii_uppercase)
        && is(1, u8::is_ascii_digit)
        && is(2, |b| b.is_ascii_digit() || matches!(b, b'A' | b'B'));
    if is_category && matches!(detail.len(), 1..=4) && are_alphanumeric(detail) {
        return Ok(code);
    }
    read_text(Rule::Free(2000, COLUMNS), text, context)
}
