//! Help while a person types: groups in numbers, the slash of an expiry date, with the caret where the
//! person expects it.
//!
//! Separators are put in when something follows them, so nothing a person deletes comes back by itself.

use super::brand::Brand;
use super::text::{part, without};
use crate::Kind;
use crate::ascii::only;
use crate::prelude::*;

/// An edit of a control's text.
pub struct Edit<'a> {
    /// The text before.
    pub before: &'a str,
    /// The text after.
    pub after: &'a str,
    /// Where the caret is after it, in UTF-16 code units as browsers count.
    pub caret: usize,
    /// Whether text was deleted towards the end (the delete key) and not towards the beginning.
    pub forward: bool,
}

impl Kind {
    /// The text that an edit should leave, and the caret in it in UTF-16 code units; `None` where the edit is
    /// good as it is, or holds what the kind cannot, which the person has to see.
    pub fn edit(self, edit: &Edit<'_>) -> Option<(Text, usize)> {
        if self.as_str() == "card-expiry" {
            return expiry(edit);
        }
        let (separator, sizes) = self.0.groups?;
        let letters = self.as_str() == "iban";
        let mut significant = significant(edit.after, letters)?;
        // All separators are ASCII, and so is everything that is kept.
        let mut caret = count(edit.after, edit.caret);
        let deleted = edit.before.len() > edit.after.len();
        if deleted && self::significant(edit.before, letters).is_some_and(|before| *before == *significant) {
            // The separator was in the way: what the person wanted to delete is beside it.
            delete(&mut significant, &mut caret, edit.forward);
        }
        let sizes = if self.as_str() == "card-number" { Brand::of(&significant).groups() } else { sizes };
        let mut text = Text::with_capacity(2 * significant.len());
        let (mut place, mut group, mut left) = (0, 0, sizes[0]);
        for (at, b) in significant.bytes().enumerate() {
            if left == 0 {
                group = (group + 1).min(sizes.len() - 1);
                left = sizes[group];
                text.push(separator);
            }
            left -= 1;
            text.push(b.into());
            if at + 1 == caret {
                place = text.len();
            }
        }
        edit.leaves(text, place)
    }
}

impl Edit<'_> {
    /// The text and the caret, if the text is another one.
    fn leaves(&self, text: Text, caret: usize) -> Option<(Text, usize)> {
        if *text == self.after { None } else { Some((text, caret)) }
    }
}

/// Deletes the character on one side of the caret, if there is one.
fn delete(text: &mut Text, caret: &mut usize, forward: bool) {
    if !forward {
        *caret = caret.wrapping_sub(1);
    }
    if *caret < text.len() {
        *text = Text::new([part(text, 0, *caret), part(text, *caret + 1, text.len())].concat());
    } else if !forward {
        *caret = caret.wrapping_add(1);
    }
}

/// The letters and digits, or `None` if there is anything else but separators.
fn significant(text: &str, letters: bool) -> Option<Text> {
    let out = without(text, b" -.");
    if only(&out, if letters { b"09AZ" } else { b"09" }) { Some(out) } else { None }
}

/// How many letters and digits stand before a place.
fn count(text: &str, units: usize) -> usize {
    let (mut seen, mut end) = (0, 0);
    for c in text.chars() {
        seen += c.len_utf16();
        if seen > units {
            break;
        }
        end += c.len_utf8();
    }
    without(part(text, 0, end), b"").bytes().filter(u8::is_ascii_alphanumeric).count()
}

