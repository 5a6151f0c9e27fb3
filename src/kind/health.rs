//! Records, insurance, conditions, treatments.

use super::read::read_text;
use super::text::{COLUMNS, are_alphanumeric, is_shaped, must, part, sized, split, trim, without};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::ascii::only;
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
fn record_number(text: &mut Text, _: &Context<'_>) -> Read<()> {
    // Spaces within it stay.
    *text = without(text, b"");
    trim(text);
    must(only(text, b"09AZ  -/__"), Reason::Format)?;
    sized(text, 1, 32)
}

/// Any insurer's number. One in the shape of a Medicare number must be one: Centers for Medicare and Medicaid
/// Services, "Understanding the Medicare Beneficiary Identifier (MBI) Format".
fn insurance_id(id: &str) -> Read<()> {
    // `X` is either; what looks like a digit is left out of the letters, and no number begins with a zero.
    let (mut shape, mut strict) = (id.len() == 11, !id.starts_with('0'));
    for (b, class) in id.bytes().zip(b"9AX9AX9AA99") {
        shape &= *class == b'X' || b.is_ascii_alphabetic() == (*class == b'A');
        strict &= !b"SLOIBZ".contains(&b);
    }
    must(!shape || strict, Reason::Format)
}

/// An ICD-10-CM code (National Center for Health Statistics: a letter, a digit, a digit or A or B, and up to
/// four more after a dot), or a condition in words.
fn diagnosis(text: &mut Text, context: &Context<'_>) -> Read<()> {
    let mut code = Text::from(text.trim_ascii());
    code.make_ascii_uppercase();
    let (category, detail) = split(&code, b".").unwrap_or((&code, "0"));
    let is_category =
        category.len() == 3 && is_shaped(category, b"A9") && only(part(category, 2, 3), b"09AB");
    if is_category && matches!(detail.len(), 1..=4) && are_alphanumeric(detail) {
        *text = code;
        return Ok(());
    }
    read_text(Rule::Free(2000, COLUMNS), text, context)
}
