//! Names, addresses, phones, emails.

use super::read::read_text;
use super::text::{LINES, are_digits, letters, must, part, sized, trim};
use super::value::Record;
use super::{Class, Context, Entry, Read, Reason, Rule, entry};
use crate::ascii::{is, words};
use crate::json::{self, Json};
use crate::prelude::*;

pub(super) static KINDS: &[Entry] = &[
    entry("person-name", Class::Contact, 128, Rule::Free(200, b"")).input("name,text,"),
    entry("postal-address", Class::Contact, 512, Rule::Record(address))
        .input("street-address,text,")
        .hints(&["country"]),
    entry("billing-address", Class::Contact, 512, Rule::Record(address))
        .input("billing street-address,text,")
        .hints(&["country"]),
    entry("phone", Class::Contact, 64, Rule::Folded(b" -.\t\r\n/", phone))
        .input("tel,tel,ltr")
        .hints(&["country-code", "valid"]),
    entry("email", Class::Contact, 128, Rule::Text(email))
        .input("email,email,ltr")
        .hints(&["domain", "valid"]),
    entry("contact-form", Class::Contact, 1024, Rule::Any),
];

/// WHATWG HTML, "valid email address", with what RFC 6531 adds: letters beyond ASCII in both parts. The
/// domain needs a dot, as a form is not filled in by people of the same machine. Lengths: RFC 5321
/// section 4.5.3.1.
fn email(text: &mut Text, _: &Context<'_>) -> Read<()> {
    trim(text);
    let at = text.bytes().rposition(|b| b == b'@').ok_or(Reason::Incomplete)?;
    let (local, domain) = (part(text, 0, at), part(text, at + 1, text.len()));
    must(!local.is_empty(), Reason::Format)?;
    for c in local.chars() {
        must(is_of(c, b"azAZ09-/!!#'*+==??^`{~"), Reason::Format)?;
    }
    must(!domain.is_empty(), Reason::Incomplete)?;
    let (mut dots, mut label, mut last) = (0, 0, '.');
    let mut rest = domain.chars();
    loop {
        let next = rest.next();
        let c = next.unwrap_or('.');
        if c == '.' {
            // A label has 1 to 63 bytes and no dash at either end.
            must((1..=63).contains(&label) && last != '-', Reason::Format)?;
            (dots, label) = (dots + 1, 0);
        } else {
            must(is_of(c, b"azAZ09") || c == '-' && label > 0, Reason::Format)?;
            label += c.len_utf8();
        }
        if next.is_none() {
            break;
        }
        last = c;
    }
    must(dots > 1, Reason::Incomplete)?;
    must(local.len() <= 64 && text.len() <= 254, Reason::TooLong)?;
    // Upper case beyond ASCII may be longer in lower case, so it is left to IDNA.
    if let Some(domain) = text.get_mut(at..) {
        domain.make_ascii_lowercase();
    }
    Ok(())
}

/// Whether a character lies in these ranges of ASCII, or is a letter or sign beyond it.
fn is_of(c: char, ranges: &[u8]) -> bool {
    if c.is_ascii() { is(c as u8, ranges) } else { !c.is_control() && !c.is_whitespace() }
}

/// The country codes of ITU-T E.164 ("List of ITU-T Recommendation E.164 assigned country codes") of two
/// digits: for each first digit from 2 on, a bit for each second digit.
const TWO_DIGITS: [u16; 8] = [
    0b00_1000_0001, // 20, 27
    0b10_0101_1111, // 30 to 34, 36, 39
    0b11_1111_1011, // 40, 41, 43 to 49
    0b01_1111_1110, // 51 to 58
    0b00_0111_1111, // 60 to 66
    0,              // 7 has one digit
    0b00_0101_0110, // 81, 82, 84, 86
    0b01_0011_1111, // 90 to 95, 98
];

/// Those of three digits: the first two digits, and a bit for each third one. Codes under which no person
/// can be called, such as freephone numbers, are left out.
const THREE_DIGITS: [(u8, u16); 22] = [
    (21, 0b01_0100_1110),
    (22, 0b11_1111_1111),
    (23, 0b11_1111_1111),
    (24, 0b11_1111_1111),
    (25, 0b01_1111_1111),
    (26, 0b11_1111_1111),
    (29, 0b11_1000_0011),
    (35, 0b11_1111_1111),
    (37, 0b01_1111_1111),
    (38, 0b10_1110_1111),
    (42, 0b00_0000_1011),
    (50, 0b11_1111_1111),
    (59, 0b11_1111_1111),
    (67, 0b11_1111_1101),
    (68, 0b11_1110_1111),
    (69, 0b00_0000_0111),
    (85, 0b00_0110_1101),
    (87, 0b00_0000_0001),
    (88, 0b00_0100_1111),
    (96, 0b01_1111_1111),
    (97, 0b00_1111_1111),
    (99, 0b01_0111_1100),
];

