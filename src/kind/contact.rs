//! Names, addresses, phones, emails.

use super::text::{Text, alphanumeric, free, sized, without};
use super::value::{Record, text_of};
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::json::Json;
use crate::prelude::*;
use zeroize::Zeroizing;

pub(super) static KINDS: &[Entry] = &[
    entry("person-name", Class::Contact, 128, Rule::Text(|text, _| free(text, 200, ""))),
    entry("postal-address", Class::Contact, 512, Rule::Record(address)),
    entry("billing-address", Class::Contact, 512, Rule::Record(address)),
    entry("phone", Class::Contact, 64, Rule::Text(phone)),
    entry("email", Class::Contact, 128, Rule::Text(email)),
    entry("contact-form", Class::Contact, 1024, Rule::Any),
];

/// WHATWG HTML, "valid email address", with what RFC 6531 adds: letters beyond ASCII in both parts. The
/// domain needs a dot, as a form is not filled in by people of the same machine. Lengths: RFC 5321
/// section 4.5.3.1.
fn email(text: &str, _: &Context<'_>) -> Read<Text> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@').ok_or(Reason::Incomplete)?;
    let atom = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let beyond_ascii = |c: char| !c.is_ascii() && !c.is_control() && !c.is_whitespace();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || beyond_ascii(c))
    };
    if local.is_empty() || !local.chars().all(|c| atom(c) || beyond_ascii(c)) {
        return Err(Reason::Format);
    }
    if domain.is_empty() {
        return Err(Reason::Incomplete);
    }
    if !domain.split('.').all(label) {
        return Err(Reason::Format);
    }
    if !domain.contains('.') {
        return Err(Reason::Incomplete);
    }
    if local.len() > 64 || text.len() > 254 {
        return Err(Reason::TooLong);
    }
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    out.push_str(local);
    out.push('@');
    // Upper case beyond ASCII may be longer in lower case, so it is left to IDNA.
    out.extend(domain.chars().map(|c| c.to_ascii_lowercase()));
    Ok(out)
}

/// The country codes of ITU-T E.164 ("List of ITU-T Recommendation E.164 assigned country codes") of two
/// digits: for each first digit from 2 on, the second digits.
const TWO_DIGITS: [&str; 8] = ["07", "0123469", "013456789", "12345678", "0123456", "", "1246", "0123458"];
/// Those of three digits: the first two digits, then the third ones. Codes under which no person can be
/// called, such as freephone numbers, are left out.
const THREE_DIGITS: &str = "2112368 220123456789 230123456789 240123456789 25012345678 260123456789 2901789 350123456789 \
                            37012345678 3801235679 42013 500123456789 590123456789 67023456789 68012356789 69012 8502356 870 \
                            8801236 96012345678 9701234567 99234568";

/// Countries by ISO 3166-1, with the code that a national number gets in front.
const CALLING_CODES: &str = "US1 CA1 PR1 DO1 JM1 TT1 BS1 BB1 GB44 IE353 DE49 FR33 ES34 IT39 PT351 NL31 BE32 LU352 CH41 AT43 SE46 NO47 DK45 FI358 IS354 \
                             PL48 CZ420 SK421 HU36 RO40 BG359 GR30 HR385 SI386 EE372 LV371 LT370 UA380 TR90 IL972 AE971 SA966 \
                             JP81 KR82 CN86 HK852 TW886 SG65 MY60 TH66 VN84 ID62 PH63 IN91 PK92 AU61 NZ64 BR55 MX52 AR54 CL56 \
                             CO57 PE51 ZA27 NG234 KE254 GH233 EG20 MA212";

/// ITU-T E.164: a `+`, the country code and the national number, 15 digits at most. The shortest national
/// numbers that are dialled from abroad leave 7.
fn phone(text: &str, context: &Context<'_>) -> Read<Text> {
    // Outside of its country a number has no trunk prefix, though people write it there in parentheses.
    let text = Zeroizing::new(text.replace("(0)", ""));
    let typed = without(&text, " -.\t()/");
    let (international, digits) = match typed.strip_prefix('+') {
        Some(digits) => (true, digits),
        None => match typed.strip_prefix("00") {
            Some(digits) => (true, digits),
            None => (false, typed.as_str()),
        },
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Reason::Format);
    }
    let mut out = Zeroizing::new(String::with_capacity(digits.len() + 4));
    out.push('+');
    if international {
        out.push_str(digits);
    } else {
        let code = calling_code(context.region.ok_or(Reason::Region)?).ok_or(Reason::Region)?;
        // The trunk prefix is for calls within the country; Italy's numbers begin with their zero.
        let trunk = match code {
            "1" => "1",
            "36" => "06",
            "39" => "+",
            _ => "0",
        };
        out.push_str(code);
        out.push_str(digits.strip_prefix(trunk).unwrap_or(digits));
    }
    sized(&out, 8, 16)?;
    let code = country_code(&out[1..]).ok_or(Reason::Range)?;
    if code == "1" {
        // North American Numbering Plan: area code and exchange begin with 2 to 9.
        sized(&out, 12, 12)?;
        let leads = |at| out.as_bytes()[at] >= b'2';
        if !leads(2) || !leads(5) {
            return Err(Reason::Range);
        }
    }
    Ok(out)
}

fn calling_code(region: &str) -> Option<&'static str> {
    let fits = |entry: &&str| entry.get(..2).is_some_and(|iso| iso.eq_ignore_ascii_case(region));
    CALLING_CODES.split(' ').find(fits).map(|entry| &entry[2..])
}

/// The country code that these digits begin with.
pub(super) fn country_code(digits: &str) -> Option<&str> {
    let first = digits.chars().next()?;
    if matches!(first, '1' | '7') {
        return digits.get(..1);
    }
    let seconds = TWO_DIGITS.get((first.to_digit(10)? as usize).checked_sub(2)?)?;
    if seconds.contains(digits.get(1..2)?) {
        return digits.get(..2);
    }
    let (zone, third) = (digits.get(..2)?, digits.get(2..3)?);
    let assigned = |entry: &str| entry.strip_prefix(zone).is_some_and(|thirds| thirds.contains(third));
    if THREE_DIGITS.split(' ').any(assigned) { digits.get(..3) } else { None }
}

/// The parts of an address, in the order in which they are sealed (W3C Payment Request's and vCard's
/// parts, RFC 6350 section 6.3.1, under the names that forms use).
const PARTS: [&str; 7] = ["line1", "line2", "line3", "city", "region", "postcode", "country"];

/// An address as one text, or a part of one, or an object of its parts.
fn address(value: Json, _: &Context<'_>) -> Read<Text> {
    let text = |text: &str| free(text, 500, "\n\r");
    let mut record = match value {
        Json::String(value) => return text_of(value, text),
        value => Record::of(value)?,
    };
    for name in PARTS {
        match name {
            "country" => record.take(name, |code| {
                let code = alphanumeric(code)?;
                let is_code = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
                if is_code { Ok(code) } else { Err(Reason::Format) }
            })?,
            _ => record.take(name, text)?,
        };
        if name == "line1" && record.is_empty() {
            return Err(Reason::Type);
        }
    }
    record.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_codes() {
        for (digits, code) in [
            ("14155550173", Some("1")),
            ("442079460000", Some("44")),
            ("353150012345", Some("353")),
            ("390612345678", Some("39")),
            ("420212345678", Some("420")),
            ("210123456789", None),
            ("999123456789", None),
            ("012345", None),
            ("2", None),
        ] {
            assert_eq!(country_code(digits), code, "{digits}");
        }
    }
}
