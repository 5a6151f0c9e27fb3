//! Government identifiers and dates of birth.

use super::calendar::Date;
use super::check::icao;
use super::text::{SEPARATORS, are_alphanumeric, are_digits, must, number, part, sized, split};
use super::value::regional;
use super::{Class, Context, Entry, Read, Reason, Rule, entry, licence, national};
use crate::NumericDate;
use crate::ascii::{is, only};
use crate::prelude::*;

pub(super) static KINDS: &[Entry] = &[
    entry("us-ssn", Class::Identity, 64, Rule::Digits(9, 9, ssn))
        .input(OFF)
        .groups('-', &[3, 2, 4])
        .hints(VALID),
    entry("us-itin", Class::Identity, 64, Rule::Digits(9, 9, itin))
        .input(OFF)
        .groups('-', &[3, 2, 4])
        .hints(VALID),
    entry("us-ein", Class::Identity, 64, Rule::Digits(9, 9, ein))
        .input(OFF)
        .groups('-', &[2, 7])
        .hints(VALID),
    entry(
        "drivers-licence",
        Class::Identity,
        64,
        Rule::Record(|v, c, out| regional(v, c, out, licence::check)),
    )
    .input("off,text,ltr")
    .hints(&["region", "valid"]),
    entry("passport-number", Class::Identity, 128, Rule::Folded(SEPARATORS, passport))
        .input("off,text,ltr")
        .hints(VALID),
    entry("date-of-birth", Class::Identity, 64, Rule::Folded(b" \t\r\n", birth))
        .input("bday,text,")
        .hints(&["year", "age-band", "valid"]),
    entry("national-id", Class::Identity, 64, Rule::Record(|v, c, out| regional(v, c, out, national::check)))
        .input("off,text,ltr")
        .hints(&["region", "valid"]),
    entry("identity-form", Class::Identity, 512, Rule::Any),
];

const OFF: &str = "off,numeric,ltr";
const VALID: &[&str] = &["valid"];

/// Social Security Administration, POMS RM 10201.035: no number has an area of 000, 666 or 900 to 999, a
/// group of 00, or a serial of 0000. Two numbers that were printed in advertisements belong to nobody.
fn ssn(digits: &str) -> Read<()> {
    let all = number(digits);
    let (area, group, serial) = (all / 1_000_000, all / 10_000 % 100, all % 10_000);
    let printed = matches!(all, 78_051_120 | 219_099_999);
    must(!matches!(area, 0 | 666 | 900..) && group > 0 && serial > 0 && !printed, Reason::Range)
}

/// Internal Revenue Manual 3.21.263.5.1: a 9, and a group of 50 to 65, 70 to 88, 90 to 92 or 94 to 99.
fn itin(digits: &str) -> Read<()> {
    let group = number(part(digits, 3, 5));
    let assigned = matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
    must(digits.starts_with('9') && assigned, Reason::Range)
}

/// IRS, "How EINs are assigned and valid EIN prefixes".
fn ein(digits: &str) -> Read<()> {
    let prefix = number(part(digits, 0, 2));
    let unassigned = matches!(prefix, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97);
    must(!unassigned, Reason::Range)
}

/// ICAO Doc 9303: a document number as it is printed (part 4: up to 9 letters and digits), with its check
/// digit (part 3 section 4.9), or the machine-readable zone of a TD3 booklet (part 4 section 4.2).
fn passport(text: &mut Text, _: &Context<'_>) -> Read<()> {
    must(only(text, b"09AZ<<"), Reason::Format)?;
    let filled = text.as_bytes().contains(&b'<');
    if text.len() > if filled { 10 } else { 20 } {
        let start = if text.starts_with("P<") { 44 } else { 0 };
        sized(text, start + 44, start + 44)?;
        let zone = part(text, start, start + 44);
        let checks = |from, to| icao(part(zone, from, to)) == number(part(zone, to, to + 1));
        let composite = [part(zone, 0, 10), part(zone, 13, 20), part(zone, 21, 43)].concat();
        // A personal number that is left out may be without a check digit.
        let personal = checks(28, 42) || only(part(zone, 28, 43), b"<<");
        let whole = icao(&composite) == number(part(zone, 43, 44));
        must(checks(0, 9) && checks(13, 19) && checks(21, 27) && personal && whole, Reason::CheckDigit)?;
        *text = part(zone, 0, 10).into();
    }
    let padded = part(text, 0, text.len().min(9));
    let filled = padded.bytes().rev().take_while(|b| *b == b'<').count();
    let document = part(padded, 0, padded.len() - filled);
    must(are_alphanumeric(document), Reason::Format)?;
    if text.len() == 10 {
        let check = part(text, 9, 10);
        must(are_digits(check), Reason::Format)?;
        must(icao(padded) == number(check), Reason::CheckDigit)?;
    }
    must(text.len() <= 10, Reason::TooLong)?;
    sized(document, 6, 9)?;
    must(document.bytes().any(|b| b.is_ascii_digit()), Reason::Format)?;
    *text = document.into();
    Ok(())
}

/// How many years ago a person may have been born. Nobody is known to have lived longer than 122 years.
const OLDEST: u32 = 130;

/// A day in the orders in which people write it: ISO 8601, with dots the day first, and with slashes as the
/// region does.
fn birth(text: &mut Text, context: &Context<'_>) -> Read<()> {
    let separator = text.bytes().find(|b| !b.is_ascii_digit()).unwrap_or(b'-');
    must(is(separator, b"-/") && only(text, &[b'0', b'9', separator, separator]), Reason::Format)?;
    let (first, rest) = split(text, &[separator]).ok_or(Reason::Incomplete)?;
    let (second, third) = split(rest, &[separator]).ok_or(Reason::Incomplete)?;
    must(are_digits(third), Reason::Format)?;
    let (year, month, day) = if separator != b'.' && first.len() == 4 {
        (first, second, third)
    } else if separator == b'-' {
        return Err(Reason::Format);
    } else if separator == b'/' && context.region.ok_or(Reason::Region)?.eq_ignore_ascii_case("US") {
        (third, first, second)
    } else {
        (third, second, first)
    };
    sized(year, 4, 4)?;
    sized(month, 1, 2)?;
    sized(day, 1, 2)?;
    let born = Date::new(number(year), number(month), number(day))?;
    // Somewhere it is already tomorrow: the first to get there are fourteen hours ahead of UTC.
    let today = Date::of(context.now.plus(14 * 3600));
    let earliest = Date(Date::of(context.now).0 - OLDEST * 10_000);
    must(earliest <= born && born <= today, Reason::Range)?;
    *text = born.to_text();
    Ok(())
}

/// The band in which the age of somebody born on that day is.
pub(super) fn age_band(born: &str, now: NumericDate) -> Option<&'static str> {
    let age = Date::parse(born).ok()?.years_until(Date::of(now));
    Some(match age {
        0..=12 => "under-13",
        13..=17 => "13-17",
        18..=24 => "18-24",
        25..=34 => "25-34",
        35..=44 => "35-44",
        45..=54 => "45-54",
        55..=64 => "55-64",
        _ => "65-over",
    })
}
