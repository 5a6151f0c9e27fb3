//! The name of a purpose: what rules, consents and objections are compared by.
//!
//! The one who asks states a purpose in their own words, such as `Marketing: spring letter`. What rules go by is its
//! first word in lower case, `marketing`, so that the rest is free to say which order or which letter it was.

use crate::error::{Code, Error, Result};
use std::fmt;

/// The most characters of a name.
const MAX_LEN: usize = 64;

/// The name of a purpose: 1 to 64 lower-case letters and digits of any script, with `-`, `_` and `.` in between.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PurposeName(String);

impl PurposeName {
    /// Reads a name that an operator or a program writes down. Capitals are made small ones.
    ///
    /// Errors: `purpose-name-invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let name = text.to_lowercase();
        let fits = (1..=MAX_LEN).contains(&name.chars().count()) && name.chars().all(is_of_name);
        let fits = fits && name.trim_matches(is_between) == name;
        if fits { Ok(Self(name)) } else { Err(Error::new(Code::PurposeNameInvalid)) }
    }

    /// The name of a purpose that is stated in somebody's own words: its first word. `None` if there is no word in
    /// it. A longer word than a name may be is cut, so that it still is one name and not none.
    pub fn of(purpose: &str) -> Option<Self> {
        let start = purpose.find(char::is_alphanumeric)?;
        let word: String =
            purpose[start..].chars().take_while(|c| is_of_name(*c)).flat_map(char::to_lowercase).collect();
        // Lower case can have more characters than upper case has, and some that are no letters.
        let name: String = word.chars().filter(|c| is_of_name(*c)).take(MAX_LEN).collect();
        // The dot behind a word is none of its own.
        let name = name.trim_matches(is_between);
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The names in a list with spaces between, as OAuth writes scopes (RFC 6749 section 3.3), in order and each
    /// once. What is no name is left out: nobody agreed to what cannot be named.
    pub fn list(text: &str) -> Vec<Self> {
        let mut names: Vec<Self> =
            text.split_ascii_whitespace().filter_map(|name| Self::parse(name).ok()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PurposeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || is_between(c)
}

fn is_between(c: char) -> bool {
    "-_.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_names_a_purpose() {
        for (purpose, name) in [
            ("marketing", Some("marketing")),
            ("Marketing: spring letter", Some("marketing")),
            ("  (marketing) 2026", Some("marketing")),
            ("refund 17", Some("refund")),
            ("Newsletter. April", Some("newsletter")),
            ("--sale--", Some("sale")),
            ("targeted-advertising,x", Some("targeted-advertising")),
            ("WERBUNG für alle", Some("werbung")),
            ("広告 17", Some("広告")),
            ("", None),
            (" !? ", None),
        ] {
            assert_eq!(PurposeName::of(purpose).as_ref().map(PurposeName::as_str), name, "{purpose}");
        }
        assert_eq!(PurposeName::of(&"x".repeat(200)).unwrap().as_str(), "x".repeat(64));
    }

    #[test]
    fn what_is_written_down_is_a_name_or_an_error() {
        assert_eq!(PurposeName::parse("Newsletter.2").unwrap().as_str(), "newsletter.2");
        for bad in ["", "two words", "a.", "-a", "a:b", "a\n", &"x".repeat(65)] {
            assert_eq!(PurposeName::parse(bad).unwrap_err().code(), Code::PurposeNameInvalid, "{bad}");
        }
    }

    #[test]
    fn a_list_has_each_name_once() {
        let names = PurposeName::list("newsletter  Marketing newsletter a,b");
        assert_eq!(names.iter().map(PurposeName::as_str).collect::<Vec<_>>(), ["marketing", "newsletter"]);
    }
}
