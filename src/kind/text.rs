//! Reading what people type: the digits of every keyboard, the separators that they put between them, and
//! the marks that come along when text is pasted.
//!
//! This and its neighbours work on bytes where they can: once folded, all that a number may hold is ASCII,
//! and the searching of `str` alone would be a tenth of the catalogue's size in the module.

use super::{Read, Reason};
use crate::ascii::only;
pub(super) use crate::ascii::{part, split};
use crate::prelude::*;

/// A character without the dress of its script: full-width letters and digits (Unicode block U+FF00),
/// Arabic-Indic digits (U+0660, U+06F0), and the dashes and spaces of every width as `-` and a space.
/// `None` for marks that show nothing, such as those that set the direction of text.
fn fold(c: char) -> Option<char> {
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

/// Spaces, dashes, dots, and what ends a line.
pub(super) const SEPARATORS: &[u8] = b" -.\t\r\n";

/// The text folded and in upper case, without [`SEPARATORS`].
pub(super) fn compact(text: &str) -> Text {
    without(text, SEPARATORS)
}

/// The text folded and in upper case, without these characters.
pub(super) fn without(text: &str, separators: &[u8]) -> Text {
    // Folding makes no character longer, so the buffer never moves.
    let mut out = Text::with_capacity(text.len());
    for c in text.chars() {
        if let Some(c) = fold(c)
            && !u8::try_from(c).is_ok_and(|b| separators.contains(&b))
        {
            out.push(c.to_ascii_uppercase());
        }
    }
    out
}

/// Takes the white space of ASCII off both ends.
pub(super) fn trim(text: &mut Text) {
    *text = text.trim_ascii().into();
}

/// Whether these are digits and nothing else.
pub(super) fn are_digits(text: &str) -> bool {
    only(text, b"09")
}

/// Whether these are letters from A to Z and nothing else.
pub(super) fn are_letters(text: &str) -> bool {
    only(text, b"AZaz")
}

/// Whether these are letters and digits, and nothing else.
pub(super) fn are_alphanumeric(text: &str) -> bool {
    only(text, b"09AZaz")
}

/// Whether the text is of this shape, as far as both go: `9` is a digit, `A` a letter, and anything else itself.
pub(super) fn is_shaped(text: &str, shape: &[u8]) -> bool {
    text.bytes().zip(shape).all(|(b, class)| match class {
        b'9' => b.is_ascii_digit(),
        b'A' => b.is_ascii_alphabetic(),
        other => b == *other,
    })
}

/// A code of so many letters, in upper case.
pub(super) fn letters(text: &mut Text, length: usize) -> Read<()> {
    must(are_letters(text), Reason::Format)?;
    text.make_ascii_uppercase();
    sized(text, length, length)
}

/// Errors: `incomplete` and `too-long` for ASCII text of another length.
pub(super) fn sized(text: &str, least: usize, most: usize) -> Read<()> {
    must(text.len() >= least, Reason::Incomplete)?;
    must(text.len() <= most, Reason::TooLong)
}

/// Between the lines of a text.
pub(super) const LINES: &[u8] = b"\n\r";
/// Between the lines and columns of a text.
pub(super) const COLUMNS: &[u8] = b"\n\r\t";

/// The number that these ASCII digits are; zero for none.
pub(super) fn number(digits: &str) -> u32 {
    digits.bytes().fold(0, |n, b| n.wrapping_mul(10).wrapping_add(u32::from(b & 15)))
}

/// Errors: this reason, unless it holds.
pub(super) fn must(holds: bool, reason: Reason) -> Read<()> {
    if holds { Ok(()) } else { Err(reason) }
}
