//! Finds card numbers and US Social Security numbers in text that nobody declared.
//!
//! A hit refuses somebody's order, so precision goes before reach: digits only count if they stand as a
//! number by themselves, begin as a card scheme's do, and are read as their kind by the catalogue. Nothing
//! that was found is kept.

use super::text::Text;
use super::{Brand, Context, Kind};
use crate::NumericDate;
use crate::prelude::*;
use core::ops::Range;

/// The shortest and the longest card number (ISO/IEC 7812-1 allows 8 to 19; no issuer of cards that pay on
/// the web goes below 13).
const CARD_LEN: core::ops::RangeInclusive<usize> = 13..=19;

/// How cards print their digits. Only in these groups is a number looked for inside a longer row.
const CARD_GROUPS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

/// How a Social Security number is printed: area, group, serial.
const SSN_GROUPS: &[usize] = &[3, 2, 4];

/// The kind of the first card number or Social Security number in a text, if there is one.
pub fn detect(text: &str) -> Option<Kind> {
    let mut at = 0;
    while let Some(start) = text.get(at..)?.find(|c: char| c.is_ascii_digit()) {
        let row = Row::read(text, at + start);
        if let Some(id) = row.find() {
            return Kind::parse(id).ok();
        }
        at = row.end;
    }
    None
}

/// Groups of digits with one separator between each two, as long as it goes on.
struct Row<'a> {
    text: &'a str,
    groups: Vec<Range<usize>>,
    end: usize,
}

impl<'a> Row<'a> {
    fn read(text: &'a str, mut at: usize) -> Self {
        let mut groups = Vec::new();
        loop {
            let len = digits_at(text, at);
            groups.push(at..at + len);
            let end = at + len;
            let mut rest = text.get(end..).unwrap_or_default().chars();
            match rest.next() {
                Some(c) if is_separator(c) && digits_at(text, end + c.len_utf8()) > 0 => {
                    at = end + c.len_utf8();
                }
                _ => return Self { text, groups, end },
            }
        }
    }

    /// The id of what is in the row.
    fn find(&self) -> Option<&'static str> {
        let all = 0..self.groups.len();
        if self.is_card(all.clone()) {
            return Some("card-number");
        }
        for at in all {
            let group = at..at + 1;
            if self.is_card(group)
                || CARD_GROUPS.iter().any(|g| self.is_part(at, g) && self.is_card(at..at + g.len()))
            {
                return Some("card-number");
            }
            if self.is_part(at, SSN_GROUPS) && self.is_ssn(at..at + SSN_GROUPS.len()) {
                return Some("us-ssn");
            }
        }
        None
    }

    /// Whether the groups from `at` on have these lengths and one separator throughout, and so are read as
    /// one number in whatever they stand.
    fn is_part(&self, at: usize, lengths: &[usize]) -> bool {
        let Some(groups) = self.groups.get(at..at + lengths.len()) else { return false };
        let mut separators = groups.windows(2).map(|pair| self.text.get(pair[0].end..pair[1].start));
        let first = separators.next();
        groups.iter().map(Range::len).eq(lengths.iter().copied()) && separators.all(|s| Some(s) == first)
    }

    fn is_card(&self, part: Range<usize>) -> bool {
        let digits = self.digits(part.clone());
        CARD_LEN.contains(&digits.len())
            && digits.starts_with(['2', '3', '4', '5', '6'])
            && Brand::of(&digits).name != "unknown"
            && digits.bytes().any(|digit| !digits.as_bytes().starts_with(&[digit]))
            && is_kind("card-number", &digits)
            && self.stands_alone(part)
    }

    fn is_ssn(&self, part: Range<usize>) -> bool {
        is_kind("us-ssn", &self.digits(part.clone())) && self.stands_alone(part)
    }

    /// The digits of these groups; none of a row that is too long for anything.
    fn digits(&self, part: Range<usize>) -> Text {
        let groups = self.groups.get(part).unwrap_or_default();
        let mut digits = Text::default();
        if groups.iter().map(Range::len).sum::<usize>() <= *CARD_LEN.end() {
            digits.extend(groups.iter().filter_map(|group| self.text.get(group.clone())));
        }
        digits
    }

    /// Whether nothing beside these groups makes them a piece of something longer: a word, a UUID, an
    /// international phone number, a decimal fraction, or another group behind a dash.
    fn stands_alone(&self, part: Range<usize>) -> bool {
        let groups = self.groups.get(part).unwrap_or_default();
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
        let mut before = self.text.get(..first.start).unwrap_or_default().chars().rev();
        let mut after = self.text.get(last.end..).unwrap_or_default().chars();
        let starts = match (before.next(), before.next()) {
            (Some('+'), _) => false,
            (Some(c), next) => !is_bound(c, next),
            (None, _) => true,
        };
        let ends = match (after.next(), after.next()) {
            (Some(c), next) => !is_bound(c, next),
            (None, _) => true,
        };
        starts && ends
    }
}

