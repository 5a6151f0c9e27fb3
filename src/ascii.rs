//! Searching ASCII in text. `str` does it for every pattern and all of Unicode, which is several times the
//! size in the module.

/// Whether a byte lies in one of these ranges, each given by its first and its last byte: `b"09AF"` is what hexadecimal
/// digits are.
pub(crate) fn is(byte: u8, ranges: &[u8]) -> bool {
    ranges.chunks_exact(2).any(|range| range[0] <= byte && byte <= range[1])
}

/// Whether all of the text lies in these ranges.
pub(crate) fn only(text: &str, ranges: &[u8]) -> bool {
    text.bytes().all(|byte| is(byte, ranges))
}

/// The part of ASCII text between two places; nothing where it is shorter.
pub(crate) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// What stands before and behind the first of these characters.
pub(crate) fn split<'a>(text: &'a str, separators: &[u8]) -> Option<(&'a str, &'a str)> {
    let at = text.bytes().position(|b| separators.contains(&b))?;
    Some((part(text, 0, at), part(text, at + 1, text.len())))
}

/// What [`words`] gives.
#[derive(Clone)]
pub(crate) struct Words<'a> {
    rest: &'a str,
    separators: &'a [u8],
}

/// What is between these characters, without what is empty.
pub(crate) fn words<'a>(text: &'a str, separators: &'a [u8]) -> Words<'a> {
    Words { rest: text, separators }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (word, rest) = split(self.rest, self.separators).unwrap_or((self.rest, ""));
            self.rest = rest;
            if !word.is_empty() {
                return Some(word);
            }
        }
        None
    }
}
