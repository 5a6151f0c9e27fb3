//! Records, insurance, conditions, treatments.

use super::text::{Text, alphanumeric, fold, free, must, sized};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::prelude::*;
use zeroize::Zeroizing;

pub(super) static KINDS: &[Entry] = &[
    entry("medical-record-number", Class::Health, 64, Rule::Text(record_number)),
    entry("health-insurance-id", Class::Health, 64, Rule::Text(insurance_id)),
    entry("diagnosis", Class::Health, 512, Rule::Text(diagnosis)),
    entry("treatment", Class::Health, 1024, Rule::Text(note)),
    entry("medication", Class::Health, 512, Rule::Text(note)),
    entry("health-note", Class::Health, 4096, Rule::Text(note)),
    entry("health-form", Class::Health, 4096, Rule::Any),
];

/// What a hospital prints: there is no standard for it, only characters that all of them use.
fn record_number(text: &str, _: &Context<'_>) -> Read<Text> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    out.extend(text.trim().chars().filter_map(fold).map(|c| c.to_ascii_uppercase()));
    must(out.bytes().all(|b| b.is_ascii_alphanumeric() || b"-./ _".contains(&b)), Reason::Format)?;
    sized(&out, 1, 32)?;
    Ok(out)
}

/// Any insurer's number. One in the shape of a Medicare number must be one: Centers for Medicare and Medicaid
/// Services, "Understanding the Medicare Beneficiary Identifier (MBI) Format".
fn insurance_id(text: &str, _: &Context<'_>) -> Read<Text> {
    let id = alphanumeric(text)?;
    sized(&id, 4, 20)?;
    let (mut shape, mut strict) = (id.len() == 11, true);
    for (b, class) in id.bytes().zip("CAXNAXNAANN".bytes()) {
        let letter = b.is_ascii_uppercase();
        shape &= match class {
            b'C' | b'N' => !letter,
            b'A' => letter,
            _ => true,
        };
        // These letters are left out, because they look like digits.
        strict &= !(b"SLOIBZ".contains(&b) || class == b'C' && b == b'0');
    }
    must(!shape || strict, Reason::Format)?;
    Ok(id)
}

/// An ICD-10-CM code (National Center for Health Statistics: a letter, a digit, a digit or A or B, and up to
/// four more after a dot), or a condition in words.
fn diagnosis(text: &str, _: &Context<'_>) -> Read<Text> {
    let code = text.trim().to_ascii_uppercase();
    let (category, detail) = code.split_once('.').unwrap_or((&code, "0"));
    let is_category = match category.as_bytes() {
        [letter, second, third] => {
            letter.is_ascii_uppercase()
                && second.is_ascii_digit()
                && (third.is_ascii_digit() || matches!(third, b'A' | b'B'))
        }
        _ => false,
    };
    if is_category && (1..=4).contains(&detail.len()) && detail.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(Zeroizing::new(code));
    }
    free(text, 2000, "\n\r\t")
}

fn note(text: &str, _: &Context<'_>) -> Read<Text> {
    free(text, 20_000, "\n\r\t")
}