fn digits_at(text: &str, at: usize) -> usize {
    text.as_bytes().get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// A space or a dash, as people type them and as word processors make them.
fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{a0}' | '\u{2011}' | '\u{2013}')
}

/// Whether the character beside a number, with the one beyond it, makes the number a part of something.
fn is_bound(c: char, beyond: Option<char>) -> bool {
    match c {
        '-' => beyond.is_some_and(char::is_alphanumeric),
        '.' => beyond.is_some_and(|c| c.is_ascii_digit()),
        c => c.is_alphanumeric() || c == '_',
    }
}

/// Whether digits are a value of this kind. No kind that is looked for depends on the time or the place.
fn is_kind(id: &str, digits: &str) -> bool {
    let context = Context { region: None, now: NumericDate(0) };
    Kind::parse(id).is_ok_and(|kind| kind.read_text(digits, &context).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    fn id(text: &str) -> Option<&'static str> {
        detect(text).map(Kind::as_str)
    }

    #[test]
    fn cards_are_found() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "4242\u{a0}4242\u{a0}4242\u{a0}4242",
            "4222222222222",
            "378282246310005",
            "3782 822463 10005",
            "3056 930902 5904",
            "6011 1111 1111 1117",
            "5555555555554444",
            "2223 0031 2200 3222",
            "6759 6498 2643 8453",
            "3530111333300000",
            "my card is 4242 4242 4242 4242, thanks",
            "(4242424242424242)",
            "card:4242424242424242;",
            "No.4242 4242 4242 4242.",
            "4242 4242 4242 4242 04/29 123",
            "2 times 12 4242 4242 4242 4242",
            "04 29 4242-4242-4242-4242",
            "12,4242424242424242,04/29",
            "Zahlung 5555 5555 5555 4444 ü",
            "1111111111111111111111 4242424242424242",
        ] {
            assert_eq!(id(text), Some("card-number"), "{text}");
        }
    }

    #[test]
    fn social_security_numbers_are_found() {
        for text in
            ["123-45-6789", "ssn 123 45 6789.", "(899-99-9999)", "90210 123-45-6789", "123-45-6789 1990"]
        {
            assert_eq!(id(text), Some("us-ssn"), "{text}");
        }
        for text in [
            "000-45-6789",
            "666-45-6789",
            "900-45-6789",
            "123-00-6789",
            "123-45-0000",
            "1123-45-6789",
            "123-45-67890",
            "123-456789",
            "12-345-6789",
            "123456789",
            "123.45.6789",
            "123-45 6789",
            "a123-45-6789",
            "X-123-45-6789",
            "123-45-6789-1",
            "123-45-6789-x",
            "+123-45-6789",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_card_is_not_one() {
        for text in [
            "",
            "4242",
            "4242424242424241", // the check digit
            "4444444444444444", // one digit all along
            "0000000000000000",
            "1242424242424240", // no such issuer
            "9242424242424241",
            "424242424242424242424242", // longer than a card
            "44242424242424242424",
            "4242  4242  4242  4242", // two separators
            "x4242424242424242",      // in a word
            "4242424242424242_",
            "ORD-4242424242424242", // an order number
            "4242424242424242-A",
            "0.4242424242424242", // a fraction
            "4242424242424242.5",
            "+4242424242424242", // an international phone number
            "+49 151 23456789 12",
            "+1 (415) 555-0142",
            "415-555-0142 415-555-0143",
            "20260115123456", // clock readings
            "20260115123456789",
            "2026-01-15 12:34:56",
            "1795477931",
            "1795477931000",
            "1795477931000000",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479", // UUIDs
            "42424242-4242-4242-8242-424242424242",
            "abcdefab-4242-4242-9242-42424242abcd",
            "42424242-4242-4242-abcd-abcdefabcdef",
            "192.168.100.200 10.0.0.1",
            "hearth-press:1 cotton-paper:1 soot-ink:1",
            "1Z999AA10123456784", // a parcel
            "978-3-16-148410-0",  // a book
            "GB82 WEST 1234 5698 7654 32",
        ] {
            assert_eq!(id(text), None, "{text}");
        }
    }

    /// Clock readings all through a year, in the three usual spellings.
    #[test]
    fn no_time_is_a_card() {
        for minute in (0..525_600u64).step_by(7) {
            let seconds = 1_767_225_600 + minute * 60;
            for text in [(seconds * 1000).to_string(), (seconds * 1_000_000).to_string()] {
                assert_eq!(id(&text), None, "{text}");
            }
            let (day, hour) = (minute / 1440 % 28 + 1, minute / 60 % 24);
            let text = format!("2026{:02}{day:02}{hour:02}{:02}07", minute / 43_800 + 1, minute % 60);
            assert_eq!(id(&text), None, "{text}");
        }
    }

    /// The parts of a token are words, whatever digits are in them.
    #[test]
    fn no_token_is_a_card() {
        let mut state = 1u64;
        for _ in 0..2_000 {
            let mut bytes = [0u8; 200];
            for byte in &mut bytes {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
            assert_eq!(id(&crate::base64url::encode(&bytes)), None);
        }
    }
}