/// Countries by ISO 3166-1, each with a space and the code that a national number gets in front.
const CALLING_CODES: &str = "US1 CA1 PR1 DO1 JM1 TT1 BS1 BB1 GB44 IE353 DE49 FR33 ES34 IT39 PT351 NL31 BE32 LU352 CH41 AT43 SE46 NO47 \
                             DK45 FI358 IS354 PL48 CZ420 SK421 HU36 RO40 BG359 GR30 HR385 SI386 EE372 LV371 UA380 TR90 IL972 \
                             AE971 SA966 JP81 KR82 CN86 HK852 TW886 SG65 MY60 TH66 VN84 ID62 PH63 IN91 PK92 AU61 NZ64 BR55 MX52 AR54 \
                             CL56 CO57 PE51 ZA27 NG234 KE254 GH233 EG20 MA212 ";

/// ITU-T E.164: a `+`, the country code and the national number, 15 digits at most. The shortest national
/// numbers that are dialled from abroad leave 7.
fn phone(text: &mut Text, context: &Context<'_>) -> Read<()> {
    // Outside of its country a number has no trunk prefix, though people write it there in parentheses.
    let trunk = text.as_bytes().windows(3).position(|window| window == b"(0)");
    let mut typed = Text::with_capacity(text.len());
    for (at, b) in text.bytes().enumerate() {
        must(is(b, b"09()++"), Reason::Format)?;
        if !matches!(b, b'(' | b')') && trunk.is_none_or(|trunk| at != trunk + 1) {
            typed.push(b.into());
        }
    }
    let international = typed.strip_prefix('+').or_else(|| typed.strip_prefix("00"));
    let mut number = international.unwrap_or(&typed);
    let mut code = "";
    must(are_digits(number), Reason::Format)?;
    if international.is_none() {
        code = calling_code(context.region.ok_or(Reason::Region)?).ok_or(Reason::Region)?;
        if let ("1", Some(abroad)) = (code, number.strip_prefix("011")) {
            // What North America dials for the `+`.
            (code, number) = ("", abroad);
        }
        // The trunk prefix is for calls within the country; Italy's numbers begin with their zero.
        let trunk = match code {
            "1" => "1",
            "36" => "06",
            "39" | "" => "+",
            _ => "0",
        };
        number = number.strip_prefix(trunk).unwrap_or(number);
    }
    *text = Text::new(["+", code, number].concat());
    let digits = part(text, 1, text.len());
    sized(digits, 7, 15)?;
    if country_code(digits).ok_or(Reason::Range)? == "1" {
        // North American Numbering Plan: area code and exchange begin with 2 to 9.
        sized(digits, 11, 11)?;
        must(digits.as_bytes()[1] >= b'2' && digits.as_bytes()[4] >= b'2', Reason::Range)?;
    }
    Ok(())
}

fn calling_code(region: &str) -> Option<&'static str> {
    words(CALLING_CODES, b" ")
        .find(|entry| part(entry, 0, 2).eq_ignore_ascii_case(region))
        .and_then(|entry| entry.get(2..))
}

/// The country code that these digits begin with.
pub(super) fn country_code(digits: &str) -> Option<&str> {
    let &[first, second, third, ..] = digits.as_bytes() else { return None };
    let (first, second, third) = (first - b'0', second - b'0', third - b'0');
    let has = |mask: u16, digit: u8| mask >> digit & 1 == 1;
    let zone = |(two, _): &&(u8, u16)| *two == first * 10 + second;
    let len = if matches!(first, 1 | 7) {
        1
    } else if has(*TWO_DIGITS.get(usize::from(first).checked_sub(2)?)?, second) {
        2
    } else {
        let (_, mask) = THREE_DIGITS.iter().find(zone)?;
        if has(*mask, third) { 3 } else { return None }
    };
    digits.get(..len)
}

/// The parts of an address, in the order in which they are sealed (W3C Payment Request's and vCard's
/// parts, RFC 6350 section 6.3.1, under the names that forms use).
const PARTS: [&str; 6] = ["line1", "line2", "line3", "city", "region", "postcode"];

/// An address as one text, or a part of one, or an object of its parts.
fn address(value: &Json, context: &Context<'_>, out: &mut Text) -> Read<()> {
    const LINE: Rule = Rule::Free(500, LINES);
    if let Json::String(typed) = value {
        let mut text = Text::from(typed.as_str());
        read_text(LINE, &mut text, context)?;
        json::push_string(out, &text);
        return Ok(());
    }
    let mut record = Record::of(value, context, out)?;
    for name in PARTS {
        record.take(name, LINE, name == "line1")?;
    }
    record.take("country", Rule::Text(|text, _| letters(text, 2)), false)?;
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
            ("886212345678", Some("886")),
            ("992123456789", Some("992")),
            ("210123456789", None),
            ("997123456789", None),
            ("012345", None),
            ("2", None),
        ] {
            assert_eq!(country_code(digits), code, "{digits}");
        }
    }
}
