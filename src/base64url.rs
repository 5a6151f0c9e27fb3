//! BASE64URL as JOSE means it: the URL-safe alphabet without padding (RFC 7515 section 2).
//!
//! Reading is strict. Padding, white space and stray bits after the last byte are errors, so a
//! string of bytes has exactly one spelling and a token cannot be changed without being noticed.

use crate::prelude::*;
#[cfg(feature = "file")]
use base64ct::{Base64UrlUnpadded, Encoding};

/// The characters for bytes that everybody may know.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() / 3 * 4 + 3);
    push(&mut out, bytes);
    // They are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// The same for a secret, in a time that does not depend on it.
#[cfg(feature = "file")]
pub(crate) fn encode_secret(bytes: &[u8]) -> Text {
    Text::new(Base64UrlUnpadded::encode_string(bytes))
}

/// Appends the characters for bytes that everybody may know, so that a table may be used.
pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = |bits: u32| ALPHABET[(bits & 63) as usize];
    let mut groups = bytes.chunks_exact(3);
    for group in &mut groups {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        out.extend_from_slice(&[at(bits >> 18), at(bits >> 12), at(bits >> 6), at(bits)]);
    }
    match *groups.remainder() {
        [one] => out.extend_from_slice(&[at(u32::from(one) >> 2), at(u32::from(one) << 4)]),
        [one, two] => {
            let bits = u32::from_be_bytes([0, one, two, 0]);
            out.extend_from_slice(&[at(bits >> 18), at(bits >> 12), at(bits >> 6)]);
        }
        _ => {}
    }
}

/// The bytes that `text` stands for, which everybody may know.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    decode_into(text, &mut out)?;
    Some(out)
}

/// The same for a secret, in a time that does not depend on it.
#[cfg(feature = "open")]
pub(crate) fn decode_secret(text: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    Base64UrlUnpadded::decode_vec(text).ok().map(zeroize::Zeroizing::new)
}

/// Appends the bytes that `text` stands for. After an error, `out` holds more than it did.
pub(crate) fn decode_into(text: &str, out: &mut Vec<u8>) -> Option<()> {
    out.reserve(text.len() / 4 * 3 + 2);
    each_group(text, |bytes| out.extend_from_slice(bytes))
}

/// Whether `text` stands for so many bytes.
pub(crate) fn is_of(text: &str, bytes: usize) -> bool {
    let mut length = 0;
    each_group(text, |group| length += group.len()).is_some() && length == bytes
}

/// Gives the bytes of each four characters, and of what is left, to `see`.
fn each_group(text: &str, mut see: impl FnMut(&[u8])) -> Option<()> {
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            bits = bits << 6 | group.get(at).map_or(Some(0), |character| sextet(*character))?;
        }
        // So many characters are a byte less, one alone is none, and what is over of their bits has to be zero.
        let bytes = u32::to_be_bytes(bits << 8);
        let (bytes, over) = bytes.split_at(group.len() - 1);
        if bytes.is_empty() || over.iter().any(|byte| *byte != 0) {
            return None;
        }
        see(bytes);
    }
    Some(())
}

/// RFC 4648 section 5, table 2.
fn sextet(character: u8) -> Option<u32> {
    Some(u32::from(match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64UrlUnpadded, Encoding};

    #[test]
    fn what_is_written_and_read_is_what_the_library_says() {
        let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).map(|n: u8| n.wrapping_mul(167)).collect();
        for start in 0..3 {
            for end in start..bytes.len() {
                let part = &bytes[start..end];
                let text = encode(part);
                assert_eq!(text, Base64UrlUnpadded::encode_string(part));
                assert_eq!(decode(&text).as_deref(), Some(part));
                assert!(is_of(&text, part.len()) && !is_of(&text, part.len() + 1));
            }
        }
    }

    #[test]
    fn what_is_refused_is_what_the_library_refuses() {
        // Every byte that can stand in a text, in each place of a group that is whole or is not.
        let characters = || (0..=127).map(char::from).chain(['\u{80}', 'é', '\u{1f980}']);
        for length in 0..=6 {
            for at in 0..length {
                for character in characters() {
                    let mut text: Vec<char> = "A-9_zQ".chars().take(length).collect();
                    text[at] = character;
                    let text = String::from_iter(text);
                    assert_eq!(decode(&text), Base64UrlUnpadded::decode_vec(&text).ok(), "{text:?}");
                }
            }
        }
        for text in ["AA==", "A", "AAAAA", "AB", "AAB", "AA\n", " AA", "A+/A"] {
            assert_eq!(decode(text), None, "{text}");
            assert!(!is_of(text, 1) && !is_of(text, 2));
        }
    }
}
