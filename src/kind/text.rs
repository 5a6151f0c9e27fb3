//! Reading what people type: the digits of every keyboard, the separators that they put between them, and
//! the marks that come along when text is pasted.

use super::{Read, Reason};
use crate::prelude::*;
use zeroize::Zeroizing;

/// Text that may hold a person's value, wiped when it is dropped.
pub(crate) type Text = Zeroizing<String>;

/// A character without the dress of its script: full-width letters and digits (Unicode block U+FF00),
/// Arabic-Indic digits (U+0660, U+06F0), and the dashes and spaces of every width as `-` and a space.
/// `None` for marks that show nothing, such as those that set the direction of text.
pub(super) fn fold(c: char) -> Option<char> {
    let code = u32::from(c);
    let ascii = match code {
        0xff01..=0xff5e => code - 0xfee0,
        0x660..=0x669 => code - 0x660 + 0x30,
        0x6f0..=0x6f9 => code - 0x6f0 + 0x30,
        0x2010..=0x2015 | 0x2212 => 0x2d,
        0xa0 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => 0x20,
        0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xfeff => return None,
        _ => code,
    };
    char::from_u32(ascii)
}

/// The text folded, trimmed and in upper case, without spaces, dashes and dots.
pub(super) fn compact(text: &str) -> Text {
    without(text, " -.\t\r\n")
}

/// The text folded and in upper case, without these characters.
pub(super) fn without(text: &str, separators: &str) -> Text {
    // Folding makes no character longer, so the buffer never moves.
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.chars().filter_map(fold).filter(|c| !separators.contains(*c)) {
        out.push(c.to_ascii_uppercase());
    }
    out
}

/// The digits of a number that people write in groups. Errors: `format` for anything else.
pub(super) fn digits(text: &str) -> Read<Text> {
    let digits = compact(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) { Ok(digits) } else { Err(Reason::Format) }
}

/// Letters and digits, in upper case. Errors: `format` for anything else.
pub(super) fn alphanumeric(text: &str) -> Read<Text> {
    let all = compact(text);
    if all.bytes().all(|b| b.is_ascii_alphanumeric()) { Ok(all) } else { Err(Reason::Format) }
}

/// Errors: `incomplete` and `too-long` for ASCII text of another length.
pub(super) fn sized(text: &str, least: usize, most: usize) -> Read<()> {
    if text.len() < least {
        Err(Reason::Incomplete)
    } else if text.len() > most {
        Err(Reason::TooLong)
    } else {
        Ok(())
    }
}

/// Text as a person wrote it: 1 to `most` characters, and no control character but those of `allowed`.
pub(super) fn free(text: &str, most: usize, allowed: &str) -> Read<Text> {
    if text.chars().any(|c| c.is_control() && !allowed.contains(c)) {
        Err(Reason::Format)
    } else if text.chars().count() > most {
        Err(Reason::TooLong)
    } else {
        Ok(Zeroizing::new(text.to_owned()))
    }
}

/// The number that these ASCII digits are; zero for none.
pub(super) fn number(digits: &str) -> u32 {
    digits.bytes().fold(0, |n, b| n.wrapping_mul(10).wrapping_add(u32::from(b & 15)))
}

/// The part of ASCII text between two places; nothing where it is shorter.
pub(super) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// Errors: this reason, unless it holds.
pub(super) fn must(holds: bool, reason: Reason) -> Read<()> {
    if holds { Ok(()) } else { Err(reason) }
}
