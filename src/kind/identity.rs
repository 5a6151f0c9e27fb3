//! Government identifiers and dates of birth.

use super::calendar::Date;
use super::check::icao;
use super::licence;
use super::national;
use super::text::{Text, alphanumeric, digits, must, number, part, sized, without};
use super::value::regional;
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::prelude::*;
use zeroize::Zeroizing;

pub(super) static KINDS: &[Entry] = &[
    entry("us-ssn", Class::Identity, 64, Rule::Text(ssn)),
    entry("us-itin", Class::Identity, 64, Rule::Text(itin)),
    entry("us-ein", Class::Identity, 64, Rule::Text(ein)),
    entry("drivers-licence", Class::Identity, 64, Rule::Record(|v, c| regional(v, c.region, licence::read))),
    entry("passport-number", Class::Identity, 128, Rule::Text(passport)),
    entry("date-of-birth", Class::Identity, 64, Rule::Text(birth)),
    entry("national-id", Class::Identity, 64, Rule::Record(|v, c| regional(v, c.region, national::read))),
    entry("identity-form", Class::Identity, 512, Rule::Any),
];

/// Area, group and serial number of nine digits.
fn nine(text: &str) -> Read<(Text, u32, u32, u32)> {
    let digits = digits(text)?;
    sized(&digits, 9, 9)?;
    let (area, group, serial) = (number(&digits[..3]), number(&digits[3..5]), number(&digits[5..]));
    Ok((digits, area, group, serial))
}

/// Social Security Administration, POMS RM 10201.035: no number has an area of 000, 666 or 900 to 999, a
/// group of 00, or a serial of 0000. Two numbers that were printed in advertisements belong to nobody.
fn ssn(text: &str, _: &Context<'_>) -> Read<Text> {
    let (digits, area, group, serial) = nine(text)?;
    let assigned = !matches!(area, 0 | 666 | 900..) && group > 0 && serial > 0;
    must(assigned && !matches!(digits.as_str(), "078051120" | "219099999"), Reason::Range)?;
    Ok(digits)
}

/// Internal Revenue Manual 3.21.263.5.1: a 9, and a group of 50 to 65, 70 to 88, 90 to 92 or 94 to 99.
fn itin(text: &str, _: &Context<'_>) -> Read<Text> {
    let (digits, area, group, _) = nine(text)?;
    must(area >= 900 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99), Reason::Range)?;
    Ok(digits)
}

/// IRS, "How EINs are assigned and valid EIN prefixes".
fn ein(text: &str, _: &Context<'_>) -> Read<Text> {
    let (digits, area, ..) = nine(text)?;
    let assigned =
        !matches!(area / 10, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97);
    must(assigned, Reason::Range)?;
    Ok(digits)
}

/// ICAO Doc 9303: a document number as it is printed (part 4: up to 9 letters and digits), with its check
/// digit (part 3 section 4.9), or the machine-readable zone of a TD3 booklet (part 4 section 4.2).
fn passport(text: &str, _: &Context<'_>) -> Read<Text> {
    let typed = without(text, " -.\t\n\r");
    if typed.len() <= 10 || !typed.contains('<') && typed.len() <= 20 {
        return document_number(&typed);
    }
    let lines = if typed.starts_with("P<") { 2 } else { 1 };
    sized(&typed, 44 * lines, 44 * lines)?;
    let zone = part(&typed, 44 * (lines - 1), 44 * lines);
    must(zone.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'<'), Reason::Format)?;
    let composite = [part(zone, 0, 10), part(zone, 13, 20), part(zone, 21, 43)].concat();
    let checks = |from, to| icao(part(zone, from, to)) == number(part(zone, to, to + 1));
    let whole = icao(&composite) == number(part(zone, 43, 44));
    must(checks(0, 9) && checks(13, 19) && checks(21, 27) && whole, Reason::CheckDigit)?;
    document_number(part(zone, 0, 10))
}

fn document_number(typed: &str) -> Read<Text> {
    let (padded, check) = if typed.len() == 10 { typed.split_at(9) } else { (typed, "") };
    let number_only = padded.trim_end_matches('<');
    let document = alphanumeric(number_only)?;
    if !check.is_empty() {
        must(check.bytes().all(|b| b.is_ascii_digit()), Reason::Format)?;
        must(icao(padded) == number(check), Reason::CheckDigit)?;
    }
    sized(&document, 6, 9)?;
    must(document.bytes().any(|b| b.is_ascii_digit()), Reason::Format)?;
    Ok(document)
}

/// How many years ago a person may have been born. Nobody is known to have lived longer than 122 years.
const OLDEST: u32 = 130;

/// A day in the orders in which people write it: ISO 8601, with dots the day first, and with slashes as the
/// region does.
fn birth(text: &str, context: &Context<'_>) -> Read<Text> {
    let typed = without(text, " \t");
    let separator = if typed.contains('/') {
        '/'
    } else if typed.contains('.') {
        '.'
    } else {
        '-'
    };
    let parts: Vec<&str> = typed.split(separator).collect();
    must(typed.bytes().all(|b| b.is_ascii_digit() || b == separator as u8), Reason::Format)?;
    let &[first, second, third] = parts.as_slice() else {
        return Err(if parts.len() < 3 { Reason::Incomplete } else { Reason::Format });
    };
    let (year, month, day) = if first.len() == 4 && separator != '.' {
        (first, second, third)
    } else if separator == '.' {
        (third, second, first)
    } else if separator == '/' {
        match context.region {
            None => return Err(Reason::Region),
            Some(region) if region.eq_ignore_ascii_case("US") => (third, first, second),
            Some(_) => (third, second, first),
        }
    } else {
        return Err(Reason::Format);
    };
    sized(year, 4, 4)?;
    sized(month, 1, 2)?;
    sized(day, 1, 2)?;
    let born = Date::new(number(year), number(month), number(day))?;
    let today = Date::of(context.now);
    let earliest = Date { year: today.year.saturating_sub(OLDEST), ..today };
    must(earliest <= born && born <= today, Reason::Range)?;
    Ok(born.to_text())
}

/// Whether a date of birth is that of somebody of these years, and the name of the band.
pub(super) fn age_band(born: &str, now: crate::NumericDate) -> Option<&'static str> {
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

/// Text in an owned, wiped string.
pub(super) fn owned(text: &str) -> Text {
    Zeroizing::new(text.to_owned())
}