/// `04/29` while it is typed as `429` or `0429`. A year of four digits, and a month that begins with the
/// year, are left as they are filled in.
fn expiry(edit: &Edit<'_>) -> Option<(Text, usize)> {
    let folded = without(edit.after, b" ");
    let year_first = folded.bytes().position(|b| b == b'-') == Some(4);
    if !only(&folded, b"09//--") || year_first {
        return None;
    }
    let mut digits = without(&folded, b"/-");
    let mut caret = count(edit.after, edit.caret);
    let separator = folded.bytes().position(|b| b"/-".contains(&b));
    let mut slash = separator.is_some();
    if edit.before.len() > edit.after.len() {
        let had_slash = edit.before.as_bytes().contains(&b'/');
        if had_slash && !slash && edit.before.bytes().filter(u8::is_ascii_digit).eq(digits.bytes()) {
            delete(&mut digits, &mut caret, edit.forward);
        }
        slash &= digits.len() > 2;
    } else if separator == Some(1) || digits.len() == 1 && digits.as_str() > "1" {
        // A lone month.
        digits = Text::new(["0", &digits].concat());
        caret += 1;
    }
    let month = digits.len().min(2);
    let separator = if digits.len() > 2 || slash && month == 2 { "/" } else { "" };
    let text = [part(&digits, 0, month), separator, part(&digits, month, digits.len())].concat();
    // Behind a slash that was typed, the caret is behind the slash.
    let typed_slash = slash && caret == 2 && edit.after.chars().fold(0, |n, _| n + 1) == edit.caret;
    edit.leaves(Text::new(text), caret + usize::from(caret > 2 || typed_slash))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the caret; the result is what is in the control afterwards.
    fn after(kind: &str, before: &str, typed: &str, forward: bool) -> String {
        let kind: Kind = kind.parse().expect("a kind");
        let caret = typed.find('|').expect("a caret");
        let text = typed.replace('|', "");
        let units = typed[..caret].encode_utf16().count();
        let edit = Edit { before, after: &text, caret: units, forward };
        let (text, place) = kind.edit(&edit).unwrap_or((Text::new(text.clone()), caret));
        [&text[..place], "|", &text[place..]].concat()
    }

    #[test]
    fn groups_and_the_caret() {
        for (kind, before, typed, wanted) in [
            ("card-number", "424", "4242|", "4242|"),
            ("card-number", "4242", "42424|", "4242 4|"),
            ("card-number", "4242 4242", "4242 94|242", "4242 94|24 2"),
            ("card-number", "4242 4242", "42942| 4242", "4294 2|424 2"),
            ("card-number", "", "4242424242424242|", "4242 4242 4242 4242|"),
            ("card-number", "", "4242-4242-4242-4242|", "4242 4242 4242 4242|"),
            ("card-number", "", "٤٢٤٢٤|", "4242 4|"),
            ("card-number", "3782", "37828|", "3782 8|"),
            ("card-number", "", "378282246310005|", "3782 822463 10005|"),
            ("card-number", "4242", "4242x|", "4242x|"),
            ("us-ssn", "219", "2190|", "219-0|"),
            ("us-ssn", "", "219099998|", "219-09-9998|"),
            ("us-ein", "12", "123|", "12-3|"),
            ("iban", "DE8", "DE89|", "DE89|"),
            ("iban", "DE89", "de89 3|", "DE89 3|"),
            ("card-expiry", "", "1|", "1|"),
            ("card-expiry", "", "4|", "04|"),
            ("card-expiry", "0", "04|", "04|"),
            ("card-expiry", "04", "042|", "04/2|"),
            ("card-expiry", "04", "04/|", "04/|"),
            ("card-expiry", "1", "1/|", "01/|"),
            ("card-expiry", "04/2", "04/29|", "04/29|"),
            ("card-expiry", "", "0429|", "04/29|"),
            ("card-expiry", "", "04/2029|", "04/2029|"),
            ("card-expiry", "", "2029-04|", "2029-04|"),
            ("card-expiry", "", "04 / 29|", "04/29|"),
            ("card-expiry", "", " 4/29|", "04/29|"),
            ("card-expiry", "", "2\u{a0}|", "02|"),
            ("email", "", "a b|", "a b|"),
        ] {
            assert_eq!(after(kind, before, typed, false), wanted, "{kind} {typed}");
        }
    }

    #[test]
    fn deleting_over_a_separator() {
        for (kind, before, typed, forward, wanted) in [
            ("card-number", "4242 4", "4242 |", false, "4242|"),
            ("card-number", "4242 1234", "4242|1234", false, "424|1 234"),
            ("card-number", "4242 1234", "4242|1234", true, "4242| 234"),
            ("card-number", "4242 1234", "4242 |234", false, "4242 |234"),
            ("us-ssn", "219-09", "219|09", false, "21|0-9"),
            ("card-expiry", "04/2", "04/|", false, "04|"),
            ("card-expiry", "04/29", "04|29", false, "0|2/9"),
            ("card-expiry", "04/29", "04|29", true, "04|/9"),
            ("card-expiry", "04/29", "04/2|", false, "04/2|"),
        ] {
            let result = after(kind, before, typed, forward);
            assert_eq!(result, wanted, "{kind} {before} {typed}");
        }
    }
}
